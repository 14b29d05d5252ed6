"""Training: a student that puts German and French where the teacher puts their English.

After Reimers & Gurevych, "Making Monolingual Sentence Embeddings Multilingual using Knowledge
Distillation" (2020), with cosine instead of squared error and an in-batch contrastive loss beside
it; and questions next to the passages that answer them, with a contrastive loss alone. The student
keeps the teacher's body and gets the extended vocabulary. What it reads is in `examples.py`.
"""

import json
import shutil
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModel, BertTokenizer, PreTrainedModel

from index.embed import MEANING, SentenceEmbedder
from index.errors import TrainingDataError
from index.model.examples import Batch, Questions, Sizes, Texts, Translations, batches
from index.model.pairs import Pairs, held_out_lines
from index.model.vocabulary import Vocabulary
from index.model.wording import wording
from index.pieces import ABOVE
from index.reader import FILE, hand_on

#: Parts of a batch, by length, that are computed one after another: with three, half as many texts
#: again are trained on in a second, on two cores; they are padded less, and nearer at hand.
_GROUPS = 3
#: The folder of a model that is trained to the end.
FINAL = "final"

#: Called after every step: examples seen, examples in all, mean cosine with the teacher of late.
Progress = Callable[[int, int, float], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what comes out; the defaults are those of the first training."""

    examples: int = 390_000  # texts, a question and its passage being two
    first_share: float = 2 / 3  # of the texts, seen in the first of two rounds; 1: one round
    seed: int = 0
    embedding_rate: float = 1e-3
    body_rate: float = 8e-5
    warm_up: int = 100  # steps
    second_rate: float = 0.6  # of both rates, where the second round begins
    dropout: float = 0.05
    cosine_weight: float = 5.0
    contrast_weight: float = 0.5
    scale: float = 20.0  # of cosines in the contrastive losses
    batch_characters: int = 13_440  # padded, about 3,200 word pieces
    batch_examples: int = 96
    batch_questions: int = 48
    question_share: float = 0.3  # of batches
    typo_share: float = 0.06
    longest: int = 224  # word pieces
    checkpoint_every: int = 400  # steps
    kept: float = 0.0  # how much of the model that it began from goes into the one it gives
    layers: int | None = None  # the last so many alone are trained; None: all, and the embeddings
    articles: bool = False  # whether those written for the project are read, and its reports

    def rate(self, steps: int, examples: int) -> float:
        """The share of the peak rates to learn at, after that many steps and texts.

        It falls to almost nothing over the first round and, from a lower peak, again over the
        second (a warm restart: Loshchilov & Hutter 2017).
        """
        first = int(self.examples * self.first_share)
        if examples < first or first == self.examples:
            return min(1.0, (steps + 1) / self.warm_up) * max(0.02, 1 - examples / first)
        left = 1 - (examples - first) / (self.examples - first)
        return self.second_rate * max(0.02, left)

    def shortened(self, share: float) -> "Recipe":
        """The same for a share of the texts."""
        return replace(self, examples=max(1, round(self.examples * share)))

    @property
    def sizes(self) -> Sizes:
        """What the batches need to know."""
        return Sizes(
            self.batch_characters,
            self.batch_examples,
            self.batch_questions,
            self.question_share,
            self.typo_share,
        )


#: The training that goes on from a model: one round, and no dropout, which costs a fifth of the
#: time where hardly a text is seen twice. Of the shares of the model before that can be kept, 0.15
#: is the largest tried with which Tatoeba's French reached 0.90 on the development lines.
FURTHER = Recipe(
    examples=150_000,
    seed=1,
    first_share=1.0,
    embedding_rate=6e-4,
    body_rate=5e-5,
    dropout=0.0,
    batch_examples=256,
    question_share=0.35,
    kept=0.15,
)

#: The training after that, of the layers alone that a reader and what an index keeps of passages
#: do not stand on, on questions above all.
LAST = replace(
    FURTHER,
    examples=100_000,
    seed=2,
    body_rate=1.5e-4,
    question_share=0.7,
    kept=0.2,
    layers=ABOVE,
    articles=True,
)

#: The trainings that gave the shipped model, by the folders they are done in; each goes on from
#: what the one before gave.
COURSE = {"first": Recipe(), "further": FURTHER, "last": LAST, "again": LAST}


def train_all(
    pairs: Path,
    texts: Path | None,
    out: Path,
    teacher: Path,
    evaluation: Path,
    progress: Progress,
    share: float = 1.0,
) -> Path:
    """Trains a model from nothing but the teacher, as `COURSE` says, and returns its folder.

    Arguments as for `train`; `share` is that of each training's texts. Trainings that `out` has
    already are not done again. Without `texts` the first is all there is.
    """
    course = {name: recipe.shortened(share) for name, recipe in COURSE.items()}
    if not texts:
        course = dict(islice(course.items(), 1))
    *_, last = course
    total = sum(recipe.examples for recipe in course.values())
    begin, done = None, 0
    for name, recipe in course.items():

        def step(seen: int, _: int, cosine: float, before: int = done) -> None:
            progress(before + seen, total, cosine)

        final = out / name / FINAL
        if name == last or not final.exists():
            train(pairs, texts, out / name, teacher, evaluation, recipe, step, begin)
        begin, done = final, done + recipe.examples
    return final


def train(
    pairs: Path,
    texts: Path | None,
    out: Path,
    teacher: Path,
    evaluation: Path,
    recipe: Recipe,
    progress: Progress,
    begin: Path | None = None,
) -> Path:
    """Trains a model from the sentence pairs in `pairs` and returns its folder, `FINAL` in `out`.

    `texts` holds what else is trained on, see `Texts.read`; without it, sentence pairs are all.
    `out` also takes checkpoints, from which an interrupted run goes on; `teacher` is a folder of
    the teacher model; the evaluation lines in `evaluation`, if it is there, are not trained on.
    `begin` is a model to go on from, whose vocabulary stays; without it the student begins as the
    teacher. Where the reader is for `begin` and stands on nothing that was trained, `out` has it
    too, for the new model. Uses a GPU when there is one. Raises `TrainingDataError` if the pairs
    cannot be used, or `out` is of another training or one that has ended.
    """
    _take(out, recipe)
    held_out = held_out_lines(evaluation)
    data = Pairs.read(pairs, held_out)
    beside = None
    if texts:
        beside = Texts.read(texts)
        if begin:
            beside = beside.with_more(texts, data, held_out)
        if recipe.articles:
            beside = beside.with_articles()
    torch.manual_seed(recipe.seed)
    np.random.seed(recipe.seed)
    checkpoint = out / "checkpoint.pt"
    trainer = _Trainer.prepare(data, beside, teacher, recipe, out / "vocabulary.txt", begin)
    trainer.resume(checkpoint)
    trainer.run(checkpoint, progress)
    fresh, final = out / "fresh", out / FINAL
    trainer.save(fresh)
    if begin and recipe.layers and recipe.layers <= ABOVE:
        hand_on(SentenceEmbedder(str(begin)), SentenceEmbedder(str(fresh)), out / FILE.name)
    fresh.replace(final)
    checkpoint.unlink(missing_ok=True)
    return final


def _take(out: Path, recipe: Recipe) -> None:
    """Makes `out` the folder of this training, whose recipe is kept in it."""
    if (out / FINAL).exists():
        raise TrainingDataError(
            f"{out / FINAL}: trained already; remove it, or name another folder with --out"
        )
    out.mkdir(parents=True, exist_ok=True)
    kept = out / "recipe.json"
    text = json.dumps(asdict(recipe), indent=1)
    if kept.exists() and kept.read_text("utf-8") != text:
        raise TrainingDataError(
            f"{out}: has another training; remove it, or name another folder with --out"
        )
    part = kept.with_suffix(".part")
    part.write_text(text, "utf-8")
    part.replace(kept)


@dataclass
class _Trainer:
    data: Pairs
    texts: Texts | None
    recipe: Recipe
    teacher: PreTrainedModel
    teacher_tokenizer: BertTokenizer
    student: PreTrainedModel
    tokenizer: BertTokenizer
    optimizer: torch.optim.Optimizer
    device: torch.device
    begin: Path | None
    steps: int = 0
    examples: int = 0

    @classmethod
    def prepare(
        cls,
        data: Pairs,
        texts: Texts | None,
        folder: Path,
        recipe: Recipe,
        pieces: Path,
        begin: Path | None,
    ) -> "_Trainer":
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        teacher_tokenizer = BertTokenizer.from_pretrained(folder)
        teacher = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
        student = AutoModel.from_pretrained(
            begin or folder, dtype=torch.float32, output_hidden_states=False
        )
        if begin:
            tokenizer = BertTokenizer.from_pretrained(begin)
        else:
            if pieces.exists():
                vocabulary = Vocabulary.read(pieces)
            else:
                vocabulary = Vocabulary.learn(data, texts, teacher_tokenizer)
                vocabulary.write(pieces)
            tokenizer = vocabulary.tokenizer()
            vectors = vocabulary.first_vectors(
                data, texts, teacher_tokenizer, teacher.get_input_embeddings().weight.data
            )
            student.resize_token_embeddings(len(vocabulary.pieces), mean_resizing=False)
            student.get_input_embeddings().weight.data.copy_(vectors)
        for module in student.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = recipe.dropout
        if recipe.layers:
            student.requires_grad_(False)
            trained = student.get_submodule("encoder.layer")[-recipe.layers :]
            trained.requires_grad_(True)
        embedding = student.get_input_embeddings().weight
        fixed = ("word_embeddings", "position_embeddings", "pooler")
        body = [p for n, p in student.named_parameters() if not any(part in n for part in fixed)]
        optimizer = torch.optim.AdamW(
            [
                {"params": [embedding], "peak": recipe.embedding_rate, "weight_decay": 0.0},
                {"params": body, "peak": recipe.body_rate, "weight_decay": 0.01},
            ],
            betas=(0.9, 0.98),
            fused=True,
        )
        return cls(
            data,
            texts,
            recipe,
            teacher.to(device),
            teacher_tokenizer,
            student.to(device),
            tokenizer,
            optimizer,
            device,
            begin,
        )

    def run(self, checkpoint: Path, progress: Progress) -> None:
        cosine = 0.0
        endless = batches(self.data, self.texts, self.recipe.sizes, self.recipe.seed)
        for batch in islice(endless, self.steps, None):
            if self.examples >= self.recipe.examples:
                return
            found = self._step(batch)
            if found is not None:
                cosine = found if not cosine else 0.99 * cosine + 0.01 * found
            self.steps += 1
            self.examples += len(batch)
            progress(self.examples, self.recipe.examples, cosine)
            if self.steps % self.recipe.checkpoint_every == 0:
                self._checkpoint(checkpoint)

    def _step(self, batch: Batch) -> float | None:
        """One step; the mean cosine with the teacher, where there was one."""
        rate = self.recipe.rate(self.steps, self.examples)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * rate
        self.student.train()
        if isinstance(batch, Questions):
            loss, cosine = self._asked(batch), None
        else:
            loss, cosine = self._translated(batch)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.student.parameters(), 1.0)
        self.optimizer.step()
        return cosine

    def _translated(self, batch: Translations) -> tuple[torch.Tensor, float]:
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            with torch.no_grad():
                target = self._embed(self.teacher, self.teacher_tokenizer, batch.english)
            student = self._embed(self.student, self.tokenizer, batch.texts)
        cosine = (student * target).sum(1).mean()
        likeness = student @ target.T * self.recipe.scale
        right = torch.arange(len(batch), device=self.device)
        contrast = functional.cross_entropy(likeness, right)
        contrast = (contrast + functional.cross_entropy(likeness.T, right)) / 2
        loss = (1 - cosine) * self.recipe.cosine_weight + contrast * self.recipe.contrast_weight
        return loss, float(cosine.detach())

    def _asked(self, batch: Questions) -> torch.Tensor:
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            questions = self._embed(self.student, self.tokenizer, batch.questions)
            passages = self._embed(self.student, self.tokenizer, batch.passages)
        likeness = questions @ passages.T * self.recipe.scale
        return functional.cross_entropy(likeness, torch.tensor(batch.right, device=self.device))

    def _embed(
        self, model: PreTrainedModel, tokenizer: BertTokenizer, texts: list[str]
    ) -> torch.Tensor:
        """Mean-pooled unit vectors, shape `(len(texts), d)`, in single precision."""
        cut = tokenizer(texts, truncation=True, max_length=self.recipe.longest)["input_ids"]
        ids = [torch.tensor(one) for one in cut]
        order = sorted(range(len(ids)), key=lambda number: len(ids[number]))
        size = -(-len(order) // _GROUPS)
        groups = [order[begin : begin + size] for begin in range(0, len(order), size)]
        found = torch.cat([_pooled(model, [ids[n] for n in some], self.device) for some in groups])
        unit: torch.Tensor = functional.normalize(found[np.argsort(order)], dim=1)
        return unit

    def resume(self, checkpoint: Path) -> None:
        if not checkpoint.exists():
            return
        state: dict[str, Any] = torch.load(checkpoint, map_location=self.device)
        self.student.load_state_dict(state["student"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.steps, self.examples = state["steps"], state["examples"]

    def _checkpoint(self, path: Path) -> None:
        fresh = path.with_suffix(".part")
        state = {
            "student": self.student.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "steps": self.steps,
            "examples": self.examples,
        }
        torch.save(state, fresh)
        fresh.replace(path)

    def save(self, folder: Path) -> None:
        """Writes what was learned, see `write_model`."""
        student = self.student.eval().cpu()  # type: ignore[no-untyped-call]
        if self.begin:
            before = AutoModel.from_pretrained(self.begin, dtype=torch.float32).state_dict()
            move_back(student, before, self.recipe.kept)
        write_model(folder, student, self.tokenizer, self.data)


def _pooled(model: PreTrainedModel, ids: list[torch.Tensor], device: torch.device) -> torch.Tensor:
    """Mean-pooled vectors of texts, given by the numbers of their word pieces."""
    padded = pad_sequence(ids, batch_first=True).to(device)
    lengths = torch.tensor([len(one) for one in ids], device=device)
    mask = torch.arange(padded.shape[1], device=device) < lengths[:, None]
    hidden = model(input_ids=padded, attention_mask=mask.long()).last_hidden_state.float()
    pooled: torch.Tensor = (hidden * mask[..., None]).sum(1) / lengths[:, None]
    return pooled


def write_model(folder: Path, body: PreTrainedModel, tokenizer: BertTokenizer, data: Pairs) -> None:
    """Writes a sentence-transformers folder in half precision, computed in single.

    `body` says what a text means, in single precision and on the CPU; how rare word pieces are is
    counted in `data`.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import (
        Normalize,
        Pooling,
        Transformer,
    )

    shutil.rmtree(folder, ignore_errors=True)
    plain = folder.with_name("plain")
    body.config.output_hidden_states = True
    beside = wording(body, tokenizer, data.texts())
    body.half().save_pretrained(plain)  # type: ignore[no-untyped-call]
    tokenizer.save_pretrained(plain)
    modules = {
        "pieces": Transformer(str(plain), max_seq_length=256),
        "pooled": Pooling(body.config.hidden_size),
        MEANING: Normalize(),
        **beside,
    }
    named: Any = OrderedDict(modules)  # which it takes as well as a list, though it does not say so
    SentenceTransformer(modules=named, device="cpu").half().save(str(folder))
    shutil.rmtree(plain)
    (folder / "README.md").unlink(missing_ok=True)  # a form nobody has filled in
    computed_in_single(folder)


def move_back(student: torch.nn.Module, before: Mapping[str, torch.Tensor], kept: float) -> None:
    """Makes every weight the mean of its own and that of `before`, which counts `kept` (0 to 1).

    What was learned for new texts stays, and less of the old is lost (Wortsman et al. 2022, "Robust
    fine-tuning of zero-shot models").
    """
    with torch.no_grad():
        for name, weight in student.state_dict().items():
            if weight.is_floating_point():
                weight.lerp_(before[name], kept)


def computed_in_single(folder: Path) -> None:
    """Makes loaders widen the half-precision weights, which CPUs are slow with."""
    config = folder / "config.json"
    text = config.read_text("utf-8")
    config.write_text(text.replace('"float16"', '"float32"'), "utf-8")
