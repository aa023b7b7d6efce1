"""A time limit ends what takes too long, and only that."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress

import pytest

from classifier.time_limit import TimeLimitExceeded, can_limit, time_limit


def busy(seconds: float) -> str:
    """Work that guards itself against everything it expects."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            time.sleep(0.001)
        except Exception:
            return "swallowed"
    return "done"


def test_too_long() -> None:
    began = time.monotonic()
    with pytest.raises(TimeLimitExceeded), time_limit(0.05):
        busy(10)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("seconds", [None, 30])
def test_in_time(seconds: float | None) -> None:
    before = signal.getsignal(signal.SIGALRM)
    with time_limit(seconds):
        assert busy(0.01) == "done"
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_a_swallowed_alarm_rings_again() -> None:
    rung = []
    with suppress(TimeLimitExceeded), time_limit(0.05):
        with suppress(TimeLimitExceeded):
            busy(10)
        rung.append("first")
        busy(10)
        rung.append("never")
    assert rung == ["first"]


def test_only_the_main_thread_can_watch() -> None:
    found = [can_limit()]
    thread = threading.Thread(target=lambda: found.append(can_limit()))
    thread.start()
    thread.join()
    assert found == [True, False]
