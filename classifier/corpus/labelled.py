"""Labelled pages from any mix of formats, checked together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from classifier.corpus import marked_parse
from classifier.corpus.flat import flat_labels
from classifier.corpus.problems import Problems
from classifier.corpus.raw_records import Names, RawRecord, raw_from_page, raw_from_record
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
#: The field in which Prodigy says what the annotator decided, and its values
#: (https://prodi.gy/docs/api-interfaces); only accepted annotations are labels.
ANSWER = "answer"
ANSWERS = ("accept", "reject", "ignore")
_DELIMITERS = {"csv": ",", "tsv": "\t"}


def read_labelled(
    paths: Sequence[str],
    *,
    text_column: str = "text",
    label_column: str = "label",
    labels: Sequence[str] | None = None,
    group_column: str = "group",
    id_column: str = "id",
    ignore_columns: Sequence[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Dataset:
    """Read labelled pages and check their structure.

    Two forms are known, one to a run. *Segments*: pages with a list ``segments`` of objects with
    ``start``, ``end`` and boolean fields, each of which is a label; marked text is of this form.
    *Flat*: each row is one unit, with either a column of classes, one to a row, or columns that say
    true, false, yes or no, one to a label; columns of 0 and 1 must be named. In both, a field
    ``claim`` (none, supported, unsupported) stands for the label ``unsupported_claim``. Annotations
    of Prodigy whose ``answer`` is not ``accept`` are left out.

    Parameters
    ----------
    paths
        Files, folders and globs; ``.jsonl .csv .tsv .parquet .marked``.
    text_column, label_column, group_column, id_column
        Columns of a row. Without ids, the id is ``path:line``; without groups, each page is its
        own group.
    labels
        The labels to read; by default all that are found. For a column of classes, the classes
        to keep: rows of others are left out.
    ignore_columns
        Columns that hold no label, whatever is in them.
    progress
        Called with a line for each label found, with its column and counts, and for what is left
        out.

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
    read = [raw for source in sources for raw in _raw_records(source, names, problems)]
    records = _accepted(read, problems, progress)
    _unique(records, problems)
    grouped = _grouped(records, problems)
    if not records and not problems.count:
        raise DataError(f"{', '.join(map(repr, paths))}: there are no labelled records.")
    found = next((raw for raw in records if SEGMENTS in raw.fields), None)
    other = next((raw for raw in records if SEGMENTS not in raw.fields), None)
    if found is not None and other is not None:
        mixed = f"the record has {SEGMENTS!r}, but {other.where} has not; use one form in a run"
        problems.add(found.where, mixed)
        problems.raise_if_any()
    if found is not None:
        labels_found = segment_labels(records, labels, problems)
    else:
        labels_found = flat_labels(records, label_column, labels, ignore_columns, problems)
    problems.raise_if_any()
    for note in labels_found.notes:
        progress(note)
    pages = [
        LabelledPage(
            id=raw.id,
            group=raw.group if raw.group is not None else raw.id,
            text=raw.text,
            segments=segments,
            where=raw.where,
            columns={k: v for k, v in raw.fields.items() if k not in labels_found.used},
        )
        for raw, segments in zip(records, labels_found.segments, strict=True)
        if segments is not None
    ]
    return Dataset(
        pages=tuple(pages),
        labels=labels_found.labels,
        exclusive=labels_found.exclusive,
        unit="record" if found is None else "sentence",
        grouped=grouped,
    )


def _raw_records(source: Source, names: Names, problems: Problems) -> Iterator[RawRecord]:
    try:
        if source.format == "marked":
            for page in marked_parse.parse(source.path, problems):
                yield raw_from_page(page, source.name)
            return
        for record in tabular_records(source, (names.text,)):
            raw = raw_from_record(record, source.name, names, problems)
            if raw is not None:
                yield raw
    except OSError as error:
        problems.add(source.name, f"the file cannot be read ({error.strerror or error})")


def tabular_records(source: Source, needed: Sequence[str]) -> Iterator[Record]:
    """Yield the rows of a table; ``needed`` are columns that it must have.

    JSON lines have no header, so that there it is left to the caller to miss a field.
    """
    limit = Options().line_limit
    with source.open() as stream:
        if source.format == "jsonl":
            yield from jsonl.records(stream, source.name, limit)
        elif source.format == "parquet":
            yield from parquet.records(stream, source.name, limit, needed)
        else:
            delimiter = _DELIMITERS[source.format]
            yield from delimited.records(stream, source.name, delimiter, limit, needed)


def _accepted(
    records: list[RawRecord], problems: Problems, progress: Callable[[str], None]
) -> list[RawRecord]:
    """Leave out the annotations of Prodigy that were not accepted.

    A file is taken for Prodigy's when a record's ``answer`` is one of ``ANSWERS``; each of its
    records must then have one. Any other ``answer`` is a column like others.
    """
    of_prodigy = {raw.file for raw in records if raw.fields.get(ANSWER) in ANSWERS}
    left_out: Counter[str] = Counter()
    kept = []
    for raw in records:
        given = raw.fields.get(ANSWER)
        if raw.file not in of_prodigy or given == "accept":
            kept.append(raw)
        elif given in ANSWERS:
            left_out[given] += 1
        else:
            known = ", ".join(ANSWERS)
            problems.add(
                raw.where,
                f"field {ANSWER!r} holds {given!r}, not one of {known} as in the rest of the file",
            )
    if left_out:
        counts = ", ".join(f"{name} {count:,}" for name, count in sorted(left_out.items()))
        progress(f"{left_out.total():,} records left out for their {ANSWER!r}: {counts}")
    return kept


def _unique(records: Iterable[RawRecord], problems: Problems) -> None:
    seen: dict[str, str] = {}
    for raw in records:
        if raw.id in seen:
            problems.add(raw.where, f"the id {raw.id!r} was already used at {seen[raw.id]}")
        seen.setdefault(raw.id, raw.where)


def _grouped(records: Iterable[RawRecord], problems: Problems) -> bool:
    """Say whether the records name groups, which they must all do or none."""
    records = list(records)
    grouped = any(raw.group is not None for raw in records)
    for raw in records:
        if grouped and raw.group is None:
            problems.add(raw.where, "the group is missing, though other records have one")
    return grouped
