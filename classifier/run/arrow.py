"""The core: batches of an Arrow table in, batches of verdicts out; one row for each, in order.

``Iterator[RecordBatch] -> Iterator[RecordBatch]`` is what engines call, such as Spark's ``mapInArrow``.
No engine knows a row's place in its file, so that a row is named by its id alone: one without an id
becomes an error row, and ids that occur twice are not looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from classifier.errors import InputError
from classifier.read.delimited import distinct
from classifier.read.parquet import batch_records
from classifier.read.record import Record, identity, page
from classifier.run.job import Job
from classifier.run.scoring import batches as cut
from classifier.schema import Page, Verdict
from classifier.values import sound
from classifier.write.parquet import contract_cells, contract_types
from classifier.write.rows import contract, contract_fields, passthrough

#: The column that says why a row could not be scored; null where it was.
ERROR = "error"


def score_batches(batches: Iterable[Any], job: Job) -> Iterator[Any]:
    """Score record batches of any length.

    Parameters
    ----------
    batches
        All of one schema, with the columns of text and id.
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
        own = own_columns(batch.schema.names, job).values()
        start = 0
        for pages in cut(_page(record, job) for record in _records(batch, job)):
            verdicts = scorer.score_batch(pages, job.sentences)
            rest = [batch.column(place).slice(start, len(pages)) for place in own]
            yield _rows(verdicts, job, schema, rest)
            start += len(pages)


def output_schema(schema: Any, job: Job) -> Any:
    """Return the schema of what ``score_batches`` yields for batches of ``schema``.

    The contract's fields but for the text, with a review band ``decisions``, then the input's other
    columns as they are.

    Raises
    ------
    InputError
        The column of text or of ids is missing.
    """
    import pyarrow as pa

    places = own_columns(schema.names, job)
    own = [schema.field(place).with_name(name) for name, place in places.items()]
    return pa.schema([*contract_schema(job), *own])


def contract_schema(job: Job) -> Any:
    """Return the fields that are the same for all inputs."""
    import pyarrow as pa

    types = contract_types(job.labels, job.review is not None)
    del types["text"]  # only HTML is carried, and engines read none
    return pa.schema(types.items())


def own_columns(names: Sequence[str], job: Job) -> dict[str, int]:
    """Return the new name and the place of each column of the input that is passed through."""
    needed = (job.options.id_column, job.options.text_column)
    for column in needed:
        if column not in names:
            found = ", ".join(map(repr, names))
            raise InputError(f"The input has no column {column!r}; it has {found}.")
    places = {name: place for place, name in enumerate(distinct(names)) if name not in needed}
    return passthrough(places, contract(job.review is not None))


def _records(batch: Any, job: Job) -> Iterator[Record]:
    """The rows of a batch, as far as Python has to see them."""
    needed = (job.options.id_column, job.options.text_column)
    seen = batch.select([batch.schema.names.index(column) for column in needed])
    return batch_records(seen, "batch row", job.options.line_limit)


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
        contract_cells(contract_fields(v, job.sentences) | {"id": sound(v.id) or None})
        for v in verdicts
    ]
    made = pa.RecordBatch.from_pylist(rows, schema=contract_schema(job))
    return pa.RecordBatch.from_arrays([*made.columns, *rest], schema=schema)
