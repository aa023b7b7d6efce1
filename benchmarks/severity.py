"""Agreement of the rules of severity with labels: ``python benchmarks/severity.py [--draw]``.

The sentences of ``data/severity.jsonl`` are claims that the corpus labels as unsupported. The first
300 are a draw in proportion to its files, which ``--draw`` prints anew, with the texts; the other 300
are drawn from those that nobody had read when the first rules were written. Writes
``benchmarks/severity.md``; the sentences on which rules and labels differ go to the terminal.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.metrics import cohen_kappa_score, confusion_matrix, precision_recall_fscore_support

from classifier.analysis import Int
from classifier.policy.judge import SeverityJudge
from classifier.policy.severity import load_severity_rules
from classifier.text import Analyser

ROOT = Path(__file__).parents[1]
LABELS = ROOT / "data/severity.jsonl"
REPORT = ROOT / "benchmarks/severity.md"
#: Sentences drawn, and the seed of the draw.
N, SEED = 300, 13
#: Draws of the bootstrap.
DRAWS = 2000

Claim = tuple[str, int, int, str]


def main() -> None:
    if sys.argv[1:] == ["--draw"]:
        for page, start, end, text in drawn():
            print(json.dumps({"page": page, "start": start, "end": end, "text": text}))
        return
    rows = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    texts = {claim[:3]: claim[3] for claims in strata() for claim in claims}
    claims = [texts[row["page"], row["start"], row["end"]] for row in rows]
    label, draw = (np.array([row[name] for row in rows]) for name in ("level", "draw"))
    X = Analyser(split=False).analyse(claims)
    found = SeverityJudge().judge(X, np.arange(len(claims)))
    rule = np.array([severity.level for severity in found])
    for text, severity, wanted in zip(claims, found, label, strict=True):
        if severity.level != wanted:
            print(f"{wanted} {severity.rule}: {text!r}")
    REPORT.write_text(report(label, rule, draw), encoding="utf-8")
    print(REPORT.read_text(encoding="utf-8"))


def strata() -> Iterator[list[Claim]]:
    """The unsupported claims of each file of the corpus: page, start, end, text."""
    for path in sorted((ROOT / "data/corpus").glob("*.jsonl")):
        pages = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        yield [
            (page["id"], s["start"], s["end"], page["text"][s["start"] : s["end"]])
            for page in pages
            for s in page["segments"]
            if s["claim"] == "unsupported"
        ]


def drawn() -> list[Claim]:
    """The draw: of each file its share of ``N`` by largest remainders."""
    files = list(strata())
    shares = [N * len(claims) / sum(map(len, files)) for claims in files]
    sizes = [int(share) for share in shares]
    by_rest = sorted(range(len(files)), key=lambda i: sizes[i] - shares[i])
    for i in by_rest[: N - sum(sizes)]:
        sizes[i] += 1
    generator = random.Random(SEED)
    pairs = zip(files, sizes, strict=True)
    return [claim for claims, size in pairs for claim in sorted(generator.sample(claims, size))]


def report(label: Int, rule: Int, draw: Int) -> str:
    levels = sorted(
        {rule.level: rule.id.split(".")[0] for rule in load_severity_rules().rules}.items()
    )
    numbers = [number for number, _ in levels][::-1]
    table = confusion_matrix(label, rule, labels=numbers)
    precision, recall, _, _ = precision_recall_fscore_support(
        label, rule, labels=numbers, zero_division=0
    )
    lines = [
        f"| {number} `{dict(levels)[number]}` | {' | '.join(map(str, row))} | {sum(row)} "
        f"| {p:.2f} | {r:.2f} |"
        for number, row, p, r in zip(numbers, table, precision, recall, strict=True)
    ]
    heads = " | ".join(map(str, numbers))
    first, second = (with_interval(label[draw == n], rule[draw == n]) for n in (1, 2))
    return f"""# Severity of a claim: rules against labels

Cohen's kappa with 95 % bootstrap intervals over sentences. A language model gave the labels, by the
definition in `classifier/policy/README.md` and before it saw what the rules say; the same model wrote
the rules.

| sentences | n | rules | kappa |
| --- | ---: | --- | ---: |
| corpus, first draw, labelled before there were rules | 300 | first | 0.884 [0.836, 0.928] |
| corpus, second draw, of which nothing was read while the rules were written | 300 | first \
| **0.645 [0.570, 0.716]** |
| the same, before a look at the errors | 300 | widened | 0.775 [0.711, 0.834] |
| real pages, a draw of which nothing was read | 150 | first | **0.765** |
| real pages, another one | 200 | first, some wordings added | **0.767 [0.646, 0.868]** |
| real pages, a third one | 200 | widened | **0.724 [0.603, 0.830]** |
| corpus, first draw | 300 | today's | {first} |
| corpus, second draw, after a look at the errors | 300 | today's | {second} |

Only the bold figures are clean, and they miss the 0.8 that was aimed at. Who wrote the rules had
labelled the first draw, so that its wordings went into them, and had labelled the second before they
were widened (by other claims of the corpus). Expect 0.65 to 0.77 on claims that nobody has seen. Most
errors are claims that the rules leave at level 1.

Today's rules on both draws, kappa weighted by the square of the distance \
{with_interval(label, rule, "quadratic")}:

| label, rules say | {heads} | sentences | precision | recall |
| --- |{" ---: |" * (len(numbers) + 3)}
{chr(10).join(lines)}

Written by `python benchmarks/severity.py`.
"""


def with_interval(label: Int, rule: Int, weights: str | None = None) -> str:
    generator = np.random.default_rng(0)
    kappas = [
        cohen_kappa_score(label[rows], rule[rows], weights=weights)
        for rows in generator.integers(0, len(label), (DRAWS, len(label)))
    ]
    low, high = np.quantile(kappas, (0.025, 0.975))
    return f"{cohen_kappa_score(label, rule, weights=weights):.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main()
