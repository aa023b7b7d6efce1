"""Which Parquet columns the input's own columns make, and which values fit them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from classifier.values import json_ready

#: Column for what fits no other.
EXTRA = "extra"
_INT64 = range(-(2**63), 2**63)
#: Whole numbers that a float64 holds exactly.
_EXACT = range(-(2**53), 2**53 + 1)


def column_kinds(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the kind of each column: that of its first value, ``str`` where it has none.

    Whole numbers among floats, or floats among whole numbers, make a column of floats, as long as
    each whole number is exact as one.
    """
    kinds: dict[str, str] = {}
    found: dict[str, set[str]] = {}
    for row in rows:
        for name, value in row.items():
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


def fitted(own: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    """Return the cells of one row, with what fits no column in ``extra``."""
    row: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for name, value in own.items():
        wanted = kinds.get(name)
        if value is None and wanted is not None:
            continue
        if wanted == "json":
            row[name] = _json(value)
        elif value is not None and kind(value) == wanted:
            row[name] = value
        elif wanted == "float" and kind(value) == "int" and value in _EXACT:
            row[name] = float(value)
        else:
            rest[name] = value
    return row | {EXTRA: _json(rest) if rest else None}


def _json(value: Any) -> str:
    import orjson

    return orjson.dumps(json_ready(value)).decode()
