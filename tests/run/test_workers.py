"""Batches through processes that die: every item answered once, in order."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

import pytest

from classifier.errors import WorkerError
from classifier.run import workers
from classifier.run.workers import AHEAD, ordered_map


def doubled(batch: Sequence[int]) -> list[int]:
    time.sleep(0.02 / (1 + batch[0]))  # the first are the slowest
    return [2 * number for number in batch]


def deadly(poison: Sequence[int], batch: Sequence[int]) -> list[int]:
    if set(poison) & set(batch):
        os.kill(os.getpid(), signal.SIGKILL)
    return doubled(batch)


def deadly_once(marker: Path, batch: Sequence[int]) -> list[int]:
    if 7 in batch and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return doubled(batch)


def cut(numbers: range, size: int) -> list[range]:
    return [numbers[i : i + size] for i in numbers[::size]]


def lost(number: int) -> int:
    return -number


def test_results_come_in_order() -> None:
    found = ordered_map(doubled, cut(range(30), 4), 2, lost)
    assert list(found) == [2 * number for number in range(30)]


def test_an_item_that_kills_its_worker_costs_only_itself() -> None:
    found = list(ordered_map(partial(deadly, [5]), cut(range(12), 2), 2, lost))
    assert found == [-n if n == 5 else 2 * n for n in range(12)]


def test_a_worker_killed_once_costs_nothing(tmp_path: Path) -> None:
    function = partial(deadly_once, tmp_path / "killed")
    found = list(ordered_map(function, cut(range(24), 4), 2, lost))
    assert found == [2 * number for number in range(24)]


def test_reading_waits_for_the_taker() -> None:
    taken = []

    def endless() -> Iterator[list[int]]:
        while True:
            taken.append(1)
            yield [len(taken)]

    found = ordered_map(doubled, endless(), 1, lost)
    assert not taken
    assert [next(found), next(found)] == [2, 4]
    assert len(taken) <= AHEAD + 1
    found.close()


def test_an_exception_is_raised() -> None:
    with pytest.raises(TypeError):
        list(ordered_map(doubled, [["text"]], 1, lost))  # type: ignore[list-item]


def test_workers_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def submit(self, *_: object) -> None:
            raise BrokenProcessPool("killed")

        def shutdown(self, **_: object) -> None:
            pass

    monkeypatch.setattr(workers, "_executor", lambda *_: Broken())
    with pytest.raises(WorkerError, match="as soon as they start"):
        list(ordered_map(doubled, cut(range(4), 2), 2, lost))
