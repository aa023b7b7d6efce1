"""What goes into a store, what stays, and what the queue makes of it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from review_rows import BOILERPLATE, P, U, row, rows, write

from classifier.errors import ClassifierError, InputError
from classifier.review.deciding import Decision, decide, undo
from classifier.review.importing import import_results
from classifier.review.queue import Query, counts, following, histogram, screen
from classifier.review.store import Store

Find = Callable[[str], int]
ACCEPT = Decision("accept")


def spans(store: Store, page: int) -> list[tuple[int, int]]:
    query = 'SELECT start, "end" FROM sentence WHERE page = ? AND listed'
    return [(row[0], row[1]) for row in store.db.execute(query, (page,))]


def open_of(store: Store) -> dict[str, int]:
    return {row["id"]: row["open"] for row in store.db.execute("SELECT id, open FROM page")}


# ------------------------------------------------------------------------------------ importing


def test_import_is_idempotent(store: Store, results: Path) -> None:
    before = list(store.db.iterdump())
    counted, problems = import_results(store, [str(results), str(results)])
    assert (dict(counted), problems) == ({"known": 12}, [])
    assert list(store.db.iterdump()) == before


def test_parquet_is_read_as_lines_are(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "more.parquet"
    wanted = [row("x", ("Buy it today, friends.", "P", 0.9, 0), site="s"), rows()[0]]
    pq.write_table(pa.Table.from_pylist(wanted), path)
    counted, problems = import_results(store, [str(path)])
    assert (dict(counted), problems) == ({"new": 1, "known": 1}, [])


def test_another_model_changes_the_page_and_keeps_the_decisions(
    store: Store, page_of: Find, tmp_path: Path
) -> None:
    decide(store, page_of("b"), spans(store, page_of("b"))[0], ACCEPT, "ann")
    again = [made | {"model": "new@2"} for made in rows()[:2]]
    counted, _ = import_results(store, [str(write(tmp_path / "again.jsonl", again))])
    assert dict(counted) == {"changed": 2}
    assert open_of(store) == {"a": 1, "b": 1, "c": 2, "d": 2, "e": 0, "f": 1}


ODD = "fields scores, flags, thresholds, sentences are not as 'classifier score' writes them"
BAD: list[tuple[dict[str, Any], str]] = [
    ({"text": None}, "field 'text' is missing: score with --keep-text"),
    ({"text": "another"}, "field 'text_sha256' is not the hash of field 'text'"),
    ({"sentences": [{"start": 0}]}, "field 'sentences[0]' does not fit the row"),
    ({"sentences": "no"}, ODD),
    ({"scores": [1]}, ODD),
    ({"scores": {P: "0.5", U: 0.1}}, ODD),
    ({"flags": ["other"]}, ODD),
    ({"thresholds": {P: 0.4}}, ODD),
    ({"thresholds": {P: {"page": "0.4"}}}, ODD),
    ({"id": 7}, "field 'id' is no text"),
]


@pytest.mark.parametrize(("change", "problem"), BAD)
def test_a_bad_row_is_named_and_costs_no_neighbour(
    change: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "bad.jsonl", [rows()[0] | change, rows()[1]])
    counted, problems = import_results(Store(str(tmp_path / "s.sqlite"), create=True), [str(path)])
    assert dict(counted) == {"new": 1}
    assert problems == [f"{path}:1: {problem}"]


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database, but long enough to look at" * 99)
    sqlite3.connect(tmp_path / "other").executescript(
        "CREATE TABLE t (x); INSERT INTO t VALUES (1)"
    )
    for name, message in (("text", "cannot be used"), ("other", "no store"), ("none", "no such")):
        with pytest.raises(InputError, match=message):
            Store(str(tmp_path / name))


# ------------------------------------------------------------------------------------- the queue

ORDER = {
    "worst": ["c", "b", "d", "f", "a"],
    "uncertain": ["d", "f", "b", "c", "a"],
    "id": ["a", "b", "c", "d", "f"],
    "site": ["b", "d", "a", "c", "f"],
}
FILTERS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"a", "b", "c", "d", "f"}),
    ({"state": "all"}, {"a", "b", "c", "d", "e", "f"}),
    ({"state": "unflagged"}, {"e"}),
    ({"label": P}, {"a", "c", "d"}),
    ({"label": U, "decision": "pass"}, {"a"}),
    ({"label": U, "low": 0.58, "high": 0.75}, {"b", "c"}),
    ({"low": 0.88}, {"a"}),
    ({"severity": 3}, {"b", "c"}),
    ({"language": "ar"}, {"f"}),
    ({"site": "shop"}, {"a", "c"}),
    ({"text": "CURES"}, {"b", "c"}),
    ({"text": "%"}, set()),
    ({"text": "' OR 1=1 --"}, set()),
]


@pytest.mark.parametrize("order", ORDER)
def test_orders(store: Store, order: str) -> None:
    query = Query(order=order)
    assert [row["id"] for row in screen(store, query, 0)] == ORDER[order]
    walked, page = [], following(store, query, None)
    for _ in range(6):
        walked.append(store.db.execute("SELECT id FROM page WHERE page = ?", (page,)).fetchone()[0])
        page = following(store, query, page)
    assert walked == [*ORDER[order], ORDER[order][0]]


@pytest.mark.parametrize(("asked", "expected"), FILTERS)
def test_filters(store: Store, asked: dict[str, Any], expected: set[str]) -> None:
    query = Query(**asked)
    assert {row["id"] for row in screen(store, query, 0)} == expected
    assert counts(store, query)[query.state] == len(expected)
    assert sum(histogram(store, query, U)) == len(expected)


def test_random_order_follows_the_seed(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", [row(str(n), ("Buy.", "P", 0.9, 0)) for n in range(30)])
    orders = []
    for name, seed in (("1", "7"), ("2", "7"), ("3", "8")):
        store = Store(str(tmp_path / name), create=True)
        store.setting("seed", seed)
        import_results(store, [str(path)])
        orders.append([row["id"] for row in screen(store, Query(order="random"), 0)])
    assert orders[0] == orders[1] != orders[2]


# ------------------------------------------------------------------------------------- decisions


def test_a_repeated_sentence_is_decided_once(store: Store, page_of: Find) -> None:
    (span,) = [s for s in spans(store, page_of("b")) if s[1] - s[0] == len(BOILERPLATE)]
    answer = decide(store, page_of("b"), span, Decision("reject", claim="none"), "ann")
    assert (answer["pages"], answer["open"]) == (2, 1)
    assert open_of(store) == {"a": 1, "b": 1, "c": 1, "d": 2, "e": 0, "f": 1}
    undo(store, "ann")
    assert open_of(store) == {"a": 1, "b": 2, "c": 2, "d": 2, "e": 0, "f": 1}


def test_another_models_sentence_takes_the_place_of_one_pointed_out(
    store: Store, page_of: Find, tmp_path: Path
) -> None:
    decide(store, page_of("a"), (19, 23), Decision("missed", (U,)), "ann")  # "Rain"
    now = row("a", ("Order the tea now!", "P", 0.9, 0), ("Rain fell.", "U", 0.9, 1), site="shop")
    import_results(store, [str(write(tmp_path / "new.jsonl", [now]))])
    query = 'SELECT start, "end" FROM sentence WHERE page = ? ORDER BY start'
    found = [tuple(row) for row in store.db.execute(query, (page_of("a"),))]
    assert found == [(0, 18), (19, 29)]


def test_undo_goes_all_the_way_back_and_keeps_what_was_said(store: Store, page_of: Find) -> None:
    page = page_of("c")
    first, second = spans(store, page)
    decide(store, page, first, ACCEPT, "ann")
    decide(store, page, first, Decision("relabel", (P,), "supported"), "ann")
    decide(store, page, second, Decision("unsure"), "ann")
    decide(store, page, second, ACCEPT, "ben")
    undone = [undo(store, "ann") for _ in range(4)]
    assert [answer and answer["start"] for answer in undone] == [
        second[0],
        first[0],
        first[0],
        None,
    ]
    assert open_of(store)["c"] == 1  # what the other one decided stays
    assert store.db.execute("SELECT count(*) FROM decision").fetchone()[0] == 7
    for change in ("UPDATE decision SET note = 'x'", "DELETE FROM decision"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            store.db.execute(change)


CONTRADICTIONS = [
    (Decision("maybe"), "field 'kind'"),
    (Decision("relabel", ("odd",)), "no label"),
    (Decision("relabel", (U,), "none"), "contradicts"),
    (Decision("reject", claim="perhaps"), "field 'claim'"),
]


@pytest.mark.parametrize(("decision", "message"), CONTRADICTIONS)
def test_contradictions_are_refused(
    decision: Decision, message: str, store: Store, page_of: Find
) -> None:
    page = page_of("a")
    with pytest.raises(ClassifierError, match=message):
        decide(store, page, spans(store, page)[0], decision, "ann")
    assert open_of(store)["a"] == 1


@pytest.mark.parametrize("span", [(5, 9), (19, 99), (18, 19)])
def test_only_sentences_are_decided(span: tuple[int, int], store: Store, page_of: Find) -> None:
    with pytest.raises(ClassifierError, match="no sentence"):
        decide(store, page_of("a"), span, Decision("missed", (P,)), "ann")


def test_missed_sentences_are_marked(store: Store, page_of: Find) -> None:
    answer = decide(store, page_of("a"), (19, 29), Decision("missed", (U,)), "ann")
    assert answer["open"] == 1
    kept = store.db.execute("SELECT labels, claim, flags FROM decision").fetchone()
    assert tuple(kept) == (json.dumps([U]), "unsupported", "[]")


DECIDE_FOREVER = """
import itertools, sys
from classifier.review.deciding import Decision, decide
from classifier.review.store import Store
store = Store(sys.argv[1])
for n in itertools.count(1):
    decide(store, 1, (0, 18), Decision("accept", note=str(n)), "ann")
    print(n, flush=True)
"""


def test_a_kill_loses_no_decision(store: Store) -> None:
    command = [sys.executable, "-c", DECIDE_FOREVER, store.path]
    answered = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        threading.Timer(0.3, lambda: os.kill(process.pid, signal.SIGKILL)).start()
        for line in process.stdout:
            answered = int(line) if line.endswith("\n") else answered
    assert process.returncode == -signal.SIGKILL
    again = Store(store.path)
    notes = [int(row[0]) for row in again.db.execute("SELECT note FROM decision ORDER BY decision")]
    assert answered > 1
    assert notes == list(range(1, len(notes) + 1))
    assert answered <= len(notes) <= answered + 1  # one may be kept whose answer was cut off
    assert again.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_purge_deletes_texts_and_keeps_decisions(store: Store, page_of: Find) -> None:
    decide(store, page_of("b"), spans(store, page_of("b"))[0], ACCEPT, "ann")
    assert store.purge("2000-01-01") == 0
    assert store.purge("9999-01-01") == 6
    assert store.db.execute("SELECT count(*), count(text) FROM page").fetchone()[:] == (6, 0)
    assert store.db.execute("SELECT count(*) FROM decision").fetchone()[0] == 1
    store.close()
    held = b"".join(path.read_bytes() for path in Path(store.path).parent.glob("desk.sqlite*"))
    assert b"cures" not in held
