"""The model card: what a bundle is, what it was trained on, how well it does, what it is not for.

Headings follow Mitchell et al. 2019, "Model Cards for Model Reporting".
"""

from __future__ import annotations

from itertools import product

from classifier.model.bundle import Model
from classifier.model.guarantees import CONFIDENCE, METRICS, TARGETS, possible_promises
from classifier.model.thresholds import TOLERANCE
from classifier.report.tables import markdown, metrics_table

_HEALTH_LABELS = ("promotional", "unsupported_claim")


def model_card(model: Model) -> str:
    """The card in Markdown, from the model's own manifest; no number is written by hand."""
    data, config = model.about["data"], model.about["config"]
    kind = "exactly one of" if model.exclusive else "any of"
    files = ", ".join(f"`{name}` ({count})" for name, count in data["files"].items())
    positives = ", ".join(f"`{label}` {count}" for label, count in data["positives"].items())
    sections = [
        "# Model card",
        "## Details",
        f"Gives each {model.unit} {kind} the labels {', '.join(f'`{x}`' for x in model.labels)}, with "
        "calibrated probabilities. Two stages of logistic regression: the first on hashed word, stem "
        "and word-class n-grams, lexicon cues and layout of the sentence, and on the cues of the page; "
        "the second on the first stage's opinion of the sentence, its neighbours, its heading, its list "
        "lead-in and its page. "
        f"Text pipeline: `{model.fingerprint}`.",
        _encoder(model),
        "## Intended use",
        _intended_use(model),
        "## Training data",
        f"{data['pages']} pages, {data['units']} labelled units in {data['groups']} groups "
        f"(pages per file: {files}). Positive units: {positives}. "
        f"{data['units_repeated_across_groups']} units repeat a unit of another group; groups that "
        "share one are kept together in every split, unless it is short or boilerplate. "
        f"SHA-256 of the data: `{data['sha256']}`.",
        ""
        if data["grouped"]
        else "The data name no groups: every record is its own, so records that "
        "share an author or a source may stand on both sides of a split.",
        "## Metrics",
        _calibrated_on(model),
        "Out of fold: every unit is scored by models, calibration and thresholds that never saw its "
        "group. Intervals: 95 % bootstrap over groups. ECE: expected calibration error.",
        metrics_table(model.about["metrics"], "Cross-validated"),
        *_thresholds(model),
        *_guarantees(model),
        "## Configuration",
        "\n".join(f"- `{key} = {value}`" for key, value in config.items()),
        "Made with " + ", ".join(f"{k} {v}" for k, v in model.about["versions"].items()) + ".",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _encoder(model: Model) -> str:
    """What reads the pages beside the first stage; empty where nothing does."""
    if model.encoder is None:
        return ""
    shape, given = model.encoder.network.shape, model.about["encoder_input"]
    return (
        "The second stage also sees the logits of an encoder, a transformer of "
        f"{shape.layers} layers of {shape.hidden} numbers that reads the sentences of a page one "
        "after the other. "
        f"{model.encoder.origin} Of the training pages, {given['held_out_pages']} had logits from "
        f"encoders that had not seen their group; {given['other_pages']} were read by this one, which "
        "had not seen them."
    )


def _intended_use(model: Model) -> str:
    if tuple(model.labels) != _HEALTH_LABELS:
        return "Set by whoever trained it."
    return (
        "Screening English web text about health: to rank pages for review and to point at the "
        "sentences that matter. `unsupported_claim` judges the support *given in the text*, never "
        "whether a claim is true. Not for verdicts without a reader, and not a legal finding."
    )


def _calibrated_on(model: Model) -> str:
    """Which part of the data calibration, thresholds and metrics come from; empty if from all."""
    files = model.about["calibrated_on"]
    if files == model.about["data"]["files"]:
        return ""
    names = ", ".join(f"`{name}` ({count})" for name, count in files.items())
    return (
        "Calibration, thresholds, guarantees and metrics come from a part of the training pages that "
        f"is like those to be scored: {names}."
    )


def _guarantees(model: Model) -> list[str]:
    """What ``score --min-precision`` and ``--min-recall`` can promise."""
    if not model.guarantees:
        return []
    possible = list(product(METRICS, TARGETS))
    rows = []
    for label in model.guarantees:
        made = possible_promises(model.guarantees_of(label))
        cells = [f"{made[asked]:g}" if asked in made else "-" for asked in possible]
        rows.append([f"`{label}`", *cells])
    header = ["flag from", *(f"{metric} {target:g}" for metric, target in possible)]
    sample = model.about.get("certified_on")
    source = (
        "on a sample of {units} units, {pages} pages, {groups} groups".format(**sample)
        if sample
        else "on the out-of-fold scores of all groups"
    )
    flagged = f"{model.unit}s" + (" and of flagged pages" if model.page_guarantees else "")
    return [
        f"Thresholds that keep a promise of flagged {flagged}, each with {CONFIDENCE:.0%} confidence, "
        f"{source}, on pages like "
        "those (`-`: the data cannot carry it):",
        "\n".join(markdown(header, rows)),
    ]


def _thresholds(model: Model) -> list[str]:
    if model.exclusive:
        return ["The most probable label is the flag."]
    rows = [
        [f"`{label}`", f"{value:.6f}", f"{model.page_thresholds[label]:.6f}"]
        for label, value in model.thresholds.items()
    ]
    return [
        f"The highest thresholds whose F1 on all out-of-fold scores is within {TOLERANCE} of the best, "
        f"of {model.unit}s and of pages; that of pages is never above the other.",
        "\n".join(markdown(["label", f"flag {model.unit} from", "flag page from"], rows)),
    ]
