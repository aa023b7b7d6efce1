"""Settings chosen within the data."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from classifier.analysis import Analysis
from classifier.corpus.alignment import align
from classifier.schema import Dataset, LabelledPage, Segment
from classifier.text import Analyser
from classifier.training.config import TrainConfig
from classifier.training.search import SEARCHES, changes, choose
from classifier.training.training import train

#: The order of two words tells the class, and no word alone.
PAIRS = {"yes": "{1} red then blue {0}", "no": "{0} blue then red {1}"}


def ordered_words() -> Dataset:
    pages = []
    for n in range(24):
        for label, template in PAIRS.items():
            text = template.format("abcdefghijklmnopqrstuvwx"[n] * 3, "xyzw"[n % 4] * 4)
            held = frozenset({label})
            pages.append(LabelledPage(f"{label}{n}", f"g{n}", text, (Segment(0, len(text), held),)))
    return Dataset(tuple(pages), ("no", "yes"), exclusive=True, unit="record")


@pytest.fixture(scope="module")
def words() -> tuple[Analysis, np.ndarray, np.ndarray, int]:
    data, analyser = ordered_words(), Analyser(split=False)
    X = analyser.analyse([page.text for page in data.pages])
    groups = np.repeat(np.arange(24), 2)
    return X, align(X, data).y, groups, len(analyser.lexicons.rules)


def test_all_settings_can_be_configured() -> None:
    known = {field.name: field.type for field in fields(TrainConfig)}
    for values in SEARCHES.values():
        for name, settings in values.items():
            assert getattr(TrainConfig(), name) == settings[0], "the default comes first"
            for value in settings:
                replace(TrainConfig(), **{name: value})
                assert type(value).__name__ == known[name]


def test_word_order_is_chosen_where_it_matters(
    words: tuple[Analysis, np.ndarray, np.ndarray, int],
) -> None:
    X, y, groups, n_rules = words
    config = TrainConfig(own_bits=12, kind_order=0, folds=3)
    chosen = choose("quick", config, n_rules, X, y, groups, exclusive=True)
    assert changes(config, chosen) == {"word_order": 2}
    assert choose("none", config, n_rules, X, y, groups, True) is config


def test_the_first_of_equals_is_chosen(words: tuple[Analysis, np.ndarray, np.ndarray, int]) -> None:
    X, y, groups, n_rules = words
    config = TrainConfig(own_bits=12)  # classes of words tell their order as well
    assert choose("quick", config, n_rules, X, y, groups, exclusive=True) == config


def test_training_searches_outside_of_each_fold(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ordered_words()
    seen: list[int] = []

    def choosing(*arguments: object) -> TrainConfig:
        X = arguments[3]
        assert isinstance(X, Analysis)
        seen.append(X.n_pages)
        return choose(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("classifier.training.training.choose", choosing)
    lines: list[str] = []
    settings = replace(config, kind_order=0)
    model = train(data, settings, search="quick", progress=lines.append)
    assert seen == [32, 32, 32, 48], "and on all pages at last"
    assert model.about["config"]["word_order"] == 2
    assert model.features["word_order"] == 2
    assert model.about["metrics"]["macro_f1"] > 0.95
    assert train(data, settings).about["metrics"]["macro_f1"] < 0.8
    assert sum("settings chosen" in line for line in lines) == 2


def test_a_label_that_only_one_group_has(
    words: tuple[Analysis, np.ndarray, np.ndarray, int],
) -> None:
    X, y, groups, n_rules = words
    rare = np.column_stack([y[:, 0], groups == 0, np.zeros(len(y))]).astype(float)
    rare[-1] = np.nan  # a sentence without labels
    config = TrainConfig(own_bits=12, kind_order=0)
    assert choose("quick", config, n_rules, X, rare, groups, exclusive=False).word_order == 2
