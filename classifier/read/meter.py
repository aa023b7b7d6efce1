"""How far a run has read, in bytes of its input files."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass


@dataclass(slots=True)
class Meter:
    """Bytes read so far, as they lie on disk, of ``total``; ``None`` where that is not known."""

    total: int | None = None
    read: int = 0


class MeteredFile(io.FileIO):
    """A file that tells a meter what is read of it, and the rest when it is closed."""

    def __init__(self, path: str, meter: Meter) -> None:
        super().__init__(path, "rb")
        self._meter = meter
        self._left = os.fstat(self.fileno()).st_size

    def readinto(self, buffer: bytearray | memoryview, /) -> int | None:  # type: ignore[override]
        """Read into ``buffer``."""
        count = super().readinto(buffer)
        self._note(count or 0)
        return count

    def readall(self) -> bytes:
        """Read all that is left."""
        data = super().readall()
        self._note(len(data))
        return data

    def close(self) -> None:
        """Close the file; what was not read will not be."""
        if not self.closed:
            self._note(self._left)
        super().close()

    def _note(self, count: int) -> None:
        count = min(count, self._left)  # a reader may read a part twice
        self._left -= count
        self._meter.read += count
