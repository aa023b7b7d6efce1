"""The values that travel through the package. Standard library only.

``Page`` or ``RawPage`` goes in, ``Verdict`` comes out; ``LabelledPage`` and ``Dataset`` are what
training and evaluation read. Offsets are code points, half open, into the text as given. What a page
has many of are named tuples, which are made and sent to other processes in half the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

PROMOTIONAL = "promotional"
UNSUPPORTED_CLAIM = "unsupported_claim"
#: Values of the ``claim`` field of a labelled segment (labelling guide, section "claim").
CLAIMS = ("none", "supported", "unsupported")
#: What becomes of a label when there is a review band: at or above the threshold, between the band's
#: lower edge and the threshold, below the band.
FLAG, REVIEW, PASS = "flag", "review", "pass"


@dataclass(frozen=True, slots=True)
class Page:
    """One record to be scored.

    Attributes
    ----------
    id
        From the id column, else the path, else ``path:line``.
    text
        What offsets point into. Empty when ``error`` is set.
    where
        ``file`` or ``file:line``, for messages.
    columns
        All other columns of the record, passed through untouched.
    carry_text
        True when ``text`` was extracted (HTML, documents), so that the output row must carry it for the
        offsets to mean anything.
    error
        Why the record cannot be scored; ``None`` for a sound record.
    """

    id: str
    text: str
    where: str = ""
    columns: Mapping[str, Any] = field(default_factory=dict)
    carry_text: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True)
class RawPage:
    """A record whose text is costly to find, as read; the batch that it is scored in parses it.

    Attributes
    ----------
    id, where
        As in ``Page``; for a file both are its path.
    data
        The bytes of the file, decompressed.
    format
        What ``data`` is, such as ``html``; one of ``classifier.read.pages.PARSERS``.
    """

    id: str
    where: str
    data: bytes
    format: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A labelled stretch of text.

    Attributes
    ----------
    start, end
        Offsets into the page's text, ``0 <= start < end <= len(text)``.
    labels
        The labels that hold. All labels of the data set that are not named here do not hold.
    claim
        The value of the guide's three-way ``claim`` field, where the data have one.
    """

    start: int
    end: int
    labels: frozenset[str]
    claim: str | None = None


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A page with gold labels, and the group that splits must keep together."""

    id: str
    group: str
    text: str
    segments: tuple[Segment, ...]
    where: str = ""
    columns: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled pages that were read and checked together.

    Attributes
    ----------
    pages
        In the order read.
    labels
        Names of the labels, in a fixed order.
    exclusive
        True when each unit bears exactly one label (a ``label`` column of several classes); the
        flag is then the most probable label.
    unit
        ``"sentence"`` when segments were labelled within pages, ``"record"`` when each record is
        one unit that is never split.
    grouped
        False when the data name no groups, so that every page is its own group.
    """

    pages: tuple[LabelledPage, ...]
    labels: tuple[str, ...]
    exclusive: bool = False
    unit: str = "sentence"
    grouped: bool = True


class Cue(NamedTuple):
    """A stretch of text that a lexicon rule marks: the rule's cue, its id, and where."""

    cue: str
    rule: str
    start: int
    end: int


class Severity(NamedTuple):
    """How harmful a claim is, from 1 to 5 (the worst), and the id of the rule that says so."""

    level: int
    rule: str


class Sentence(NamedTuple):
    """A scored sentence: offsets, flags, calibrated probability per label, cues.

    ``decisions`` is as in ``Verdict``. ``evidence`` marks the strongest sentence of a page that is
    flagged, or up for review, as a whole and by none of its sentences alone. ``severity`` is that of a
    sentence flagged ``UNSUPPORTED_CLAIM``.
    """

    start: int
    end: int
    flags: tuple[str, ...]
    scores: Mapping[str, float]
    cues: tuple[Cue, ...] = ()
    decisions: Mapping[str, str] | None = None
    evidence: bool = False
    severity: Severity | None = None

    @property
    def listed(self) -> bool:
        """Whether a person should see it: a label is flagged or up for review, here or on the page."""
        return self.evidence or bool(self.flags) or REVIEW in (self.decisions or {}).values()

    def decision(self, label: str) -> str:
        """``FLAG``, ``REVIEW`` or ``PASS``, also where no review band was asked for."""
        if label in self.flags:
            return FLAG
        return (self.decisions or {}).get(label, PASS)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one page; ``error`` set and no scores when there is none.

    ``decisions`` has ``FLAG``, ``REVIEW`` or ``PASS`` for each label where a review band was asked for,
    else it is ``None``. A page is flagged from its own threshold on, which no flagged sentence falls
    short of. ``language`` is an ISO 639-1 code, ``"und"`` where it cannot be told, ``None`` where it was
    not asked for; a text that is not ``judged`` because of it has neither scores nor flags.
    ``thresholds`` are those that it was judged by, of each label from where on a ``sentence`` and a
    ``page`` are flagged and, with a review band, from where on they are up for ``review``.
    """

    id: str
    text: str
    flags: tuple[str, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    sentences: tuple[Sentence, ...] = ()
    model: str = ""
    columns: Mapping[str, Any] = field(default_factory=dict)
    carry_text: bool = False
    error: str | None = None
    decisions: Mapping[str, str] | None = None
    language: str | None = None
    judged: bool = True
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def decision(self, label: str) -> str:
        """``FLAG``, ``REVIEW`` or ``PASS``, also where no review band was asked for."""
        if label in self.flags:
            return FLAG
        return (self.decisions or {}).get(label, PASS)

    @property
    def severity(self) -> Severity | None:
        """That of the worst sentence listed, the first of those."""
        found = [sentence.severity for sentence in self.sentences if sentence.severity]
        return max(found, key=lambda severity: severity.level, default=None)

    def strongest(self, label: str) -> Sentence | None:
        """The sentence that speaks most for a label that is flagged or up for review here.

        ``None`` for a label that is neither, and where no sentences are listed.
        """
        if self.decision(label) == PASS:
            return None
        # where labels exclude each other, one that is flagged may score less than one that is not
        return max(self.sentences, key=lambda s: (label in s.flags, s.scores[label]), default=None)
