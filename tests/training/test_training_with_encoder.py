"""A model with an encoder: trained, written, read, and the same wherever it scores."""

from __future__ import annotations

import json
import shutil
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from classifier.encoder.encoder import Encoder
from classifier.encoder.files import DESCRIPTION, VOCABULARY
from classifier.encoder.held_out import HeldOut, hash_of
from classifier.errors import BundleError
from classifier.model.bundle import MANIFEST, Model, load, read_files
from classifier.model.context import ENCODER, context_names
from classifier.model.saving import save
from classifier.run.explaining import explain_page
from classifier.run.scorer import Scorer
from classifier.run.scoring import ENCODED_CHARACTERS, ENCODED_PAGES, batches, score_pages
from classifier.schema import Dataset, Page
from classifier.text import Analyser
from classifier.training.config import TrainConfig
from classifier.training.training import train

TEXTS = ["Order the tea now! The tea cures colds.", "The tea.\nOrder now.", "", "tea"]


@pytest.fixture(scope="module")
def reading(dataset: Dataset, config: TrainConfig, encoder: Encoder) -> Model:
    return train(dataset, config, encoder=encoder)


@pytest.fixture(scope="module")
def bundle(reading: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("models") / "reading"
    save(reading, directory, "# Card\n")
    return directory


def test_round_trip(reading: Model, bundle: Path, encoder: Encoder) -> None:
    found = load(bundle)
    assert found.encoder is not None
    assert found.encoder.sha256 == encoder.sha256 == found.about["encoder_input"]["sha256"]
    assert set(encoder.files) < set(read_files(bundle))
    X = Analyser(encode=found.encode).analyse(TEXTS)
    for a, b in zip(found.predict(X), reading.predict(X), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_the_encoder_counts(reading: Model) -> None:
    names = context_names(reading.labels, reading.encoder_labels)
    own = [name.startswith(f"{ENCODER}.") for name in names]
    assert np.abs(reading.parameters["context_coef"][own]).max() > 0


def test_scores_do_not_depend_on_the_batch(bundle: Path) -> None:
    scorer = Scorer(bundle, any_language=True)
    pages = [Page(str(number), text) for number, text in enumerate(TEXTS)]
    together = scorer.score_batch(pages, "all")
    assert together == [scorer.score_batch([page], "all")[0] for page in pages]


def test_batches_are_small(bundle: Path) -> None:
    """What takes long is handed out in small pieces, so that no worker waits for another."""
    taken = []
    pages = (taken.append(text) or Page("a", text) for text in TEXTS * 10)
    assert len(list(islice(score_pages(pages, bundle), 1))) == 1
    assert len(taken) == ENCODED_PAGES
    pages = (Page("a", "x" * (ENCODED_CHARACTERS // 2)) for _ in range(3))
    assert [len(batch) for batch in batches(pages, encoded=True)] == [2, 1]


def test_the_encoder_is_an_addend_of_the_explanation(bundle: Path) -> None:
    explained = explain_page(Scorer(bundle, any_language=True), Page("a", TEXTS[0]), every=True)
    groups = explained.reasons[0][0].score.groups
    assert groups[ENCODER]
    score = explained.verdict.sentences[0].scores["promotional"]
    assert 1 / (1 + np.exp(-explained.reasons[0][0].score.value)) == pytest.approx(score, abs=1e-5)


def test_a_bundle_replaces_one_with_an_encoder_and_the_other_way_round(
    bundle: Path, model: Model, reading: Model, tmp_path: Path
) -> None:
    target = Path(shutil.copytree(bundle, tmp_path / "copy"))
    assert save(model, target, "# Card\n").encoder is None
    assert DESCRIPTION not in {path.name for path in target.iterdir()}
    assert save(reading, target, "# Card\n").encoder is not None


@pytest.mark.parametrize("name", [DESCRIPTION, VOCABULARY, "encoder-0.npz"])
def test_a_changed_file_is_refused(name: str, bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    with (copy / name).open("ab") as stream:
        stream.write(b" ")
    with pytest.raises(BundleError, match="was changed after training"):
        load(copy)
    (copy / name).unlink()
    with pytest.raises(BundleError, match="is missing"):
        load(copy)


def test_held_out_logits_are_taken_and_named(
    dataset: Dataset, config: TrainConfig, encoder: Encoder, analyser: Analyser, reading: Model
) -> None:
    texts = [page.text for page in dataset.pages[:3]]
    X = analyser.analyse(texts)
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(X.n_sentences, 2)).astype(np.float32)
    known = HeldOut(
        np.array([hash_of(text) for text in texts], dtype=np.uint64),
        np.diff(X.page_bounds),
        logits,
        logits,
        "abc",
    )
    other = train(dataset, config, encoder=encoder, held_out=known)
    assert other.about["encoder_input"] == {
        "sha256": encoder.sha256,
        "held_out_sha256": "abc",
        "held_out_pages": 3,
        "other_pages": len(dataset.pages) - 3,
    }
    assert (other.parameters["context_coef"] != reading.parameters["context_coef"]).any()


def test_the_manifest_names_the_encoder_s_labels(bundle: Path) -> None:
    manifest = json.loads((bundle / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["encoder"] == ["promotional", "unsupported_claim"]
