"""Rows as JSON lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

from classifier.io.rows import contract, contract_fields, json_columns
from classifier.schema import Verdict


class JsonlRows:
    """Writes one object a page: the contract's fields, then the input's own columns.

    Parameters
    ----------
    stream
        Gets UTF-8.
    sentences
        ``flagged``, ``all`` or ``none``.
    state
        Of rows that wrote what is already on ``stream``; there is nothing to know of them.
    """

    def __init__(
        self, stream: BinaryIO, sentences: str, state: Mapping[str, Any] | None = None
    ) -> None:
        import orjson

        self._stream = stream
        self._sentences = sentences
        self._dumps = orjson.dumps

    def write(self, verdict: Verdict) -> None:
        """Write one row."""
        names = contract(verdict.decisions is not None)
        row = contract_fields(verdict, self._sentences) | json_columns(verdict.columns, names)
        self._stream.write(self._dumps(row) + b"\n")

    def state(self) -> Mapping[str, Any]:
        """See ``ResumableRows``."""
        return {}

    def close(self) -> None:
        """Nothing is held back."""
