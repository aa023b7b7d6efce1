"""Counts, label balance, lengths and diversity of a labelled corpus."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from classifier.schema import Dataset, LabelledPage, Segment

#: Tokens per window when distinct trigrams are counted.
DIVERSITY_WINDOW = 10_000
_WORD = re.compile(r"\w+|[^\w\s]")


def statistics(data: Dataset) -> dict[str, Any]:
    """Counts, label balance overall and per genre, family, English and side, lengths, diversity."""
    units = [(page, segment) for page in data.pages for segment in page.segments]
    words = np.array([len(_words(page, segment)) for page, segment in units])
    per_page = np.array([len(page.segments) for page in data.pages])
    tokens = [token.lower() for page in data.pages for token in _WORD.findall(page.text)]
    found: dict[str, Any] = {
        "pages": len(data.pages),
        "groups": len({page.group for page in data.pages}),
        "units": len(units),
        "words": int(words.sum()),
        "labels": _shares(segment for _, segment in units),
        "units_per_page_deciles": _deciles(per_page),
        "words_per_unit_deciles": _deciles(words),
        "distinct_trigrams_per_10000_tokens": trigram_diversity(tokens),
    }
    for column in ("side", "genre", "family", "english"):
        parts: dict[str, list[Segment]] = defaultdict(list)
        pages: Counter[str] = Counter()
        for page in data.pages:
            if column in page.columns:
                parts[str(page.columns[column])] += page.segments
                pages[str(page.columns[column])] += 1
        found[column] = {
            name: {"pages": pages[name], "units": len(parts[name]), **_shares(parts[name])}
            for name in sorted(parts)
        }
    return found


def _words(page: LabelledPage, segment: Segment) -> list[str]:
    return page.text[segment.start : segment.end].split()


def _shares(segments: Iterable[Segment]) -> dict[str, float]:
    listed = list(segments)
    counts = Counter(label for segment in listed for label in segment.labels)
    counts.update("supported_claim" for segment in listed if segment.claim == "supported")
    return {name: round(count / max(len(listed), 1), 4) for name, count in sorted(counts.items())}


def _deciles(values: np.typing.NDArray[np.int64]) -> list[float]:
    return [float(v) for v in np.percentile(values, range(10, 100, 10))] if len(values) else []


def trigram_diversity(tokens: list[str]) -> float:
    """Distinct token trigrams in a window of 10,000 tokens, mean over whole windows.

    ``nan`` for fewer tokens than a window. Windows, because the count grows with the text.
    """
    counts = []
    for start in range(0, len(tokens) - DIVERSITY_WINDOW + 1, DIVERSITY_WINDOW):
        window = tokens[start : start + DIVERSITY_WINDOW]
        counts.append(len(set(zip(window, window[1:], window[2:], strict=False))))
    return float(np.mean(counts)) if counts else float("nan")
