"""Rows as JSON lines."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.schema import Verdict
from classifier.write.rows import contract, contract_fields, json_columns


@dataclass(frozen=True, slots=True)
class JsonLine:
    """Makes one object a page: the contract's fields, then the input's own columns.

    Attributes
    ----------
    sentences
        ``flagged``, ``all`` or ``none``.
    """

    sentences: str

    def __call__(self, verdict: Verdict) -> bytes:
        """Return the line, in UTF-8."""
        import orjson

        names = contract(verdict.decisions is not None)
        row = contract_fields(verdict, self.sentences) | json_columns(verdict.columns, names)
        return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
