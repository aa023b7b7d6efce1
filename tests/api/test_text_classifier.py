"""The estimator beyond the contract: kinds of labels, groups, the bundle, verdicts, what is refused."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn
from scipy.sparse import csr_array
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    cross_val_predict,
    cross_val_score,
)

import classifier
from classifier.api.contract import Trial
from classifier.api.estimator import TextClassifier
from classifier.api.results import Verdicts
from classifier.api.targets import labelled
from classifier.errors import BundleError, ConfigError, DataError, InputError
from classifier.run.scorer import Scorer
from classifier.schema import Dataset, Page, Segment
from classifier.training.config import TrainConfig
from classifier.training.training import train

pandas = pytest.importorskip("pandas")

TINY: dict[str, Any] = {"own_bits": 10, "folds": 3, "bootstrap_draws": 20}


@pytest.fixture(scope="module")
def texts(dataset: Dataset) -> list[str]:
    return [page.text for page in dataset.pages]


@pytest.fixture(scope="module")
def groups(dataset: Dataset) -> list[str]:
    return [page.group for page in dataset.pages]


@pytest.fixture(scope="module")
def units(dataset: Dataset) -> tuple[list[str], np.ndarray, list[str]]:
    """Sentences as texts of their own, whether they bear each label, and their groups."""
    found = [
        (page.text[s.start : s.end], [label in s.labels for label in dataset.labels], page.group)
        for page in dataset.pages
        for s in page.segments
    ]
    sentences, labels, of_groups = zip(*found, strict=True)
    return list(sentences), np.array(labels, dtype=int), list(of_groups)


@pytest.fixture(scope="module")
def of_pages(dataset: Dataset, texts: list[str], groups: list[str]) -> TextClassifier:
    return TextClassifier(**TINY).fit(texts, list(dataset.pages), groups)


@pytest.fixture(scope="module")
def of_labels(units: Any) -> TextClassifier:
    return TextClassifier(**TINY).fit(*units)


@pytest.fixture(scope="module")
def of_classes(units: Any) -> TextClassifier:
    sentences, labels, of_groups = units
    return TextClassifier(**TINY).fit(sentences, labels[:, 0], of_groups)


def test_parameters_are_the_settings_of_training() -> None:
    params = TextClassifier().get_params()
    params["seed"] = params.pop("random_state")
    assert params.pop("n_jobs") == 1
    assert params == asdict(TrainConfig())


def test_the_package_and_the_estimator_are_imported_when_asked_for() -> None:
    code = (
        "import sys, classifier; heavy = {'sklearn', 'spacy', 'numpy', 'pandas'} & set(sys.modules);"
        "from classifier import TextClassifier, load;"
        "sys.exit(str(heavy) if heavy or 'sklearn' not in sys.modules else None)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    with pytest.raises(AttributeError, match="no attribute 'colour'"):
        classifier.colour  # noqa: B018


# ---------------------------------------------------------------------------------- kinds of labels


def test_there_is_no_second_training_path(
    of_pages: TextClassifier, dataset: Dataset, config: TrainConfig
) -> None:
    """Pages with segments give the model of ``train``, number by number, as a bundle keeps them."""
    expected = train(dataset, config)
    for name, array in expected.parameters.items():
        assert np.array_equal(of_pages.model_.parameters[name], array.astype(np.float32)), name
    assert of_pages.model_.thresholds == expected.thresholds
    assert of_pages.model_.about["metrics"] == expected.about["metrics"]
    assert any("little can be known" in note for note in of_pages.notes_)


@pytest.mark.parametrize(
    "kind", ["pages", "segments", "records", "objects", "array"]
)  # fmt: skip
def test_segments_in_any_form(kind: str, dataset: Dataset, texts: list[str]) -> None:
    pages = dataset.pages
    objects = [
        [{"start": s.start, "end": s.end, "promotional": "promotional" in s.labels,
          "claim": "unsupported" if "unsupported_claim" in s.labels else "none"}
         for s in page.segments]
        for page in pages
    ]  # fmt: skip
    y: Any = {
        "pages": list(pages),
        "segments": [page.segments for page in pages],
        "records": [{"segments": row, "id": "x"} for row in objects],
        "objects": objects,
        "array": np.array(pages, dtype=object),
    }[kind]
    data, classes = labelled(texts, y)
    assert classes.tolist() == list(data.labels) == list(dataset.labels)
    assert data.unit == "sentence"
    assert [[s[:3] for s in map(_plain, page.segments)] for page in data.pages] == [
        [s[:3] for s in map(_plain, page.segments)] for page in pages
    ]


def _plain(segment: Segment) -> tuple[int, int, frozenset[str]]:
    return segment.start, segment.end, segment.labels


@pytest.mark.parametrize("kind", ["array", "truth", "lists", "sparse", "frame"])
def test_labels_in_any_form(kind: str, units: Any) -> None:
    sentences, labels, of_groups = units
    y: Any = {
        "array": labels,
        "truth": labels.astype(bool),
        "lists": labels.tolist(),
        "sparse": csr_array(labels),
        "frame": pandas.DataFrame(labels, columns=["sells", "claims"]),
    }[kind]
    data, classes = labelled(sentences, y, of_groups)
    assert classes.tolist() == (["sells", "claims"] if kind == "frame" else [0, 1])
    assert (data.unit, data.exclusive, data.grouped) == ("record", False, True)
    found = [[label in page.segments[0].labels for label in data.labels] for page in data.pages]
    assert np.array_equal(found, labels)


def test_yes_no_labels(of_labels: TextClassifier, units: Any) -> None:
    """Each is flagged from its own threshold on, where ``decision_function`` turns."""
    sentences, labels, _ = units
    probability, decision = (
        of_labels.predict_proba(sentences),
        of_labels.decision_function(sentences),
    )
    found = of_labels.predict(sentences)
    assert probability.shape == decision.shape == found.shape == labels.shape
    edges = np.array([of_labels.model_.page_thresholds[x] for x in of_labels.model_.labels])
    assert np.array_equal(found, probability >= edges)
    assert np.array_equal(found, decision >= 0)
    assert of_labels.score(sentences, labels) == (found == labels).all(axis=1).mean()
    verdicts = list(of_labels.pipe(sentences))
    flags = [[x in verdict.flags for x in of_labels.model_.labels] for verdict in verdicts]
    assert np.array_equal(found, flags)


def test_columns_of_a_frame_are_found_by_name(units: Any) -> None:
    sentences, labels, of_groups = units
    frame = pandas.DataFrame(labels, columns=["sells", "claims"])
    fitted = TextClassifier(**TINY).fit(sentences, frame, of_groups)
    assert fitted.score(sentences, frame[["claims", "sells"]]) == fitted.score(sentences, labels)


def test_pages(of_pages: TextClassifier, dataset: Dataset, texts: list[str]) -> None:
    """A page is flagged as its verdict is, and is right for the labels of its segments."""
    truth = [
        [int(any(x in s.labels for s in page.segments)) for x in dataset.labels]
        for page in dataset.pages
    ]
    found = of_pages.predict(texts)
    flags = [[x in verdict.flags for x in dataset.labels] for verdict in of_pages.pipe(texts)]
    assert np.array_equal(found, flags)
    assert of_pages.score(texts, list(dataset.pages)) == (found == truth).all(axis=1).mean()


def test_a_text_without_words_has_the_shares_of_the_data(
    of_classes: TextClassifier, units: Any
) -> None:
    share = units[1][:, 0].mean()
    assert np.allclose(of_classes.predict_proba([" "]), [[1 - share, share]])


# ---------------------------------------------------------------------------------- groups, tools


def test_groups_are_kept_together(units: Any) -> None:
    sentences, labels, of_groups = units
    data, _ = labelled(sentences, labels, of_groups)
    assert [page.group for page in data.pages] == of_groups
    assert not labelled(sentences, labels)[0].grouped


@pytest.fixture
def routing() -> Any:
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def test_groups_reach_fit_by_metadata_routing(
    routing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = Trial(TextClassifier(**TINY).set_fit_request(groups=True))
    groups = np.arange(len(trial.X)) // 3
    seen: list[set[int]] = []
    fit = TextClassifier.fit

    def noted(self: Any, X: Any, y: Any, groups: Any = None) -> Any:
        seen.append(set(groups))
        return fit(self, X, y, groups)

    monkeypatch.setattr(TextClassifier, "fit", noted)
    search = GridSearchCV(trial.estimator, {"C": [8.0]}, cv=GroupKFold(2), error_score="raise")
    search.fit(trial.X, trial.two, groups=groups)
    assert seen[0] | seen[1] == seen[2] == set(range(10))
    assert not seen[0] & seen[1]
    assert search.score(trial.X, trial.two) > 0.9


@pytest.mark.parametrize("method", ["predict_proba", "decision_function"])
def test_labels_out_of_fold(method: str, units: Any) -> None:
    sentences, labels, _ = units
    found = cross_val_predict(TextClassifier(**TINY), sentences, labels, cv=2, method=method)
    assert found.shape == labels.shape


def test_pages_are_cross_validated(dataset: Dataset, texts: list[str]) -> None:
    found = cross_val_score(
        TextClassifier(**TINY), texts, list(dataset.pages), cv=2, error_score="raise"
    )
    assert found.shape == (2,)


# ---------------------------------------------------------------------------------- bundle


@pytest.mark.parametrize("kind", ["of_pages", "of_labels", "of_classes"])
def test_save_and_load(
    kind: str, texts: list[str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """What is loaded answers the same, bit for bit, has the parameters, and its classes their type."""
    fitted = request.getfixturevalue(kind)
    fitted.save(tmp_path / "model")
    loaded = classifier.load(tmp_path / "model")
    assert type(loaded) is classifier.TextClassifier
    assert loaded.get_params() == fitted.get_params()
    assert loaded.classes_.tolist() == fitted.classes_.tolist()
    for method in ("predict", "predict_proba", "decision_function"):
        assert np.array_equal(getattr(loaded, method)(texts), getattr(fitted, method)(texts))
    assert "# Model card" in (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    with pytest.raises(BundleError, match="holds a model already"):
        fitted.save(tmp_path / "model")
    fitted.save(tmp_path / "model", overwrite=True)


def test_load_names_the_bundle(bundle: Path) -> None:
    assert classifier.load(bundle)("Order now!").model.startswith("tiny@")
    with pytest.raises(BundleError, match="no model bundle here"):
        classifier.load(bundle.parent)


def test_joblib_keeps_all_but_the_text_pipeline(
    of_pages: TextClassifier, texts: list[str], tmp_path: Path
) -> None:
    of_pages.predict(texts)
    joblib.dump(of_pages, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib")
    assert loaded._opened is None
    assert np.array_equal(loaded.predict_proba(texts), of_pages.predict_proba(texts))


# ---------------------------------------------------------------------------------- verdicts


def test_verdicts_are_those_of_the_scorer(
    bundle: Path, scorer: Scorer, texts: list[str]
) -> None:  # fmt: skip
    model = classifier.load(bundle)
    pages = [Page(str(number), text) for number, text in enumerate(texts)]
    assert list(model.pipe(texts)) == scorer.score_batch(pages)
    assert list(model.pipe(pages, sentences="all")) == scorer.score_batch(pages, "all")
    alone = classifier.score(texts[0], classifier.load_model(bundle))
    assert model(texts[0]) == replace(alone, id="0")


def test_a_stream_is_read_as_it_is_taken(of_pages: TextClassifier) -> None:
    taken: list[int] = []

    def stream() -> Any:
        for number in range(2_000):
            taken.append(number)
            yield "Order now!"

    verdicts = of_pages.pipe(stream())
    assert isinstance(verdicts, Verdicts)
    assert not taken
    assert next(verdicts).id == "0"
    assert len(taken) < 1_000


def test_frames(of_pages: TextClassifier, texts: list[str]) -> None:
    """A row for each text, one that cannot be scored included; or for each listed sentence."""
    pages = [Page("p", texts[0], columns={"site": "a"}), Page("q", "", error="no text")]
    frame = of_pages.pipe(pages).to_frame()
    assert frame["id"].tolist() == ["p", "q"]
    assert frame["site"].tolist()[0] == "a"
    assert frame["error"].tolist() == [None, "no text"]
    (verdict,) = of_pages.pipe(pages[:1])
    assert frame["score_promotional"][0] == verdict.scores["promotional"]
    sentences = of_pages.pipe(pages[:1]).to_frame("sentences")
    assert sentences["start"].tolist() == [s.start for s in verdict.sentences]
    none = of_pages.pipe([]).to_frame()
    assert len(none) == 0
    assert "score_promotional" in none
    with pytest.raises(InputError, match="Unknown rows 'words'"):
        of_pages.pipe([]).to_frame("words")
    with pytest.raises(InputError, match="Unknown sentences"):
        of_pages.pipe([], sentences="some")


def test_frames_need_pandas(of_pages: TextClassifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match=r"pip install .*\[frames\]"):
        of_pages.pipe(["Order now!"]).to_frame()


# ---------------------------------------------------------------------------------- refusals

TWO = ["Order now!", "It cures."]


@pytest.mark.parametrize(
    ("X", "y", "groups", "words"),
    [
        ("Order now!", ["a"], None, r"X is a text, where a sequence of texts is needed"),
        (5, ["a"], None, "X is a number"),
        ([], [], None, "no texts"),
        (["Order", None], ["a", "b"], None, r"X\[1\] holds null"),
        (["Order", "x\ud800"], ["a", "b"], None, r"X\[1\] holds half of a surrogate"),
        (np.array([TWO]), ["a"], None, "X is a table of shape 1x2"),
        (pandas.DataFrame({"text": TWO}), ["a", "b"], None, "X is a table of shape 2x1"),
        (TWO, None, None, "y is null"),
        (TWO, 1, None, "y is a number"),
        (TWO, ["a"], None, "y has 1 values, but X has 2 texts"),
        (TWO, ["a", float("nan")], None, r"y\[1\] is missing"),
        (TWO, pandas.Series(["a", pandas.NA]), None, r"y\[1\] is missing"),
        (TWO, ["a", 1], None, "both texts and other values"),
        (TWO, [0.5, 0.25], None, "y is continuous of shape"),
        (TWO, [[0, 2], [1, 0]], None, "y is multiclass-multioutput of shape"),
        (TWO, pandas.DataFrame([[0, 1]] * 2, columns=["a", "a"]), None, "the same name: a, a"),
        (TWO, ["a", "b"], ["g"], "groups has 1 values"),
        (TWO, ["a", "b"], ["g", None], r"groups\[1\] is missing"),
        (TWO, [[Segment(0, 99, frozenset())], []], None, r"y\[0\]: segments\[0\]: \[0, 99\) lies"),
        (TWO, [[{"start": 0, "end": 5}], [{"start": 0, "end": 2}]], None, "no label"),
        (TWO, [{"segments": []}, {}], None, r"y\[1\]: field 'segments' holds null, not a list"),
    ],
)  # fmt: skip
def test_what_is_refused(X: Any, y: Any, groups: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        TextClassifier(**TINY).fit(X, y, groups)


def test_impossible_parameters(units: Any) -> None:
    with pytest.raises(ConfigError, match="'folds' must lie in"):
        TextClassifier(folds=1).fit(*units)
