"""An encoder on disk: numbers and words that cannot run code.

``encoder.json``
    Sizes, how pages are cut, what the weights were trained from.
``encoder-vocabulary.txt``
    One WordPiece token a line (UTF-8); its number is the line's, from 0.
``encoder-0.npz``, ``encoder-1.npz``, ...
    The weights, each matrix as int8 with a float32 scale a row, in files of at most 5 MB.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from classifier.archive import Expected, read_archive
from classifier.encoder.encoder import Encoder
from classifier.encoder.network import Network, Shape
from classifier.encoder.sequences import Cutting
from classifier.errors import BundleError

DESCRIPTION, VOCABULARY = "encoder.json", "encoder-vocabulary.txt"
FORMAT_VERSION = 1
#: Bytes of the description and of the vocabulary.
LARGEST_DESCRIPTION, LARGEST_VOCABULARY = 100_000, 2_000_000
#: Bytes of the weights in one file, before compression.
PART_SIZE = 4_900_000
#: Bytes of a file of weights that is read; the rows of one matrix are never split.
LARGEST_PART = 25_000_000
#: The largest sizes: those of BERT base (Devlin et al. 2019), and as many labels as a model may have.
LARGEST = Shape(12, 768, 12, 3072, 30_522, 512, 100)
#: Weights in all: 134 MB in memory. The shipped encoder has 16 million.
MOST_NUMBERS = 2**25
MOST_PARTS = 20
#: Names of the files that an encoder may have, with the most bytes of each.
ENCODER_FILES = {
    DESCRIPTION: LARGEST_DESCRIPTION,
    VOCABULARY: LARGEST_VOCABULARY,
    **{f"encoder-{number}.npz": LARGEST_PART for number in range(MOST_PARTS)},
}
_UNKNOWN = "[UNK]"


def read_encoder(files: Mapping[str, bytes], where: Path) -> Encoder:
    """Build an encoder from the content of its files; ``where`` is named in errors.

    Raises
    ------
    BundleError
        If a file is missing or holds what training does not write.
    """
    description = _description(files, where)
    shape, cutting = Shape(**description["shape"]), Cutting(**description["cutting"])
    parts = [_part(number) for number in range(description["parts"])]
    missing = [name for name in (VOCABULARY, *parts) if name not in files]
    if missing:
        raise BundleError(f"{where / missing[0]}: the file is missing from the encoder")
    words = _words(files[VOCABULARY], shape, where)
    weights: dict[str, Any] = {}
    for name, group in zip(parts, _groups(shape), strict=True):
        expected = {key: value for key, value in _arrays(shape).items() if key in group}
        weights |= read_archive(files[name], expected, where / name)
    for name in shape.matrices():
        scale = weights.pop(f"{name}.scale").astype(np.float32)
        weights[name] = weights[name].astype(np.float32) * scale[:, None]
    network = Network(shape, {name: array.astype(np.float32) for name, array in weights.items()})
    return Encoder(
        labels=tuple(description["labels"]),
        tokenizer=_tokenizer(words),
        cutting=cutting,
        network=network,
        files={name: files[name] for name in (DESCRIPTION, VOCABULARY, *parts)},
        origin=description["origin"],
    )


def read_encoder_from(directory: Path) -> Encoder:
    """Read the encoder of a bundle, or one that stands alone.

    Raises
    ------
    BundleError
        As ``read_encoder``, or if a file is larger than any that is written.
    """
    files = {}
    for name, limit in ENCODER_FILES.items():
        if (directory / name).is_file():
            with (directory / name).open("rb") as stream:
                files[name] = stream.read(limit + 1)
            if len(files[name]) > limit:
                raise BundleError(f"{directory / name}: larger than {limit} bytes")
    return read_encoder(files, directory)


def write_encoder(
    directory: Path,
    shape: Shape,
    cutting: Cutting,
    words: list[str],
    weights: Mapping[str, Any],
    about: Mapping[str, Any],
) -> None:
    """Write the files; matrices are stored as int8, each row scaled by its largest number."""
    directory.mkdir(parents=True, exist_ok=True)
    stored: dict[str, Any] = {}
    for name in shape.matrices():
        scale = np.maximum(np.abs(weights[name]).max(axis=1) / 127, 1e-12).astype(np.float32)
        stored[name] = np.round(weights[name] / scale[:, None]).astype(np.int8)
        stored[f"{name}.scale"] = scale
    stored |= {name: np.asarray(weights[name], np.float32) for name in shape.vectors()}
    groups = _groups(shape)
    if len(groups) > MOST_PARTS:
        raise BundleError(f"{directory}: the encoder would take {len(groups)} files")
    for number, group in enumerate(groups):
        stream = io.BytesIO()
        np.savez_compressed(stream, **{name: stored[name] for name in group})
        (directory / _part(number)).write_bytes(stream.getvalue())
    (directory / VOCABULARY).write_text("\n".join(words) + "\n", encoding="utf-8")
    description = {
        "format_version": FORMAT_VERSION,
        "shape": shape._asdict(),
        "cutting": asdict(cutting),
        "parts": len(groups),
        **about,
    }
    (directory / DESCRIPTION).write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")


def encoder_files(names: Mapping[str, Any]) -> dict[str, int]:
    """Return those of the names that belong to an encoder, with the most bytes that each may have."""
    return {name: limit for name, limit in ENCODER_FILES.items() if name in names}


def _part(number: int) -> str:
    return f"encoder-{number}.npz"


def _arrays(shape: Shape) -> dict[str, Expected]:
    """Shape and kind of each stored array, in order."""
    found: dict[str, Expected] = {}
    for name, size in shape.matrices().items():
        found |= {name: Expected(size, "i1"), f"{name}.scale": Expected(size[:1])}
    return found | {name: Expected(size) for name, size in shape.vectors().items()}


def _groups(shape: Shape) -> list[list[str]]:
    """Return the names of the arrays in each file, in order."""
    groups: list[list[str]] = [[]]
    size = 0
    for name, expected in _arrays(shape).items():
        of_array = math.prod(expected.shape) * (1 if expected.kind == "i1" else 4)
        if groups[-1] and size + of_array > PART_SIZE:
            groups.append([])
            size = 0
        groups[-1].append(name)
        size += of_array
    return groups


def _description(files: Mapping[str, bytes], where: Path) -> dict[str, Any]:
    """The checked description."""
    path = where / DESCRIPTION
    if DESCRIPTION not in files:
        raise BundleError(f"{path}: the file is missing from the encoder")
    try:
        found = json.loads(files[DESCRIPTION].decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path}: cannot be read: {error}") from None
    wrong = _wrong_field(found)
    if wrong:
        raise BundleError(f"{path}: field '{wrong}' holds what no training run writes")
    return dict(found)


def _wrong_field(found: Any) -> str | None:
    if not isinstance(found, dict) or found.get("format_version") != FORMAT_VERSION:
        return "format_version"
    sizes, cutting = found.get("shape") or {}, found.get("cutting") or {}
    if not _are_numbers(sizes, Shape._fields, 1):
        return "shape"
    shape = Shape(**sizes)
    weights = sum(math.prod(array.shape) for array in _arrays(shape).values())
    if (
        any(size > most for size, most in zip(shape, LARGEST, strict=True))
        or shape.hidden % shape.heads
        or weights > MOST_NUMBERS
    ):
        return "shape"
    if not _are_numbers(cutting, [field.name for field in fields(Cutting)], 0):
        return "cutting"
    cut = Cutting(**cutting)
    fits = cut.before + cut.longest_sentence + 3 <= cut.longest <= shape.positions
    if not fits or max(cut.start, cut.separator, cut.new_line) >= shape.tokens:
        return "cutting"
    labels = found.get("labels")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        return "labels"
    if len(labels) != shape.labels:
        return "labels"
    if not isinstance(found.get("origin"), str):
        return "origin"
    return None if found.get("parts") == len(_groups(shape)) else "parts"


def _are_numbers(found: Any, names: Iterable[str], least: int) -> bool:
    """Whether ``found`` has a whole number from ``least`` to a million for each name, and no more."""
    return (
        isinstance(found, dict)
        and set(found) == set(names)
        and all(type(value) is int and least <= value <= 1_000_000 for value in found.values())
    )


def _words(content: bytes, shape: Shape, where: Path) -> list[str]:
    """The tokens, by number."""
    try:
        words = content.decode("utf-8").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise BundleError(f"{where / VOCABULARY}: is not UTF-8: {error}") from None
    if len(words) != shape.tokens or len(set(words)) != len(words) or _UNKNOWN not in words:
        raise BundleError(
            f"{where / VOCABULARY}: must have {shape.tokens} different tokens, with {_UNKNOWN}"
        )
    return words


def _tokenizer(words: list[str]) -> Any:
    """BERT's tokenizer without case: white space, punctuation, then the longest known pieces."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer

    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token=_UNKNOWN))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return tokenizer
