"""Rows of ``classifier score`` into the store."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import orjson

from classifier.corpus.duplicates import LEAST_WORDS
from classifier.errors import InputError
from classifier.read import jsonl, parquet
from classifier.read.record import Options, Record
from classifier.read.sources import Source, expand
from classifier.review.store import Store, now
from classifier.schema import FLAG, PASS, REVIEW
from classifier.values import json_ready
from classifier.write.rows import CONTRACT, DECISIONS, text_hash

#: File suffix to format.
FORMATS: Mapping[str, str] = {".jsonl": "jsonl", ".parquet": "parquet"}
#: Columns that name a page's site, the first one that is there; else the host of its URL.
SITE_COLUMNS = ("site", "domain", "group")
_PARTS = ("scores", "flags", "thresholds", "sentences")
_NEEDED = ("id", "flags", "scores", "sentences", "model", "error")
_READERS = {"jsonl": jsonl.records, "parquet": parquet.records}


def import_results(store: Store, paths: Sequence[str]) -> tuple[Counter[str], list[str]]:
    """Take the rows of result files into the store; what is there already stays as it is.

    A page is known by its id and the hash of its text. A row of a known page that is not the same as
    before (another model, other thresholds) takes its place, and decisions stay.

    Returns
    -------
    counts, problems
        Of ``new``, ``changed``, ``known``, ``failed`` and ``unjudged`` rows; and a line for each row
        that cannot be taken, with file, line and field.

    Raises
    ------
    InputError
        A path does not exist, or names no result file.
    """
    counts: Counter[str] = Counter()
    problems: list[str] = []
    seed = store.setting("seed", "0")
    for source in expand(paths, FORMATS):
        with store.transaction() as db:
            for record in _records(source):
                found, wrong = _row(record)
                if wrong:
                    problems.append(f"{record.where}: {wrong}")
                elif found.get("error") is not None:
                    counts["failed"] += 1
                elif not found["scores"]:
                    counts["unjudged"] += 1
                else:
                    counts[_take(db, found, seed)] += 1
    return counts, problems


def _records(source: Source) -> Iterator[Record]:
    try:
        with source.open() as stream:
            # a row has its text twice at most, in sentences once more, and scores and cues
            limit = 4 * Options().line_limit
            yield from _READERS[source.format](stream, source.name, limit)
    except OSError as error:
        raise InputError(f"{source.name}: cannot be read: {error.strerror or error}") from error


def _row(record: Record) -> tuple[dict[str, Any], str | None]:
    """The row, and what is wrong with it."""
    row = dict(record.fields)
    if record.problem is not None:
        return row, record.problem
    missing = [name for name in _NEEDED if name not in row]
    if missing:
        return row, f"field {missing[0]!r} is missing: no row of 'classifier score'"
    if row["error"] is not None:
        return row, None
    if not isinstance(row.get("text"), str):
        return row, "field 'text' is missing: score with --keep-text"
    if row.get("text_sha256") != text_hash(row["text"]):
        return row, "field 'text_sha256' is not the hash of field 'text'"
    for name in ("id", "model"):
        if not isinstance(row[name], str):
            return row, f"field {name!r} is no text"
    if not _scored(row, row["scores"] or {}) or not isinstance(row["sentences"], list):
        return row, f"fields {', '.join(_PARTS)} are not as 'classifier score' writes them"
    last = 0
    for number, sentence in enumerate(row["sentences"]):
        if not _sound(sentence, row, last):
            return row, f"field 'sentences[{number}]' does not fit the row"
        last = sentence["end"]
    return row, None


def _scored(holder: Mapping[str, Any], labels: Any) -> bool:
    """Whether a row, or a sentence, has sound scores and flags of these labels."""
    kinds = {"scores": dict, "thresholds": dict, DECISIONS: dict, "severity": dict, "flags": list}
    held = {name: holder.get(name) or kind() for name, kind in kinds.items()}
    return (
        all(isinstance(held[name], kind) for name, kind in kinds.items())
        and held["scores"].keys() == dict(labels).keys()
        and all(isinstance(score, int | float) for score in held["scores"].values())
        and all(isinstance(edges, dict) for edges in held["thresholds"].values())
        and all(
            isinstance(edge, int | float)
            for edges in held["thresholds"].values()
            for edge in edges.values()
        )
        and all(label in labels for label in held["flags"])
        and isinstance(held["severity"].get("level", 0), int)
    )


def _sound(sentence: Any, row: Mapping[str, Any], last: int) -> bool:
    """Whether it is a sentence of the row, after offset ``last``."""
    if not isinstance(sentence, dict) or not _scored(sentence, row["scores"] or {}):
        return False
    start, end = sentence.get("start"), sentence.get("end")
    if not isinstance(start, int) or not isinstance(end, int):
        return False
    return last <= start < end and row["text"][start:end] == sentence.get("text")


def _take(db: sqlite3.Connection, row: dict[str, Any], seed: str) -> str:
    """Put one row into the tables; say whether it is new."""
    key = (row["id"], row["text_sha256"])
    content = orjson.dumps(json_ready(row), option=orjson.OPT_SORT_KEYS)
    digest = hashlib.sha256(content).hexdigest()
    old = db.execute(
        "SELECT page, row_sha256 FROM page WHERE id = ? AND text_sha256 = ?", key
    ).fetchone()
    if old and old["row_sha256"] == digest:
        return "known"
    own = {k: v for k, v in row.items() if k not in (*CONTRACT, DECISIONS)}
    values = {
        **dict(zip(("id", "text_sha256"), key, strict=True)),
        **{"text": row["text"], "row_sha256": digest, "imported": now()},
        **{"site": site(row["id"], own), "language": row.get("language")},
        **{"columns": _json(own), "model": row["model"], "release": row.get("release")},
        **{"thresholds": _json(row.get("thresholds") or {}), "margin": _margin(row)},
        **{"draw": draw(seed, *key), "severity": 0, "worst": 0.0, "listed": 0, "open": 0},
    }
    if old:
        page = old["page"]
        names = ", ".join(f"{name} = :{name}" for name in values)
        db.execute(f"UPDATE page SET {names} WHERE page = :page", values | {"page": page})
        db.execute("DELETE FROM page_label WHERE page = ?", (page,))
        db.execute("DELETE FROM sentence WHERE page = ? AND listed", (page,))
    else:
        marks = ", ".join(f":{name}" for name in values)
        page = db.execute(
            f"INSERT INTO page ({', '.join(values)}) VALUES ({marks})", values
        ).lastrowid
    _fill(db, page, values["site"], row)
    return "changed" if old else "new"


def _fill(db: sqlite3.Connection, page: int, site: str, row: Mapping[str, Any]) -> None:
    """Labels and sentences of a page, and what the queue sorts it by."""
    decisions = {label: _decision(row, label) for label in row["scores"]}
    db.executemany(
        "INSERT INTO page_label VALUES (?, ?, ?, ?)",
        [(page, label, row["scores"][label], found) for label, found in decisions.items()],
    )
    severity = open_ = listed = 0
    for sentence, marked in _listed(row, decisions):
        level = sentence.get("severity") or {}
        severity = max(severity, level.get("level", 0))
        item, current = item_of(db, sentence["text"], site)
        db.execute(  # what was pointed out where another model now has a sentence with other ends
            'DELETE FROM sentence WHERE page = ? AND NOT listed AND start < ? AND "end" > ?',
            (page, sentence["end"], sentence["start"]),
        )
        db.execute(
            "INSERT OR REPLACE INTO sentence VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?)",
            (
                *(page, sentence["start"], sentence["end"], item, _json(marked)),
                *(_json(sentence["scores"]), level.get("level", 0), level.get("rule")),
            ),
        )
        listed += 1
        open_ += current is None
    flagged = [row["scores"][label] for label, found in decisions.items() if found != PASS]
    top = max(flagged, default=0.0) or 0.5 * max(row["scores"].values())
    db.execute(
        "UPDATE page SET severity = ?, worst = ?, listed = ?, open = ? WHERE page = ?",
        (severity, -severity - top, listed, open_, page),
    )


def item_of(db: sqlite3.Connection, text: str, site: str) -> tuple[int, int | None]:
    """The item of a sentence, made if there is none, and the decision in force.

    A sentence of ``LEAST_WORDS`` is one item wherever it stands, as it is a duplicate in labelled data;
    a shorter one only within its site, since "Mood" says other things on other pages.
    """
    words = " ".join(text.split())
    place = "" if len(words.split()) >= LEAST_WORDS else site
    key = hashlib.sha256(f"{place}\0{words}".encode()).hexdigest()
    found = db.execute("SELECT item, current FROM item WHERE key = ?", (key,)).fetchone()
    if found:
        return found["item"], found["current"]
    made = db.execute("INSERT INTO item (key) VALUES (?)", (key,)).lastrowid
    return int(made or 0), None


def _decision(holder: Mapping[str, Any], label: str) -> str:
    """``FLAG``, ``REVIEW`` or ``PASS`` of a row or a sentence."""
    if label in holder["flags"]:
        return FLAG
    return str((holder.get(DECISIONS) or {}).get(label) or PASS)


def _listed(
    row: Mapping[str, Any], decisions: Mapping[str, str]
) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Sentences to be looked at, with the labels that they are listed for.

    Of a page that is flagged, or up for review, as a whole and by none of its sentences, the strongest.
    """
    order = (PASS, REVIEW, FLAG)
    for_: dict[int, list[str]] = {}
    for label, of_page in decisions.items():
        levels = [order.index(_decision(sentence, label)) for sentence in row["sentences"]]
        chosen = [number for number, level in enumerate(levels) if level]
        if levels and order.index(of_page) > max(levels):
            scores = [sentence["scores"][label] for sentence in row["sentences"]]
            chosen = sorted({*chosen, max(range(len(scores)), key=scores.__getitem__)})
        for number in chosen:
            for_.setdefault(number, []).append(label)
    return ((row["sentences"][number], for_[number]) for number in sorted(for_))


def _margin(row: Mapping[str, Any]) -> float:
    """How near the nearest of the page's scores is to its threshold."""
    edges = row.get("thresholds") or {}
    distances = [
        abs(score - (edges.get(label) or {}).get("page", 0.5))
        for label, score in row["scores"].items()
    ]
    return float(min(distances))


def site(page_id: str, columns: Mapping[str, Any]) -> str:
    """The site of a page: a column that names it, else the host of its URL, else its id."""
    for name in SITE_COLUMNS:
        if columns.get(name):
            return str(columns[name])
    return _host(str(columns.get("url") or "")) or _host(page_id) or page_id


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:  # no URL after all
        return None


def draw(seed: str, page_id: str, text_sha256: str) -> float:
    """A number in [0, 1) that is as good as random, the same whenever the page is imported."""
    digest = hashlib.sha256(f"{seed}\0{page_id}\0{text_sha256}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


def _json(value: Any) -> str:
    return orjson.dumps(json_ready(value)).decode()
