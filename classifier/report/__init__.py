"""What people look at: the terminal, the HTML page, tables of metrics, the model card."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from classifier.report.card import model_card
from classifier.report.certificate import certificate
from classifier.report.comparison import comparison_text
from classifier.report.corpus import plot_statistics, statistics_table
from classifier.report.html import HtmlRows
from classifier.report.progress import Progress
from classifier.report.reasons import explanation_row, explanation_text
from classifier.report.record import record_text
from classifier.report.tables import baselines_table, metrics_table
from classifier.report.terminal import TextRows, colours_welcome, passed_over, summary, tally
from classifier.write.writer import Format, StreamWriter, Writer, open_writer, whole

__all__ = [
    "Progress",
    "baselines_table",
    "certificate",
    "colours_welcome",
    "comparison_text",
    "explanation_row",
    "explanation_text",
    "metrics_table",
    "model_card",
    "open_report",
    "passed_over",
    "plot_statistics",
    "record_text",
    "statistics_table",
    "summary",
    "tally",
]


def open_report(
    path: str,
    format: str,
    *,
    labels: Sequence[str],
    rows: str = "pages",
    sentences: str = "flagged",
    review: bool = False,
    in_arrow: Any = None,
) -> Writer:
    """Return a writer of verdicts: of ``text`` or ``html`` for people, else as ``open_writer``."""
    if format == "text":
        make = partial(TextRows, labels=labels, colour=path == "-")
        return StreamWriter(path, Format(whole, make))
    if format == "html":
        return StreamWriter(path, Format(whole, partial(HtmlRows, labels=labels)))
    options = {"labels": labels, "review": review, "in_arrow": in_arrow}
    return open_writer(path, format, rows=rows, sentences=sentences, **options)
