"""Which ids a run has met, and where: exact, and in constant memory."""

from __future__ import annotations

import sqlite3

from classifier.errors import InputError

#: Pages of the table that stay in memory, as negative KiB (SQLite, PRAGMA cache_size); the rest lies
#: in a temporary file that SQLite removes.
_CACHE = -16_384


class SeenIds:
    """A table of ids on disk. Close it after use."""

    def __init__(self) -> None:
        self._table = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._table.execute(f"PRAGMA cache_size = {_CACHE}")
        self._table.execute("PRAGMA journal_mode = OFF")
        self._table.execute("PRAGMA synchronous = OFF")
        self._table.execute("CREATE TABLE seen (id TEXT PRIMARY KEY, place TEXT) WITHOUT ROWID")
        self._table.execute("BEGIN")

    def first(self, key: str, place: str) -> str | None:
        """Where ``key`` was first met; ``None``, and ``place`` is noted, when it is new.

        Raises
        ------
        InputError
            The disk is full.
        """
        try:
            added = self._table.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, place))
        except sqlite3.Error as error:
            raise InputError(
                f"The table of ids, in the system's folder for temporary files (TMPDIR): {error}."
            ) from error
        if added.rowcount:
            return None
        found = self._table.execute("SELECT place FROM seen WHERE id = ?", (key,)).fetchone()
        return str(found[0])

    def close(self) -> None:
        """Drop the table."""
        self._table.close()
