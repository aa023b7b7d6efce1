"""What ``fit`` is given, texts and what they are labelled, as the data set that training reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.multiclass import type_of_target

from classifier.corpus.problems import Problems
from classifier.corpus.raw_records import RawRecord
from classifier.corpus.segments import SEGMENTS, segment_labels
from classifier.errors import DataError
from classifier.read.record import type_name
from classifier.schema import Dataset, LabelledPage, Segment
from classifier.values import sound

#: Targets that are one class per text, by the name that scikit-learn has for them.
_CLASSES = ("binary", "multiclass")


def check_texts(X: Any) -> list[str]:
    """Return the texts of any sequence of them: a list, an array, a column of a data frame.

    Raises
    ------
    DataError
        If it is one text, or a table; or names the place of the first value that is no text.
    """
    if isinstance(X, str | bytes | Mapping) or not hasattr(X, "__iter__"):
        raise DataError(f"X is {type_name(X)}, where a sequence of texts is needed; try [X]")
    if getattr(X, "ndim", 1) != 1:
        shape = "x".join(map(str, X.shape))
        raise DataError(f"X is a table of shape {shape}, where one column of texts is needed")
    texts = [str(text) if isinstance(text, str) else text for text in X]  # numpy has its own type
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise DataError(f"X[{place}] holds {type_name(text)}, where a text is needed")
        if sound(text) != text:
            raise DataError(f"X[{place}] holds half of a surrogate pair, which is no text")
    return texts


def labelled(X: Any, y: Any, groups: Any = None) -> tuple[Dataset, np.ndarray]:
    """Make a data set of texts, and tell the classes in the order of its labels.

    Parameters
    ----------
    X
        (n,): texts.
    y
        One of three. (n,) classes: each text has one. (n, L) of 0 and 1, an array or a data frame:
        L yes/no labels, which bear the names of the columns, or else their numbers. Or (n,) labelled
        segments of each text as a page: a list of ``Segment`` or of objects as in JSON lines, a
        record with such a list in its field ``segments``, or a ``LabelledPage``.
    groups
        (n,): what splits keep together; each text on its own if ``None``.

    Raises
    ------
    DataError
        If lengths differ, a value is missing or of the wrong kind; it names the place.
    """
    texts = check_texts(X)
    if not texts:
        raise DataError("X has no texts to learn from")
    if not hasattr(y, "__iter__"):
        raise DataError(f"y is {type_name(y)}, but a classifier needs labels to learn from")
    named = _groups(groups, len(texts))
    if is_segments(y):
        data = _of_segments(texts, list(y))
        classes = np.array(data.labels, dtype=object)
    else:
        data, classes = _of_texts(texts, y)
    pages = data.pages
    if named is not None:
        pages = tuple(replace(page, group=group) for page, group in zip(pages, named, strict=True))
    return replace(data, pages=pages, grouped=named is not None), classes


def is_segments(y: Any) -> bool:
    """Whether ``y`` tells the segments of pages, and not the labels of texts."""
    if issparse(y) or getattr(y, "ndim", 1) != 1:
        return False
    for row in y:
        if isinstance(row, Mapping | LabelledPage):
            return True
        if not isinstance(row, list | tuple):
            return False
        if row:
            return isinstance(row[0], Mapping | Segment)
    return False


def page_truth(X: Any, y: Any, labels: Sequence[str]) -> np.ndarray:
    """Which labels some segment of each page bears, 0 or 1, (n, L); ``y`` as for ``labelled``."""
    pages = _of_segments(check_texts(X), list(y), labels).pages
    held: list[frozenset[str]] = [
        frozenset().union(*(segment.labels for segment in page.segments)) for page in pages
    ]
    return np.array([[int(label in found) for label in labels] for found in held])


def _of_texts(texts: Sequence[str], y: Any) -> tuple[Dataset, np.ndarray]:
    """One class per text, or yes/no labels."""
    table = y.toarray() if issparse(y) else np.asarray(y)
    _check_length("y", len(table) if table.ndim else 0, len(texts))
    values = list(y) if table.ndim == 1 else table.ravel().tolist()  # numpy would make NaN a text
    _check_missing(values)
    if len({isinstance(value, str) for value in values}) > 1:
        raise DataError("y holds both texts and other values; give all classes one type")
    kind = type_of_target(table, input_name="y")
    if table.ndim == 1 and kind in _CLASSES:
        classes, number = np.unique(table, return_inverse=True)
        rows = np.eye(len(classes), dtype=bool)[number]
    elif table.ndim == 2 and np.isin(table, (0, 1)).all():
        columns = getattr(y, "columns", None)
        classes = np.arange(table.shape[1]) if columns is None else np.array(columns, dtype=object)
        rows = table.astype(bool)
    else:
        raise DataError(
            f"y is {kind} of shape {table.shape}; it can be one class per text, or a column of 0 and 1 "
            "per label"
        )
    labels = tuple(map(str, classes.tolist()))
    if len(set(labels)) < len(labels):
        raise DataError(f"two columns of y have the same name: {', '.join(labels)}")
    pages = tuple(
        LabelledPage(
            id=str(place),
            group=str(place),
            text=text,
            segments=(
                Segment(0, len(text), frozenset(labels[k] for k in np.flatnonzero(row).tolist())),
            ),
            where=f"texts:{place}",
        )
        for place, (text, row) in enumerate(zip(texts, rows, strict=True))
    )
    return Dataset(pages, labels, exclusive=table.ndim == 1, unit="record"), classes


def _of_segments(
    texts: Sequence[str], y: Sequence[Any], labels: Sequence[str] | None = None
) -> Dataset:
    """Pages with labelled sentences, read as those of JSON lines are."""
    _check_length("y", len(y), len(texts))
    rows = [
        row.segments
        if isinstance(row, LabelledPage)
        else row.get(SEGMENTS)
        if isinstance(row, Mapping)
        else row
        for row in y
    ]
    known = {
        label: None
        for row in rows
        for segment in (row if isinstance(row, list | tuple) else ())
        if isinstance(segment, Segment)
        for label in sorted(segment.labels)
    }
    if labels is not None:
        known |= dict.fromkeys(labels)
    problems = Problems()
    records = [
        RawRecord("y", f"y[{place}]", str(place), None, text, {SEGMENTS: _fields(row, known)})
        for place, (text, row) in enumerate(zip(texts, rows, strict=True))
    ]
    found = segment_labels(records, labels, problems)
    problems.raise_if_any()
    pages = [
        LabelledPage(raw.id, raw.id, raw.text, segments or (), where=f"texts:{raw.id}")
        for raw, segments in zip(records, found.segments, strict=True)
    ]
    return Dataset(tuple(pages), found.labels)


def _fields(row: Any, labels: Mapping[str, None]) -> Any:
    """Segments as the objects of JSON lines."""
    if not isinstance(row, list | tuple):
        return row
    return [
        {"start": item.start, "end": item.end, **{label: label in item.labels for label in labels}}
        if isinstance(item, Segment)
        else item
        for item in row
    ]


def _groups(groups: Any, n: int) -> list[str] | None:
    if groups is None:
        return None
    named = list(groups)
    _check_length("groups", len(named), n)
    _check_missing(named, "groups")
    return [str(group) for group in named]


def _check_length(name: str, found: int, expected: int) -> None:
    if found != expected:
        raise DataError(f"{name} has {found:,} values, but X has {expected:,} texts")


def _check_missing(values: Iterable[Any], name: str = "y") -> None:
    for place, value in enumerate(values):
        if _is_missing(value):
            raise DataError(f"{name}[{place}] is missing; leave such texts out")


def _is_missing(value: Any) -> bool:
    """Whether it is ``None``, or does not equal itself, as NaN does not."""
    try:
        return value is None or bool(value != value)
    except TypeError:  # pandas.NA
        return True
