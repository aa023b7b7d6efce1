"""A trained model on disk: a directory of numbers and text that cannot run code when it is loaded.

``manifest.json``
    Format version, labels, thresholds, configuration, seed, metrics, library versions, hash of the
    training data, the SHA-256 of every other file and of the manifest itself (``manifest.py``).
``parameters.npz``
    Arrays of plain numbers (``archive.py``).
``README.md``
    The model card.

``loading.py`` verifies everything before anything is built; ``saving.py`` replaces a bundle so that a
killed process leaves the old one or the new one. Because the parameters are plain numbers, no
scikit-learn is needed to score and no release of it can be incompatible; what must agree is the text
pipeline (``Analyser.fingerprint``), because its rule numbers and tokens are the features.
"""

from __future__ import annotations

from classifier.model.archive import SHAPES
from classifier.model.loading import load, read_files
from classifier.model.manifest import CARD, FORMAT_VERSION, MANIFEST, PARAMETERS
from classifier.model.saving import check_target, save
from classifier.model.trained import DECIMALS, Model

__all__ = [
    "CARD",
    "DECIMALS",
    "FORMAT_VERSION",
    "MANIFEST",
    "PARAMETERS",
    "SHAPES",
    "Model",
    "check_target",
    "load",
    "read_files",
    "save",
]
