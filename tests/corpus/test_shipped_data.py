"""The shipped corpus, its contrast sets, splits and metadata agree with one another."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from classifier.corpus.checks import PAGE_COLUMNS
from classifier.corpus.duplicates import duplicates
from classifier.corpus.labelled import read_labelled
from classifier.corpus.splits import splits
from classifier.schema import CLAIMS, Dataset, LabelledPage, Segment

DATA = Path(__file__).parents[2] / "data"
METADATA = json.loads((DATA / "croissant.json").read_text(encoding="utf-8"))
FILES = {
    item["contentUrl"]: item["sha256"] for item in METADATA["distribution"] if "sha256" in item
}
CONTRAST = [
    json.loads(line)
    for line in (DATA / "contrast" / "contrast.jsonl").read_text(encoding="utf-8").splitlines()
]
#: Shorter texts are bullets ("Eczema", "High blood pressure") that any page may hold.
LEAST_WORDS = 4


@pytest.fixture(scope="module")
def corpus() -> Dataset:
    return read_labelled([str(DATA / "corpus")])


@pytest.mark.parametrize("path", FILES)
def test_metadata_has_the_hash_of_each_file(path: str) -> None:
    found = hashlib.sha256((DATA / path).read_bytes()).hexdigest()
    assert FILES[path] == found, "run python benchmarks/croissant.py"


def test_metadata_names_each_file() -> None:
    corpus_files = {f"corpus/{path.name}" for path in (DATA / "corpus").iterdir()}
    assert set(FILES) == corpus_files | {"contrast/contrast.jsonl", "severity.jsonl", "splits.json"}


def test_metadata_names_each_column() -> None:
    fields = {
        record_set["name"]: {field["name"] for field in record_set["field"]}
        for record_set in METADATA["recordSet"]
    }
    assert fields["pages"] == {"id", "group", "text", "segments", *PAGE_COLUMNS}
    assert fields["contrast"] == set(CONTRAST[0])


def test_splits_are_those_of_the_corpus(corpus: Dataset) -> None:
    assert json.loads((DATA / "splits.json").read_text(encoding="utf-8")) == splits(corpus)


def test_pages_have_all_columns(corpus: Dataset) -> None:
    for page in corpus.pages:
        assert set(page.columns) == set(PAGE_COLUMNS), page.where
        assert all(page.columns.values()), page.where
        assert isinstance(page.columns["year"], int), page.where
        assert {segment.claim for segment in page.segments} <= set(CLAIMS), page.where


def test_contrast_sets_are_well_formed() -> None:
    assert len({item["id"] for item in CONTRAST}) == len(CONTRAST)
    for item in CONTRAST:
        assert set(item) == {"id", "kind", "rule", "context", "variants"}, item["id"]
        assert item["rule"], item["id"]
        assert isinstance(item["context"], str), item["id"]
        texts = [(variant.get("context"), variant["text"]) for variant in item["variants"]]
        assert len(set(texts)) == len(texts) >= 2, item["id"]
        for variant in item["variants"]:
            assert set(variant) - {"context"} == {"text", "promotional", "claim"}, item["id"]
            assert variant["text"].strip() == variant["text"] != "", item["id"]
            assert isinstance(variant["promotional"], bool), item["id"]
            assert variant["claim"] in CLAIMS, item["id"]


def _words(text: str) -> str:
    return " ".join(["", *re.findall(r"[^\W_]+", text.lower()), ""])


def _texts(item: dict[str, Any]) -> list[str]:
    return [variant["text"] for variant in item["variants"]]


def test_no_contrast_text_stands_in_the_corpus(corpus: Dataset) -> None:
    whole = "\n".join(_words(page.text) for page in corpus.pages)
    for item in CONTRAST:
        for text in map(_words, _texts(item)):
            assert len(text.split()) < LEAST_WORDS or text not in whole, item["id"]


def test_no_contrast_text_nearly_stands_in_the_corpus(corpus: Dataset) -> None:
    pages = list(corpus.pages)
    for item in CONTRAST:
        for text in _texts(item):
            whole = Segment(0, len(text), frozenset())
            pages.append(LabelledPage(item["id"], item["id"], text, (whole,)))
    found = list(duplicates(Dataset(tuple(pages), corpus.labels)))
    size = len(corpus.pages)
    assert [pages[d.page].id for d in found if d.page >= size > d.other_page] == []
    assert any(d.other_page >= size for d in found), "the search sees that variants are alike"
