"""The one scoring path: a verdict for each page, and no page ever notices another."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise, repeat
from pathlib import Path

import pytest

import classifier
from classifier.analysis import Int, UInt64
from classifier.errors import BundleError, InputError
from classifier.model.bundle import Model
from classifier.model.saving import save
from classifier.read import html
from classifier.read.pages import parse
from classifier.read.record import Options
from classifier.run import scorer as scorer_module
from classifier.run import scoring
from classifier.run.scorer import SENTENCES, Scorer
from classifier.run.scoring import batches, score_pages
from classifier.schema import UNSUPPORTED_CLAIM, Dataset, Page, RawPage, Verdict
from classifier.text import Analyser, language
from classifier.text.language import detector
from classifier.text.words import Words

EMPTY = ("", " ", "\n\n \t\n", "\u00a0")
PUNCTUATION = ("!", "...", "• • •", "|||", "“”", "😀")


@pytest.fixture(scope="module")
def pages(dataset: Dataset) -> list[Page]:
    """Labelled texts, strange ones, and records that came with an error."""
    texts = [page.text for page in dataset.pages] + [*EMPTY, *PUNCTUATION, "Order now! " * 40]
    sound = [Page(f"p{i}", text, columns={"n": i}) for i, text in enumerate(texts)]
    broken = [Page(f"e{i}", "", f"x.csv:{i}", error="field 'text' is missing") for i in range(2)]
    return [broken[0], *sound[:7], broken[1], *sound[7:]]


@pytest.fixture(scope="module")
def verdicts(pages: list[Page], scorer: Scorer) -> list[Verdict]:
    """Each page scored alone."""
    return [scorer.score_batch([page], "all")[0] for page in pages]


# ---------------------------------------------------------------------------------- one batch


def test_one_verdict_per_page_in_order(pages: list[Page], scorer: Scorer) -> None:
    found = scorer.score_batch(pages)
    assert [(v.id, v.text, v.columns) for v in found] == [(p.id, p.text, p.columns) for p in pages]


def test_error_pages_pass_through(pages: list[Page], verdicts: list[Verdict]) -> None:
    for page, verdict in zip(pages, verdicts, strict=True):
        assert verdict.error == page.error
        if page.error:
            assert not verdict.flags
            assert not verdict.scores
            assert not verdict.sentences


def test_scores_and_flags_agree(verdicts: list[Verdict], scorer: Scorer) -> None:
    for verdict in verdicts:
        for sentence in verdict.sentences:
            assert list(sentence.scores) == list(scorer.model.labels)
            assert all(0 <= s <= 1 and s == round(s, 6) for s in sentence.scores.values())
            assert sentence.flags == tuple(
                label for label, s in sentence.scores.items() if s >= scorer.thresholds[label]
            )
        flagged = {label for sentence in verdict.sentences for label in sentence.flags}
        assert flagged <= set(verdict.flags)
        for label, score in verdict.scores.items():
            highest = max((s.scores[label] for s in verdict.sentences), default=0.0)
            assert score >= highest, "a page is as likely as its most likely sentence"
            assert (label in verdict.flags) == (score >= scorer.page_thresholds[label])
            if label in set(verdict.flags) - flagged:
                assert any(s.evidence and s.scores[label] == highest for s in verdict.sentences)
        assert verdict.error or verdict.model == scorer.model.name


def test_offsets_slice_back(verdicts: list[Verdict]) -> None:
    for verdict in verdicts:
        last = 0
        for sentence in verdict.sentences:
            text = verdict.text[sentence.start : sentence.end]
            assert last <= sentence.start
            assert text == text.strip() != ""
            last = sentence.end
            for cue in sentence.cues:
                assert sentence.start <= cue.start < cue.end <= sentence.end
                assert cue.rule.startswith(f"{cue.cue}.")
            places = [(cue.start, cue.end) for cue in sentence.cues]
            assert places == sorted(places)


def test_flagged_claims_have_a_severity_and_pages_that_of_the_worst(
    verdicts: list[Verdict],
) -> None:
    for verdict in verdicts:
        levels = [0]
        for sentence in verdict.sentences:
            assert bool(sentence.severity) == (UNSUPPORTED_CLAIM in sentence.flags)
            levels += [sentence.severity.level] if sentence.severity else []
        assert (verdict.severity.level if verdict.severity else 0) == max(levels)
    assert {v.severity.level for v in verdicts if v.severity} >= {1, 3}


def test_severity_is_that_of_the_sentence(scorer: Scorer) -> None:
    text = "Lisle tea is sold here. Lisle tea cures insomnia within a week and ends diabetes."
    claims = Scorer(scorer.model, {UNSUPPORTED_CLAIM: 0.0})
    (verdict,) = claims.score_batch([Page("x", text)], "all")
    assert [s.severity and s.severity.rule for s in verdict.sentences] == [
        "other",
        "serious_disease.named",
    ]
    assert verdict.severity == verdict.sentences[1].severity


def test_cues_are_the_words_that_matched(scorer: Scorer) -> None:
    text = "A note.\nFree shipping on all orders!"
    (verdict,) = scorer.score_batch([Page("x", text)], "all")
    offers = {text[c.start : c.end] for c in verdict.sentences[1].cues if c.cue == "offer"}
    assert "Free shipping" in offers
    assert not verdict.sentences[0].cues


@pytest.mark.parametrize("text", EMPTY)
def test_a_page_without_words(text: str, scorer: Scorer) -> None:
    (verdict,) = scorer.score_batch([Page("x", text)], "all")
    assert verdict.error is None
    assert (verdict.flags, verdict.sentences) == ((), ())
    assert verdict.scores == dict.fromkeys(scorer.model.labels, 0.0)


@pytest.mark.parametrize("text", PUNCTUATION)
def test_a_page_of_punctuation(text: str, scorer: Scorer) -> None:
    (verdict,) = scorer.score_batch([Page("x", text)], "all")
    assert verdict.error is None
    assert verdict.sentences
    assert set(verdict.scores) == set(scorer.model.labels)


@pytest.mark.parametrize("which", SENTENCES)
def test_which_sentences_are_listed(
    which: str, pages: list[Page], verdicts: list[Verdict], scorer: Scorer
) -> None:
    for full, verdict in zip(verdicts, scorer.score_batch(pages, which), strict=True):
        keep = {"all": lambda s: True, "flagged": lambda s: s.flags, "none": lambda s: False}
        assert verdict.sentences == tuple(filter(keep[which], full.sentences))
        assert replace(verdict, sentences=()) == replace(full, sentences=())


def test_carried_text_and_columns_are_kept(scorer: Scorer) -> None:
    page = Page("x", "Order now!", columns={"url": "u", "n": 3}, carry_text=True)
    (verdict,) = scorer.score_batch([page])
    assert (verdict.carry_text, verdict.columns) == (True, {"url": "u", "n": 3})


# ---------------------------------------------------------------------------------- batches


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_the_batch_never_changes_a_verdict(
    size: int, pages: list[Page], verdicts: list[Verdict], scorer: Scorer
) -> None:
    cut = [pages[i : i + size] for i in range(0, len(pages), size)]
    assert [v for batch in cut for v in scorer.score_batch(batch, "all")] == verdicts
    turned = [v for batch in cut for v in scorer.score_batch(batch[::-1], "all")[::-1]]
    assert turned == verdicts


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([], []),
        ([1] * 5, [3, 2]),
        ([1] * 6, [3, 3]),
        ([10, 1, 1], [1, 2]),
        ([4, 6, 1], [2, 1]),
        ([100], [1]),
    ],
)
def test_batches(lengths: list[int], expected: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "BATCH_PAGES", 3)
    monkeypatch.setattr(scoring, "BATCH_CHARACTERS", 10)
    pages = [Page(str(i), "x" * length) for i, length in enumerate(lengths)]
    cut = list(batches(iter(pages)))
    assert [len(batch) for batch in cut] == expected
    assert [page for batch in cut for page in batch] == pages


def test_batches_of_raw_pages_are_bounded_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "BATCH_CHARACTERS", 10)
    raw = [RawPage(str(i), str(i), b"x" * length, "html") for i, length in enumerate([4, 6, 1])]
    assert [len(batch) for batch in batches(raw)] == [2, 1]


#: HTML that makes a page, and HTML that makes an error.
RAW = [
    RawPage(name, name, data, "html")
    for name, data in {
        "good.html": b"<h1>Nettle tea</h1><p>Order now! It cures gout.</p>",
        "empty.html": b"<html><body></body></html>",
        "latin.html": b"<p>caf\xe9</p>",
        "long.html": b"<p>" + b"Rain fell. " * 200 + b"</p>",
    }.items()
]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_raw_pages_are_parsed_where_they_are_scored(n_jobs: int, bundle: Path) -> None:
    mixed = [Page("a", "Order now!"), *RAW, Page("b", "Rain fell.")]
    parsed = [parse(page, Options(max_chars=1000)) for page in mixed]
    found = list(score_pages(mixed, bundle, sentences="all", n_jobs=n_jobs, max_chars=1000))
    assert found == list(score_pages(parsed, bundle, sentences="all"))
    assert [v.error is None for v in found] == [True, True, False, False, False, True]
    assert found[1].carry_text
    assert found[1].flags


def test_the_time_limit_holds_for_parsing(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visible_text = html.visible_text

    def hang(source: str) -> str:
        while "gout" in source:
            time.sleep(0.01)
        return visible_text(source)

    monkeypatch.setattr(html, "visible_text", hang)
    found = list(score_pages([*RAW, Page("b", "Rain fell.")], bundle, timeout=0.5))
    assert found[0].error == "good.html: scoring took longer than 0.5 s"
    assert found[-1].error is None


def test_a_stream_is_read_lazily(bundle: Path) -> None:
    taken = []

    def endless() -> Iterator[Page]:
        while True:
            taken.append(1)
            yield Page(str(len(taken)), "Order now!")

    verdicts = score_pages(endless(), bundle)
    assert not taken
    assert next(verdicts).id == "1"
    assert len(taken) <= scoring.BATCH_PAGES


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_workers_never_change_a_verdict(
    n_jobs: int, pages: list[Page], verdicts: list[Verdict], bundle: Path
) -> None:
    many = pages * 3  # more than one batch
    assert list(score_pages(many, bundle, sentences="all", n_jobs=n_jobs)) == verdicts * 3


# ---------------------------------------------------------------------------------- failures


@pytest.mark.parametrize("place", [0, 3, -1])
def test_a_failing_record_costs_only_itself(
    place: int,
    pages: list[Page],
    verdicts: list[Verdict],
    scorer: Scorer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sound = [i for i, page in enumerate(pages) if page.error is None and page.text]
    bad = sound[place]
    analyse = Analyser.analyse

    def fail_on_one(self: Analyser, texts: list[str]) -> object:
        if pages[bad].text in texts:
            raise ZeroDivisionError("a strange record")
        return analyse(self, texts)

    monkeypatch.setattr(Analyser, "analyse", fail_on_one)
    found = scorer.score_batch(pages, "all")
    assert "cannot be scored: ZeroDivisionError('a strange record')" in found[bad].error
    assert (found[bad].id, found[bad].scores) == (pages[bad].id, {})
    expected = [verdict for i, verdict in enumerate(verdicts) if i != bad]
    assert [verdict for i, verdict in enumerate(found) if i != bad] == expected


def test_a_text_that_cannot_be_encoded(scorer: Scorer) -> None:
    found = scorer.score_batch([Page("a", "Order now!"), Page("b", "\ud800"), Page("c", "Yes.")])
    assert [verdict.error is None for verdict in found] == [True, False, True]


@pytest.mark.parametrize("place", [0, 3, -1])
def test_a_page_that_takes_too_long_costs_only_itself(
    place: int,
    pages: list[Page],
    verdicts: list[Verdict],
    bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sound = [i for i, page in enumerate(pages) if page.error is None and page.text]
    bad = sound[place]
    analyse = Analyser.analyse

    def hang(self: Analyser, texts: list[str]) -> object:
        while pages[bad].text in texts:
            time.sleep(0.01)
        return analyse(self, texts)

    monkeypatch.setattr(Analyser, "analyse", hang)
    found = list(score_pages(pages, bundle, sentences="all", timeout=0.3))
    assert found[bad].error == f"{pages[bad].where}: scoring took longer than 0.3 s"
    assert (found[bad].id, found[bad].scores) == (pages[bad].id, {})
    expected = [verdict for i, verdict in enumerate(verdicts) if i != bad]
    assert [verdict for i, verdict in enumerate(found) if i != bad] == expected


@pytest.mark.parametrize("place", [0, 3])
def test_time_limits_hold_in_threads(
    place: int, pages: list[Page], bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four threads share a model; in one, a page takes too long; none has an alarm of its own."""
    bad = Page("bad", f"Nettle tea number {place} never ends.")
    analyse = Analyser._analysed

    def hang(self: Analyser, texts: list[str]) -> object:
        while bad.text in texts:
            time.sleep(0.01)
        return analyse(self, texts)

    expected = list(score_pages(pages, bundle))
    monkeypatch.setattr(Analyser, "_analysed", hang)
    with ThreadPoolExecutor(4) as pool:
        late = pool.submit(list, score_pages([*pages, bad], bundle, timeout=0.5))
        others = [pool.submit(list, score_pages(pages, bundle, timeout=60)) for _ in range(3)]
    assert late.result()[-1].error == ": scoring took longer than 0.5 s"
    assert [future.result() for future in others] == [expected] * 3


class Stuck(str):
    """A format whose parser never returns to Python."""

    __slots__ = ()

    def __hash__(self) -> int:
        return all(repeat(True))


def test_workers_stop_code_in_c(
    pages: list[Page], bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "GRACE", 0.1)
    monkeypatch.setattr(scoring, "BATCH_PAGES", 1)
    monkeypatch.setattr("joblib.effective_n_jobs", lambda _: 1)  # starts again and again
    stuck = RawPage("stuck", "stuck.html", b"", Stuck("html"))
    found = list(score_pages([*pages[:3], stuck], bundle, n_jobs=2, timeout=1))
    assert found[:3] == list(score_pages(pages[:3], bundle))
    assert found[3].error == (
        "stuck.html: the process that scored it was killed, twice (out of memory, or longer than 1 s?)"
    )


def test_no_page_pays_for_what_is_loaded_once(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow() -> object:
        time.sleep(0.6)
        return detector()

    monkeypatch.setattr(language, "detector", lru_cache(slow))
    monkeypatch.setattr(scorer_module, "detector", language.detector)
    (found,) = score_pages(
        [Page("a", "Valeriana officinalis radix extractum")], bundle, timeout=0.5
    )
    assert found.error is None


def test_pages_whose_workers_are_killed(
    pages: list[Page], bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def all_lost(
        function: object,
        batches: Iterable[list[Page]],
        n_jobs: int,
        lost: Callable[..., Verdict],
        start: object,
    ) -> Iterator[Verdict]:
        return (lost(page) for batch in batches for page in batch)

    monkeypatch.setattr(scoring, "ordered_map", all_lost)
    found = list(score_pages(pages, bundle, n_jobs=2))
    assert [verdict.id for verdict in found] == [page.id for page in pages]
    assert all("out of memory" in str(verdict.error) for verdict in found)


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_analysis_cut_short_spoils_no_other(
    error: type[BaseException], bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was half learnt when it happened is forgotten."""
    pages = [Page(str(i), f"Our tea number{i} cures gout{i}. Order now!") for i in range(8)]
    expected = Scorer(bundle).score_batch(pages, "all")
    scorer = Scorer(bundle)
    rows, armed = Words.rows, [True]

    def torn(self: Words, orth: UInt64) -> Int:
        found = rows(self, orth)
        if armed:
            armed.clear()
            raise error
        return found

    monkeypatch.setattr(Words, "rows", torn)
    try:
        assert scorer.score_batch(pages, "all") == expected
    except KeyboardInterrupt:
        assert scorer.score_batch(pages, "all") == expected


# ---------------------------------------------------------------------------------- thresholds


def test_a_lower_threshold_flags_a_superset(pages: list[Page], bundle: Path) -> None:
    flagged: list[set[tuple[str, int, str]]] = []
    for value in (1.0, 0.6, 0.2, 0.0):
        verdicts = Scorer(bundle, {"promotional": value}).score_batch(pages, "all")
        sentences = [(verdict.id, s) for verdict in verdicts for s in verdict.sentences]
        flagged.append({(name, s.start, label) for name, s in sentences for label in s.flags})
    for fewer, more in pairwise(flagged):
        assert fewer <= more
    others = [{mark for mark in marks if mark[2] != "promotional"} for marks in flagged]
    assert others.count(others[0]) == len(others), "the other label keeps its own threshold"
    assert {(name, s.start, "promotional") for name, s in sentences} <= flagged[-1], "0 flags all"


def test_a_threshold_is_included(bundle: Path, scorer: Scorer) -> None:
    page = Page("x", "Order now!")
    score = scorer.score_batch([page], "all")[0].sentences[0].scores["promotional"]
    (verdict,) = Scorer(bundle, {"promotional": score}).score_batch([page])
    assert "promotional" in verdict.flags


def test_a_page_flagged_as_a_whole_lists_its_strongest_sentence(model: Model) -> None:
    page = Page("x", "The tea is brown. Order our tea now! It grows in the hills.")
    (every,) = Scorer(model).score_batch([page], "all")
    strongest = max(every.sentences, key=lambda s: s.scores["promotional"])
    above = strongest.scores["promotional"] + 1e-6
    weak = replace(
        model,
        thresholds=dict.fromkeys(model.labels, 1.0) | {"promotional": above},
        page_thresholds=dict.fromkeys(model.labels, 1.0) | {"promotional": 1e-6},
    )
    (verdict,) = Scorer(weak).score_batch([page])
    assert verdict.flags == ("promotional",)
    assert [(s.start, s.flags, s.evidence) for s in verdict.sentences] == [
        (strongest.start, (), True)
    ]


def test_unknown_threshold(bundle: Path) -> None:
    with pytest.raises(BundleError, match="no threshold for 'spam' in this model"):
        Scorer(bundle, {"spam": 0.5})


# ---------------------------------------------------------------------------------- models


def test_another_text_pipeline_is_refused(model: Model) -> None:
    with pytest.raises(BundleError, match="retrain"):
        Scorer(replace(model, fingerprint="spacy-9.9/text-0/0"))


def test_a_broken_bundle_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no model bundle here"):
        score_pages(iter([]), tmp_path)


def test_a_bundle_saved_anew_is_opened_anew(model: Model, tmp_path: Path) -> None:
    page = Page("x", "The leaves are dried for nine days.")
    for value, flags in ((1.0, ()), (0.0, model.labels)):
        own = dict.fromkeys(model.labels, value)
        save(replace(model, thresholds=own, page_thresholds=own), tmp_path / "m", "card")
        assert next(score_pages([page], tmp_path / "m")).flags == flags


def test_public_face(bundle: Path) -> None:
    model = classifier.load_model(bundle)
    text = "Order our tea now!\nThe leaves are dried for nine days."
    verdict = classifier.score(text, model, sentences="all")
    assert isinstance(verdict, Verdict)
    assert [text[s.start : s.end] for s in verdict.sentences] == text.split("\n")
    assert classifier.score(text, model, sentences="none").sentences == ()


def test_threads_share_a_model(bundle: Path) -> None:
    """Four threads over words that the model has not met give what one thread gives."""
    texts = [f"Tea word{n}x cures gout{n % 7}y. Order item{n} now!" for n in range(400)]
    model = classifier.load_model(bundle)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: classifier.score(text, model, sentences="all"), texts))
    alone = classifier.load_model(bundle)
    assert found == [classifier.score(text, alone, sentences="all") for text in texts]


def test_scoring_leaves_the_garbage_collector_on(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that belongs to the whole process is switched in passing."""
    monkeypatch.setattr(gc, "disable", lambda: pytest.fail("gc.disable was called"))
    before = gc.get_threshold(), gc.get_freeze_count()
    classifier.score("Order now!", classifier.load_model(bundle))
    list(score_pages([Page("a", "Order now!")], bundle))
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


def test_unknown_choice_of_sentences(scorer: Scorer, bundle: Path) -> None:
    with pytest.raises(InputError, match="Unknown sentences 'some'"):
        classifier.score("Order now!", scorer, sentences="some")
    with pytest.raises(InputError, match="Unknown sentences 'some'"):
        score_pages(iter([]), bundle, sentences="some")


def test_record_models_take_the_text_as_one_unit(model: Model, analyser: Analyser) -> None:
    scorer = Scorer(replace(model, unit="record"))
    (verdict,) = scorer.score_batch([Page("x", " One. Two. Three.\n")], "all")
    assert [(s.start, s.end) for s in verdict.sentences] == [(1, 17)]


def test_only_english_is_judged_unless_asked(bundle: Path) -> None:
    texts = ["Order now!", "Unser Ingwertee heilt jede Erkältung in zwei Tagen.", "12 345"]
    pages = [Page(str(n), text, columns={"n": n}) for n, text in enumerate(texts)]
    english, german, digits = score_pages(pages, bundle)
    assert (english.language, german.language, digits.language) == ("en", "de", "und")
    assert (english.judged, german.judged, digits.judged) == (True, False, True)
    assert (german.scores, german.flags, german.sentences, german.error) == ({}, (), (), None)
    assert (german.columns, german.model) == ({"n": 1}, english.model)
    every = list(score_pages(pages, bundle, any_language=True))
    assert every[0] == english
    assert every[1].language == "de"
    assert every[1].judged
    assert set(every[1].scores) == set(english.scores)
