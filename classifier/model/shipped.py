"""Where the models are that come with this package."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from classifier.errors import BundleError
from classifier.model.manifest import MANIFEST

#: The directory of the bundles within the package; a build copies ``models/`` there (``setup.py``).
WITHIN = "_models"
#: The name in the ``pyproject.toml`` of a checkout.
PROJECT = "health-marketing-classifier"


def shipped(name: str = "default") -> Path:
    """The directory of a bundle that comes with this package.

    An installed package holds its bundles itself. Without them the package is used from a checkout
    (also through an editable install), which holds them in ``models/`` beside it; that the directory
    above the package is our checkout, not some ``site-packages``, is read in its ``pyproject.toml``.

    Raises
    ------
    BundleError
        If no bundle of this name came with the package.
    """
    models = _models()
    known = _known(models)
    if name not in known:
        have = f"there are: {', '.join(known)}" if known else "none is installed"
        raise BundleError(f"no shipped model '{name}' ({have}); name a bundle with --model")
    return models / name


def bundle_at(model: str | os.PathLike[str] | None) -> Path:
    """The directory that ``--model`` means: a shipped model's name, or a path.

    A directory comes before a shipped model of the same name; ``None`` is the shipped ``default``.
    """
    if model is None:
        return shipped()
    path = Path(model)
    is_name = len(path.parts) == 1 and not path.exists() and path.name in _known(_models())
    return shipped(path.name) if is_name else path


def _models() -> Path:
    package = Path(__file__).resolve().parents[1]
    models = package / WITHIN
    if not models.is_dir() and _is_checkout(package.parent):
        models = package.parent / "models"
    return models


def _known(models: Path) -> list[str]:
    return sorted(path.parent.name for path in models.glob(f"*/{MANIFEST}"))


def _is_checkout(directory: Path) -> bool:
    try:
        project = tomllib.loads((directory / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    table = project.get("project")
    return isinstance(table, dict) and table.get("name") == PROJECT
