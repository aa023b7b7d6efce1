"""Measure how the shipped model behaves on the contrast sets, kind by kind.

    python benchmarks/behaviour.py > benchmarks/behaviour.md

A variant is right for a label when the flag at the shipped threshold is what its labels say. A set whose
variants differ in a label is ordered when each variant that bears it scores above each that does not.
"""

import json
from collections import defaultdict

import classifier
import classifier.scoring
from classifier.report.tables import markdown
from classifier.schema import Page

LABELS = ("promotional", "unsupported_claim")


def main() -> None:
    model = classifier.load_model()
    with open("data/contrast/contrast.jsonl", encoding="utf-8") as lines:
        sets = [json.loads(line) for line in lines]
    right: dict[tuple[str, str], list[bool]] = defaultdict(list)
    ordered: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for contrast in sets:
        found = [judged(model, contrast, variant) for variant in contrast["variants"]]
        for label in LABELS:
            gold = [bears(variant, label) for variant in contrast["variants"]]
            key = contrast["kind"], label
            right[key] += [(label in flags) == g for (_, flags), g in zip(found, gold, strict=True)]
            yes = [s[label] for (s, _), g in zip(found, gold, strict=True) if g]
            no = [s[label] for (s, _), g in zip(found, gold, strict=True) if not g]
            if yes and no:
                ordered[key].append(min(yes) > max(no))
    kinds = sorted({contrast["kind"] for contrast in sets})
    rows = [row(kind, right, ordered) for kind in kinds]
    print("# Behaviour on the contrast sets\n")
    print(
        f"`python benchmarks/behaviour.py`, model {model.model.name}. Right: variants whose flag is"
    )
    print(
        "right. Ordered: sets that differ in the label and score in the right order, of how many.\n"
    )
    header = ["kind"]
    header += [f"{label}: {column}" for label in LABELS for column in ("right", "ordered")]
    print("\n".join(markdown(header, rows)))


def judged(
    model: classifier.scoring.Scorer, contrast: dict, variant: dict
) -> tuple[dict[str, float], set[str]]:
    """Highest scores, and all flags, of the sentences of a variant within its context."""
    context = variant.get("context", contrast.get("context", ""))
    text = f"{context}\n{variant['text']}" if context else variant["text"]
    start = len(text) - len(variant["text"])
    verdict = model.score_batch([Page("-", text)], "all")[0]
    own = [sentence for sentence in verdict.sentences if sentence.end > start]
    scores = {label: max(s.scores[label] for s in own) for label in LABELS}
    return scores, {label for sentence in own for label in sentence.flags}


def bears(variant: dict, label: str) -> bool:
    return variant["promotional"] if label == LABELS[0] else variant["claim"] == "unsupported"


def row(kind: str, right: dict, ordered: dict) -> list[str]:
    cells = [kind]
    for label in LABELS:
        hits, pairs = right[kind, label], ordered.get((kind, label), [])
        cells.append(f"{sum(hits) / len(hits):.2f}")
        cells.append(f"{sum(pairs)} of {len(pairs)}" if pairs else "-")
    return cells


if __name__ == "__main__":
    main()
