"""Logits of encoders for pages that they were not trained on, so that a model can learn from them.

An encoder is sure of the pages it was trained on, and a second stage that learnt from such logits would
trust it too much. So encoders are trained on parts of the pages, each part's logits come from one that
did not see it, and all are kept in a file: numbers and hashes, no text.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.analysis import Analysis, Bool, Int, UInt64, bounds
from classifier.encoder.encoder import Encoder
from classifier.errors import DataError

Float32 = npt.NDArray[np.float32]
#: Decimals that are kept; the second stage needs no more.
DECIMALS = 2
_ARRAYS = ("page", "sentences", "logits", "alone")


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Logits of ``P`` pages with ``S`` sentences for ``R`` labels.

    Attributes
    ----------
    page
        uint64 (P,): hash of each page's text, ``hash_of``.
    sentences
        int64 (P,): how many sentences it has.
    logits, alone
        float32 (S, R): of each sentence on its page, and as a text of its own.
    sha256
        Of the file that they were read from.
    """

    page: UInt64
    sentences: Int
    logits: Float32
    alone: Float32
    sha256: str = ""

    def save(self, path: Path) -> None:
        """Write them; the same logits give the same bytes."""
        rounded = {name: np.round(getattr(self, name), DECIMALS) for name in _ARRAYS[2:]}
        np.savez_compressed(path, page=self.page, sentences=self.sentences, **rounded)


def read_held_out(path: Path) -> HeldOut:
    """Read what ``HeldOut.save`` wrote.

    Raises
    ------
    DataError
        If the file cannot be read or its arrays do not fit together.
    """
    try:
        content = path.read_bytes()
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in _ARRAYS}
            found = HeldOut(**arrays, sha256=hashlib.sha256(content).hexdigest())
            fits = (
                found.page.dtype == np.uint64
                and found.page.shape == found.sentences.shape
                and found.logits.shape == found.alone.shape
                and found.logits.shape[:1] == (found.sentences.sum(),)
                and np.isfinite(found.logits).all()
                and np.isfinite(found.alone).all()
            )
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise DataError(f"{path}: cannot be read as held-out logits: {error}") from None
    if not fits:
        raise DataError(f"{path}: its arrays do not fit together")
    return found


def hash_of(text: str) -> int:
    """The first 8 bytes of the SHA-256 of a text."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "little")


def with_logits(
    X: Analysis,
    texts: Sequence[str],
    sentences: Sequence[str],
    wanted: Bool,
    encoder: Encoder,
    known: HeldOut | None,
) -> tuple[Analysis, int]:
    """The analysis with an encoder's logits, held out where there are such, else its own.

    Parameters
    ----------
    X, texts
        Pages and their texts, (P,).
    sentences
        The sentences as they are read, (S,).
    wanted
        (S,): sentences whose logits as a text of their own will be needed.
    encoder
        Reads the pages that ``known`` does not have: it must not have been trained on them.
    known
        Held-out logits.

    Returns
    -------
    Analysis
        With ``encoded`` and ``encoded_alone``.
    int
        How many pages had held-out logits.

    Raises
    ------
    DataError
        If held-out logits are of another number of labels, or of other sentences.
    """
    on_page = np.zeros((X.n_sentences, len(encoder.labels)))
    alone = np.zeros_like(on_page)
    places: dict[int, slice] = {}
    if known is not None:
        if known.logits.shape[1] != len(encoder.labels):
            raise DataError("the held-out logits are not of the encoder's labels")
        edges = bounds(known.sentences).tolist()
        rows = pairwise(edges)
        places = {int(page): slice(*row) for page, row in zip(known.page, rows, strict=True)}
    rest = []
    for number, text in enumerate(texts):
        mine = slice(*X.page_bounds[number : number + 2].tolist())
        row = places.get(hash_of(text))
        if known is None or row is None:
            rest.append(number)
        elif row.stop - row.start != mine.stop - mine.start:
            raise DataError(
                "the held-out logits are of sentences that another text pipeline found; make them anew"
            )
        else:
            on_page[mine], alone[mine] = known.logits[row], known.alone[row]
    unread = np.isin(X.sentence_page(), rest)
    on_page[unread] = encoder.logits(_chosen(sentences, unread), X.take(np.array(rest)))
    alone[unread & wanted] = encoder.logits_alone(_chosen(sentences, unread & wanted))
    return replace(X, encoded=on_page, encoded_alone=alone), len(texts) - len(rest)


def _chosen(sentences: Sequence[str], which: Bool) -> list[str]:
    return [sentences[number] for number in np.flatnonzero(which).tolist()]
