"""A time limit on a piece of work in this process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds after which the alarm rings again, should code in C have swallowed the exception.
_AGAIN = 0.5


class TimeLimitExceeded(BaseException):
    """The time is up. No ``Exception``, so that no guard around a record takes it for a fault of it."""


def can_limit(*, here: bool = True) -> bool:
    """Whether ``time_limit`` works: on POSIX; ``here``, in the main thread, which alone gets signals."""
    main = threading.current_thread() is threading.main_thread()
    return (main or not here) and hasattr(signal, "setitimer")


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise ``TimeLimitExceeded`` inside the block once it has taken this long; ``None`` is no limit.

    What the block was at is left half done: the caller must not go on with it. A single call into C
    that never returns to Python is not stopped. Limits do not nest.
    """
    if seconds is None:
        yield
        return
    armed = True

    def ring(*_: object) -> None:
        if armed:
            raise TimeLimitExceeded

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        try:
            yield
        finally:
            armed = False
    finally:  # also when the alarm rang on the line above
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
