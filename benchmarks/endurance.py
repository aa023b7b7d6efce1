"""A long run that is killed again and again, and what becomes of its records.

    python benchmarks/endurance.py --records 1000000 --kills 10 --jobs 2 --folder /tmp/endurance

Writes records of which one in a hundred is poisoned, scores them unbroken, scores them again with
``kill -9`` at random moments and ``--resume``, and compares the two outputs byte for byte. Then walks
the output: every record answered once, in order, an error exactly where the record is poisoned.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from itertools import zip_longest
from pathlib import Path

from throughput import lines_of

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "data" / "corpus"
POISONED = 100
MAX_CHARS = 100_000
#: Each makes a record that cannot be scored; ``%d`` is its number.
POISON = (
    b'{"id":"%d","text":"caf\xe9"}',
    b'{"id":"%d","text":',
    b'{"id":"%d","text":" "}',
    b'{"id":"%d","text":"' + b"x" * (MAX_CHARS + 1) + b'"}',
    b'{"id":"%d","text":"a\\u0000b"}',
    b'{"id":"%d","text":"t","deep":' + b"[" * 200 + b"]" * 200 + b"}",
    b'{"id":"%d","text":"t","deep":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"id":"%d","text":"\\ud800"}',
)


def is_poisoned(number: int) -> bool:
    return number % POISONED == POISONED // 2


def paragraphs() -> list[str]:
    """Paragraphs of our own corpus."""
    known = [text for path in sorted(CORPUS.rglob("*.jsonl")) for text in lines_of(path)]
    found = [part.strip() for text in known for part in text.split("\n")]
    return [part for part in found if len(part) > 20]


def make_input(path: Path, records: int) -> None:
    """JSON lines of a few hundred characters each; control characters in some sound ones."""
    random_state = random.Random(0)
    stock = paragraphs()
    with path.open("wb") as stream:
        for number in range(records):
            if is_poisoned(number):
                kind = POISON[number // POISONED % len(POISON)]
                stream.write(kind.replace(b"%d", b"%d" % number) + b"\n")
                continue
            text = "\n".join(random_state.sample(stock, 3)) + f" {random_state.random()}"
            text += "\x01\x1b[2J" if number % 50 == 0 else ""
            stream.write(json.dumps({"id": str(number), "text": text}).encode() + b"\n")


def command(source: Path, out: Path, jobs: int, model: str | None) -> list[str]:
    """The command line of a run."""
    run = "import sys; from classifier.cli import main; main(sys.argv[1:])"
    options = ["--jobs", str(jobs), "--max-chars", str(MAX_CHARS), "--resume"]
    options += ["--model", model] if model else []
    return [sys.executable, "-c", run, "score", str(source), "-o", str(out), *options]


def digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check(out: Path, records: int) -> int:
    """Walk the output; returns the number of error rows."""
    failed = 0
    with out.open("rb") as lines:
        for number, line in zip_longest(range(records), lines):
            assert number is not None, "more rows than records"
            assert line is not None, f"no row for record {number} and those after it"
            row = json.loads(line)
            wanted = {str(number), f"{out.parent / 'in.jsonl'}:{number + 1}"}
            assert row["id"] in wanted, f"row {number} is of {row['id']}"
            assert (row["error"] is not None) == is_poisoned(number), row
            failed += row["error"] is not None
    return failed


def kept(out: Path) -> int:
    """Records that the journal of an unfinished output covers."""
    journal = out.parent / f".{out.name}.journal"
    try:
        return int(json.loads(journal.read_bytes())["records"])
    except FileNotFoundError:
        return 0


def kill(process: subprocess.Popen[bytes], out: Path, longest: float) -> bool:
    """Kill a run some seconds after it has begun to add to its output; False if it ended before."""
    before = kept(out)
    while process.poll() is None and kept(out) == before:
        time.sleep(0.01)
    try:
        process.wait(random.uniform(0, longest))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--format", default="jsonl", choices=["jsonl", "csv", "parquet"])
    parser.add_argument("--model")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--folder", type=Path, help="Where to work; kept. Default: a temporary one."
    )
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="endurance-"))
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "in.jsonl"
    make_input(source, given.records)
    print(f"input: {given.records:,} records, {source.stat().st_size / 1e6:.1f} MB", flush=True)

    expected, out = folder / f"unbroken.{given.format}", folder / f"killed.{given.format}"
    for path in (expected, out):
        path.unlink(missing_ok=True)
    began = time.monotonic()
    whole = command(source, expected, given.jobs, given.model)
    status = subprocess.run(whole, stderr=subprocess.DEVNULL, check=False).returncode
    assert status == 3, f"exit status {status}"
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    rate = given.records / seconds
    print(
        f"unbroken: {seconds:.1f} s, {rate:.0f} records/s, peak {peak:.0f} MiB a process",
        flush=True,
    )

    broken = command(source, out, given.jobs, given.model)
    random.seed(given.seed)
    for number in range(1, given.kills + 1):
        process = subprocess.Popen(broken, stderr=subprocess.DEVNULL)
        if not kill(process, out, 1.5 * seconds / (given.kills + 1)):
            print(f"kill {number}: not needed, the run came to its end", flush=True)
            break
        print(f"kill {number}: {kept(out):,} records kept", flush=True)
    else:
        began = time.monotonic()
        status = subprocess.run(broken, stderr=subprocess.DEVNULL, check=False).returncode
        assert status == 3, f"exit status {status}"
        print(f"last run: {time.monotonic() - began:.1f} s", flush=True)
    same = digest(out) == digest(expected)
    print(f"identical output: {same}")
    if given.format == "jsonl":
        print(f"every record answered once, in order; {check(out, given.records):,} error rows")
    if given.folder is None:
        shutil.rmtree(folder)
    sys.exit(not same)


if __name__ == "__main__":
    main()
