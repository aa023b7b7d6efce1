"""From the user's inputs to pages, whatever the formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import BinaryIO

from classifier.errors import InputError
from classifier.io import delimited, html, jsonl, parquet, plain
from classifier.io.paths import Source, expand
from classifier.io.record import Options, failed
from classifier.schema import Page

Reader = Callable[[BinaryIO, str, Options], Iterator[Page]]

READERS: Mapping[str, Reader] = {
    "txt": plain.read,
    "md": plain.read,
    "html": html.read,
    "jsonl": jsonl.read,
    "csv": partial(delimited.read, delimiter=","),
    "tsv": partial(delimited.read, delimiter="\t"),
    "parquet": parquet.read,
}
#: File suffix to format.
FORMATS: Mapping[str, str] = {f".{name}": name for name in READERS} | {".htm": "html"}
#: Formats that can come through standard input; Parquet must be read from its end.
STDIN_FORMATS = tuple(name for name in READERS if name != "parquet")


def read_pages(
    inputs: Sequence[str],
    *,
    text_column: str = "text",
    id_column: str = "id",
    stdin_format: str = "txt",
    max_chars: int = 1_000_000,
) -> Iterator[Page]:
    """Yield one page for each record of ``inputs``, in their order.

    A record that cannot be scored, or a file that cannot be read, is a page with ``error`` set;
    it never stops the others. Of several records with one id the first is kept.

    Parameters
    ----------
    inputs
        Paths of files and folders, globs, or ``-`` for standard input.
    text_column, id_column
        Columns of the tabular formats. Without a column of ids, or in a row without one, the id is
        ``path:line``; for text and HTML files it is the path.
    stdin_format
        One of ``STDIN_FORMATS``.
    max_chars
        Code points that a text may have.

    Raises
    ------
    InputError
        At once, not at the first page: an input does not exist, is of an unknown format or yields
        no file; ``stdin_format`` is unknown; or both columns have the same name.
    """
    if stdin_format not in STDIN_FORMATS:
        known = ", ".join(STDIN_FORMATS)
        raise InputError(f"Standard input cannot be read as {stdin_format!r}; choose from {known}.")
    if text_column == id_column:
        raise InputError(f"The text and the id cannot be the same column, {text_column!r}.")
    options = Options(text_column, id_column, max_chars)
    sources = expand(inputs, FORMATS, stdin_format)
    return _first_of_each_id(page for source in sources for page in _read(source, options))


def _read(source: Source, options: Options) -> Iterator[Page]:
    try:
        with source.open() as stream:
            yield from READERS[source.format](stream, source.name, options)
    except OSError as error:
        yield failed(source.name, f"the file cannot be read ({error.strerror or error})")


def _first_of_each_id(pages: Iterable[Page]) -> Iterator[Page]:
    seen: dict[str, str] = {}
    for page in pages:
        if page.id not in seen:
            seen[page.id] = page.where
        elif page.error is None:
            problem = f"{page.where}: the id {page.id!r} was already used at {seen[page.id]}"
            page = replace(page, text="", error=problem)
        yield page
