"""What a certification found, as tables of plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.report.tables import markdown

if TYPE_CHECKING:  # scikit-learn is behind it
    from classifier.model.guarantees import Guarantee
    from classifier.training.certification import Certification

#: Precision and recall of this many thresholds are shown.
_SHOWN = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_DRIFT = (
    ("precision", "P"),
    ("recall", "R"),
    ("average_precision", "AP"),
    ("calibration_error", "ECE"),
)


def certificate(found: Certification) -> str:
    """Drift since training, old promises on the sample, new guarantees."""
    parts = [_drift(found), _promises(found)]
    parts += [
        _guarantee(label, unit, known)
        for label in found.model.guarantees
        for unit, known in found.model.guarantees_of(label).items()
    ]
    return "\n\n".join(parts)


def _drift(found: Certification) -> str:
    rows = []
    for label in found.model.labels:
        for unit, sample in found.on_sample["labels"][label].items():
            both = (found.at_training["labels"][label][unit], sample)
            rates = [m["positives"] / max(m["n"], 1) for m in both]
            cells = ["{:.3f} → {:.3f}".format(*rates)]
            for key, _ in _DRIFT:
                cells.append(" → ".join(f"{m[key]:.3f}" if key in m else "-" for m in both))
            rows.append([f"{label} / {unit}", *cells])
    header = ["training → sample", "share positive", *(name for _, name in _DRIFT)]
    return "\n".join(
        [
            "{} on {units} units of {pages} pages in {groups} groups".format(
                found.model.name, **found.on_sample
            ),
            "",
            *markdown(header, rows),
        ]
    )


def _promises(found: Certification) -> str:
    if not found.promises:
        return "The model had made no promise that could be tried."
    rows = [
        [
            f"{p.label} / {p.unit}: {p.metric} >= {p.target:g}",
            f"{p.threshold:g}",
            f"{p.observed:.3f} [{p.low:.3f}, {p.high:.3f}]",
            p.outcome,
        ]
        for p in found.promises
    ]
    header = ["the model's promise", "flag from", "on the sample", "outcome"]
    return "\n".join(markdown(header, rows))


def _guarantee(label: str, unit: str, known: Guarantee) -> str:
    rows = []
    for place, threshold in enumerate(known.threshold):
        if threshold in _SHOWN:
            cells = [f"{threshold:g}", str(known.flagged[place])]
            for value, bound in (
                (known.precision, known.precision_bound),
                (known.recall, known.recall_bound),
            ):
                cells.append(f"{value[place]:.3f} (>= {bound[place]:.3f})")
            rows.append(cells)
    head = (
        f"{label} / {unit}: new guarantees, {known.confidence:.0%} confidence, {known.positives} of "
        f"{known.n} units positive, {known.groups} groups"
    )
    return "\n".join([head, "", *markdown(["flag from", "flagged", "precision", "recall"], rows)])
