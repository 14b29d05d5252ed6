"""Trains the reader of `index.reader`: on questions that a passage answers, and nearly answers.

The layers below those that read both texts stay as they are, so what they make of each text is
computed once; the others begin as those of the embedding model. What comes out of the second phase
is averaged with what went in (Wortsman et al. 2022).

Questions that a passage nearly answers were written beside it (`unanswered.jsonl`): they ask for
what it does not tell, or take for true what it does not say. Their wording alone gives them away to
some degree, so each counts by how little it does (inverse propensity; Rosenbaum & Rubin 1983).
Beside them are reports of invented affairs (`reports.jsonl`): what one of them answers is asked of
the others too, so that its wording tells nothing. Or a question has a twin, worded alike, that none
answers (`twins.jsonl`).
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from torch.nn import functional
from transformers import AutoConfig, BertModel

from index.attention import HEADS, INNER, Batch, Network
from index.embed import SentenceEmbedder, Vectors, in_bfloat16
from index.errors import ModelError
from index.model.examples import REPORTS
from index.model.pairs import Pairs, held_out_lines
from index.model.questions import Asked, Written, read_questions, read_written, unwritten
from index.model.reports import Affair
from index.model.rows import read_rows
from index.model.train import move_back
from index.pieces import ABOVE, Pieces, Rounded
from index.reader import Reader, padded
from index.sentence import split_sentences
from index.words import Language

#: Called as work goes on: what is done, how much of it, of how much.
Progress = Callable[[str, int, int], None]
Sentences = tuple[str, ...]

QUESTIONS = Path(__file__).with_name("questions.jsonl")
UNANSWERED = Path(__file__).with_name("unanswered.jsonl")
#: Every so manieth passage with written questions, and affair, is kept to measure with.
_KEPT_APART = 12
#: Passages most like a question, of which one is paired with it as a wrong one.
_NEAR = 5
#: Reports of its affair that a question is asked of though they do not answer it; and how much more
#: counts the one that does, of which there are fewer, and the one that a twin is asked of.
_OTHERS, _RIGHT = 2, 2.0
#: How often questions on an affair whose questions have twins, and these, are seen beside their
#: report while all else is once.
_TWINS = 3
#: Texts that are embedded in one go.
_AT_ONCE = 1_000
#: Bounds of how much one question may count.
_LEAST, _MOST = 0.3, 4.0
#: The parts of a layer, and of which parts of BERT's they are made, one under another.
_TAKEN = {
    "query": ["attention.self.query"],
    "keys_values": ["attention.self.key", "attention.self.value"],
    "seen": ["attention.output.dense"],
    "norm_seen": ["attention.output.LayerNorm"],
    "inner.0": ["intermediate.dense"],
    "inner.2": ["output.dense"],
    "norm": ["output.LayerNorm"],
}


@dataclass(frozen=True, slots=True)
class Phase:
    """Pairs of question and passage that are seen, and a rate that falls to almost nothing.

    The rate is that of the embedding model's layers.
    """

    examples: int
    rate: float


@dataclass(frozen=True, slots=True)
class ReaderRecipe:
    """Everything that decides what comes out; both phases are of the same pairs."""

    first: Phase = Phase(60_000, 1e-4)
    further: Phase = Phase(220_000, 1.5e-4)
    kept: float = 0.2  # how much of what came out of the first phase goes into what ships
    new_rate: float = 1e-3  # of what does not begin as the embedding model's
    warm_up: int = 100  # steps
    batch: int = 64
    block: int = 4_096  # pairs sorted by length together
    weight_decay: float = 0.02
    near: float = 0.6  # share of questions that are also paired with a passage like theirs
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Reading:
    """A question and the sentences of a passage, and whether it tells what is asked.

    `kind` is how they came together: "told", "near" (a passage like the right one), "untold" or
    "false" (written beside the passage; asks for what it does not tell, takes for true what it does
    not say), or "twin" (either, worded like one that it tells). Only where a question was `written`
    does its wording say something of the kind.
    """

    question: str
    passage: Sentences
    kind: str
    written: bool
    counts: float = 1.0
    times: int = 1  # how often it is seen while others are once

    @property
    def told(self) -> bool:
        """Whether the passage answers."""
        return self.kind == "told"


def train_reader(
    pairs: Path,
    texts: Path,
    out: Path,
    embedder: SentenceEmbedder,
    evaluation: Path,
    recipe: ReaderRecipe,
    progress: Progress,
    written: Path = QUESTIONS,
    unanswered: Path = UNANSWERED,
    reports: Sequence[Path] = REPORTS,
    begin: Path | None = None,
) -> dict[str, float]:
    """Writes the reader for `embedder` to `out`; AUC by kind on passages kept apart.

    It goes on from the reader `begin`, if one is given, as if that had come out of the first phase.
    "reports" is that of all questions on affairs, "twin" that of the answered ones against twins;
    no other number counts them. `pairs` and `texts` are as for the embedding model, with a clone of
    PhongNTDo/guide_train_MRC_transformers in `texts`. Raises
    `TrainingDataError`, and `ModelError` for a `begin` that is no reader for `embedder`.
    """
    torch.manual_seed(recipe.seed)
    network = _started(begin, embedder) if begin else begun_as(embedder)
    data = Pairs.read(pairs, held_out_lines(evaluation))
    seen = _Seen(Reader(embedder))
    asked = read_written(written, data)
    nearly, affairs = read_unanswered(unanswered), read_rows(Affair, *reports)
    near = _near(asked, embedder, seen, progress)
    learned, apart = _readings(asked, nearly, near, texts, recipe)
    of_reports, reported = _of_reports(affairs, recipe)
    weighed = [*_weighed(of_reports), *_weighed(learned)]
    learned = [one for one in weighed for _ in range(one.times)]
    seen.look([*learned, *apart, *reported], progress)
    if begin is None:
        _fit(network, learned, seen, recipe, recipe.first, progress)
    before = {name: one.clone() for name, one in network.state_dict().items()}
    _fit(network, learned, seen, recipe, recipe.further, progress)
    move_back(network, before, recipe.kept)
    weights = {name: one.half().contiguous() for name, one in network.state_dict().items()}
    save_file(weights, out, metadata={"format": "pt", "model": embedder.fingerprint})
    network.eval()
    found = _aucs(apart, _scores(network, apart, seen, recipe.batch), "all")
    of_affairs = _aucs(reported, _scores(network, reported, seen, recipe.batch), "reports")
    return found | {kind: of_affairs[kind] for kind in ("reports", "twin") if kind in of_affairs}


def _aucs(
    readings: Sequence[Reading], given: npt.NDArray[np.float32], name: str
) -> dict[str, float]:
    """AUC of what is told against all that is not, under `name`, and against each kind of it."""
    kinds = np.array([one.kind for one in readings])
    told = kinds == "told"
    found = {name: float(roc_auc_score(told, given))}
    for kind in sorted({*kinds.tolist()} - {"told"}):
        some = told | (kinds == kind)
        found[kind] = float(roc_auc_score(told[some], given[some]))
    return found


def begun_as(embedder: SentenceEmbedder) -> Network:
    """A network to be trained, whose layers begin as the last ones of the embedding model.

    Raises `ModelError` where these are of another make.
    """
    config = AutoConfig.from_pretrained(embedder.model)
    if (
        config.model_type != "bert"
        or config.hidden_act != "gelu"
        or config.num_attention_heads != HEADS
        or config.intermediate_size != INNER * config.hidden_size
    ):
        raise ModelError(
            f"{embedder.model}: the reader goes on with layers like the shipped model's"
        )
    model = BertModel.from_pretrained(embedder.model, dtype=torch.float32, add_pooling_layer=False)
    network = Network(embedder.table())
    first = config.num_hidden_layers - ABOVE
    for number, layer in enumerate(network.layers):
        given = model.get_submodule(f"encoder.layer.{first + number}")
        for name, parts in _TAKEN.items():
            own = layer.get_submodule(name)
            theirs = [given.get_submodule(part) for part in parts]
            for kind in ("weight", "bias"):
                own.get_parameter(kind).data = torch.cat(
                    [o.get_parameter(kind).data for o in theirs]
                )
    return network


def _started(begin: Path, embedder: SentenceEmbedder) -> Network:
    reader = Reader.of(embedder, begin)
    if reader is None:
        raise ModelError(f"{begin}: no reader for this model; --from takes what train-reader wrote")
    return reader.network()


def read_unanswered(path: Path) -> dict[str, dict[str, list[str]]]:
    """By passage and kind, the questions written beside passages that do not answer them."""
    try:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        return {
            row["passage"]: {
                kind: [one for asked in row.get(kind, {}).values() for one in asked]
                for kind in ("untold", "false")
            }
            for row in rows
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise unwritten(path, error) from None


def _readings(
    written: Sequence[Written],
    unanswered: Mapping[str, Mapping[str, Sequence[str]]],
    near: Mapping[str, Sequence[int]],
    texts: Path,
    recipe: ReaderRecipe,
) -> tuple[list[Reading], list[Reading]]:
    """What is learned, and what is kept apart to measure with."""
    chance = random.Random(recipe.seed)  # noqa: S311 - nothing is secret
    learned: list[Reading] = []
    apart: list[Reading] = []
    for number, one in enumerate(written):
        into = learned if number % _KEPT_APART else apart
        for language, questions in one.questions.items():
            for question in questions:
                into.append(Reading(question, _passage(one, language, chance), "told", True))
                if chance.random() < recipe.near:
                    other = written[chance.choice(near[question])]
                    passage = _passage(other, language, chance)
                    into.append(Reading(question, passage, "near", False))
        for kind, nearly in unanswered.get(one.name, {}).items():
            for question in nearly:
                language = chance.choice(list(one.passages))
                into.append(Reading(question, _sentences(one, language), kind, True))
    asked = read_questions(texts / "fquad-exploration/data/valid.json")
    learned += _by_others(asked, "fr", chance)
    asked = read_questions(texts / "guide_train_MRC_transformers/train-v2.0.json")
    learned += _by_others(asked, "en", chance)
    return learned, apart


def _of_reports(
    affairs: Sequence[Affair], recipe: ReaderRecipe
) -> tuple[list[Reading], list[Reading]]:
    """What is learned from `affairs`, and what is kept apart to measure with."""
    chance = random.Random(recipe.seed)  # noqa: S311 - nothing is secret
    learned: list[Reading] = []
    apart: list[Reading] = []
    for number, affair in enumerate(affairs):
        (learned if number % _KEPT_APART else apart).extend(_asked_of(affair, chance))
    return learned, apart


def _asked_of(affair: Affair, chance: random.Random) -> Iterator[Reading]:
    """Every question of an affair, beside the report that answers it and some that do not."""
    passages = [_split(one.text, one.language) for one in affair.passages]
    times = _TWINS if any(one.passage is not None for one in affair.untold) else 1
    for told in affair.told:
        yield Reading(told.question, passages[told.passage], "told", True, _RIGHT, times)
        others = [one for number, one in enumerate(passages) if number != told.passage]
        for one in chance.sample(others, min(_OTHERS, len(others))):
            yield Reading(told.question, one, "near", False)
    for untold in affair.untold:
        if untold.passage is not None:
            yield Reading(untold.question, passages[untold.passage], "twin", True, _RIGHT, times)
            continue
        for one in chance.sample(passages, min(_OTHERS, len(passages))):
            yield Reading(untold.question, one, "untold", True)


def _near(
    written: Sequence[Written], embedder: SentenceEmbedder, seen: "_Seen", progress: Progress
) -> dict[str, list[int]]:
    """By question, the numbers of the passages most like it but for its own."""
    passages = embedder.embed_passages([one.passages["en"] for one in written])
    owners = [n for n, one in enumerate(written) for some in one.questions.values() for _ in some]
    questions = [q for one in written for some in one.questions.values() for q in some]
    found: dict[str, list[int]] = {}
    for begin in range(0, len(questions), _AT_ONCE):
        some = questions[begin : begin + _AT_ONCE]
        cosines = seen.ask(some) @ passages.T
        best = np.argsort(-cosines, axis=1)[:, : _NEAR + 1]
        for own, question, row in zip(owners[begin:], some, best.tolist(), strict=False):
            found[question] = [number for number in row if number != own][:_NEAR]
        progress("comparing", begin + len(some), len(questions))
    return found


def _passage(one: Written, language: Language, chance: random.Random) -> Sentences:
    """The passage in the question's language, half of the time, or in any."""
    own = language in one.passages and chance.random() < 0.5
    return _sentences(one, language if own else chance.choice(list(one.passages)))


def _sentences(one: Written, language: Language) -> Sentences:
    return _split(one.passages[language], language)


@lru_cache(maxsize=100_000)
def _split(text: str, language: Language) -> Sentences:
    """A passage as it is kept in an index, or as one sentence where there is none to be found."""
    found = tuple(text[one.start : one.end] for one in split_sentences(text, 0, language))
    return found or (text,)


def _by_others(
    asked: Sequence[Asked], language: Language, chance: random.Random
) -> Iterator[Reading]:
    """Questions of others, beside their passage and some beside another of the same article."""
    groups: dict[str, list[str]] = {}
    for one in asked:
        groups.setdefault(one.group, []).append(one.passage)
    for one in asked:
        yield Reading(one.question, _split(one.passage, language), "told", False)
        others = [passage for passage in groups[one.group] if passage != one.passage]
        if others and chance.random() < 0.5:
            other = _split(chance.choice(others), language)
            yield Reading(one.question, other, "near", False)


def _weighed(readings: Sequence[Reading]) -> list[Reading]:
    """`readings`, in which no written question counts for what its wording gives away."""
    written = [number for number, one in enumerate(readings) if one.written]
    told = np.array([readings[number].told for number in written])
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True)
    seen = words.fit_transform([readings[number].question for number in written])
    model = LogisticRegression(C=1, max_iter=400)
    share = cross_val_predict(model, seen, told, cv=5, method="predict_proba")[:, 1]
    counts = np.where(told, told.mean() / share, (1 - told.mean()) / (1 - share))
    found = list(readings)
    for number, one in zip(written, np.clip(counts, _LEAST, _MOST).tolist(), strict=True):
        found[number] = replace(readings[number], counts=readings[number].counts * one)
    return found


class _Seen:
    """What the reader is given of each text: 800 bytes a piece of a question, 200 of a passage."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._questions: dict[str, Pieces] = {}
        self._sentences: dict[str, Rounded] = {}

    def ask(self, questions: Sequence[str]) -> Vectors:
        """Takes `questions` in; their vectors."""
        vectors, pieces = self._reader.questions(list(questions))
        for text, one in zip(questions, pieces, strict=True):
            self._questions[text] = Pieces(one.numbers, one.vectors.astype(np.float16))
        return vectors

    def look(self, readings: Sequence[Reading], progress: Progress) -> None:
        """Takes in all that is not known of `readings`."""
        questions = sorted({one.question for one in readings} - self._questions.keys(), key=len)
        sentences = sorted({text for one in readings for text in one.passage}, key=len)
        total = len(questions) + len(sentences)
        for begin in range(0, len(questions), _AT_ONCE):
            self.ask(questions[begin : begin + _AT_ONCE])
            progress("embedding", begin, total)
        for begin in range(0, len(sentences), _AT_ONCE):
            some = sentences[begin : begin + _AT_ONCE]
            self._sentences |= zip(some, self._reader.sentences(some)[1], strict=True)
            progress("embedding", len(questions) + begin + len(some), total)

    def batch(self, some: Sequence[Reading]) -> tuple[Batch, Batch]:
        """Questions and passages as the network takes them."""
        passages = [np.concatenate([self._sentences[text] for text in o.passage]) for o in some]
        questions = padded([self._questions[one.question] for one in some])
        return questions, padded([Pieces.of(rows) for rows in passages])


def _fit(
    network: Network,
    readings: Sequence[Reading],
    seen: _Seen,
    recipe: ReaderRecipe,
    phase: Phase,
    progress: Progress,
) -> None:
    rest = [one for name, one in network.named_parameters() if not name.startswith("layers.")]
    optimizer = torch.optim.AdamW(
        [
            {"params": list(network.layers.parameters()), "peak": phase.rate},
            {"params": rest, "peak": recipe.new_rate},
        ],
        weight_decay=recipe.weight_decay,
        fused=True,
    )
    what = "training" if phase is recipe.first else "training further"
    chance = random.Random(f"{recipe.seed} {what}")  # noqa: S311 - nothing is secret
    done = steps = 0
    network.train()
    while done < phase.examples:
        for some in _batches(readings, recipe, chance):
            if done >= phase.examples:
                break
            share = min(1.0, (steps + 1) / recipe.warm_up)
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * share * max(0.02, 1 - done / phase.examples)
            with in_bfloat16():
                given = network(*seen.batch(some)).float()
            loss = functional.binary_cross_entropy_with_logits(
                given,
                torch.tensor([float(one.told) for one in some]),
                weight=torch.tensor([one.counts for one in some]),
            )
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            steps, done = steps + 1, done + len(some)
            progress(what, done, phase.examples)


def _batches(
    readings: Sequence[Reading], recipe: ReaderRecipe, chance: random.Random
) -> Iterator[list[Reading]]:
    """All of `readings` once, those of like length together."""
    mixed = chance.sample(list(readings), len(readings))
    for begin in range(0, len(mixed), recipe.block):
        block = sorted(mixed[begin : begin + recipe.block], key=_length)
        batches = [block[at : at + recipe.batch] for at in range(0, len(block), recipe.batch)]
        chance.shuffle(batches)
        yield from batches


def _length(one: Reading) -> int:
    return sum(map(len, one.passage))


@torch.inference_mode()
def _scores(
    network: Network, readings: Sequence[Reading], seen: _Seen, size: int
) -> npt.NDArray[np.float32]:
    batches = (readings[begin : begin + size] for begin in range(0, len(readings), size))
    with in_bfloat16():
        found = [network(*seen.batch(some)).float().numpy() for some in batches]
    return np.concatenate(found)
