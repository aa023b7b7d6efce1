"""What disguised words cost: average precision before and after, for each kind and for all mixed.

python benchmarks/disguise.py GOLD.jsonl [--model DIR] [--write DISGUISED.jsonl]

In every sentence, and in the text between sentences, a share of the words is disguised; gold offsets
move with the text. The kinds are those of a list of what sellers do to slip past filters; this file was
written before there was anything to see through them, and has not been adapted to it since.
"""

import argparse
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from classifier.corpus.labelled import read_labelled
from classifier.corpus.labelled_writer import write_labelled
from classifier.model.shipped import default_model
from classifier.report.tables import markdown
from classifier.run.scorer import Scorer
from classifier.schema import Dataset, LabelledPage, Page
from classifier.training.evaluation import evaluate, scored

#: Share of the words of a sentence that are disguised, rounded up.
SHARE = 0.3
#: Share of the letters that have a substitute and get it; at least one of a word does.
DENSITY = 0.5
#: A word: letters that touch no other letter, digit or sign that may belong to an address.
WORD = re.compile(r"(?<![\w@/.:'’-])[A-Za-z]{3,}(?![\w@/'’-])(?![.:][\w/])")

LEET = dict(zip("aeiostblg", "431057819", strict=True))
SIGNS = {"a": "@", "c": "¢", "e": "€", "i": "!", "s": "$", "l": "|"}
CYRILLIC = dict(zip("aceopxyisjhkmtABCEHKMOPTXSIJ", "асеорхуіѕјһкмтАВСЕНКМОРТХЅІЈ", strict=True))
GREEK = dict(zip("aiknopuvxABEHIKMNOPTXYZ", "αικηορυνχΑΒΕΗΙΚΜΝΟΡΤΧΥΖ", strict=True))
ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
EMOJI = "🌿✨🔥💊❤💯⭐🍃"
BETWEEN = ".-_*·"

Kind = Callable[[str, random.Random], str]


def substituted(*tables: dict[str, str]) -> Kind:
    """Some letters of a word replaced by those of one of the tables; unchanged where it has none."""

    def kind(word: str, draw: random.Random) -> str:
        table = draw.choice(tables)
        places = [i for i, letter in enumerate(word) if letter in table or letter.lower() in table]
        chosen = {i for i in places if draw.random() < DENSITY}
        chosen |= {draw.choice(places)} if places and not chosen else set()
        return "".join(
            table.get(c, table.get(c.lower(), c)) if i in chosen else c for i, c in enumerate(word)
        )

    return kind


def zero_width(word: str, draw: random.Random) -> str:
    """Signs without width after some of the letters but the last, at least one."""
    sure = draw.randrange(len(word) - 1)
    last = len(word) - 1
    return "".join(
        c + draw.choice(ZERO_WIDTH) if i == sure or (i < last and draw.random() < DENSITY) else c
        for i, c in enumerate(word)
    )


def between(signs: Sequence[str]) -> Kind:
    """One and the same sign between all letters."""
    return lambda word, draw: draw.choice(signs).join(word)


def full_width(word: str, draw: random.Random) -> str:
    """Every letter in its full-width form."""
    return "".join(chr(ord(c) - 0x21 + 0xFF01) for c in word)


KINDS: dict[str, Kind] = {
    "digits for letters": substituted(LEET),
    "signs for letters": substituted(SIGNS, LEET | SIGNS),
    "look-alike letters": substituted(CYRILLIC, GREEK),
    "zero-width signs": zero_width,
    "spaced letters": between(" "),
    "full width": full_width,
    "emoji between letters": between(EMOJI),
    "signs between letters": between(BETWEEN),
}


def disguised(page: LabelledPage, kinds: Sequence[Kind], share: float, seed: int) -> LabelledPage:
    """The page with a share of the words of each stretch disguised, by kinds drawn for each word."""
    draw = random.Random(f"{seed} {page.id}")
    edges = sorted({0, len(page.text)} | {e for s in page.segments for e in (s.start, s.end)})
    moved, parts, length = {0: 0}, [], 0
    for start, end in pairwise(edges):
        part = _stretch(page.text[start:end], kinds, share, draw)
        parts.append(part)
        length += len(part)
        moved[end] = length
    segments = (replace(s, start=moved[s.start], end=moved[s.end]) for s in page.segments)
    return replace(page, text="".join(parts), segments=tuple(segments))


def _stretch(text: str, kinds: Sequence[Kind], share: float, draw: random.Random) -> str:
    places = list(WORD.finditer(text))
    count = -int(-share * len(places) // 1)
    for match in sorted(draw.sample(places, count), key=lambda m: -m.start()):
        word = match[0]
        found = (kind(word, draw) for kind in draw.sample(kinds, len(kinds)))
        other = next((one for one in found if one != word), word)
        text = text[: match.start()] + other + text[match.end() :]
    return text


def measured(scorer: Scorer, data: Dataset) -> Iterator[str]:
    """Average precision of each label's sentences and pages, and how many pages are not judged."""
    gold = scored(scorer.model, scorer.analyser, data)
    report = evaluate(*gold, scorer.thresholds, draws=2, page_thresholds=scorer.page_thresholds)
    for units in report["labels"].values():
        yield from (f"{found['average_precision']:.3f}" for found in units.values())
    verdicts = scorer.score_batch([Page(page.id, page.text) for page in data.pages], "none")
    yield str(sum(not verdict.judged for verdict in verdicts))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("gold", help="labelled pages to measure on")
    parser.add_argument("--model", default=default_model())
    parser.add_argument("--share", type=float, default=SHARE, help="of the words of a sentence")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", help="where to write the pages disguised in all ways, mixed")
    options = parser.parse_args()
    scorer = Scorer(options.model)
    data = read_labelled([options.gold])

    def turned(kinds: Sequence[Kind]) -> Dataset:
        pages = (disguised(page, kinds, options.share, options.seed) for page in data.pages)
        return replace(data, pages=tuple(pages))

    mixed = turned(list(KINDS.values()))
    if options.write:
        write_labelled(mixed.pages, options.write, data.labels)
    header = ["words disguised by"]
    header += [f"{label}, {unit}" for label in scorer.model.labels for unit in ("sentence", "page")]
    rows = [["nothing", *measured(scorer, data)], ["all, mixed", *measured(scorer, mixed)]]
    rows += [[name, *measured(scorer, turned([kind]))] for name, kind in KINDS.items()]
    lines = [
        "# Disguise",
        "",
        f"`python benchmarks/disguise.py GOLD.jsonl`, model `{scorer.model.name}`: average precision "
        f"with {options.share:.0%} of the words of every sentence disguised, seed {options.seed}; "
        f"{sum(len(page.segments) for page in data.pages)} sentences of {len(data.pages)} pages.",
        "",
        *markdown([*header, "pages not judged"], rows),
    ]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
