"""The desk's store: one SQLite file, in which a decision is durable before it is answered.

Write-ahead log with ``synchronous=FULL``: a commit returns when the log is on disk
(https://sqlite.org/pragma.html#pragma_synchronous), so that no kill or power cut loses a decision.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from classifier.errors import InputError
from classifier.values import sound

#: Marks a file as ours (https://sqlite.org/pragma.html#pragma_application_id); the letters "desk".
APPLICATION = 0x6465736B
#: Raised when the tables of ``schema.sql`` change.
VERSION = 1


class Store:
    """An open store; for one thread at a time. Several processes may have one open.

    Parameters
    ----------
    path
        The file.
    create
        Whether to make one where there is none.

    Raises
    ------
    InputError
        There is no such file, it is no store, or one of another version.
    """

    def __init__(self, path: str, *, create: bool = False) -> None:
        if not create and not os.path.isfile(path):
            raise InputError(f"{sound(path)}: there is no such store; 'review serve' makes one")
        self.path = path
        try:
            self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self.db.row_factory = sqlite3.Row
            self.db.execute("PRAGMA busy_timeout = 10000")
            self._open()
        except sqlite3.DatabaseError as error:
            raise InputError(f"{sound(path)} cannot be used as a store: {error}") from error

    def _open(self) -> None:
        application = self._pragma("application_id")
        if not application and not self._pragma("schema_version"):
            self.db.execute("PRAGMA journal_mode = WAL")
            schema = (files(__package__) / "schema.sql").read_text(encoding="utf-8")
            marks = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
            self.db.executescript(f"BEGIN EXCLUSIVE; {schema} {marks} COMMIT;")
        elif application != APPLICATION:
            raise InputError(f"{sound(self.path)} is a database, but no store of this program")
        elif self._pragma("user_version") != VERSION:
            raise InputError(f"{sound(self.path)} is a store of another release; use that one")
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.execute("PRAGMA foreign_keys = ON")
        self.db.execute("PRAGMA secure_delete = ON")  # what is purged is overwritten

    def _pragma(self, name: str) -> int:
        return int(self.db.execute(f"PRAGMA {name}").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; on disk when it ends."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def one(self, query: str, *values: Any) -> sqlite3.Row | None:
        """The first row of a query."""
        found: sqlite3.Row | None = self.db.execute(query, values).fetchone()
        return found

    def setting(self, name: str, default: str) -> str:
        """A setting of the store; the first value asked for stays."""
        with self.transaction() as db:
            db.execute("INSERT OR IGNORE INTO setting VALUES (?, ?)", (name, default))
        found = self.one("SELECT value FROM setting WHERE name = ?", name)
        return str(found["value"]) if found else default

    def purge(self, before: str) -> int:
        """Delete the texts of pages imported before a day, and return how many there were.

        The record's own columns go too; hashes, offsets, scores and decisions with their notes stay.
        Freed space is overwritten and the log emptied.
        """
        with self.transaction() as db:
            gone = db.execute(
                "UPDATE page SET text = NULL, columns = '{}' WHERE text IS NOT NULL AND imported < ?",
                (before,),
            ).rowcount
        self.db.execute("VACUUM")
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone


def now() -> str:
    """The time in UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
