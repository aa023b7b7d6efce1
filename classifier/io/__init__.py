"""Reading pages and labelled data, writing verdicts; one small file per format.

Heavy libraries are imported only when their format is used.
"""

from classifier.io.labelled import LABELLED_FORMATS, read_labelled
from classifier.io.labelled_writer import write_labelled
from classifier.io.marked import read_marked, write_marked
from classifier.io.meter import Meter
from classifier.io.reading import FORMATS, STDIN_FORMATS, inputs_stamp, read_pages
from classifier.io.resumable import ResumableWriter, cannot_resume, open_resumable
from classifier.io.rows import SENTENCES
from classifier.io.writing import ROWS, WRITE_FORMATS, Writer, open_writer

__all__ = [
    "FORMATS",
    "LABELLED_FORMATS",
    "ROWS",
    "SENTENCES",
    "STDIN_FORMATS",
    "WRITE_FORMATS",
    "Meter",
    "ResumableWriter",
    "Writer",
    "cannot_resume",
    "inputs_stamp",
    "open_resumable",
    "open_writer",
    "read_labelled",
    "read_marked",
    "read_pages",
    "write_labelled",
    "write_marked",
]
