"""From what a user names (files, folders, globs, standard input) to the files to be read."""

from __future__ import annotations

import glob
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from classifier.errors import InputError
from classifier.read.documents import hint
from classifier.read.meter import Meter, MeteredFile
from classifier.values import STDSTREAM, sound

#: Suffix of compressed files to the name that Arrow has for the compression.
COMPRESSIONS: Mapping[str, str] = {".gz": "gzip", ".zst": "zstd"}


@dataclass(frozen=True, slots=True)
class Source:
    """One file to be read, or standard input (``path`` is ``-``), and its format."""

    path: str
    format: str

    @property
    def name(self) -> str:
        """The path as it appears in ids and messages, always sound text."""
        return sound(self.path)

    @contextmanager
    def open(self, meter: Meter | None = None) -> Iterator[BinaryIO]:
        """Open the file for reading its bytes, decompressed; standard input is left open at the end.

        Parameters
        ----------
        meter
            Told what is read of a file.

        Raises
        ------
        OSError
            The file cannot be read.
        """
        if self.path == STDSTREAM:
            yield sys.stdin.buffer
            return
        with io.BufferedReader(MeteredFile(self.path, meter or Meter())) as stream:
            yield decompressed(stream, os.path.splitext(self.path)[1].lower())

    @property
    def size(self) -> int | None:
        """Bytes on disk; ``None`` for standard input, 0 for a file that cannot be read."""
        if self.path == STDSTREAM:
            return None
        with suppress(OSError):
            return os.path.getsize(self.path)
        return 0


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a user's inputs come to.

    Attributes
    ----------
    sources
        The files to be read, in order.
    unknown
        Paths of files in folders and globs that are of no known format.
    outputs
        Paths of files in folders and globs that this program wrote.
    """

    sources: tuple[Source, ...]
    unknown: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


def find(
    inputs: Sequence[str],
    formats: Mapping[str, str],
    stdin_format: str | None,
    is_output: Callable[[Source], bool],
) -> Inputs:
    """As ``expand``, but outputs of this program in folders are passed over.

    Parameters
    ----------
    inputs, formats, stdin_format
        See ``expand``.
    is_output
        Whether this program wrote a file; asked of files in folders and globs only.

    Raises
    ------
    InputError
        See ``expand``.
    """
    unknown: list[str] = []
    named = set(inputs)
    sources: list[Source] = []
    outputs: list[Source] = []
    for source in expand(inputs, formats, stdin_format, unknown):
        written = source.path not in named and is_output(source)
        (outputs if written else sources).append(source)
    if not sources:
        raise InputError("The inputs hold nothing but outputs of this program.")
    return Inputs(tuple(sources), tuple(unknown), tuple(source.name for source in outputs))


def expand(
    inputs: Sequence[str],
    formats: Mapping[str, str],
    stdin_format: str | None = None,
    unknown: list[str] | None = None,
) -> list[Source]:
    """Return the files that ``inputs`` name, in the order given.

    Folders are searched through all levels, globs too where they say ``**``; both give their files
    sorted by path, pass over hidden ones and those with other suffixes, and follow no links to
    folders. A path that exists is never taken for a glob. What is named twice is read twice.

    Parameters
    ----------
    inputs
        Paths of files and folders, globs, or ``-`` for standard input.
    formats
        File suffix, lower case with its dot, to the name of its format.
    stdin_format
        Format of standard input; ``None`` where it cannot be read.
    unknown
        Takes the paths of files in folders and globs that have other suffixes.

    Raises
    ------
    InputError
        A path does not exist or has an unknown suffix, a folder or glob yields no file, ``-`` is
        not allowed here or named twice, or there is no input at all.
    """
    if not inputs:
        raise InputError("No input: name files, folders, globs or '-' for standard input.")
    if list(inputs).count(STDSTREAM) > 1:
        raise InputError("'-' (standard input) can be read only once.")
    rest: list[str] = [] if unknown is None else unknown
    return [s for given in inputs for s in _expand_one(given, formats, stdin_format, rest)]


def _expand_one(
    given: str, formats: Mapping[str, str], stdin_format: str | None, unknown: list[str]
) -> list[Source]:
    if given == STDSTREAM:
        if stdin_format is None:
            raise InputError("'-' (standard input) cannot be read here: name files.")
        return [Source(STDSTREAM, stdin_format)]
    if os.path.isdir(given):
        return _some(_folder(given, formats, unknown), f"folder {sound(given)!r}", formats, unknown)
    if os.path.exists(given):
        return [_file(given, formats)]
    if any(mark in given for mark in "*?["):
        return _some(_glob(given, formats, unknown), f"glob {sound(given)!r}", formats, unknown)
    raise InputError(f"{sound(given)}: no such file or folder.")


def _some(
    sources: Iterator[Source], what: str, formats: Mapping[str, str], unknown: list[str]
) -> list[Source]:
    found = list(sources)
    if not found:
        known = _listed(formats)
        raise InputError(f"The {what} yields no file with a known suffix ({known}){hint(unknown)}.")
    return found


def _file(path: str, formats: Mapping[str, str]) -> Source:
    kind = formats.get(_suffix(path))
    if kind is None:
        known = _listed(formats)
        raise InputError(f"{sound(path)}: unknown suffix; known are {known}{hint([path])}.")
    return Source(path, kind)


def _glob(pattern: str, formats: Mapping[str, str], unknown: list[str]) -> Iterator[Source]:
    for path in sorted(glob.glob(pattern, recursive=True), key=_parts):
        # ``**`` names the files below a folder itself
        if os.path.isdir(path) and "**" not in pattern:
            yield from _folder(path, formats, unknown)
        elif os.path.isdir(path):
            continue
        elif _suffix(path) in formats:
            yield Source(path, formats[_suffix(path)])
        else:
            unknown.append(sound(path))


def _folder(folder: str, formats: Mapping[str, str], unknown: list[str]) -> Iterator[Source]:
    closed: list[OSError] = []
    paths = _files(folder, closed)
    unknown += [sound(path) for path in paths if _suffix(path) not in formats]
    wanted = [path for path in paths if _suffix(path) in formats and _readable(path)]
    # a folder that cannot be listed is kept, so that the attempt to read it is reported
    kinds = {str(error.filename): next(iter(formats.values())) for error in closed}
    kinds |= {path: formats[_suffix(path)] for path in wanted}
    for path in sorted(kinds, key=_parts):
        yield Source(path, kinds[path])


def _files(folder: str, closed: list[OSError]) -> list[str]:
    """Paths of all files that are not hidden; folders that cannot be listed go to ``closed``."""
    paths: list[str] = []
    for parent, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths += [os.path.join(parent, name) for name in sorted(names) if not name.startswith(".")]
    return paths


def _readable(path: str) -> bool:
    """Pass over pipes and devices, which would block; keep a broken link, to report it."""
    return os.path.isfile(path) or not os.path.exists(path)


def _suffix(path: str) -> str:
    """The suffix in lower case, with the one before it when the file is compressed."""
    stem, suffix = os.path.splitext(path.lower())
    return os.path.splitext(stem)[1] + suffix if suffix in COMPRESSIONS else suffix


def _parts(path: str) -> list[str]:
    return path.split(os.sep)


def _listed(formats: Mapping[str, str]) -> str:
    plain = [suffix for suffix in sorted(formats) if suffix.count(".") == 1]
    also = [suffix for suffix in COMPRESSIONS if any(known.endswith(suffix) for known in formats)]
    return " ".join(plain) + (f", most also with {' or '.join(also)} after them" if also else "")


def decompressed(stream: BinaryIO, suffix: str) -> BinaryIO:
    """Return ``stream`` decompressed; itself when ``suffix`` is none of ``COMPRESSIONS``.

    Several compressed parts one after the other are read as one. Reading raises ``OSError`` where
    the data are damaged, end too early or have anything else behind them, such as padding.
    """
    kind = COMPRESSIONS.get(suffix)
    if kind is None:
        return stream
    import pyarrow as pa

    raw: Any = pa.CompressedInputStream(stream, kind)
    return cast(BinaryIO, io.BufferedReader(raw))
