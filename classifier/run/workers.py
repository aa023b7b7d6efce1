"""Worker processes that may die: batches in, results out in the same order, nothing lost."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Generic, TypeVar

from classifier.errors import WorkerError

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Batches in hand for each worker: one at work, one waiting. More would only fill memory.
AHEAD = 2
#: Seconds between two looks of a worker at whether its parent, which may be killed, is still there.
_LOOK = 0.5
#: The workers are the parallelism: libraries must not start threads of their own in them.
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}


def ordered_map(
    function: Callable[[Sequence[Item]], list[Result]],
    batches: Iterable[Sequence[Item]],
    n_jobs: int,
    lost: Callable[[Item], Result],
    start: Callable[[], object] | None = None,
) -> Generator[Result, None, None]:
    """Yield ``function(batch)`` of all batches, item by item, in the order of the batches.

    Batches are read only as fast as results are taken. When the system kills a worker, what was in
    hand is done again, one batch at a time; a batch that kills its worker again is halved until the
    item that does it stands alone.

    Parameters
    ----------
    function
        Runs in a worker, which must be able to import it; gives one result for each item.
    n_jobs
        Number of workers, at least 1.
    lost
        The result for an item whose worker dies of it.
    start
        What a worker does first, such as opening a model.

    Raises
    ------
    WorkerError
        Workers die before they get anything to do.
    """
    pool = _WorkerPool(function, n_jobs, lost, start)
    in_hand: deque[tuple[Sequence[Item], Future[list[Result]]]] = deque()
    try:
        for batch in batches:
            in_hand.append((batch, pool.submit(batch)))
            if len(in_hand) == AHEAD * n_jobs:
                yield from pool.finish(in_hand)
        while in_hand:
            yield from pool.finish(in_hand)
    finally:
        pool.dismiss()


class _WorkerPool(Generic[Item, Result]):
    """The worker processes of one run, replaced when one of them dies."""

    def __init__(
        self,
        function: Callable[[Sequence[Item]], list[Result]],
        n_jobs: int,
        lost: Callable[[Item], Result],
        start: Callable[[], object] | None,
    ) -> None:
        self._function = function
        self._n_jobs = n_jobs
        self._lost = lost
        self._start = start
        self._executor = _executor(n_jobs, start)

    def submit(self, batch: Sequence[Item]) -> Future[list[Result]]:
        """Give a batch to the workers."""
        try:
            future: Future[list[Result]] = self._executor.submit(self._function, batch)
        except BrokenProcessPool as error:  # a worker died a moment ago
            future = Future()
            future.set_exception(error)
        return future

    def finish(
        self, in_hand: deque[tuple[Sequence[Item], Future[list[Result]]]]
    ) -> Iterator[Result]:
        """Take the first batch in hand and yield its results; of all in hand if a worker died."""
        batch, future = in_hand.popleft()
        try:
            results = future.result()
        except BrokenProcessPool:
            suspects = [(batch, future), *in_hand]
            in_hand.clear()
            self._replace()
            for batch, future in suspects:
                done = future.done() and future.exception() is None
                yield from future.result() if done else self._run_alone(batch)
        else:
            yield from results

    def _run_alone(self, batch: Sequence[Item]) -> list[Result]:
        """Results of a batch while nothing else is at work, so that a death is its own."""
        try:
            results: list[Result] = self._executor.submit(self._function, batch).result()
        except BrokenProcessPool:
            self._replace()
        else:
            return results
        if len(batch) == 1:
            return [self._lost(batch[0])]
        half = len(batch) // 2
        return self._run_alone(batch[:half]) + self._run_alone(batch[half:])

    def _replace(self) -> None:
        self.dismiss()
        self._executor = _executor(self._n_jobs, self._start)
        try:
            self._executor.submit(os.getpid).result()
        except BrokenProcessPool as error:
            raise WorkerError(
                "worker processes die as soon as they start (out of memory?); try fewer --jobs"
            ) from error

    def dismiss(self) -> None:
        """End all workers, whatever they are at."""
        self._executor.shutdown(wait=True, kill_workers=True)


def _executor(n_jobs: int, start: Callable[[], object] | None) -> Any:
    """Processes by loky: started afresh, so without locks, threads or files of this one."""
    from joblib.externals.loky import ProcessPoolExecutor

    return ProcessPoolExecutor(
        n_jobs, initializer=_begin_work, initargs=(os.getpid(), start), env=_ONE_THREAD
    )


def _begin_work(parent: int, start: Callable[[], object] | None) -> None:
    """Leave Ctrl-C, which a terminal sends to all processes, to the parent; never outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    if start is not None:
        start()
    gc.freeze()  # loky looks for cycles every second; not in what was just opened


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)
