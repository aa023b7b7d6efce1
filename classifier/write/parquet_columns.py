"""Which Parquet columns the input's own columns make, and which values fit them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any

from classifier.values import ArrowRow, from_arrow, json_ready
from classifier.write.rows import contract, passthrough

#: Column for what fits no other.
EXTRA = "extra"
_INT64 = range(-(2**63), 2**63)
#: Whole numbers that a float64 holds exactly.
_EXACT = range(-(2**53), 2**53 + 1)


def reserved(review: bool) -> tuple[str, ...]:
    """Return the names that the input's own columns may not have."""
    return (*contract(review), EXTRA)


def unified(schemas: Iterable[Any], review: bool) -> Any:
    """Return the schema of the columns of several tables, under the names that ``passthrough`` gives.

    The types of one column are unified by ``pyarrow.unify_schemas``; where they cannot be, the first
    one stays.
    """
    import pyarrow as pa

    fields: dict[str, Any] = {}
    for schema in dict.fromkeys(schemas):
        own = {field.name: field for field in schema}
        for name, field in passthrough(own, reserved(review)).items():
            first = fields.setdefault(name, field.with_name(name))
            fields[name] = first.with_type(_wider(first.type, field.type) or first.type)
    return pa.schema(fields.values())


def _wider(first: Any, second: Any) -> Any:
    """The type that takes values of both types; ``None`` if there is none."""
    import pyarrow as pa

    if first == second:
        return first
    schemas = [pa.schema([("", kind)]) for kind in (first, second)]
    with suppress(pa.ArrowException):
        return pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    return None


def own_table(
    rows: Sequence[Mapping[str, Any]], schema: Any, kinds: Mapping[str, str], review: bool
) -> Any:
    """Return rows as a table; what fits no column stands in ``EXTRA``, a JSON object.

    Parameters
    ----------
    rows
        In Arrow (``ArrowRow``), or else under the names of their columns.
    schema
        Of the table, ``EXTRA`` among its columns.
    kinds
        See ``column_kinds``.
    review
        Whether there is a review band, and so a field ``decisions``.
    """
    import pyarrow as pa

    def run(numbered: tuple[int, Mapping[str, Any]]) -> tuple[int, int]:
        number, row = numbered
        return (id(row.batch), row.row - number) if isinstance(row, ArrowRow) else (0, 0)

    types = {field.name: field.type for field in schema}
    tables = [schema.empty_table()]
    for _, numbered in groupby(enumerate(rows), run):
        some = [row for _, row in numbered]
        first, rest = some[0], [dict[str, Any]() for _ in some]
        if isinstance(first, ArrowRow):
            batch = first.batch.slice(first.row, len(some))
            own = dict(zip(batch.schema.names, batch.columns, strict=True))
            own = passthrough(own, reserved(review))
            columns = {n: _cast(own[n], types.get(n, pa.null()), n, rest) for n in own}
        else:
            columns = _made(some, types, kinds, rest)
        columns[EXTRA] = pa.array([_json(left) if left else None for left in rest], pa.string())
        nulls = {n: pa.nulls(len(some), types[n]) for n in types if n not in columns}
        tables.append(pa.Table.from_pydict(nulls | columns, schema=schema))
    return pa.concat_tables(tables).unify_dictionaries()


def _cast(column: Any, kind: Any, name: str, rest: Sequence[dict[str, Any]]) -> Any:
    """The column as another type; values that do not fit it go to ``rest``."""
    import pyarrow as pa

    cells = pa.nulls(len(column), kind)
    if _wider(kind, column.type) == kind:
        try:
            return column.cast(kind)
        except pa.ArrowException:  # such as a whole number that no float holds exactly
            cells = pa.concat_arrays([_cell(column.slice(n, 1), kind) for n in range(len(column))])
    for value, cell, left in zip(column, cells, rest, strict=True):
        if value.is_valid and not cell.is_valid:
            try:
                left[name] = from_arrow(value)
            except (ValueError, OverflowError, LookupError) as error:
                left[name] = f"(cannot be read: {error})"
    return cells


def _cell(value: Any, kind: Any) -> Any:
    """An array of one value as another type; null where it does not fit."""
    import pyarrow as pa

    with suppress(pa.ArrowException):
        return value.cast(kind)
    return pa.nulls(1, kind)


def _made(
    rows: Sequence[Mapping[str, Any]],
    types: Mapping[str, Any],
    kinds: Mapping[str, str],
    rest: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Columns of values of Python; those that do not fit go to ``rest``."""
    import pyarrow as pa

    cells: dict[str, list[Any]] = {}
    for number, (row, left) in enumerate(zip(rows, rest, strict=True)):
        for name, value in row.items():
            if value is None and name in types:
                continue
            cell = None
            if name in kinds:
                cell = _fitted(value, kinds[name])
            elif name in types and _holds(types[name], value):
                cell = value
            if cell is None:
                left[name] = value
                continue
            if name not in cells:
                cells[name] = [None] * len(rows)
            cells[name][number] = cell
    return {name: pa.array(column, types[name]) for name, column in cells.items()}


def _holds(kind: Any, value: Any) -> bool:
    """Whether an Arrow type gives the very value back."""
    import pyarrow as pa

    try:
        back = pa.array([value], kind)[0].as_py()
    except (pa.ArrowException, ValueError, TypeError, OverflowError, LookupError):
        return False
    return bool(back == value) and isinstance(back, bool) == isinstance(value, bool)


def column_kinds(rows: Iterable[Mapping[str, Any]], known: Collection[str] = ()) -> dict[str, str]:
    """Return the kind of each column: that of its first value, ``str`` where it has none.

    Whole numbers among floats, or floats among whole numbers, make a column of floats, as long as
    each whole number is exact as one. Columns that are ``known`` are left out.
    """
    kinds: dict[str, str] = {}
    found: dict[str, set[str]] = {}
    for row in rows:
        for name, value in row.items():
            if name in known:
                continue
            found.setdefault(name, set())
            if value is not None:
                kinds.setdefault(name, kind(value))
                found[name].add(kind(value) if type(value) is not int else _whole(value))
    for name, kinds_found in found.items():
        if kinds.get(name) == "int" and "float" in kinds_found and "long" not in kinds_found:
            kinds[name] = "float"
    return {name: kinds.get(name, "str") for name in found}


def _whole(value: int) -> str:
    return "int" if value in _EXACT else "long"


def kind(value: Any) -> str:
    """Return the kind of column that ``value`` asks for: bool, int, float, str or json."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if value in _INT64 else "json"
    return "float" if isinstance(value, float) else "str" if isinstance(value, str) else "json"


def plain(own: Mapping[str, Any]) -> dict[str, Any]:
    """Make values JSON-ready, but leave floats, of which Parquet holds all."""
    return {
        name: float(value) if isinstance(value, float) else json_ready(value)
        for name, value in own.items()
    }


def _fitted(value: Any, wanted: str) -> Any:
    """The cell of a value in a column of a kind; ``None`` where it does not fit."""
    if wanted == "json":
        return _json(value)
    if kind(value) == wanted:
        return value
    if wanted == "float" and kind(value) == "int" and value in _EXACT:
        return float(value)
    return None


def _json(value: Any) -> str:
    import orjson

    return orjson.dumps(json_ready(value)).decode()
