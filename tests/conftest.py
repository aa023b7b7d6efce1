"""A small labelled corpus of invented pages, and one tiny model trained on it for the whole session."""

from __future__ import annotations

from itertools import cycle, islice
from pathlib import Path

import pytest
import tiny_encoder

from classifier.encoder.encoder import Encoder
from classifier.encoder.files import read_encoder_from
from classifier.model.bundle import Model
from classifier.model.saving import save
from classifier.run.scorer import Scorer
from classifier.schema import PROMOTIONAL, UNSUPPORTED_CLAIM, Dataset, LabelledPage, Segment
from classifier.text import Analyser
from classifier.training.config import TrainConfig
from classifier.training.training import train

LABELS = (PROMOTIONAL, UNSUPPORTED_CLAIM)

#: Units of a page by kind: P promotional, U unsupported claim, B both, N neither. All are shorter
#: than the duplicate search looks at, so that no groups are joined.
UNITS = {
    "P": (
        "Order {} today and save money!",
        "Buy two jars of {} now.",
        "Free shipping on {} this week!",
        "Our {} is loved by thousands.",
        "Add {} to your cart",
    ),
    "U": (
        "{} cures insomnia within a week.",
        "{} relieves joint pain for good.",
        "Studies show that {} boosts immunity.",
        "Many use {} to heal migraines.",
    ),
    "B": (
        "Try our {} and cure your migraines!",
        "Order {} now for instant pain relief!",
    ),
    "N": (
        "How {} is made",
        "{} comes from a plant in Peru.",
        "Ask your doctor before taking {}.",
        "Side effects of {} include nausea.",
        "The leaves are dried for nine days.",
    ),
}
#: Group, what it writes about, and the kinds of the units of its two pages.
GROUPS = (
    ("velour", "velour tea", "NPNUPB", "NNPP"),
    ("okapi", "okapi oil", "NUUNPN", "NPBP"),
    ("harbour", "fir resin", "NNNN", "NNNNN"),
    ("brisk", "brisk cream", "NPPBU", "PNPN"),
    ("mossberg", "moss powder", "NUNU", "NUPN"),
    ("leaflet", "melatonin", "NNNNN", "NNUN"),
)


def labelled_pages() -> list[LabelledPage]:
    pages = []
    for shift, (group, product, *kinds) in enumerate(GROUPS):
        stock = {kind: islice(cycle(units), shift, None) for kind, units in UNITS.items()}
        for number, page in enumerate(kinds):
            units = [(next(stock[kind]).format(product), kind) for kind in page]
            pages.append(labelled_page(f"{group}/{number}", group, units))
    return pages


def labelled_page(name: str, group: str, units: list[tuple[str, str]]) -> LabelledPage:
    """A page whose units stand on lines of their own."""
    held = {"P": LABELS[:1], "U": LABELS[1:], "B": LABELS, "N": ()}
    segments, start = [], 0
    for unit, kind in units:
        segments.append(Segment(start, start + len(unit), frozenset(held[kind])))
        start += len(unit) + 1
    text = "\n".join(unit for unit, _ in units)
    return LabelledPage(name, group, text, tuple(segments), where=f"{group}.jsonl:1")


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return Dataset(tuple(labelled_pages()), LABELS)


@pytest.fixture(scope="session")
def config() -> TrainConfig:
    return TrainConfig(own_bits=10, folds=3, bootstrap_draws=20)


@pytest.fixture(scope="session")
def analyser() -> Analyser:
    return Analyser()


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    directory = tmp_path_factory.mktemp("encoder") / "tiny"
    tiny_encoder.write(directory)
    return read_encoder_from(directory)


@pytest.fixture(scope="session")
def model(dataset: Dataset, config: TrainConfig) -> Model:
    return train(dataset, config)


@pytest.fixture(scope="session")
def bundle(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("models") / "tiny"
    save(model, directory, "# Card\n")
    return directory


@pytest.fixture(scope="session")
def scorer(bundle: Path) -> Scorer:
    return Scorer(bundle)
