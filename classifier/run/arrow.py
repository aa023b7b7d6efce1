"""The core: batches of an Arrow table in, batches of verdicts out; one row for each, in order.

``Iterator[RecordBatch] -> Iterator[RecordBatch]`` is what engines call, such as Spark's ``mapInArrow``.
No engine knows a row's place in its file, so that a row is named by its id alone: one without an id
becomes an error row, and ids that occur twice are not looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from classifier.errors import InputError
from classifier.read import jsonl
from classifier.read.delimited import distinct
from classifier.read.parquet import batch_records
from classifier.read.record import Record, identity, page
from classifier.run.job import Job
from classifier.run.scoring import batches as cut
from classifier.schema import Page, Verdict
from classifier.values import sound
from classifier.write.parquet import contract_cells, contract_types
from classifier.write.parquet_columns import EXTRA
from classifier.write.rows import contract, contract_fields, json_columns, passthrough

#: The columns of a batch of lines that is written; the second one is for counting.
LINE, ERROR = "value", "error"
#: Bytes of a line without an id that its error message shows.
_SHOWN = 60


def score_batches(batches: Iterable[Any], job: Job) -> Iterator[Any]:
    """Score record batches of any length.

    Parameters
    ----------
    batches
        All of one schema. If ``job.reads`` is ``parquet``, they have the columns of text and id; if it
        is ``jsonl``, their first column holds lines as text or bytes, of which blank ones are no
        records.
    job
        Opened once per process.

    Yields
    ------
    pyarrow.RecordBatch
        Of the schema ``output_schema(...)``, at most ``scoring.BATCH_PAGES`` rows each. A row that
        cannot be scored has ``error`` set, no scores, and costs its neighbours nothing.

    Raises
    ------
    InputError
        A column is missing.
    BundleError
        See ``Job.scorer``.
    """
    scorer = job.scorer()
    for batch in batches:
        schema = output_schema(batch.schema, job)
        own = [] if job.reads == "jsonl" else list(own_columns(batch.schema.names, job).values())
        start = 0
        for pages in cut(_page(record, job) for record in _records(batch, job)):
            verdicts = scorer.score_batch(pages, job.sentences)
            if job.writes == "jsonl":
                yield _lines(verdicts, job, schema)
            else:
                rest = [batch.column(place).slice(start, len(pages)) for place in own]
                yield _rows(verdicts, job, schema, rest)
            start += len(pages)


def output_schema(schema: Any, job: Job) -> Any:
    """Return the schema of what ``score_batches`` yields for batches of ``schema``.

    Parquet: the contract's fields but for the text, then the input's other columns as they are; those
    of JSON lines, which have no types, in one column ``extra`` as a JSON object. JSON lines: the line,
    and its error.

    Raises
    ------
    InputError
        The column of text or of ids is missing.
    """
    import pyarrow as pa

    if job.writes == "jsonl":
        own_columns(schema.names, job)
        return pa.schema([(LINE, pa.string()), (ERROR, pa.string())])
    return pa.schema([*contract_schema(job), *own_fields(schema, job)])


def contract_schema(job: Job) -> Any:
    """Return the fields that are the same for all inputs."""
    import pyarrow as pa

    types = contract_types(job.labels, job.review is not None)
    del types["text"]  # only HTML is carried, and engines read none
    extra = [(EXTRA, pa.string())] if job.reads == "jsonl" else []
    return pa.schema([*types.items(), *extra])


def own_fields(schema: Any, job: Job) -> list[Any]:
    """Return the fields of the input that are passed through, under their new names."""
    if job.reads == "jsonl":
        return []
    places = own_columns(schema.names, job)
    return [schema.field(place).with_name(name) for name, place in places.items()]


def own_columns(names: Sequence[str], job: Job) -> dict[str, int]:
    """Return the new name and the place of each column of the input that is passed through."""
    if job.reads == "jsonl":
        return {}
    needed = (job.options.id_column, job.options.text_column)
    for column in needed:
        if column not in names:
            found = ", ".join(map(repr, names))
            raise InputError(f"The input has no column {column!r}; it has {found}.")
    places = {name: place for place, name in enumerate(distinct(names)) if name not in needed}
    return passthrough(places, contract(job.review is not None))


def _records(batch: Any, job: Job) -> Iterator[Record]:
    """The rows of a batch, as far as Python has to see them."""
    import pyarrow as pa

    limit = job.options.line_limit
    if job.reads == "jsonl":
        lines = batch.column(0).cast(pa.binary()).to_pylist()
        return (
            jsonl.record(line, _begin(line), limit)
            for line in lines
            if line is None or line.strip()
        )
    if job.writes == "parquet":
        needed = (job.options.id_column, job.options.text_column)
        batch = batch.select([batch.schema.names.index(column) for column in needed])
    return batch_records(batch, "batch row", limit)


def _begin(line: bytes | None) -> str:
    """What names a line that may have no id: how it begins."""
    return f"line {(line or b'')[:_SHOWN].decode('utf-8', 'replace')!r}"


def _page(record: Record, job: Job) -> Page:
    """The page that a record makes; its id is empty if it has none."""
    column = job.options.id_column
    key, problem = identity(record.fields.get(column), "")
    if record.problem is None and not key:
        record = replace(record, problem=f"field {column!r} {problem or 'is missing'}")
    made = page(replace(record, where=key or record.where), job.options)
    return made if key else replace(made, id="")


def _rows(verdicts: Sequence[Verdict], job: Job, schema: Any, rest: Sequence[Any]) -> Any:
    import pyarrow as pa

    rows = [
        contract_cells(_contract(verdict, job))
        | {EXTRA: _json(_own(verdict, job)) if verdict.columns else None}
        for verdict in verdicts
    ]
    made = pa.RecordBatch.from_pylist(rows, schema=contract_schema(job))
    return pa.RecordBatch.from_arrays([*made.columns, *rest], schema=schema)


def _lines(verdicts: Sequence[Verdict], job: Job, schema: Any) -> Any:
    import pyarrow as pa

    rows = [_contract(verdict, job) | _own(verdict, job) for verdict in verdicts]
    columns = [[_json(row) for row in rows], [row[ERROR] for row in rows]]
    arrays = [pa.array(column, pa.string()) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _contract(verdict: Verdict, job: Job) -> dict[str, Any]:
    return contract_fields(verdict, job.sentences) | {"id": sound(verdict.id) or None}


def _own(verdict: Verdict, job: Job) -> dict[str, Any]:
    return json_columns(verdict.columns, contract(job.review is not None))


def _json(row: Mapping[str, Any]) -> str:
    import orjson

    return orjson.dumps(row).decode()
