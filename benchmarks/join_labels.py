"""Join labels that are kept without text with the pages they belong to.

    python benchmarks/join_labels.py models/labels/realworld.jsonl PAGES.jsonl[.gz] > labelled.jsonl

A line of the label file: {"page", "group", "start", "end", "segments": [{"start", "end", "sha256",
"promotional", "claim"}]}. Offsets point into the page's text; ``sha256`` holds the first 16 hex digits
of the hash of the segment's text, so that labels never land on other words. The joined page holds only
the labelled window ``start:end``.
"""

import gzip
import hashlib
import json
import sys


def main(labels_path: str, pages_path: str) -> None:
    opened = gzip.open if pages_path.endswith(".gz") else open
    with opened(pages_path, "rt", encoding="utf-8") as lines:
        texts = {page["id"]: page["text"] for page in map(json.loads, lines)}
    with open(labels_path, encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            text = texts[row["page"]]
            segments = []
            for segment in row["segments"]:
                digest = digest_of(text[segment["start"] : segment["end"]])
                if digest != segment.pop("sha256"):
                    sys.exit(
                        f"{labels_path}: page {row['page']}: the text at {segment} has changed"
                    )
                moved = {key: segment[key] - row["start"] for key in ("start", "end")}
                segments.append(segment | moved)
            page = {
                "id": f"{row['page']}@{row['start']}",
                "group": row["group"],
                "text": text[row["start"] : row["end"]],
                "segments": segments,
            }
            print(json.dumps(page, ensure_ascii=False))


def digest_of(text: str) -> str:
    """First 16 hex digits of the SHA-256 of a segment's text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
