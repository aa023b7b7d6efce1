"""Write the sha256 of every file that data/croissant.json describes into it, in place.

Run it after a change to the corpus, the contrast sets or the splits:
``python benchmarks/croissant.py``. Nothing but the ``sha256`` values changes.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

METADATA = Path(__file__).parents[1] / "data" / "croissant.json"


def main() -> None:
    metadata = json.loads(METADATA.read_text(encoding="utf-8"))
    for item in metadata["distribution"]:
        if "sha256" in item:
            content = (METADATA.parent / item["contentUrl"]).read_bytes()
            item["sha256"] = hashlib.sha256(content).hexdigest()
    text = json.dumps(metadata, indent=2, ensure_ascii=False) + "\n"
    METADATA.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
