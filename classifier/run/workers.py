"""Worker processes that may die: batches in, results out in the same order, nothing lost."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from classifier.errors import WorkerError

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Batches in hand for each worker, so that the others go on while one is at a long one, whose results
#: come first. More would only fill memory.
AHEAD = 4
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
    hand is done again, one batch at a time; a batch that kills its worker again is done item by item.

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
        # Workers end when the second end is closed, which the system does when this process ends.
        self._parent, self._held = Pipe(duplex=False)
        self._executor = _executor(n_jobs, self._parent, start)

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
        return [result for item in batch for result in self._run_alone([item])]

    def _replace(self) -> None:
        self.dismiss()
        self._executor = _executor(self._n_jobs, self._parent, self._start)
        try:
            self._executor.submit(os.getpid).result()
        except BrokenProcessPool as error:
            raise WorkerError(
                "worker processes die as soon as they start (out of memory?); try fewer --jobs"
            ) from error

    def dismiss(self) -> None:
        """End all workers, whatever they are at."""
        self._executor.shutdown(wait=True, kill_workers=True)


def _executor(n_jobs: int, parent: Connection, start: Callable[[], object] | None) -> Any:
    """Processes by loky: started afresh, so without locks, threads or files of this one."""
    from loky import ProcessPoolExecutor

    return ProcessPoolExecutor(
        n_jobs, initializer=_begin_work, initargs=(parent, start), env=_ONE_THREAD
    )


def _begin_work(parent: Connection, start: Callable[[], object] | None) -> None:
    """Leave Ctrl-C, which a terminal sends to all processes, to the parent; never outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with(parent)
    if start is not None:
        start()
    gc.freeze()  # loky looks for cycles every second; not in what was just opened


def _end_with(parent: Connection) -> None:
    """End this process when the other end of a pipe is closed, as it is when its process has ended.

    On Linux a signal does it, also within code in C that never returns to Python. (``prctl`` would
    too, but when the thread ends that started the worker.)
    """
    if sys.platform == "linux":
        from fcntl import F_SETFL, F_SETOWN, fcntl

        signal.signal(signal.SIGIO, signal.SIG_DFL)
        own = os.open(f"/proc/self/fd/{parent.fileno()}", os.O_RDONLY | os.O_NONBLOCK)
        fcntl(own, F_SETOWN, os.getpid())  # of what was opened here; all workers share the other
        fcntl(own, F_SETFL, os.O_ASYNC)
        if parent.poll():  # it had ended before
            os._exit(1)
    else:
        threading.Thread(target=_wait_for, args=(parent,), daemon=True).start()


def _wait_for(parent: Connection) -> None:
    parent.poll(None)
    os._exit(1)
