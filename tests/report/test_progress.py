"""A bar on a terminal, silence elsewhere."""

from __future__ import annotations

import io
import sys

import pytest

from classifier.read.meter import Meter
from classifier.report import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_rate_and_remaining_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stderr := Terminal())
    meter = Meter(total=1000)
    with Progress(meter, done=10) as progress:
        for _ in range(40):
            meter.read += 10
            progress.advance()
        progress.say("x:1: bad")
    assert "50/125" in stderr.getvalue()
    assert "records/s" in stderr.getvalue()
    assert "x:1: bad\n" in stderr.getvalue()


def test_elsewhere_it_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stderr := io.StringIO())
    with Progress(Meter()) as progress:
        progress.advance()
        progress.say("x:1: bad")
    assert stderr.getvalue() == "x:1: bad\n"
