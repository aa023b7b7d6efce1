"""Arrays that grow."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def extended(table: npt.NDArray[Any], used: int, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Write rows behind the ``used`` ones of a table, which doubles when it is too small."""
    end = used + len(rows)
    if end > len(table):
        table = np.concatenate([table[:used], rows, np.zeros(end, dtype=table.dtype)])
    table[used:end] = rows
    return table
