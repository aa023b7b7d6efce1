"""A store with six pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from review_rows import rows, write

from classifier.review.importing import import_results
from classifier.review.store import Store


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return write(tmp_path / "verdicts.jsonl", rows())


@pytest.fixture
def store(tmp_path: Path, results: Path) -> Store:
    opened = Store(str(tmp_path / "desk.sqlite"), create=True)
    import_results(opened, [str(results)])
    return opened


@pytest.fixture
def page_of(store: Store) -> Callable[[str], int]:
    def find(key: str) -> int:
        found = store.one("SELECT page FROM page WHERE id = ?", key)
        assert found is not None
        return int(found["page"])

    return find
