"""Help answers at once and wrong usage is told apart."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from click.testing import Result

import classifier
from classifier.cli import COMMANDS

Run = Callable[..., Result]
HEAVY = ("spacy", "sklearn", "numpy", "scipy", "pyarrow", "lxml", "joblib", "matplotlib")
#: Asks for all help in one process and names the heavy libraries that were imported for it.
ASK = f"""
import sys
from classifier.cli import COMMANDS, main
for arguments in [[], *([command] for command in COMMANDS)]:
    try:
        main([*arguments, "--help"])
    except SystemExit as end:
        assert end.code == 0, arguments
print("imported:", *sorted(set({HEAVY}) & set(sys.modules)))
"""


def test_help_needs_no_heavy_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1].strip() == "imported:"


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(command: str, flag: str, run: Run) -> None:
    result = run(*command.split(), flag)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: main {command}".rstrip())
    assert not result.stderr


def test_every_command_is_listed(run: Run) -> None:
    listed = run("--help").stdout
    assert all(f"\n  {command} " in listed for command in COMMANDS)


def test_version(run: Run) -> None:
    assert run("--version").stdout == f"classifier, version {classifier.__version__}\n"


def test_module_and_script_are_the_same() -> None:
    """The installed script is ``classifier.cli:main``."""
    code = "import sys; from classifier.cli import main; sys.exit(main(['nonsense']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "No such command 'nonsense'" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["score"],
        ["score", "x.txt", "--nonsense"],
        ["score", "x.txt", "--format", "docx"],
        ["score", "x.txt", "--sentences", "some"],
        ["score", "x.txt", "--jobs", "0"],
        ["score", "x.txt", "--max-chars", "0"],
        ["score", "x.txt", "--threshold", "promotional"],
        ["score", "x.txt", "--threshold", "promotional=high"],
        ["score", "x.txt", "--threshold", "promotional=1.5"],
        ["score", "x.txt", "--threshold", "promotional=nan"],
        ["explain"],
        ["explain", "x.txt", "--top", "-1"],
        ["explain", "x.txt", "--format", "html"],
        ["train", "x.jsonl"],
        ["train", "x.jsonl", "-o", "m", "--jobs", "0"],
        ["train", "-o", "m"],
        ["evaluate"],
        ["info", "x"],
    ],
    ids=" ".join,
)
def test_wrong_usage(arguments: list[str], run: Run) -> None:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert not result.stdout
    assert "Error" in result.stderr
