"""Contributions are exact: they add up to the logits, and their names are what was hashed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from classifier.analysis import LAYOUT, Analysis
from classifier.model.bundle import SHAPES, Model
from classifier.model.context import context_names
from classifier.model.decision import EXTREME
from classifier.model.explanation import LIMIT, OTHERS, Addend, Logit, explain, stages
from classifier.model.features import SentenceFeatures
from classifier.model.hashing import END, START

MakeAnalysis = Callable[..., Analysis]
N_RULES = 7
RULES = [f"rule.{number}" for number in range(N_RULES)]


def random_model(
    labels: str, *, scale: float = 0.3, exclusive: bool = False, **features: int
) -> Model:
    rng = np.random.default_rng(len(labels))
    extractor = SentenceFeatures(**{"n_rules": N_RULES, "own_bits": 9} | features)
    sizes = {"W": extractor.hashing.own_width, "V": N_RULES, "K": len(context_names(tuple(labels)))}
    sizes["L"] = len(labels)
    parameters = {
        name: rng.normal(size=[sizes.get(n, n) for n in shape]) * scale  # type: ignore[call-overload]
        for name, shape in SHAPES.items()
    }
    thresholds = {} if exclusive else dict.fromkeys(labels, 0.5)
    settings = extractor.get_params()
    return Model(
        tuple(labels), exclusive, "sentence", thresholds, thresholds, settings, "", parameters
    )


def spelled(X: Analysis) -> dict[str, list[str]]:
    return {
        unit: [f"{unit}{key}" for key in getattr(X, unit).tolist()] for unit in ("word", "kind")
    }


@pytest.mark.parametrize("exclusive", [False, True])
@pytest.mark.parametrize("labels", ["ab", "abc"])
@pytest.mark.parametrize(
    "settings", [{}, {"own_bits": 1}, {"word_order": 4, "kind_order": 0}, {"scale": 3.0}], ids=str
)
def test_contributions_add_up(
    labels: str, exclusive: bool, settings: dict[str, int], make_analysis: MakeAnalysis
) -> None:
    X = make_analysis(3)
    model = random_model(labels, exclusive=exclusive, **settings)
    found = explain(model, X, dict.fromkeys(range(X.n_sentences), labels), spelled(X), RULES)
    slope, shift = model.parameters["calibration"].T
    calibrated = model.decision_function(X) * slope + shift
    _, z, _ = stages(SentenceFeatures(**model.features), model.parameters, X)
    scores, _ = model.predict(X)
    assert list(found) == list(range(X.n_sentences))
    for number, reasons in found.items():
        assert "".join(reason.label for reason in reasons) == labels
        for k, reason in enumerate(reasons):
            assert expit(reason.score.value) == pytest.approx(scores[number, k], abs=1e-9)
            assert reason.own.value == pytest.approx(z[number, k], abs=1e-9)
            others = reason.score.groups.get(OTHERS, 0.0)
            assert reason.score.value - others == pytest.approx(calibrated[number, k], abs=1e-9)
            assert bool(others) == exclusive


def test_extreme_logits_are_cut_off(make_analysis: MakeAnalysis) -> None:
    X = make_analysis()
    model = random_model("ab", scale=3.0)
    found = explain(model, X, {0: "ab"}, spelled(X), RULES)
    logits = model.decision_function(X)[0]
    assert np.abs(logits).max() == EXTREME
    for reason, logit in zip(found[0], logits, strict=True):
        assert (LIMIT in reason.score.groups) == (abs(logit) == EXTREME)


def test_only_what_is_wanted(make_analysis: MakeAnalysis) -> None:
    X = make_analysis()
    wanted = {4: ["b"], 1: ["b", "a"]}
    found = explain(random_model("abc"), X, wanted, spelled(X), RULES)
    assert {number: [r.label for r in reasons] for number, reasons in found.items()} == wanted
    assert explain(random_model("ab"), make_analysis(pages=()), {}, spelled(X), RULES) == {}


@pytest.mark.parametrize("settings", [{}, {"own_bits": 2}, {"word_order": 5, "kind_order": 5}])
def test_meanings_are_the_columns(settings: dict[str, int], make_analysis: MakeAnalysis) -> None:
    """Counted by name, the n-grams of a sentence give the values of its columns."""
    features = SentenceFeatures(**{"n_rules": N_RULES, "own_bits": 9} | settings)
    X = make_analysis(1)
    hashed = 2**features.own_bits
    rows = features.transform(X).own.toarray()
    for number in range(X.n_sentences):
        alone = X.alone().take(np.array([number]))
        meanings = features.hashing.meanings(alone, spelled(alone), RULES)
        counts = np.zeros(hashed)
        for column, names in meanings.items():
            if column < hashed:
                counts[column] = names.total()
        np.testing.assert_allclose(rows[number, :hashed], counts / np.linalg.norm(counts))
        rest = [meanings[column] for column in range(hashed, features.hashing.own_width)]
        expected = [("cue", rule) for rule in RULES] + [("layout", name) for name in LAYOUT]
        assert rest == [Counter([name]) for name in expected]


def test_names_of_n_grams(make_analysis: MakeAnalysis) -> None:
    X = make_analysis(pages=(1,))
    X = replace(
        X,
        sentence_bounds=np.array([0, 3]),
        **{unit: np.array([1, 2, 1], dtype=np.uint64) for unit in ("word", "stem", "kind")},
    )
    texts = {"word": ["no", "cures", "no"], "kind": ["no", "<CURE>", "no"]}
    meanings = SentenceFeatures(n_rules=0).hashing.meanings(X, texts, [])
    counts = [item for names in meanings.values() for item in names.items()]
    found = {name: n for name, n in counts if name[0] != "layout"}
    assert found == {
        ("stem", "no"): 2,
        ("stem", "cures"): 1,
        ("word", "no"): 2,
        ("word", "cures"): 1,
        **{
            (unit, " ".join(n_gram)): 1
            for unit, orders in (("word", (2,)), ("kind", (2, 3)))
            for n in orders
            for n_gram in zip(*([START, *texts[unit], END][i:] for i in range(n)), strict=False)
        },
    }


def test_groups() -> None:
    logit = Logit(0.5, (Addend("a", "x", 1.0), Addend("b", "y", -3.0), Addend("c", "x", 0.25)))
    assert list(logit.groups.items()) == [("y", -3.0), ("x", 1.25)]
    assert logit.value == -1.25
