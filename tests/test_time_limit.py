"""A time limit ends what takes too long, and only that."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from classifier.time_limit import TimeLimitExceeded, time_limit


def busy(seconds: float) -> str:
    """Work that guards itself against everything it expects."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            time.sleep(0.001)
        except Exception:
            return "swallowed"
    return "done"


def limited(seconds: float) -> str:
    began = time.monotonic()
    with pytest.raises(TimeLimitExceeded), time_limit(seconds):
        busy(30)
    return "late" if time.monotonic() - began > 10 else "in time"


def test_too_long() -> None:
    assert limited(0.05) == "in time"


def test_each_thread_has_a_limit_of_its_own() -> None:
    def unlimited(seconds: float) -> str:
        with time_limit(60):
            return busy(seconds)

    with ThreadPoolExecutor(8) as pool:
        late = [pool.submit(limited, 0.1) for _ in range(4)]
        others = [pool.submit(unlimited, 1) for _ in range(4)]
    assert [future.result() for future in late] == ["in time"] * 4
    assert [future.result() for future in others] == ["done"] * 4


@pytest.mark.parametrize("seconds", [None, 30])
def test_in_time(seconds: float | None) -> None:
    before = threading.active_count()
    with time_limit(seconds):
        assert busy(0.01) == "done"
    assert threading.active_count() == before


def test_nothing_is_raised_once_the_block_is_left() -> None:
    """Blocks that end about when their time does: in time or not, but never later."""
    with suppress(TimeLimitExceeded), time_limit(1e-9):
        busy(10)
    busy(0.6)
    found = []
    for step in range(200):
        try:
            with time_limit(0.002):
                busy(0.0015 + step * 5e-6)
        except TimeLimitExceeded:
            found.append("late")
        else:
            found.append("in time")
        busy(0.002)
    assert len(found) == 200


ENDLESS = """
from itertools import repeat
from classifier.time_limit import time_limit
with time_limit(0.1, grace=0.1):
    all(repeat(True))
"""


def test_a_process_that_may_be_lost_ends_within_code_in_c() -> None:
    done = subprocess.run([sys.executable, "-c", ENDLESS], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


def test_a_swallowed_alarm_rings_again() -> None:
    rung = []
    with suppress(TimeLimitExceeded), time_limit(0.05):
        with suppress(TimeLimitExceeded):
            busy(10)
        rung.append("first")
        busy(10)
        rung.append("never")
    assert rung == ["first"]
