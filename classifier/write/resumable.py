"""Output that survives being killed: it grows beside its destination and can be continued."""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self, cast

from classifier.errors import InputError
from classifier.schema import Verdict
from classifier.values import STDSTREAM, sound
from classifier.write.destination import NO_LINK, open_new
from classifier.write.journal import Journal, load, refuse_other, save
from classifier.write.parquet_stage import StagedRows, to_parquet
from classifier.write.writer import WRITE_FORMATS, Format, Rows, format_of

#: Seconds between two entries in the journal: what a kill costs at most, and a flush to disk each.
EVERY = 1.0


class ResumableRows(Rows, Protocol):
    """Rows that can be made again where others stopped."""

    def state(self) -> Mapping[str, Any] | None:
        """What makes rows that go on from here; ``None`` while verdicts are held back."""


class MakeResumableRows(Protocol):
    """Makes rows on an open stream, given by name."""

    def __call__(self, *, stream: BinaryIO, state: Mapping[str, Any] | None) -> ResumableRows:
        """Return rows that write to ``stream``, from the start or from a ``state`` on."""


def cannot_resume(path: str, format: str, inputs: Sequence[str]) -> str | None:
    """Say why a run cannot be resumed; ``None`` if it can."""
    if path == STDSTREAM:
        return "standard output cannot be taken back; name a file with -o"
    if os.path.exists(path) and not os.path.isfile(path):
        return f"{sound(path)} is no regular file"
    if format not in WRITE_FORMATS:
        return f"{format} is not for long runs; choose from {', '.join(WRITE_FORMATS)}"
    if STDSTREAM in inputs:
        return "standard input cannot be read again; name files"
    for name in inputs:
        if os.path.exists(name) and not (os.path.isfile(name) or os.path.isdir(name)):
            return f"{sound(name)} cannot be read again; name files"
    return None


class ResumableWriter:
    """A ``Writer`` to ``.NAME.part`` beside the file NAME, with ``.NAME.journal`` to go on from.

    The file takes its name when all went well. After an exception, or a kill at any moment, both
    stay; what was written after the journal's last entry is cut off and written again.

    Parameters
    ----------
    path
        File to write.
    format
        Its rows can be made again where others stopped.
    settings
        See ``Journal``.
    tally
        Counts that belong to the output. The caller raises them for each verdict before it is
        written; on entering they are set to those of the run that is resumed.
    resume
        Go on where an unfinished run with the same settings stopped; begin if there is none.
    convert
        Makes the final form of the whole output, where that is not the form in which it grows.

    Attributes
    ----------
    records
        Verdicts that the output holds. After entering, those that need not be written again.
    """

    def __init__(
        self,
        path: str,
        format: Format,
        *,
        settings: Mapping[str, Any],
        tally: Counter[str],
        resume: bool = False,
        convert: Callable[[BinaryIO, BinaryIO], None] | None = None,
    ) -> None:
        self._target = os.path.realpath(path)
        folder, name = os.path.split(self._target)
        self.part = os.path.join(folder, f".{name}.part")
        self.journal = os.path.join(folder, f".{name}.journal")
        self.prepare = format.prepare
        self._make = cast(MakeResumableRows, format.rows)
        self._settings = settings
        self._tally = tally
        self._resume = resume
        self._convert = convert
        self.records = self.kept = 0
        self._saved = time.monotonic()

    def __enter__(self) -> Self:
        """Open the output, at its start or where it was left.

        Raises
        ------
        InputError
            It cannot be written, another process writes it, there is an unfinished run that was not
            to be resumed, or one that cannot be.
        """
        try:
            self._stream: BinaryIO = _claimed(self.part)
        except OSError as error:
            raise InputError(
                f"{sound(self._target)}: cannot be written ({error.strerror})."
            ) from error
        try:
            journal = self._begun()
            state = None
            if journal is None:
                with suppress(FileNotFoundError):
                    os.remove(self.journal)
            else:
                self._tally.clear()
                self._tally.update(journal.tally)
                self.records = self.kept = journal.records
                state = journal.state
            self._stream.truncate(journal.size if journal else 0)
            self._stream.seek(0, os.SEEK_END)
            self._rows = self._make(stream=self._stream, state=state)
        except BaseException:
            self._stream.close()
            raise
        return self

    def _begun(self) -> Journal | None:
        """The journal of the run to resume."""
        size = os.fstat(self._stream.fileno()).st_size
        journal = load(self.journal)
        if journal is None or not size:  # nothing was kept, or the file already has its name
            return None
        if not self._resume:
            raise InputError(
                f"{sound(self._target)}: an unfinished run is there, with {journal.records:,} records "
                f"done. Continue it with --resume, or remove {sound(self.journal)} to start over."
            )
        refuse_other(journal.settings, self._settings)
        if size < journal.size:
            raise InputError(
                f"{sound(self.part)}: shorter than its journal says; "
                f"remove {sound(self.journal)} to start over."
            )
        return journal

    def write(self, verdict: Verdict) -> None:
        """Write the row, or rows, of one page."""
        self.put(self.prepare(verdict))

    def put(self, prepared: Any) -> None:
        """The same of a verdict that was prepared."""
        self._rows.write(prepared)
        self.records += 1
        if time.monotonic() - self._saved >= EVERY:
            self._save()

    def _save(self) -> None:
        state = self._rows.state()
        if state is None:
            return
        self._stream.flush()
        os.fsync(self._stream.fileno())
        size = self._stream.tell()
        save(Journal(self._settings, self.records, size, state, dict(self._tally)), self.journal)
        self.kept = self.records
        self._saved = time.monotonic()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the file its name; after an exception, leave what can be resumed."""
        with self._stream:
            if error is None:
                self._rows.close()
                self._save()
                self._finish()
            elif not self.kept:
                os.remove(self.part)

    def _finish(self) -> None:
        final = self.part
        if self._convert is not None:
            final = f"{self.part}.final"
            self._stream.seek(0)
            with open_new(final) as stream:
                self._convert(self._stream, stream)
                stream.flush()
                os.fsync(stream.fileno())
        if os.path.exists(self._target):
            shutil.copymode(self._target, final)
        os.replace(final, self._target)
        if final != self.part:
            os.remove(self.part)
        with suppress(FileNotFoundError):
            os.remove(self.journal)


def open_resumable(
    path: str,
    format: str,
    *,
    rows: str = "pages",
    sentences: str = "flagged",
    labels: Sequence[str],
    review: bool = False,
    in_arrow: Any = None,
    settings: Mapping[str, Any],
    tally: Counter[str],
    resume: bool = False,
) -> ResumableWriter:
    """Return a writer whose output can be continued; nothing is opened until it is entered.

    Parameters are those of ``open_writer`` and of ``ResumableWriter``.

    Raises
    ------
    InputError
        An option is unknown, or does not go with another one.
    """
    chosen = format_of(format, rows, sentences, labels, review)
    convert = None
    if format == "parquet":
        rows_of = partial(StagedRows, labels=labels, review=review, in_arrow=in_arrow)
        chosen = chosen._replace(rows=rows_of)
        convert = to_parquet
    return ResumableWriter(
        path, chosen, settings=settings, tally=tally, resume=resume, convert=convert
    )


def _claimed(path: str) -> BinaryIO:
    """Open ``path`` for reading and writing, made if need be, and keep other processes from it."""
    while True:
        number = os.open(path, os.O_RDWR | os.O_CREAT | NO_LINK, 0o666)
        stream = open(number, "r+b")  # noqa: SIM115 - closed by the writer
        try:
            _lock(number, path)
            # another run may have finished, and taken this very file away, before we had the lock
            if os.path.samestat(os.fstat(number), os.stat(path)):
                return stream
        except FileNotFoundError:
            pass
        except BaseException:
            stream.close()
            raise
        stream.close()


def _lock(number: int, path: str) -> None:
    try:
        import fcntl
    except ImportError:  # no such locks on Windows
        return
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InputError(f"{sound(path)}: another run is writing here.") from error
    except OSError:  # some network file systems have none
        return
