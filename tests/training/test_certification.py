"""Promises on labelled pages: of sentences and of pages, over groups joined for the text they share."""

from __future__ import annotations

from dataclasses import replace

from classifier.model.bundle import Model
from classifier.schema import Dataset
from classifier.text import Analyser
from classifier.training.certification import certify


def test_sentences_and_pages_are_promised(model: Model, dataset: Dataset) -> None:
    segments = sum(len(page.segments) for page in dataset.pages)
    for known, n in ((model.guarantees, segments), (model.page_guarantees, len(dataset.pages))):
        assert list(known) == list(dataset.labels)
        assert {of_label.n for of_label in known.values()} == {n}
    for label in dataset.labels:
        positives = sum(any(label in s.labels for s in page.segments) for page in dataset.pages)
        assert model.page_guarantees[label].positives == positives


def test_groups_that_share_text_are_one(model: Model, analyser: Analyser, dataset: Dataset) -> None:
    copies = [replace(page, id=f"{page.id}/copy", group="mirror") for page in dataset.pages[:2]]
    found = certify(model, analyser, replace(dataset, pages=(*dataset.pages, *copies)))
    groups = len({page.group for page in dataset.pages})
    assert found.on_sample["groups"] == groups
    for known in (found.model.guarantees, found.model.page_guarantees):
        assert {of_label.groups for of_label in known.values()} == {groups}
    assert {promise.unit for promise in found.promises} <= {"sentence", "page"}
