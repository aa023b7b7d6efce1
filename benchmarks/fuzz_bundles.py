"""Mutate a bundle, repair all checksums, and load it: nothing but ``BundleError`` may come of it.

    python benchmarks/fuzz_bundles.py --number 10000

Mutates the manifest as values and as text, the parameters as arrays and as bytes, and the hashes of
units, of a small bundle that is made up. Ends with exit status 1 at the first other exception, at a load
that takes longer than ``--seconds``, or at a loaded model that scores anything but probabilities.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import io
import json
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from classifier.errors import BundleError
from classifier.model.archive import shapes
from classifier.model.bundle import CARD, MANIFEST, PARAMETERS, UNITS, Model, load
from classifier.model.guarantees import Guarantee
from classifier.model.saving import save
from classifier.text.analyser import Analyser
from classifier.time_limit import time_limit

ODD = (
    None, True, False, 0, -1, 1, 2, 7, 23, 10**6, 2**31, 2**53, 2**64, 10**400, 0.5, -0.0, 1e300,
    float("nan"), float("inf"), "", "0.5", "x" * 10_000, "\ud800", "\x1b[31m", "../../etc/passwd",
    [], {}, [[]], [0.5] * 2000, {"a": {}}, [[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]],
)  # fmt: skip
NUMBERS = (0.0, -1.0, 1e-300, 1e9, 1.1e9, 1e30, 1e300, np.inf, -np.inf, np.nan)
TYPES = ("<f4", "<f8", ">f8", "<f2", "<f16", "<i8", "<c8", "<U3", "|b1", "|V4", "<M8[s]")
TEXTS = ["Order now! Our tea cures arthritis.", "", "Rain fell.\n\n# How it is made\n- one\n- two"]


def small_model(analyser: Analyser) -> Model:
    """A model with every field that a manifest may have."""
    labels = ("promotional", "unsupported_claim")
    features = {"n_rules": len(analyser.lexicons.rules), "own_bits": 6, "word_order": 2,
                "kind_order": 2, "cue_weight": 1.0, "layout_weight": 0.3}  # fmt: skip
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=shape) for name, shape in shapes(features, labels).items()}
    column = (0.25, 0.5)
    known = Guarantee(9, 5, 3, 0.95, column, (4, 2), column, column, column, column)
    return Model(
        labels=labels, exclusive=False, unit="sentence", thresholds=dict.fromkeys(labels, 0.5),
        page_thresholds=dict.fromkeys(labels, 0.25),
        features=features, fingerprint=analyser.fingerprint, parameters=arrays,
        guarantees=dict.fromkeys(labels, known), page_guarantees=dict.fromkeys(labels, known),
        units=np.array([1, 5, 2**63], dtype=np.uint64),
        about={"metrics": {"f1": [0.5, None]}, "seed": 0},
    )  # fmt: skip


def places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """All containers with a key or index in them."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        found.append((value, key))
        if isinstance(value[key], (dict, list)):
            places(value[key], found)
    return found


def mutate_values(manifest: dict[str, Any], rng: random.Random) -> None:
    """Put an odd value somewhere, remove something, or add something."""
    for _ in range(rng.randint(1, 3)):
        container, key = rng.choice(places(manifest, []))
        action = rng.random()
        if action < 0.7:
            container[key] = copy.deepcopy(rng.choice(ODD))
        elif action < 0.85:
            del container[key]
        elif isinstance(container, dict):
            container[rng.choice(["odd", "", "\udfff", "labels"])] = copy.deepcopy(rng.choice(ODD))
        else:
            container.extend(copy.deepcopy(container))


def mutate_bytes(content: bytes, rng: random.Random) -> bytes:
    """Flip, cut, repeat or insert bytes."""
    data = bytearray(content)
    for _ in range(rng.randint(1, 8)):
        place = rng.randrange(len(data) or 1)
        action = rng.random()
        if action < 0.6 and data:
            data[min(place, len(data) - 1)] = rng.randrange(256)
        elif action < 0.7:
            del data[place : place + rng.randint(1, 100)]
        elif action < 0.8:
            data[place:place] = data[place : place + rng.randint(1, 100)]
        else:
            data[place:place] = rng.choice([b"PK\x01\x02", b"PK\x05\x06", b"\xff" * 4, b"{", b"["])
    return bytes(data)


def mutate_tail(content: bytes, rng: random.Random) -> bytes:
    """Bytes of the zip directory only, where the names and sizes are."""
    start = content.find(b"PK\x01\x02")
    return content[:start] + mutate_bytes(content[start:], rng)


def mutate_arrays(content: bytes, rng: random.Random) -> bytes:
    """Change numbers, types, shapes, headers or names of arrays in an archive that is right."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(sorted(files))
    array = np.load(io.BytesIO(files[name]))
    action = rng.random()
    if action < 0.5:
        array = array.astype(np.float64)
        array.flat[rng.randrange(array.size)] = rng.choice(NUMBERS)
        files[name] = npy(array)
    elif action < 0.65:
        files[name] = npy(np.zeros(array.shape, rng.choice(TYPES)))
    elif action < 0.75:
        files[name] = npy(rng.choice([array.T, array[:-1], array[None], np.zeros(10**6)]))
    elif action < 0.9:
        files[name] = mutate_bytes(files[name][:128], rng) + files[name][128:]
    else:
        files[rng.choice(["odd.npy", "../coef.npy", "\u2603.npy"])] = files.pop(name)
    stream = io.BytesIO()
    kind = rng.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2])
    with zipfile.ZipFile(stream, "w", kind) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def npy(array: np.ndarray) -> bytes:
    """An array as numpy saves it."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def seal(manifest: Any, files: dict[str, bytes]) -> bytes:
    """The manifest with its checksums made right, where it still has any."""
    for name, content in files.items():
        if isinstance(manifest.get("sha256"), dict) and name in manifest["sha256"]:
            manifest["sha256"][name] = hashlib.sha256(content).hexdigest()
    manifest.pop("manifest_sha256", None)
    text = json.dumps(manifest, sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return json.dumps(manifest | {"manifest_sha256": digest}).encode()


def mutated(original: Path, target: Path, rng: random.Random) -> str:
    """Write one mutated bundle; returns what was mutated."""
    manifest = json.loads((original / MANIFEST).read_bytes())
    files = {name: (original / name).read_bytes() for name in (PARAMETERS, UNITS)}
    kinds = ["values", "values", "text", "arrays", "arrays", "bytes", "directory", "units"]
    kind = rng.choice(kinds)
    if kind == "values":
        mutate_values(manifest, rng)
    elif kind == "units":
        files[UNITS] = mutate_bytes(files[UNITS], rng)
    elif kind != "text":
        change = {"arrays": mutate_arrays, "bytes": mutate_bytes, "directory": mutate_tail}[kind]
        files[PARAMETERS] = change(files[PARAMETERS], rng)
    content = seal(manifest, files)
    if kind == "text":
        content = mutate_bytes(content, rng)
        with suppress(ValueError, AttributeError):  # where it is still JSON, a forger seals it too
            content = seal(json.loads(content), files)
    (target / MANIFEST).write_bytes(content)
    for name, data in files.items():
        (target / name).write_bytes(data)
    return kind


def outcome(target: Path, analyser: Analyser, seconds: float) -> str:
    """What loading and scoring comes to; other exceptions than ``BundleError`` pass."""
    with time_limit(seconds):
        try:
            model = load(target)
            model.require(analyser.fingerprint, len(analyser.lexicons.rules))
        except BundleError as error:
            str(error).encode("utf-8")
            return "refused"
        scores = np.concatenate(model.predict(analyser.analyse(TEXTS)))
        if not ((scores >= 0) & (scores <= 1)).all():
            raise ValueError("scores that are no probabilities")
        return "scores"


def main() -> None:
    """Run the mutations and count what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    analyser = Analyser()
    found: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        original, target = Path(folder) / "original", Path(folder) / "mutated"
        save(small_model(analyser), original, "card")
        target.mkdir()
        (target / CARD).write_bytes((original / CARD).read_bytes())
        for number in range(options.number):
            kind = mutated(original, target, random.Random(f"{options.seed}/{number}"))
            start = time.perf_counter()
            try:
                found[f"{kind}: {outcome(target, analyser, options.seconds)}"] += 1
            except BaseException:
                print(f"mutation {number} ({kind}) of seed {options.seed}:", file=sys.stderr)
                raise
            slowest = max(slowest, time.perf_counter() - start)
    for name, count in sorted(found.items()):
        print(f"{name:24}{count:8}")
    print(f"{options.number} mutations, slowest {1000 * slowest:.0f} ms")


if __name__ == "__main__":
    main()
