"""Join labels that are kept without text with the pages they belong to.

    python benchmarks/join_labels.py models/labels/realworld.jsonl PAGES.jsonl[.gz] > labelled.jsonl

A line of the label file is a window of a page: {"page", "group", "segments"}, each segment
[start, end, sha256, code]. Offsets point into the page's text; ``sha256`` holds the first 8 hex digits
of the hash of the segment's text, so that labels never land on other words; the code is P (promotional)
or a dot, then U (unsupported claim), S (supported claim) or a dot. The joined page holds only the
labelled window.
"""

import gzip
import hashlib
import json
import sys

CLAIMS = {"U": "unsupported", "S": "supported", ".": "none"}


def main(labels_path: str, pages_path: str) -> None:
    opened = gzip.open if pages_path.endswith(".gz") else open
    with opened(pages_path, "rt", encoding="utf-8") as lines:
        texts = {page["id"]: page["text"] for page in map(json.loads, lines)}
    with open(labels_path, encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            text, first = texts[row["page"]], row["segments"][0][0]
            segments = []
            for start, end, digest, code in row["segments"]:
                if digest_of(text[start:end]) != digest:
                    sys.exit(f"{labels_path}: page {row['page']}: the text at {start} has changed")
                segments.append(
                    {
                        "start": start - first,
                        "end": end - first,
                        "promotional": code[0] == "P",
                        "claim": CLAIMS[code[1]],
                    }
                )
            page = {
                "id": f"{row['page']}@{first}",
                "group": row["group"],
                "text": text[first : row["segments"][-1][1]],
                "segments": segments,
            }
            print(json.dumps(page, ensure_ascii=False))


def digest_of(text: str) -> str:
    """First 8 hex digits of the SHA-256 of a segment's text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:8]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
