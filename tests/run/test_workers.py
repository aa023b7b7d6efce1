"""Batches through processes that die: every item answered once, in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import repeat
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


#: Two workers, kept busy by batches without end unless the program is to end by itself.
PROGRAM = """
import sys
from functools import partial
from pathlib import Path
from classifier.run.workers import ordered_map
from test_workers import endless, lost
if __name__ == "__main__":
    folder, what = sys.argv[1:]
    batches = [[0]] + 3 * [[2 if what == "end" else 1]]
    for _ in ordered_map(partial(endless, Path(folder)), batches, 2, lost):
        if what == "error":
            while len(list(Path(folder).iterdir())) < 2:
                pass
            raise ZeroDivisionError
"""


def endless(folder: Path, batch: Sequence[int]) -> list[int]:
    """Leave a note of this process; a 1 is code in C that holds Python's lock and never returns."""
    if batch[0]:
        (folder / str(os.getpid())).touch()
    if batch[0] == 1:
        all(repeat(True))
    return list(batch)


def running(process: str) -> bool:
    try:
        stat = Path("/proc", process, "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere they end when they get to Python")
@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("end", 0),
        ("error", 1),
        (signal.SIGINT, -signal.SIGINT),
        (signal.SIGTERM, -signal.SIGTERM),
        (signal.SIGKILL, -signal.SIGKILL),
    ],
    ids=str,
)
def test_no_worker_outlives_its_parent(
    what: signal.Signals | str, status: int, tmp_path: Path
) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, tmp_path, str(what)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.DEVNULL,
    )
    if isinstance(what, signal.Signals):
        while len(list(tmp_path.iterdir())) < 2:
            assert parent.poll() is None
            time.sleep(0.01)
        parent.send_signal(what)
    assert parent.wait(timeout=60) == status
    ended = time.monotonic()
    workers = [path.name for path in tmp_path.iterdir()]
    assert workers
    while any(running(worker) for worker in workers) and time.monotonic() < ended + 2:
        time.sleep(0.01)
    assert not any(running(worker) for worker in workers)
