"""The rooms of the package: who may import whom, and what.

Imports run downward only; rooms on one level (such as model, text and read) do not know each other.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import classifier

ROOT = Path(classifier.__file__).parent
MODULES = {path.relative_to(ROOT).with_suffix("").as_posix(): path for path in ROOT.rglob("*.py")}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}

#: Level of each room; a room imports from itself and from lower levels.
LEVELS = (
    ("errors",),
    ("analysis", "archive", "schema", "time_limit", "values"),
    ("encoder",),
    ("model", "text", "read", "write"),
    ("policy",),
    ("corpus", "run"),
    ("training",),
    ("report", "review"),
    ("api",),
    ("cli",),
    ("__init__",),
)
LEVEL = {room: number for number, rooms in enumerate(LEVELS) for room in rooms}
#: Where a library may be imported.
HOMES = {
    "spacy": ("text/", "api/component"),
    "py3langid": ("text/",),
    "tokenizers": ("encoder/",),
    "sklearn": ("model/", "training/", "api/"),
    "click": ("cli/",),
    "pypdf": ("read/",),
    "pyarrow": ("read/", "write/", "run/"),
    "pyspark": ("run/spark",),
    "ray": ("run/ray",),
    "lxml": ("read/",),
    "starlette": ("review/",),
    "uvicorn": ("review/",),
    "jinja2": ("review/",),
    "matplotlib": ("report/",),
    "pandas": ("api/",),
    "tqdm": ("report/",),
}
#: Rooms that need nothing but the standard library.
BARE = ("errors", "schema")
LONGEST = 300
#: Files that a room may hold; more would be two rooms.
FULL = 16


def imports(name: str) -> Iterator[str]:
    """Full names of all modules that a module imports, anywhere in it."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}".removeprefix("classifier.").replace(".", "/")
                known = inner in MODULES or f"{inner}/__init__" in MODULES
                yield f"{node.module}.{alias.name}" if known else str(node.module)


def room_of(module: str) -> str:
    """``classifier.read.sources`` and ``io/paths`` are of the room ``io``."""
    parts = module.replace("/", ".").removeprefix("classifier.").split(".")
    return "__init__" if parts[0] == "classifier" else parts[0]


def test_every_room_has_a_level() -> None:
    assert {room_of(name) for name in MODULES} == set(LEVEL)


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_downward(name: str) -> None:
    room = room_of(name)
    for module in imports(name):
        if module.split(".")[0] != "classifier":
            continue
        other = room_of(module)
        if (room, other) == ("cli", "__init__"):  # for the version
            continue
        assert other == room or LEVEL[other] < LEVEL[room], f"{name} imports {module}"


@pytest.mark.parametrize("name", MODULES)
def test_libraries_stay_at_home(name: str) -> None:
    for module in imports(name):
        for home in HOMES.get(module.split(".")[0], (name,)):
            if name.startswith(home):
                break
        else:
            pytest.fail(f"{name} imports {module}")


@pytest.mark.parametrize("name", BARE)
def test_bare_modules_need_the_standard_library_only(name: str) -> None:
    allowed = {"__future__", "collections", "dataclasses", "types", "typing"}
    assert {module.split(".")[0] for module in imports(name)} <= allowed


@pytest.mark.parametrize("name", MODULES)
def test_docstring_and_length(name: str) -> None:
    assert ast.get_docstring(TREES[name]), f"{name} has no docstring"
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("room", sorted({name.split("/")[0] for name in MODULES if "/" in name}))
def test_no_room_is_crowded(room: str) -> None:
    assert sum(name.startswith(f"{room}/") for name in MODULES) <= FULL


def test_scoring_starts_without_what_training_needs() -> None:
    modules = "classifier.run.scoring, classifier.read.pages, classifier.write.resumable"
    code = f"import sys, {modules}, classifier.report\n"
    heavy = ["sklearn", "scipy.optimize", "scipy.stats"]
    code += f"sys.exit(' '.join(name for name in {heavy} if name in sys.modules) or None)"
    subprocess.run([sys.executable, "-c", code], check=True)
