"""The package as a user installs it: a wheel, outside the checkout, beside other packages.

Takes a minute, so it is run by ``make test-wheel`` and not by ``make test``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = ("classifier", "models", "data/LICENSE", "LICENSE", "README.md", "MANIFEST.in",
         "pyproject.toml", "setup.py")  # fmt: skip
API = (
    "import classifier, json; model = classifier.load_model();"
    "print(json.dumps([classifier.__file__, model.model.name,"
    " classifier.score('Order now! Our tea cures arthritis.', model).model]))"
)


def clean() -> dict[str, str]:
    """The environment without what leads to the checkout."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}


def run(command: list[str | Path], folder: Path, stdin: str = "") -> str:
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=clean(),
        input=stdin,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing of an earlier build is in it."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in BUILD:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", target]
    run([*pip, source], target)
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of a new environment with the wheel, a decoy model, and our own dependencies."""
    place = tmp_path_factory.mktemp("installed") / "venv"
    run([sys.executable, "-m", "venv", "--without-pip", place], place.parent)
    python = place / "bin" / "python"
    site = Path(run([python, "-c", "import sysconfig as s; print(s.get_path('purelib'))"],
                    place.parent).strip())  # fmt: skip
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps"]
    run([*pip, wheel], place.parent)
    # after the environment's own packages; as a path only, so that no editable install is followed
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    decoys = (site / "models", place / "models", place / "share" / "health-marketing-classifier")
    for decoy in decoys:
        shutil.copytree(ROOT / "models" / "default", decoy / "default")
        (decoy / "default" / "manifest.json").write_text("{}", encoding="utf-8")
    (site / "pyproject.toml").write_text('[project]\nname = "another"\n', encoding="utf-8")
    return python


def expected_name() -> str:
    manifest = json.loads((ROOT / "models" / "default" / "manifest.json").read_bytes())
    return f"default@{manifest['sha256']['parameters.npz'][:6]}"


def test_the_wheel_holds_the_models_within_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {
        "classifier", "health_marketing_classifier",
    }  # fmt: skip
    assert "classifier/_models/default/parameters.npz" in names
    assert "classifier/text/chunks.py" in names


@pytest.mark.parametrize("kind", ["elsewhere", "beside a decoy"])
def test_the_shipped_model_is_found(kind: str, python: Path, tmp_path: Path) -> None:
    if kind == "beside a decoy":
        decoy = tmp_path / "models" / "default"
        decoy.mkdir(parents=True)
        (decoy / "manifest.json").write_text("{}", encoding="utf-8")
    file, opened, scored = json.loads(run([python, "-c", API], tmp_path))
    assert Path(file).is_relative_to(python.parents[1])
    assert opened == scored == expected_name()
    output = run([python.parent / "classifier", "score", "-"], tmp_path, stdin="Order our tea now!")
    assert json.loads(output)["model"] == expected_name()
