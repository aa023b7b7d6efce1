"""How a long run is getting on: one line on stderr, where that is a terminal."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self

from classifier.read.meter import Meter


class Progress:
    """A bar of records with their rate and the time that remains. Use it as a context manager.

    How many records there will be is estimated from the bytes read so far; without a size of the
    input there is no remaining time.

    Parameters
    ----------
    meter
        What the reader tells.
    done
        Records done before, by the run that is resumed.
    """

    def __init__(self, meter: Meter, done: int = 0) -> None:
        from tqdm import tqdm

        # disable=None: quiet where the stream is no terminal
        self._bar: Any = tqdm(initial=done, unit=" records", disable=None, dynamic_ncols=True)
        self._meter = meter

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the last line as it is."""
        self._bar.close()

    def advance(self) -> None:
        """Count one record."""
        if not self._bar.disable:
            total, read = self._meter.total, self._meter.read
            if total and read:
                self._bar.total = max(round((self._bar.n + 1) * total / read), self._bar.n + 1)
            self._bar.update()

    def say(self, message: str) -> None:
        """Write a line to stderr without tearing the bar."""
        self._bar.write(message, file=sys.stderr)
