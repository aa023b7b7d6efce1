"""The shipped model is found where this package put it, and nowhere else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from classifier.errors import BundleError
from classifier.model import shipped as module
from classifier.model.shipped import PROJECT, WITHIN, bundle_at, shipped


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that the package is made to believe it lies in."""
    inside = tmp_path / "classifier" / "model" / "shipped.py"
    inside.parent.mkdir(parents=True)
    monkeypatch.setattr(module, "__file__", str(inside))
    return tmp_path / "classifier"


def put(bundle: Path, *places: Path) -> None:
    for place in places:
        shutil.copytree(bundle, place)


def project(package: Path, text: str) -> None:
    (package.parent / "pyproject.toml").write_text(text, encoding="utf-8")


def test_a_checkout_has_it_beside_the_package() -> None:
    assert bundle_at(None) == shipped("default")
    assert bundle_at(None).parts[-2:] == ("models", "default")


@pytest.mark.parametrize(
    "text",
    [None, "", "project = 5", "[project]\nname = 'another'", "not toml [", "[tool]\nname = 'x'"],
)
def test_models_beside_another_package_are_not_ours(
    text: str | None, bundle: Path, package: Path
) -> None:
    put(bundle, package.parent / "models" / "default")
    if text is not None:
        project(package, text)
    with pytest.raises(BundleError, match="none is installed"):
        shipped()


def test_installed_models_come_first(bundle: Path, package: Path) -> None:
    put(bundle, package.parent / "models" / "default", package / WITHIN / "default")
    project(package, f"[project]\nname = '{PROJECT}'")
    assert shipped() == package / WITHIN / "default"


@pytest.mark.parametrize("name", ["fast", "..", "", ".", "../models/default", "/etc"])
def test_an_unknown_name(name: str, bundle: Path, package: Path) -> None:
    put(bundle, package / WITHIN / "default")
    with pytest.raises(BundleError, match="there are: default"):
        shipped(name)


def test_two_models(bundle: Path, package: Path) -> None:
    put(bundle, package / WITHIN / "default", package / WITHIN / "fast")
    assert shipped("fast") == package / WITHIN / "fast"


def test_what_model_means(
    bundle: Path, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bundle, package / WITHIN / "default", package / WITHIN / "fast")
    monkeypatch.chdir(tmp_path)
    assert bundle_at(None) == shipped("default")
    assert bundle_at("fast") == shipped("fast")
    assert bundle_at("./other") == Path("other")
    assert bundle_at("unknown") == Path("unknown")
    (tmp_path / "fast").mkdir()
    assert bundle_at("fast") == Path("fast"), "a directory comes first"
