"""Measure how fast and in how much memory text is scored, beside what one would pick instead.

    python benchmarks/throughput.py [--pages PAGES.jsonl.gz] > benchmarks/throughput.md

Every measurement is a process of its own, and the contenders take turns, so that a busy machine slows
all of them: trust the ratios. A contender whose package is missing is left out (``accuracy.py`` names
the packages; engines need the extras ``spark`` and ``ray``). All learn from the invented corpus; what
they learn takes no part in the time. The text is unseen by all: ``--pages`` (JSON lines with ``text``,
best of real pages), by default the corpus with its lines shuffled and one word in fifty misspelt, which
also makes the files of every size.

Ours writes complete verdicts, for every sentence, as JSON lines; the others stop at probabilities.

Where torch is installed, spaCy imports it, which takes seconds at each start: measure jobs, engines,
growth and start where it is not, with ``--repeats 0``.
"""

import argparse
import gzip
import json
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pyarrow.json
import pyarrow.parquet

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "data" / "corpus"
#: Megabytes that a contender gets at most, so that none takes more than about a minute.
SLOW = {"spaCy textcat, bow": 4.0, "spaCy textcat, ensemble": 1.0, "MiniLM, frozen": 0.1}
#: Runs with each number of jobs and with each engine.
ENGINE_RUNS = 3
#: What the tokenizer may remember; never outgrown here.
CACHE = 10_000_000
_CUT = re.compile(r"(?<=[.?!])\s+|\n+")
Score = Callable[[list[str]], object]


def ours() -> Score:
    from classifier.model.shipped import bundle_at
    from classifier.run.scoring import score_pages
    from classifier.schema import Page
    from classifier.write.jsonl import JsonLine

    def score(texts: list[str]) -> None:
        pages = (Page(str(i), text) for i, text in enumerate(texts))
        lines = score_pages(pages, bundle_at(None), sentences="all", to_row=JsonLine("all"))
        with open(os.devnull, "wb") as stream:
            stream.writelines(lines)

    score(["Warm up."])  # opens the model
    return score


def tokenizer() -> Score:
    import spacy

    nlp = spacy.blank("en")
    nlp.tokenizer.max_cache_size = CACHE
    return lambda texts: [len(nlp.make_doc(text)) for text in texts]


def corpus(pages: int | None = None) -> Any:
    """The invented corpus, or its first pages."""
    from classifier.corpus.labelled import read_labelled

    data = read_labelled([str(CORPUS)])
    return replace(data, pages=data.pages[:pages])


def in_batches(texts: Sequence[str], score: Callable[[list[str]], object]) -> None:
    """Sentences by a regular expression, 64 pages at a time."""
    for start in range(0, len(texts), 64):
        batch = texts[start : start + 64]
        units = [unit for text in batch for unit in _CUT.split(text) if unit.strip()]
        if units:
            score(units)


def tfidf() -> Score:
    from baselines import TfIdf, probabilities

    model = TfIdf()
    model.fit(corpus())
    return lambda texts: in_batches(
        texts, lambda units: probabilities(model.models, model.words.transform(units))
    )


def obvious() -> Score:
    import spacy
    from sklearn.feature_extraction.text import TfidfVectorizer

    from baselines import logistic, probabilities
    from gold import exact
    from gold import texts as segments

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    data = corpus()
    words = TfidfVectorizer(ngram_range=(1, 2), analyzer=_pairs)
    train = [[t.lower_ for t in nlp.make_doc(text)] for text in segments(data)]
    models = logistic(words.fit_transform(train), exact(data).truth, C=10.0)

    def score(texts: list[str]) -> None:
        for start in range(0, len(texts), 64):
            docs = nlp.pipe(texts[start : start + 64])
            units = [[t.lower_ for t in sent] for doc in docs for sent in doc.sents]
            if units:
                probabilities(models, words.transform(units))

    return score


def _pairs(tokens: list[str]) -> list[str]:
    return tokens + [f"{a} {b}" for a, b in pairwise(tokens)]


def fast_text() -> Score:
    from baselines import FastText, _line

    model = FastText()
    model.fit(corpus())

    def score(units: list[str]) -> None:
        lines = [_line(unit) for unit in units]
        for each in model.models:
            each.predict(lines, k=2)

    return lambda texts: in_batches(texts, score)


def textcat(name: str) -> Score:
    from neural import TextCat

    model = TextCat(name, epochs=1)  # its speed does not depend on what it has learnt
    model.fit(corpus(60))
    return lambda texts: in_batches(texts, lambda units: [d.cats for d in model.nlp.pipe(units)])


def minilm() -> Score:
    from baselines import logistic, probabilities
    from gold import exact
    from gold import texts as segments
    from neural import FrozenMiniLM

    model, data = FrozenMiniLM(), corpus(10)
    models = logistic(model._encode(segments(data)), exact(data).truth, C=1.0, solver="lbfgs")
    return lambda texts: in_batches(
        texts, lambda units: probabilities(models, model._encode(units))
    )


OURS = "this project"
CONTENDERS: dict[str, Callable[[], Score]] = {
    OURS: ours,
    "spaCy tokenizer alone": tokenizer,
    "regex sentences, TF-IDF + logistic regression": tfidf,
    "obvious: sentencizer, token strings, TF-IDF": obvious,
    "fastText": fast_text,
    "spaCy textcat, bow": lambda: textcat("bow"),
    "spaCy textcat, ensemble": lambda: textcat("ensemble"),
    "MiniLM, frozen": minilm,
}


def lines_of(path: Path) -> Iterator[str]:
    """The texts of JSON lines, gzipped or not."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as stream:
        yield from (json.loads(line)["text"] for line in stream)


def perturbed(size: int, seed: int) -> Iterator[str]:
    """Pages of about ``size`` characters without end: lines of the corpus, some words misspelt."""
    source = random.Random(seed)
    known = [text for path in sorted(CORPUS.glob("*.jsonl")) for text in lines_of(path)]
    lines = [line for text in known for line in text.split("\n")]
    while True:
        page: list[str] = []
        length = 0
        while length < size:
            words = source.choice(lines).split(" ")
            for _ in range(len(words)):
                if source.random() < 0.02:
                    at = source.randrange(len(words))
                    words[at] = words[at] + source.choice("aeiourstln") + source.choice("aeioy")
            page.append(" ".join(words))
            length += len(page[-1]) + 1
        yield "\n".join(page)


def taken(texts: Iterator[str], megabytes: float) -> Iterator[str]:
    """The first texts, until they have as many bytes of UTF-8."""
    left = megabytes * 1e6
    while left > 0 and (text := next(texts, None)) is not None:
        left -= len(text.encode())
        yield text


def write(path: Path, texts: Iterator[str]) -> float:
    """Write JSON lines; megabytes of text."""
    total = 0
    with path.open("w") as stream:
        for number, text in enumerate(texts):
            stream.write(json.dumps({"id": number, "text": text}) + "\n")
            total += len(text.encode())
    return total / 1e6


def measure_here(name: str, path: Path) -> None:
    """In a process of its own: open, then score the file; print what it took."""
    score = CONTENDERS[name]()
    texts = list(taken(lines_of(path), SLOW.get(name, float("inf"))))
    before, start = _peak(), time.perf_counter()
    score(texts)
    seconds = time.perf_counter() - start
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    print(json.dumps([megabytes / seconds, len(texts) / seconds, _peak(), before]))


def _peak() -> float:
    """Peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(name: str, path: Path) -> list[float] | None:
    """MB/s, pages/s, peak MB, peak MB before scoring; ``None`` if a package is missing."""
    command = [sys.executable, __file__, "--measure", name, "--pages", str(path)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        print(f"{name}: {found.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    return [float(number) for number in json.loads(found.stdout.splitlines()[-1])]


def contenders(path: Path, repeats: int) -> str:
    """All contenders, in turns."""
    from classifier.report.tables import markdown

    runs: dict[str, list[list[float]]] = {name: [] for name in CONTENDERS}
    for _ in range(repeats):
        for name in list(runs):
            numbers = measure(name, path)
            if numbers is None:
                del runs[name]
            else:
                runs[name].append(numbers)
    rows = []
    for name, numbers in runs.items():
        speed, pages, peak, before = map(statistics.median, zip(*numbers, strict=True))
        ratio = statistics.median(
            own[0] / other[0] for own, other in zip(runs[OURS], numbers, strict=True)
        )
        rows.append([name, f"{speed:.2f}", f"{pages:,.0f}", f"{peak:.0f}", f"{before:.0f}",
                     f"{ratio:.2f}"])  # fmt: skip
    header = ["", "MB/s", "pages/s", "peak MB", "before scoring", "ours, times this"]
    return "\n".join(markdown(header, rows))


def run(*arguments: str) -> tuple[float, float]:
    """Seconds and peak MB of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", "from classifier.cli import main; main()", *arguments],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"classifier {' '.join(arguments)}: exit {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def score_files(sizes: Sequence[tuple[str, float, int]], folder: Path, *options: str) -> str:
    """``classifier score`` on files of given megabytes and characters a page."""
    from classifier.report.tables import markdown

    rows = []
    for label, megabytes, size in sizes:
        path = folder / "pages.jsonl"
        real = write(path, taken(perturbed(size, seed=len(rows)), megabytes))
        seconds, peak = run("score", str(path), "-o", str(folder / "out.jsonl"), *options)
        rows.append([label, f"{seconds:.1f}", f"{real / seconds:.2f}", f"{peak:.0f}"])
    return "\n".join(markdown(["", "seconds", "MB/s", "peak MB"], rows))


#: Options of ``classifier score`` that spread the work.
WAYS = {
    "one job": ("--jobs", "1"),
    "two jobs": ("--jobs", "2"),
    "Spark, local": ("--engine", "spark"),
    "Ray, local": ("--engine", "ray"),
}


def ways(path: Path, megabytes: float, folder: Path, repeats: int) -> str:
    """``classifier score`` on one file with jobs and engines, start-up included, in turns."""
    from classifier.report.tables import markdown

    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(repeats):
        for way in list(seconds):
            out = folder / "verdicts.parquet"
            try:
                seconds[way].append(run("score", str(path), "-o", str(out), *WAYS[way])[0])
            except RuntimeError as error:  # the engine is not installed
                print(error, file=sys.stderr)
                del seconds[way]
            shutil.rmtree(out) if out.is_dir() else out.unlink(missing_ok=True)
    one = statistics.median(seconds["one job"])
    rows = []
    for way, taken_by in seconds.items():
        median = statistics.median(taken_by)
        rows.append([way, f"{median:.1f}", f"{megabytes / median:.2f}", f"{one / median:.2f}"])
    return "\n".join(markdown(["", "seconds", "MB/s", "times one job"], rows))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=Path, help="JSON lines with text, gzipped or not")
    parser.add_argument("--megabytes", type=float, default=20.0, help="of text for each contender")
    parser.add_argument("--repeats", type=int, default=5, help="0 leaves contenders out")
    parser.add_argument("--parallel", type=float, default=100.0, help="MB for jobs and engines")
    parser.add_argument("--growth", type=float, nargs="*", default=[1, 10, 100, 1000])
    parser.add_argument("--measure", choices=CONTENDERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        return measure_here(options.measure, options.pages)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "unseen.jsonl"
        texts = lines_of(options.pages) if options.pages else perturbed(2500, seed=0)
        megabytes = write(path, taken(texts, options.megabytes))
        n = sum(1 for _ in path.open())
        kind = "real" if options.pages else "made"
        print(f"# Throughput\n\n`python benchmarks/throughput.py`, {os.cpu_count()} cores.\n")
        if options.repeats:
            print(f"## Contenders\n\n{megabytes:.1f} MB, {n:,} {kind} pages; medians of "
                  f"{options.repeats} runs in turns.\n")  # fmt: skip
            print(contenders(path, options.repeats), flush=True)
        print(f"\n## Jobs and engines\n\n`classifier score` on {options.parallel:g} MB of made pages; "
              f"medians of {ENGINE_RUNS} runs in turns.\n")  # fmt: skip
        lines, many = folder / "many.jsonl", folder / "many.parquet"
        megabytes = write(lines, taken(perturbed(2500, seed=1), options.parallel))
        pyarrow.parquet.write_table(pyarrow.json.read_json(lines), many)  # what engines read
        lines.unlink()
        print(ways(many, megabytes, folder, ENGINE_RUNS), flush=True)
        many.unlink()
        print("\n## Growth\n\n`classifier score`, pages of 2.5 kB.\n")
        growth = [(f"{mb:g} MB", mb, 2500) for mb in options.growth]
        print(score_files(growth, folder), flush=True)
        print("\n## Pages of other sizes\n\n10 MB each.\n")
        sizes = [(f"{size:,} characters", 10.0, size) for size in (1000, 10_000, 100_000, 990_000)]
        print(score_files(sizes, folder), flush=True)
        page = folder / "page.txt"
        page.write_text(next(islice(perturbed(2500, 0), 1)))
        start = [run("score", str(page), "-o", str(folder / "out.jsonl"))[0] for _ in range(5)]
        usage = [run("--help")[0] for _ in range(5)]
        print(f"\n## Start\n\nOne page: {statistics.median(start):.2f} s. `--help`: "
              f"{statistics.median(usage):.2f} s.")  # fmt: skip
    return None


if __name__ == "__main__":
    main()
