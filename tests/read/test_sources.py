"""From inputs to files."""

from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.read.pages import FORMATS
from classifier.read.sources import Source, expand, find

TREE = ("b.txt", "a/2.md", "a/10.csv", "a/deep/x.HTML", ".hidden.txt", ".git/y.txt", "z.odt")


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in TREE:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("inputs", "paths"),
    [
        (["b.txt"], ["b.txt"]),
        (["./b.txt"], ["./b.txt"]),
        (["a"], ["a/10.csv", "a/2.md", "a/deep/x.HTML"]),
        (["a/"], ["a/10.csv", "a/2.md", "a/deep/x.HTML"]),
        (["."], ["./a/10.csv", "./a/2.md", "./a/deep/x.HTML", "./b.txt"]),
        (["*"], ["a/10.csv", "a/2.md", "a/deep/x.HTML", "b.txt"]),
        (["a/*.*"], ["a/10.csv", "a/2.md"]),
        (["**/*.HTML"], ["a/deep/x.HTML"]),
        (["a/**"], ["a/10.csv", "a/2.md", "a/deep/x.HTML"]),
        (["b.txt", "-", "a/2.md"], ["b.txt", "-", "a/2.md"]),
        (["b.txt", "b.txt"], ["b.txt", "b.txt"]),
        ([".hidden.txt"], [".hidden.txt"]),
    ],
)
def test_expand_keeps_the_given_order(inputs: list[str], paths: list[str]) -> None:
    assert [source.path for source in expand(inputs, FORMATS, "txt")] == paths


def test_a_path_that_exists_is_no_glob(tree: Path) -> None:
    (tree / "a[1].txt").write_text("text")
    assert expand(["a[1].txt"], FORMATS) == [Source("a[1].txt", "txt")]


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        (["missing.txt"], "missing.txt"),
        (["b.txt", "*.jsonl"], "*.jsonl"),
        (["empty"], "empty"),
        (["z.odt"], "z.odt"),
        (["-", "-"], "'-'"),
        ([], "No input"),
    ],
)
def test_what_yields_nothing_is_named(tree: Path, inputs: list[str], named: str) -> None:
    (tree / "empty").mkdir()
    with pytest.raises(InputError) as error:
        expand(inputs, FORMATS, "txt")
    assert named in str(error.value)


def test_stdin_can_be_forbidden() -> None:
    with pytest.raises(InputError, match="standard input"):
        expand(["-"], FORMATS)


def test_broken_links_are_kept_and_pipes_are_not(tree: Path) -> None:
    import os

    os.mkfifo(tree / "a" / "pipe.txt")
    (tree / "a" / "broken.txt").symlink_to("nowhere")
    paths = [source.path for source in expand(["a"], FORMATS)]
    assert "a/broken.txt" in paths
    assert "a/pipe.txt" not in paths


def test_a_folder_that_cannot_be_listed_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    scandir = os.scandir

    def closed(path: str) -> object:
        if path == "a/deep":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    assert [s.path for s in expand(["a"], FORMATS)] == ["a/10.csv", "a/2.md", "a/deep"]


def test_a_name_of_undecodable_bytes_is_shown_soundly() -> None:
    assert Source("caf\udce9.txt", "txt").name == r"caf\xe9.txt"


@pytest.mark.parametrize("given", [".", "**", "*"])
def test_files_of_other_kinds_are_named_once(tree: Path, given: str) -> None:
    (tree / "a" / "README").write_text("text")
    found = find([given], FORMATS, None, lambda source: source.path.endswith(".csv"))
    assert sorted(Path(path).as_posix() for path in found.unknown) == ["a/README", "z.odt"]
    assert [Path(path).as_posix() for path in found.outputs] == ["a/10.csv"]
    assert len(found.sources) == 3
