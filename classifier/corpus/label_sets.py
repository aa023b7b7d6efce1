"""Which labels each file has, and that all files have the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from classifier.corpus.problems import Problems


def wanted_labels(
    found: Mapping[str, Sequence[str]], labels: Sequence[str] | None, problems: Problems
) -> list[str]:
    """Return the labels to be read, in the order of their first appearance.

    Parameters
    ----------
    found
        The labels of each file.
    labels
        What the user asked for; ``None`` for all, which every file must then have.
    problems
        Gets each file that lacks a label.
    """
    union = list(dict.fromkeys(label for of_file in found.values() for label in of_file))
    wanted = [label for label in union if labels is None or label in labels]
    wanted += [label for label in dict.fromkeys(labels or ()) if label not in wanted]
    for file, of_file in found.items():
        lacking = [label for label in wanted if label not in of_file]
        if lacking:
            problems.add(file, _lacking(lacking, of_file, labels))
    return wanted


def _lacking(lacking: Iterable[str], of_file: Iterable[str], labels: Sequence[str] | None) -> str:
    why = "other files have" if labels is None else "was asked for"
    have = ", ".join(of_file) or "none"
    hint = "; name the labels to be read" if labels is None else ""
    return f"no label {', '.join(lacking)}, which {why} (labels here: {have}){hint}"
