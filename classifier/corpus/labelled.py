"""Labelled pages from any mix of formats, checked together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from classifier.corpus import marked_parse
from classifier.corpus.draft import Draft, Names, draft_of_page, draft_of_record
from classifier.corpus.flat import flat_labels
from classifier.corpus.problems import Problems
from classifier.corpus.segments import SEGMENTS, segment_labels
from classifier.errors import DataError
from classifier.read import delimited, jsonl, parquet
from classifier.read.record import Options, Record
from classifier.read.sources import Source, expand
from classifier.schema import Dataset, LabelledPage

#: File suffix to format.
LABELLED_FORMATS: Mapping[str, str] = {
    f".{name}": name for name in ("jsonl", "csv", "tsv", "parquet", "marked")
}
_DELIMITERS = {"csv": ",", "tsv": "\t"}


def read_labelled(
    paths: Sequence[str],
    *,
    text_column: str = "text",
    label_column: str = "label",
    labels: Sequence[str] | None = None,
    group_column: str = "group",
    id_column: str = "id",
) -> Dataset:
    """Read labelled pages and check their structure.

    Two forms are known, one to a run. *Segments*: pages with a list ``segments`` of objects with
    ``start``, ``end`` and boolean fields, each of which is a label; marked text is of this form.
    *Flat*: each row is one unit, with either a column of classes, one to a row, or columns that say
    true, false, yes, no, 0 or 1, one to a label. In both, a field ``claim`` (none, supported,
    unsupported) stands for the label ``unsupported_claim``.

    Parameters
    ----------
    paths
        Files, folders and globs; ``.jsonl .csv .tsv .parquet .marked``.
    text_column, label_column, group_column, id_column
        Columns of a row. Without ids, the id is ``path:line``; without groups, each page is its
        own group.
    labels
        The labels to read; by default all that are found. For a column of classes, the classes
        that may occur.

    Returns
    -------
    Dataset
        Labels stand with ``promotional`` and ``unsupported_claim`` first, then in the order of
        their appearance; classes are sorted.

    Raises
    ------
    InputError
        A path does not exist or yields no file.
    DataError
        Something is wrong with the data: the message names files, lines and fields, of all files.
    """
    names = Names(text_column, label_column, group_column, id_column)
    problems = Problems()
    sources = expand(paths, LABELLED_FORMATS)
    drafts = [draft for source in sources for draft in _drafts(source, names, problems)]
    _unique(drafts, problems)
    grouped = _grouped(drafts, problems)
    if not drafts and not problems.count:
        raise DataError(f"{', '.join(map(repr, paths))}: there are no labelled records.")
    found = next((draft for draft in drafts if SEGMENTS in draft.fields), None)
    other = next((draft for draft in drafts if SEGMENTS not in draft.fields), None)
    if found is not None and other is not None:
        mixed = f"the record has {SEGMENTS!r}, but {other.where} has not; use one form in a run"
        problems.add(found.where, mixed)
        problems.raise_if_any()
    if found is not None:
        answer = segment_labels(drafts, labels, problems)
    else:
        answer = flat_labels(drafts, label_column, labels, problems)
    problems.raise_if_any()
    pages = [
        LabelledPage(
            id=draft.id,
            group=draft.group if draft.group is not None else draft.id,
            text=draft.text,
            segments=segments,
            where=draft.where,
            columns={k: v for k, v in draft.fields.items() if k not in answer.used},
        )
        for draft, segments in zip(drafts, answer.segments, strict=True)
    ]
    return Dataset(
        pages=tuple(pages),
        labels=answer.labels,
        exclusive=answer.exclusive,
        unit="record" if found is None else "sentence",
        grouped=grouped,
    )


def _drafts(source: Source, names: Names, problems: Problems) -> Iterator[Draft]:
    try:
        if source.format == "marked":
            for page in marked_parse.parse(source.path, problems):
                yield draft_of_page(page, source.name)
            return
        for record in _records(source, names):
            draft = draft_of_record(record, source.name, names, problems)
            if draft is not None:
                yield draft
    except OSError as error:
        problems.add(source.name, f"the file cannot be read ({error.strerror or error})")


def _records(source: Source, names: Names) -> Iterator[Record]:
    limit = Options().line_limit
    with source.open() as stream:
        if source.format == "jsonl":
            yield from jsonl.records(stream, source.name, limit)
        elif source.format == "parquet":
            yield from parquet.records(stream, source.name, (names.text,))
        else:
            delimiter = _DELIMITERS[source.format]
            yield from delimited.records(stream, source.name, delimiter, limit, (names.text,))


def _unique(drafts: Iterable[Draft], problems: Problems) -> None:
    seen: dict[str, str] = {}
    for draft in drafts:
        if draft.id in seen:
            problems.add(draft.where, f"the id {draft.id!r} was already used at {seen[draft.id]}")
        seen.setdefault(draft.id, draft.where)


def _grouped(drafts: Iterable[Draft], problems: Problems) -> bool:
    """Say whether the records name groups, which they must all do or none."""
    drafts = list(drafts)
    grouped = any(draft.group is not None for draft in drafts)
    for draft in drafts:
        if grouped and draft.group is None:
            problems.add(draft.where, "the group is missing, though other records have one")
    return grouped
