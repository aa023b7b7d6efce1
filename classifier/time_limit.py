"""A time limit on a piece of work in this process, in any thread."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds after which the exception is raised again, should something have swallowed it.
_AGAIN = 0.5


class TimeLimitExceeded(BaseException):
    """The time is up. No ``Exception``, so that no guard around a record takes it for a fault of it."""


@contextmanager
def time_limit(seconds: float | None, grace: float | None = None) -> Iterator[None]:
    """Raise ``TimeLimitExceeded`` inside the block once it has taken this long; ``None`` is no limit.

    What the block was at is left half done: the caller must not go on with it. The exception comes
    between two steps of Python, so that a single call into C ends first, as does waiting for a lock.
    Limits of one thread do not nest.

    Parameters
    ----------
    seconds
        That the block may take.
    grace
        Seconds after which the whole process ends if the block is still there, whatever it is at; for
        processes that may be lost, such as workers. ``None`` waits.
    """
    if seconds is None:
        yield
        return
    thread, over = threading.get_ident(), threading.Event()

    def watch() -> None:
        wait = seconds
        while not over.wait(wait):
            _raise_in(thread, TimeLimitExceeded)
            wait = _AGAIN

    watcher = threading.Thread(target=watch, daemon=True)
    try:
        try:
            watcher.start()
            with _process_limit(seconds, grace):
                yield
        finally:
            over.set()
    finally:  # also when the exception came on the line above
        over.set()
        watcher.join()
        _raise_in(thread, None)


@contextmanager
def _process_limit(seconds: float, grace: float | None) -> Iterator[None]:
    """End this process once the block has taken this long and the grace, by a thread without Python."""
    if grace is None:
        yield
        return
    with open(os.devnull, "wb") as nowhere:  # for the traceback that comes with it
        faulthandler.dump_traceback_later(seconds + grace, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def _raise_in(thread: int, exception: type[BaseException] | None) -> None:
    """Have a thread raise at its next step of Python; ``None`` takes back what it has not raised yet."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), None if exception is None else ctypes.py_object(exception)
    )
