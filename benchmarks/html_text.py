"""Measure what the text of an HTML page keeps of what a browser shows, and how long it takes.

    git show daf03cb:classifier/read/html.py > before.py && pip install trafilatura
    python benchmarks/html_text.py --before before.py > benchmarks/html_text.md

The pages are those of ``tests/read/html_pages.toml``, whose calls to action and unseen words are marked
by hand. What is shown is what headless Chromium gives as ``innerText``, with ``details`` opened, in a
frame of 1280 by 800; titles, descriptions, texts of visible images and captions of inputs are no part of
it, so they are neither asked for nor counted as unseen. Words are counted as often as they occur; a few
differ because Chromium runs captions of neighbouring buttons together where no stylesheet parts them.

``--before`` is the reader to compare with, a file that defines ``main_text``; both are timed in turn, in
CPU time: the sample articles, the pages, and as these are small, all but the broken one as one page.
"""

import argparse
import importlib.util
import json
import re
import statistics
import subprocess
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from classifier.read.visible import visible_text

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "tests" / "read" / "html_pages.toml"
SAMPLES = ROOT / "data" / "samples"
#: Shows each page in a frame and leaves what is seen in the document.
DRIVER = """<!DOCTYPE html><meta charset="utf-8"><body><script>
const show = page => new Promise(done => {
  const frame = document.createElement("iframe");
  frame.width = 1280; frame.height = 800; frame.srcdoc = page;
  frame.onload = () => {
    const seen = frame.contentDocument, all = names => [...seen.querySelectorAll(names)];
    all("details").forEach(element => element.open = true);
    const beside = [seen.title, ...all("meta[name=description]").map(element => element.content),
      ...all("img, input").filter(element => element.getClientRects().length)
        .map(element => `${element.alt} ${element.value || ""}`)];
    done([seen.body.innerText, beside.join(" ")]);
    frame.remove();
  };
  document.body.append(frame);
});
(async () => {
  const found = [];
  for (const page of PAGES) found.push(await show(page));
  document.body.innerHTML = "";
  document.body.append(btoa(unescape(encodeURIComponent(JSON.stringify(found)))));
})();
</script></body>"""
COLUMNS = (
    "calls to action kept",
    "words shown that are kept",
    "the same without menus, cookie banners, words for screen readers",
    "words of the text that nobody sees",
    "unseen phrases let through",
)
#: What makes several documents of several pages.
_FRAME = re.compile(r"</?(?:html|body|head|title|!doctype)\b[^>]*>", re.IGNORECASE)
Extractor = Callable[[str], str]


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


def browser(pages: list[str], chromium: str) -> list[tuple[str, str]]:
    """Of each page what Chromium shows, and what is seen or read beside that."""
    import base64

    with tempfile.TemporaryDirectory() as folder:
        driver = Path(folder, "driver.html")
        listed = json.dumps(pages).replace("</", "<\\/")
        driver.write_text(DRIVER.replace("PAGES", listed, 1), encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/user"]
        command = [chromium, *options, "--virtual-time-budget=60000", "--dump-dom", str(driver)]
        shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    (encoded,) = re.findall(r"[\w+/=]{100,}", shown.stdout)
    return [tuple(pair) for pair in json.loads(base64.b64decode(encoded))]


def table_row(name: str, pages: list[dict[str, Any]], seen: list[Any], extract: Extractor) -> str:
    """What a reader keeps and lets through, as a row of the table."""
    calls = found = marked = through = shown = kept = wanted = kept_wanted = all_words = extra = 0
    for page, (text, beside) in zip(pages, seen, strict=True):
        got = extract(page["html"])
        calls += len(page["calls"])
        found += sum(call in got for call in page["calls"])
        unseen = page["unseen"] + page.get("styled", [])
        marked += len(unseen)
        through += sum(phrase in got for phrase in unseen)
        shown += words(text).total()
        kept += (words(text) & words(got)).total()
        wanted_words = words(text) - words(" ".join(page["left_out"] + page.get("spoken", [])))
        wanted += wanted_words.total()
        kept_wanted += (wanted_words & words(got)).total()
        all_words += words(got).total()
        extra += (words(got) - words(text) - words(beside)).total()
    shares = (
        found / calls,
        kept / shown,
        kept_wanted / wanted,
        extra / all_words,
        through / marked,
    )
    return f"| {name} | " + " | ".join(f"{100 * share:.1f} %" for share in shares) + " |"


def milliseconds(extract: Extractor, pages: list[str]) -> float:
    begin = time.process_time()
    for page in pages:
        extract(page)
    return 1000 * (time.process_time() - begin) / len(pages)


def load(path: str) -> Extractor:
    spec = importlib.util.spec_from_file_location("before", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main_text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--before", required=True, help="file that defines main_text")
    parser.add_argument("--chromium", default="chromium", help="the browser")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    readers = {"before": load(arguments.before), "now": visible_text}
    pages = tomllib.loads(PAGES.read_text(encoding="utf-8"))["page"]
    sources = [page["html"] for page in pages]
    seen = browser(sources, arguments.chromium)

    shown = sum(words(text).total() for text, _ in seen)
    print(f"# Text of HTML pages\n\n{len(pages)} invented pages, {shown:,} words shown.\n")
    print(f"| reader | {' | '.join(COLUMNS)} |\n|{' --- |' * (len(COLUMNS) + 1)}")
    for name, extract in readers.items():
        print(table_row(name, pages, seen, extract))

    one = "".join(_FRAME.sub("", page["html"]) for page in pages if page["name"] != "broken markup")
    print("\n| ms a page | before | now | ratio |\n| --- | --- | --- | --- |")
    for name, timed in {
        "each sample article": [path.read_text("utf-8") for path in SAMPLES.glob("*.html")],
        "each page": sources,
        f"one page of {len(one):,} characters": [one],
    }.items():
        runs = [
            [milliseconds(extract, timed) for extract in readers.values()]
            for _ in range(arguments.repeats)
        ]
        before, now = (statistics.median(times) for times in zip(*runs, strict=True))
        ratio = statistics.median(slow / fast for slow, fast in runs)
        print(f"| {name} | {before:.2f} | {now:.3f} | {ratio:.0f} |")
    print(
        "\nWritten by `python benchmarks/html_text.py`, which says how words are counted. The pages"
    )
    print("were written along with the reader, so that they are no independent test.")


if __name__ == "__main__":
    main()
