"""How often the language of a text is told wrongly, and what asking costs.

``python benchmarks/language.py [PAGES.jsonl ...]``: labelled English pages, by default the corpus.
Writes ``benchmarks/language.md``.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from classifier.text.language import language

ROOT = Path(__file__).parents[1]
JUDGED = ("en", "und")
_SENTENCE = re.compile(r"\n|(?<=[.!?]) ")


def main() -> None:
    paths = [*sorted((ROOT / "data/corpus").glob("*.jsonl")), *map(Path, sys.argv[1:])]
    english = [text for path in paths for text in texts(path)]
    language("Unser Kräutertee heilt jede Erkältung in zwei Tagen.")  # loads the detector
    start = time.perf_counter()
    lost = [text for text in english if language(text) not in JUDGED]
    cost = (time.perf_counter() - start) / len(english) * 1e3
    for text in lost:
        print(language(text), repr(text[:200]))
    sentences = sorted({part for text in english for part in _SENTENCE.split(text) if part.strip()})
    lost_sentences = [text for text in sentences if language(text) not in JUDGED]
    for text in lost_sentences:
        print(language(text), repr(text[:200]))
    others = ROOT / "tests/text/languages.jsonl"
    rows = [json.loads(line) for line in others.read_text(encoding="utf-8").splitlines()]
    start = time.perf_counter()
    told = [language(row["text"]) for row in rows]
    foreign_cost = (time.perf_counter() - start) / len(rows) * 1e3
    for row, code in zip(rows, told, strict=True):
        if code in JUDGED:
            print("judged:", row)
    named = sum(code == row["language"] for row, code in zip(rows, told, strict=True))
    not_judged = sum(code not in JUDGED for code in told)
    report = f"""# Language of a text

| texts | number | judged as English | language named right | ms a text |
| --- | --- | --- | --- | --- |
| labelled English pages | {len(english):,} | {len(english) - len(lost):,} | | {cost:.3f} |
| their lines and sentences, each alone | {len(sentences):,} \
| {len(sentences) - len(lost_sentences):,} | | |
| 20 other languages, `tests/text/languages.jsonl` | {len(rows)} | {len(rows) - not_judged} \
| {named} | {foreign_cost:.3f} |

Written by `benchmarks/language.py`. The thresholds were set by hand with a look at the foreign texts,
so that these are no independent test. Some lines of the corpus are in another language.
"""
    (ROOT / "benchmarks/language.md").write_text(report, encoding="utf-8")
    print(report)


def texts(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)["text"]


if __name__ == "__main__":
    main()
