"""Compressed files, decompressed as they are read."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, BinaryIO, cast

#: Suffix to the name that Arrow has for the compression.
COMPRESSIONS: Mapping[str, str] = {".gz": "gzip", ".zst": "zstd"}


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
