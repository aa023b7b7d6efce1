"""Files to work on, and a way to run a command."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from classifier.cli import main
from classifier.schema import PROMOTIONAL, UNSUPPORTED_CLAIM, Dataset

Run = Callable[..., Result]
REVIEWS = {
    "praise": ("We love {}.", "{} is the best.", "Simply great, {}!", "Five stars for {}"),
    "complaint": ("{} broke at once.", "Never buy {}.", "{} is a waste.", "I hate {}"),
    "question": ("What is {}?", "Where is {} made?", "Who sells {}?", "Is {} vegan?"),
}
PRODUCTS = ("the lamp", "this tea", "our tent", "a kettle", "that soap")


@pytest.fixture(scope="session")
def run() -> Run:
    """Run ``classifier`` with arguments, and bytes or text on stdin."""
    runner = CliRunner()

    def invoke(*arguments: object, stdin: str | bytes | None = None) -> Result:
        return runner.invoke(main, [str(argument) for argument in arguments], input=stdin)

    return invoke


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(scope="session")
def settings(folder: Path) -> Path:
    """A configuration that makes tiny models."""
    path = folder / "train.toml"
    path.write_text("own_bits = 10\nfolds = 3\nbootstrap_draws = 5\n")
    return path


@pytest.fixture(scope="session")
def labelled(dataset: Dataset, folder: Path) -> Path:
    """The small corpus as JSON lines."""
    path = folder / "pages.jsonl"
    with path.open("w", encoding="utf-8") as stream:
        for page in dataset.pages:
            segments = [
                {
                    "start": s.start,
                    "end": s.end,
                    "promotional": PROMOTIONAL in s.labels,
                    "claim": "unsupported" if UNSUPPORTED_CLAIM in s.labels else "none",
                }
                for s in page.segments
            ]
            row = {"id": page.id, "group": page.group, "text": page.text, "segments": segments}
            stream.write(json.dumps(row) + "\n")
    return path


@pytest.fixture(scope="session")
def reviews(folder: Path) -> Path:
    """A table with one of three classes per row, and no groups."""
    path = folder / "reviews.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["review", "kind"])
        for kind, templates in REVIEWS.items():
            rows.writerows([t.format(product), kind] for t in templates for product in PRODUCTS)
    return path


@pytest.fixture(scope="session")
def texts(folder: Path) -> Path:
    """Three records, the second of which is broken."""
    path = folder / "texts.jsonl"
    lines = ['{"id": "a", "text": "Order now! It cures gout.", "url": "u"}', '{"id": "b"}']
    path.write_text("\n".join([*lines, '{"id": "c", "text": "Rain fell."}']), encoding="utf-8")
    return path
