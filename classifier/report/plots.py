"""Predictions as pictures: precision against recall, reliability, scores of both kinds of units."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from classifier.analysis import Bool, Float
from classifier.errors import ConfigError, InputError
from classifier.training.metrics import CALIBRATION_BINS, precision_recall, reliability
from classifier.training.predictions import Predictions

#: Both formats of each picture: one for a screen, one for print.
SUFFIXES = ("png", "svg")
#: Panels in a row.
_ACROSS = 3


def require_matplotlib() -> None:
    """Raise ``ConfigError`` where there is nothing to draw with."""
    if find_spec("matplotlib") is None:
        raise ConfigError("plots need matplotlib: pip install '.[plots]'")


def plot_paths(folder: str) -> list[str]:
    """Return the files that ``plot_predictions`` writes."""
    return [str(Path(folder, f"{name}.{suffix}")) for name in _PICTURES for suffix in SUFFIXES]


def plot_predictions(found: Predictions, folder: str) -> None:
    """Draw each picture with a panel for each label, as PNG and as SVG, into a folder.

    Raises
    ------
    ConfigError
        There is no matplotlib.
    InputError
        The folder cannot be written.
    """
    require_matplotlib()
    import matplotlib as mpl
    from matplotlib.figure import Figure

    labels = found.data.labels
    across = min(len(labels), _ACROSS)
    down = -(-len(labels) // across)
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for name, draw in _PICTURES.items():
            figure = Figure(figsize=(4.2 * across, 3.8 * down), layout="constrained")
            axes = figure.subplots(down, across, squeeze=False).flat
            for k, (axis, label) in enumerate(zip(axes, labels, strict=False)):
                truth, score = found.truth[:, k], found.scores[:, k]
                axis.set_title(
                    f"{label} ({int(truth.sum()):,} of {len(truth):,} units)", fontsize=9
                )
                draw(axis, truth, score)
            for axis in list(axes)[len(labels) :]:
                axis.set_axis_off()
            # the same predictions make the same bytes
            with mpl.rc_context({"svg.hashsalt": name}):
                figure.savefig(Path(folder, f"{name}.png"), dpi=130, metadata={"Software": None})
                figure.savefig(Path(folder, f"{name}.svg"), metadata={"Date": None})
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror})") from error


def _precision_recall(axis: Any, truth: Bool, score: Float) -> None:
    if truth.any():
        axis.step(*precision_recall(truth, score), where="post")
    axis.axhline(truth.mean(), color="0.7", linestyle=":")  # what flagging at random comes to
    axis.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision")


def _reliability(axis: Any, truth: Bool, score: Float) -> None:
    bins = reliability(truth, score)
    axis.plot([0, 1], [0, 1], color="0.7", linestyle=":")
    axis.plot([bin.score for bin in bins], [bin.share for bin in bins], "o-", markersize=4)
    axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="mean score", ylabel="share that bears the label")


def _scores(axis: Any, truth: Bool, score: Float) -> None:
    for holds, hatch, name in ((False, "", "does not hold"), (True, "///", "holds")):
        axis.hist(
            score[truth == holds],
            bins=CALIBRATION_BINS,
            range=(0, 1),
            alpha=0.6,
            hatch=hatch,
            edgecolor="0.3",
            label=name,
        )
    axis.set_yscale("symlog", linthresh=1)
    axis.set(xlim=(0, 1), xlabel="score", ylabel="units")
    axis.legend(fontsize=8)


_PICTURES: dict[str, Callable[[Any, Bool, Float], None]] = {
    "precision-recall": _precision_recall,
    "reliability": _reliability,
    "scores": _scores,
}
