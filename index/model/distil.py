"""Distillation: a student that puts German and French where the teacher puts their English.

After Reimers & Gurevych, "Making Monolingual Sentence Embeddings Multilingual using Knowledge
Distillation" (2020), with cosine instead of squared error and an in-batch contrastive loss beside
it. The student keeps the teacher's body and gets the extended vocabulary; English trains on itself
so that it is not forgotten, passages train beside sentences, and a few texts get typing errors.
"""

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from transformers import AutoModel, BertTokenizer, PreTrainedModel

from index.errors import TrainingDataError
from index.model.pairs import HUMAN_LINES, ORDERED_LINES, Pair, Pairs, held_out_lines, passages
from index.model.vocabulary import Vocabulary

#: Called after every step: examples seen, examples in all, mean cosine with the teacher of late.
Progress = Callable[[int, int, float], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what comes out; the defaults made the model that ships."""

    examples: int = 256_000
    seed: int = 0
    embedding_rate: float = 1e-3
    body_rate: float = 8e-5
    warm_up: int = 100  # steps
    dropout: float = 0.05
    cosine_weight: float = 5.0
    contrast_weight: float = 0.5
    scale: float = 20.0  # of cosines in the contrastive loss
    batch_characters: int = 13_440  # padded, about 3,200 word pieces
    batch_examples: int = 96
    typo_share: float = 0.06
    longest: int = 224  # word pieces
    checkpoint_every: int = 400  # steps


def train(
    pairs: Path, out: Path, teacher: Path, evaluation: Path, recipe: Recipe, progress: Progress
) -> Path:
    """Trains a model from the sentence pairs in `pairs` and returns its folder, `out/final`.

    `out` also takes checkpoints, from which an interrupted run goes on; `teacher` is a folder of
    the teacher model; the evaluation lines in `evaluation`, if it is there, are not trained on.
    Uses a GPU when there is one. Raises `TrainingDataError` if the pairs cannot be used.
    """
    data = Pairs.read(pairs, held_out_lines(evaluation))
    torch.manual_seed(recipe.seed)
    np.random.seed(recipe.seed)
    out.mkdir(parents=True, exist_ok=True)
    trainer = _Trainer.prepare(data, teacher, recipe, out / "vocabulary.txt")
    trainer.resume(out / "checkpoint.pt")
    trainer.run(out / "checkpoint.pt", progress)
    trainer.save(out / "final")
    return out / "final"


@dataclass
class _Trainer:
    data: Pairs
    recipe: Recipe
    teacher: PreTrainedModel
    teacher_tokenizer: BertTokenizer
    student: PreTrainedModel
    tokenizer: BertTokenizer
    optimizer: torch.optim.Optimizer
    device: torch.device
    steps: int = 0
    examples: int = 0

    @classmethod
    def prepare(cls, data: Pairs, folder: Path, recipe: Recipe, pieces: Path) -> "_Trainer":
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        teacher_tokenizer = BertTokenizer.from_pretrained(folder)
        teacher = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
        student = AutoModel.from_pretrained(folder, dtype=torch.float32)
        if pieces.exists():
            vocabulary = Vocabulary.read(pieces)
        else:
            vocabulary = Vocabulary.learn(data, teacher_tokenizer)
            vocabulary.write(pieces)
        vectors = vocabulary.first_vectors(
            data, teacher_tokenizer, teacher.get_input_embeddings().weight.data
        )
        student.resize_token_embeddings(len(vocabulary.pieces), mean_resizing=False)
        student.get_input_embeddings().weight.data.copy_(vectors)
        for module in student.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = recipe.dropout
        embedding = student.get_input_embeddings().weight
        fixed = ("word_embeddings", "position_embeddings", "pooler")
        body = [p for n, p in student.named_parameters() if not any(part in n for part in fixed)]
        optimizer = torch.optim.AdamW(
            [
                {"params": [embedding], "peak": recipe.embedding_rate, "weight_decay": 0.0},
                {"params": body, "peak": recipe.body_rate, "weight_decay": 0.01},
            ],
            betas=(0.9, 0.98),
        )
        return cls(
            data,
            recipe,
            teacher.to(device),
            teacher_tokenizer,
            student.to(device),
            vocabulary.tokenizer(),
            optimizer,
            device,
        )

    def run(self, checkpoint: Path, progress: Progress) -> None:
        cosine = 0.0
        noise = random.Random(self.recipe.seed + 2)  # noqa: S311
        for batch in islice(_batches(self.data, self.recipe), self.steps, None):
            if self.examples >= self.recipe.examples:
                return
            texts = [_mistyped(pair.text, noise, self.recipe.typo_share) for pair in batch]
            found = self._step(texts, [pair.english for pair in batch])
            cosine = found if not cosine else 0.99 * cosine + 0.01 * found
            self.steps += 1
            self.examples += len(batch)
            progress(self.examples, self.recipe.examples, cosine)
            if self.steps % self.recipe.checkpoint_every == 0:
                self._checkpoint(checkpoint)

    def _step(self, texts: list[str], english: list[str]) -> float:
        done = self.examples / self.recipe.examples
        rate = min(1.0, (self.steps + 1) / self.recipe.warm_up) * max(0.02, 1 - done)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * rate
        self.student.train()
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            with torch.no_grad():
                target = self._embed(self.teacher, self.teacher_tokenizer, english)
            student = self._embed(self.student, self.tokenizer, texts)
        cosines = (student * target).sum(1)
        likeness = student @ target.T * self.recipe.scale
        right = torch.arange(len(texts), device=self.device)
        contrast = functional.cross_entropy(likeness, right)
        contrast = (contrast + functional.cross_entropy(likeness.T, right)) / 2
        loss = (1 - cosines).mean() * self.recipe.cosine_weight
        loss = loss + contrast * self.recipe.contrast_weight
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.student.parameters(), 1.0)
        self.optimizer.step()
        return float(cosines.mean().detach())

    def _embed(
        self, model: PreTrainedModel, tokenizer: BertTokenizer, texts: list[str]
    ) -> torch.Tensor:
        """Mean-pooled unit vectors, shape `(len(texts), d)`, in single precision."""
        ids = tokenizer(
            texts,
            padding=True,
            truncation=True,
            max_length=self.recipe.longest,
            return_tensors="pt",
        ).to(self.device)
        hidden = model(**ids).last_hidden_state.float()
        mask = ids["attention_mask"][..., None].float()
        return functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)

    def resume(self, checkpoint: Path) -> None:
        if not checkpoint.exists():
            return
        state: dict[str, Any] = torch.load(checkpoint, map_location=self.device)
        if state["recipe"] != repr(self.recipe):
            raise TrainingDataError(
                f"{checkpoint}: from another recipe; remove it, or name another folder with --out"
            )
        self.student.load_state_dict(state["student"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.steps, self.examples = state["steps"], state["examples"]

    def _checkpoint(self, path: Path) -> None:
        fresh = path.with_suffix(".part")
        state = {
            "recipe": repr(self.recipe),
            "student": self.student.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "steps": self.steps,
            "examples": self.examples,
        }
        torch.save(state, fresh)
        fresh.replace(path)

    def save(self, folder: Path) -> None:
        """Writes a sentence-transformers folder in half precision, computed in single."""
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import (
            Normalize,
            Pooling,
            Transformer,
        )

        shutil.rmtree(folder, ignore_errors=True)
        plain = folder.with_name("plain")
        student = self.student.eval().cpu()  # type: ignore[no-untyped-call]
        student.half().save_pretrained(plain)
        self.tokenizer.save_pretrained(plain)
        width = student.config.hidden_size
        layers = [Transformer(str(plain), max_seq_length=256), Pooling(width), Normalize()]
        SentenceTransformer(modules=layers, device="cpu").half().save(str(folder))
        shutil.rmtree(plain)
        computed_in_single(folder)


def computed_in_single(folder: Path) -> None:
    """Makes loaders widen the half-precision weights, which CPUs are slow with."""
    config = folder / "config.json"
    text = config.read_text("utf-8")
    config.write_text(text.replace('"float16"', '"float32"'), "utf-8")


def _batches(data: Pairs, recipe: Recipe) -> Iterator[list[Pair]]:
    """Batches without end, the same ones for the same recipe; texts of like length share one."""
    chance = random.Random(recipe.seed + 2)  # noqa: S311
    ordered = passages(data.german[:ORDERED_LINES])
    french = passages(data.french)
    for epoch in count(100 + recipe.seed):
        examples = _epoch(data, ordered, french, epoch)
        for begin in range(0, len(examples), 2048):
            block = sorted(examples[begin : begin + 2048], key=lambda pair: len(pair.text))
            batches = list(_filled(block, recipe))
            chance.shuffle(batches)
            yield from batches


def _epoch(data: Pairs, german: list[Pair], french: list[Pair], seed: int) -> list[Pair]:
    chance = random.Random(seed)  # noqa: S311
    human, machine = data.german[:HUMAN_LINES], data.german[HUMAN_LINES:]
    examples = [*human, *chance.sample(machine, min(20_000, len(machine)))]
    examples += [*data.french, *chance.sample(data.french, len(data.french) // 2)]
    examples += [_itself(p) for p in chance.sample(data.german, min(15_000, len(data.german)))]
    examples += [*german, *french, *french]
    replayed = german[::2]
    examples += [_itself(p) for p in chance.sample(replayed, min(8_000, len(replayed)))]
    chance.shuffle(examples)
    return examples


def _itself(pair: Pair) -> Pair:
    return Pair(pair.english, pair.english)


def _filled(block: list[Pair], recipe: Recipe) -> Iterator[list[Pair]]:
    batch: list[Pair] = []
    for pair in block:
        width = max(len(pair.text), len(pair.english))
        full = (len(batch) + 1) * width > recipe.batch_characters
        if batch and (full or len(batch) == recipe.batch_examples):
            yield batch
            batch = []
        batch.append(pair)
    yield batch


def _mistyped(text: str, chance: random.Random, share: float) -> str:
    """`text`, or for a `share` of texts one with a letter in thirty dropped, swapped or wrong."""
    if len(text) < 8 or chance.random() >= share:
        return text
    letters = list(text)
    for _ in range(max(1, len(letters) // 30)):
        place, kind = chance.randrange(len(letters) - 1), chance.random()
        if kind < 0.35:
            del letters[place]
        elif kind < 0.7:
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
        else:
            letters[place] = chance.choice("etaoinshr")
    return "".join(letters)
