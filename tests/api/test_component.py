"""The spaCy component: it tells what ``Scorer`` tells, once per doc, here and in other processes."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from classifier.encoder.encoder import Encoder
from classifier.errors import BundleError
from classifier.run.scorer import Scorer
from classifier.schema import Dataset, Page
from classifier.text import components
from classifier.text.analyser import Analyser
from classifier.training.config import TrainConfig
from classifier.training.training import train

TEXTS = [
    "",
    "How velour tea is made\nOrder velour tea today and save money!",
    "Velour tea cures insomnia within a week. Buy two jars now.",
    "  \nThe leaves are dried for nine days.\n",
    "Ask your doctor. 😀 Order okapi oil now for instant pain relief!",
]
GERMAN = "Unser Tee lindert die Beschwerden, und wir liefern ihn noch heute zu Ihnen nach Hause."
#: Prints what ``outcome`` returns, for a pipeline on disk and texts as JSON.
FRESH = """
import json, sys, spacy
nlp = spacy.load(sys.argv[1])
docs = [nlp(text) for text in json.loads(sys.argv[2])]
print(json.dumps([[d.cats, {k: [[(s.start, s.end, s.label_) for s in g], [float(x).hex()
    for x in g.attrs.get("scores", [])]] for k, g in d.spans.items()}] for d in docs]))
"""


def outcome(doc: Doc) -> Any:
    spans = {
        key: [
            [[span.start, span.end, span.label_] for span in group],
            [float(score).hex() for score in group.attrs.get("scores", [])],
        ]
        for key, group in doc.spans.items()
    }
    return [dict(doc.cats), spans]


def pipeline(bundle: Path, *before: str, **config: Any) -> Language:
    nlp = spacy.blank("en")
    for name in before:
        nlp.add_pipe(name)
    nlp.add_pipe("health_marketing", config={"model": str(bundle), **config})
    return nlp


@pytest.fixture(scope="module")
def nlp(bundle: Path) -> Language:
    return pipeline(bundle, "health_sentences", "health_cues")


@pytest.mark.parametrize("text", TEXTS)
def test_it_tells_what_the_scorer_tells(text: str, nlp: Language, scorer: Scorer) -> None:
    (verdict,) = scorer.score_batch([Page("-", text)])
    doc = nlp(text)
    assert doc.cats == verdict.scores
    for label in scorer.model.labels:
        flagged = [s for s in verdict.sentences if label in s.flags]
        found = [(span.start_char, span.end_char, span.label_) for span in doc.spans[label]]
        assert found == [(s.start, s.end, label) for s in flagged]
        assert doc.spans[label].attrs["scores"].tolist() == [s.scores[label] for s in flagged]


def test_an_encoder_reads_what_was_analysed_without_it(
    dataset: Dataset, config: TrainConfig, encoder: Encoder
) -> None:
    scorer = Scorer(train(dataset, config, encoder=encoder))
    for text in TEXTS:
        page = Page("-", text)
        found = scorer.score_analysed(page, Analyser().analyse([text]))
        assert found == scorer.score_batch([page])[0]


def test_a_doc_is_analysed_once(nlp: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many components ask, one by one or in a stream with batches."""
    analysed: list[str] = []
    analyse = Analyser._analysed

    def counted(self: Analyser, texts: Any) -> Any:
        analysed.extend(texts)
        return analyse(self, texts)

    monkeypatch.setattr(Analyser, "_analysed", counted)
    docs = list(nlp.pipe(TEXTS, batch_size=2))
    assert analysed == TEXTS
    nlp(TEXTS[0])
    assert analysed == [*TEXTS, TEXTS[0]], "another doc, though of the same text"
    assert len(docs) == len(TEXTS)


def test_what_was_analysed_goes_with_the_doc(nlp: Language) -> None:
    known = components.doc_analyses()._known
    doc = nlp(TEXTS[1])
    before = len(known)
    del doc
    assert len(known) == before - 1


def test_a_pipeline_on_disk_says_the_same_in_a_fresh_process(nlp: Language, tmp_path: Path) -> None:
    """Bit for bit, also where the bundle that it was made from is gone."""
    nlp.to_disk(tmp_path / "pipeline")
    config = tmp_path / "pipeline" / "config.cfg"
    text = config.read_text(encoding="utf-8")
    gone = text.replace(json.dumps(nlp.get_pipe_config("health_marketing")["model"]), '"/gone"')
    assert gone != text
    config.write_text(gone, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", FRESH, str(tmp_path / "pipeline"), json.dumps(TEXTS)],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    expected = [outcome(nlp(text)) for text in TEXTS]
    assert json.loads(done.stdout) == json.loads(json.dumps(expected))


@pytest.mark.parametrize("way", ["bytes", "pickle"])
def test_other_ways_to_carry_it(way: str, nlp: Language) -> None:
    expected = [outcome(nlp(text)) for text in TEXTS]
    if way == "bytes":
        other = pipeline(Path("nowhere"), "health_sentences", "health_cues")
        other.from_bytes(nlp.to_bytes())
        assert [outcome(other(text)) for text in TEXTS] == expected
    else:
        component = pickle.loads(pickle.dumps(nlp.get_pipe("health_marketing")))
        labels = nlp.get_pipe("health_marketing").labels
        for text, (cats, spans) in zip(TEXTS, expected, strict=True):
            found = outcome(component(spacy.blank("en")(text)))
            assert found == [cats, {label: spans[label] for label in labels}]


def test_worker_processes_say_the_same(nlp: Language) -> None:
    found = [outcome(doc) for doc in nlp.pipe(TEXTS * 2, n_process=2, batch_size=3)]
    assert found == [outcome(nlp(text)) for text in TEXTS] * 2


def test_other_languages_have_spans_but_no_cats(nlp: Language, bundle: Path) -> None:
    doc = nlp(GERMAN)
    assert not doc.cats
    assert all(not doc.spans[label] for label in nlp.get_pipe("health_marketing").labels)
    assert pipeline(bundle, any_language=True)(GERMAN).cats


def test_thresholds(bundle: Path) -> None:
    everything = pipeline(bundle, thresholds={"promotional": 0.0})(TEXTS[1])
    assert len(everything.spans["promotional"]) == 2


@pytest.mark.parametrize("settings", [{}, {"thresholds": {"colour": 0.5}}])
def test_what_is_wrong_is_said_at_first_use(settings: Any, bundle: Path, tmp_path: Path) -> None:
    """And not before, since a pipeline that is loaded brings its own bundle."""
    nlp = pipeline(bundle if settings else tmp_path, **settings)
    with pytest.raises(BundleError, match="colour" if settings else "no model bundle here"):
        nlp("Order now!")


def examples(nlp: Language, flip: bool = False) -> list[Example]:
    """Gold labels that are, or are not at all, what the model says."""
    made = []
    for text in TEXTS[1:]:
        doc, gold = nlp(text), nlp.make_doc(text)
        flags = {label: bool(doc.spans[label]) for label in doc.cats}
        gold.cats = {label: float(flag != flip) for label, flag in flags.items()}
        for label in doc.cats:
            spans = [] if flip else [Span(gold, s.start, s.end, label) for s in doc.spans[label]]
            gold.spans[label] = spans or [Span(gold, 0, 1, label)] * flip
        made.append(Example(nlp.make_doc(text), gold))
    return made


def test_evaluate(nlp: Language, scorer: Scorer) -> None:
    """A model agrees with itself; on what it does not say it is wrong."""
    right, wrong = nlp.evaluate(examples(nlp)), nlp.evaluate(examples(nlp, flip=True))
    for label in scorer.model.labels:
        assert right[f"spans_{label}_f"] == 1.0
        assert wrong[f"spans_{label}_f"] == 0.0
    assert right["cats_macro_f"] == 1.0
    assert wrong["cats_macro_f"] == 0.0


def test_evaluate_flags_from_the_threshold_on(nlp: Language, scorer: Scorer) -> None:
    component = nlp.get_pipe("health_marketing")
    for label, threshold in scorer.page_thresholds.items():
        for score, flagged in ((threshold, True), (threshold - 1e-6, False), (0, False), (1, True)):
            doc = nlp.make_doc("x")
            doc.cats = {label: score}
            assert (component._at_one_half(doc, "cats")[label] >= 0.5) == flagged
