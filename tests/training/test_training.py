"""The one training path: settings, refusals, metrics, and what the result does not depend on."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

from classifier.errors import ConfigError, DataError
from classifier.model.bundle import Model
from classifier.report import model_card
from classifier.run.scorer import Scorer
from classifier.schema import Dataset, LabelledPage, Page, Segment
from classifier.training import decisions, training
from classifier.training.training import TrainConfig, describe, train

# ---------------------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"C": 0}, "'C' must lie in"),
        ({"C": -1.0}, "'C' must lie in"),
        ({"C": math.inf}, "'C' must lie in"),
        ({"C": math.nan}, "'C' must lie in"),
        ({"C": "10"}, "'C' must be a number"),
        ({"folds": 1}, "'folds' must lie in"),
        ({"folds": 2.0}, "'folds' must be a whole number"),
        ({"folds": True}, "'folds' must be a whole number"),
        ({"own_bits": 40}, "'own_bits' must lie in"),
        ({"word_order": 0}, "'word_order' must lie in"),
        ({"cue_weight": -0.1}, "'cue_weight' must lie in"),
        ({"bootstrap_draws": 1}, "'bootstrap_draws' must lie in"),
        ({"seed": -1}, "'seed' must lie in"),
        ({"seed": None}, "'seed' must be a whole number"),
    ],
)
def test_impossible_settings(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        TrainConfig(**settings)


def test_settings_from_toml(tmp_path: Path) -> None:
    path = tmp_path / "train.toml"
    path.write_text("C = 2\nfolds = 3\ncue_weight = 0\n", encoding="utf-8")
    assert TrainConfig.from_toml(path) == TrainConfig(C=2, folds=3, cue_weight=0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 1", "unknown key 'colour'; known are C, "),
        ("[model]\nC = 1", "unknown key 'model'"),
        ("C = ", "cannot be read"),
        ("folds = 1", "'folds' must lie in"),
    ],
)
def test_bad_toml_names_the_file(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "train.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"train\.toml: {words}"):
        TrainConfig.from_toml(path)


def test_missing_toml(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        TrainConfig.from_toml(tmp_path / "none.toml")


# ---------------------------------------------------------------------------------- refusals


def of_groups(data: Dataset, *groups: str) -> Dataset:
    return replace(data, pages=tuple(page for page in data.pages if page.group in groups))


def without(data: Dataset, label: str) -> Dataset:
    pages = [
        replace(page, segments=tuple(replace(s, labels=s.labels - {label}) for s in page.segments))
        for page in data.pages
    ]
    return replace(data, pages=tuple(pages))


def test_a_label_of_too_few_groups(dataset: Dataset, config: TrainConfig) -> None:
    """The message names lines and counts, and how to leave the label out."""
    units = (
        r"label 'promotional' has \d+ positive units of 1 group \(velour.jsonl:1\)\. .*label more"
    )
    leave = "leave it out: --label unsupported_claim$"
    with pytest.raises(DataError, match=f"{units}.*{leave}"):
        train(of_groups(dataset, "velour", "harbour", "leaflet"), config)
    with pytest.raises(DataError, match=f"'promotional' has 0 positive units[.].*{leave}"):
        train(without(dataset, "promotional"), config)
    with pytest.raises(
        DataError, match=r"'promotional'.*; 'unsupported_claim' .* label more of them$"
    ):
        train(without(without(dataset, "promotional"), "unsupported_claim"), config)


@pytest.mark.parametrize("folds", [2, 3])
def test_two_groups_cannot_be_nested(folds: int, dataset: Dataset, config: TrainConfig) -> None:
    """Without a fold's groups, two must be left for the cross-validation within."""
    words = r"2 groups \('okapi', 'velour'\).* must be 3 at least; .*--group-column"
    with pytest.raises(DataError, match=words):
        train(of_groups(dataset, "velour", "okapi"), replace(config, folds=folds))


def test_three_groups_cannot_be_nested_in_two_folds(dataset: Dataset, config: TrainConfig) -> None:
    data = of_groups(dataset, "velour", "okapi", "brisk")
    with pytest.raises(DataError, match=r"3 groups in 2 folds .* set 'folds' to 3"):
        train(data, replace(config, folds=2))
    assert train(data, replace(config, folds=3)).labels == dataset.labels


def test_few_data_are_warned_of(dataset: Dataset, config: TrainConfig) -> None:
    lines: list[str] = []
    train(dataset, config, progress=lines.append)
    (line,) = (line for line in lines if line.startswith("warning: "))
    assert re.search(
        r"'promotional' has \d+ positive units of 4 groups, .* 1 more; label more", line
    )


def test_groups_that_share_text_count_once(dataset: Dataset, config: TrainConfig) -> None:
    shared = "the cold pressed oil rests for nine days in tanks of steel before it is bottled"
    pages = []
    for page in of_groups(dataset, "velour", "okapi", "brisk").pages:
        text = f"{page.text}\n{shared}"
        unit = Segment(len(text) - len(shared), len(text), frozenset())
        pages.append(replace(page, text=text, segments=(*page.segments, unit)))
    with pytest.raises(DataError, match=r"have 1 group \(of 3 groups; those that share text count"):
        train(replace(dataset, pages=tuple(pages)), config)


# ---------------------------------------------------------------------------------- the result


def test_metrics_are_present(model: Model, dataset: Dataset) -> None:
    metrics = model.about["metrics"]
    assert metrics["pages"] == len(dataset.pages)
    assert metrics["groups"] == 6
    assert set(metrics["labels"]) == set(dataset.labels)
    for found in metrics["labels"].values():
        assert set(found) == {"sentence", "page"}
        for unit in found.values():
            for name in ("precision", "recall", "f1", "average_precision", "roc_auc"):
                assert 0 <= unit[name] <= 1
            for low, high in unit["intervals"].values():
                assert 0 <= low <= high <= 1


def test_the_model_says_what_it_is(model: Model, dataset: Dataset, config: TrainConfig) -> None:
    assert model.labels == dataset.labels
    assert (model.unit, model.exclusive) == ("sentence", False)
    assert set(model.thresholds) == set(dataset.labels)
    assert model.about["config"]["own_bits"] == config.own_bits
    data = model.about["data"]
    assert data["files"] == {
        f"{group}.jsonl": 2 for group in sorted({p.group for p in dataset.pages})
    }
    assert data["positives"] == {
        label: sum(label in s.labels for page in dataset.pages for s in page.segments)
        for label in dataset.labels
    }
    assert {"python", "numpy", "scikit-learn", "spacy"} <= set(model.about["versions"])


def test_no_fold_decides_about_itself(
    dataset: Dataset, config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calibration and thresholds applied to a fold come from the other folds."""
    decided_on: list[np.ndarray] = []
    fit_decisions = decisions.fit_decisions

    def spy(*arguments: object) -> object:
        decided_on.append(arguments[-1])
        return fit_decisions(*arguments)

    for module in (decisions, training):
        monkeypatch.setattr(module, "fit_decisions", spy)
    train(dataset, config)
    *folds, shipped = decided_on
    assert shipped.all()
    assert (np.sum(~np.array(folds), axis=0) == 1).all(), "each page is held out once"


def test_the_number_of_processes_does_not_matter(
    model: Model, dataset: Dataset, config: TrainConfig
) -> None:
    lines: list[str] = []
    parallel = train(dataset, config, n_jobs=2, progress=lines.append)
    for name, array in model.parameters.items():
        np.testing.assert_array_equal(parallel.parameters[name], array)
    assert parallel.thresholds == model.thresholds
    assert parallel.about == model.about
    assert len(lines) >= 3


def test_the_order_of_the_pages_does_not_matter(
    model: Model, dataset: Dataset, config: TrainConfig
) -> None:
    shuffled = replace(dataset, pages=dataset.pages[5:] + dataset.pages[:5][::-1])
    again = train(shuffled, config)
    for name, array in model.parameters.items():
        np.testing.assert_array_equal(again.parameters[name], array)
    assert again.about == model.about


def test_the_seed_and_repeats(model: Model, dataset: Dataset, config: TrainConfig) -> None:
    """Another seed makes another model; repeats tell how much the metrics move for it."""
    other = train(dataset, replace(config, seed=1))
    changed = [
        name
        for name, array in model.parameters.items()
        if not np.array_equal(array, other.parameters[name])
    ]
    assert changed
    repeated = train(dataset, config, repeats=2)
    for name, array in model.parameters.items():
        np.testing.assert_array_equal(repeated.parameters[name], array)
    spread = repeated.about["metrics"]["repeats"]
    assert spread["n"] == 2
    for label, units in spread["labels"].items():
        for unit, found in units.items():
            values = [m.about["metrics"]["labels"][label][unit]["f1"] for m in (model, other)]
            assert found["f1"] == [min(values), pytest.approx(sum(values) / 2), max(values)]
    assert "of 2 cross-validations" in model_card(repeated)


def test_the_data_hash_tells_data_apart(model: Model, dataset: Dataset) -> None:
    changes = (
        {"pages": dataset.pages[::-1]},
        {"pages": dataset.pages[1:]},
        {"pages": (replace(dataset.pages[0], group="other"), *dataset.pages[1:])},
        {"pages": without(dataset, "promotional").pages},
    )
    hashes = [describe(replace(dataset, **change), [])["sha256"] for change in changes]
    assert len({model.about["data"]["sha256"], *hashes}) == 5


# ---------------------------------------------------------------------------------- other tasks

CLASSES = {
    "praise": ["We love {}.", "{} is the best we tried.", "Simply great, {}!", "Five stars for {}"],
    "complaint": ["{} broke at once.", "Never buy {}.", "{} is a waste of money.", "I hate {}"],
    "question": ["What is {}?", "Where is {} made?", "Who sells {}?", "Is {} vegan?"],
}
PRODUCTS = ("the lamp", "this tea", "our tent", "a kettle", "the drops", "this soap")


def records() -> Iterator[LabelledPage]:
    products = cycle(PRODUCTS)
    for label, templates in CLASSES.items():
        for template in templates * 2:
            text = template.format(product := next(products))
            segment = Segment(0, len(text), frozenset([label]))
            yield LabelledPage(f"{label}: {text}", product, text, (segment,), where="reviews.csv:2")


@pytest.fixture(scope="module")
def reviews(config: TrainConfig) -> Model:
    """Three classes that exclude each other, one a record."""
    unique = {page.id: page for page in records()}
    data = Dataset(tuple(unique.values()), tuple(sorted(CLASSES)), exclusive=True, unit="record")
    return train(data, config)


def test_exclusive_labels_train(reviews: Model) -> None:
    assert (reviews.unit, reviews.exclusive, reviews.thresholds) == ("record", True, {})
    metrics = reviews.about["metrics"]
    assert 0 <= metrics["accuracy"] <= 1
    assert 0 <= metrics["macro_f1"] <= 1
    assert set(metrics["labels"]["praise"]) == {"record"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is the kettle?", "question"),
        ("We love the tent. Simply great!", "praise"),
        ("A waste of money. I hate it.", "complaint"),
    ],
)
def test_exclusive_labels_predict(text: str, expected: str, reviews: Model) -> None:
    (verdict,) = Scorer(reviews).score_batch([Page("x", text)], "all")
    assert verdict.flags == (expected,)
    assert sum(verdict.scores.values()) == pytest.approx(1, abs=1e-5)
    assert max(verdict.scores, key=verdict.scores.get) == expected
    (sentence,) = verdict.sentences
    assert (sentence.start, sentence.end) == (0, len(text)), "a record is never split"
    assert sentence.scores == verdict.scores
