"""Fits the weights of `index.retrieve`: `python -m tests.bench.ranking` prints them.

On XQuAD (German and English, each asked in both) and PIAF (French), put into an index as articles
would be. A question's hits are weighed so that those that hold its answer come first: a conditional
logit (McFadden 1974), over hits for passages and over the sentences of the right one for quotes.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.optimize import minimize

from bot.settings import BotSettings
from index.answer_type import holds
from index.build import build
from index.chunk import Chunker
from index.embed import SentenceEmbedder
from index.generation import Generation
from index.retrieve import (
    ANSWER_TYPE_BONUS,
    COMPARED,
    LEXICAL_WEIGHT,
    LIKENESS_WEIGHT,
    NAMED_DAYS_BONUS,
    READ_WEIGHT,
    SENTENCE_LIKENESS_WEIGHT,
    SENTENCE_READ_WEIGHT,
    Hit,
    Retriever,
)
from index.words import Language

SHARED = Path(__file__).parents[3] / "shared" / "eval"
_out = Console(highlight=False, width=100)
Features = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
#: The language asked in, and that of the passages.
_PAIRS: tuple[tuple[Language, Language], ...] = (
    ("de", "de"),
    ("en", "de"),
    ("en", "en"),
    ("de", "en"),
    ("fr", "fr"),
)
_PASSAGE = ("dense", "lexical", "likeness", "days", "read")
_SENTENCE = ("cosine", "likeness", "type", "read")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and where in which article its answer stands (characters, end exclusive)."""

    question: str
    article: str
    start: int
    end: int

    def within(self, article: str, start: int, end: int) -> bool:
        """Whether the answer stands, in part, at these characters."""
        return article == self.article and start < self.end and self.start < end


@dataclass(frozen=True, slots=True)
class Choice:
    """Things to choose among, `features` of shape `(things, kinds)`, and which are right."""

    features: Features
    right: Flags


def main() -> None:
    """Prints recall@1 with and without each part, and the fitted weights."""
    embedder = SentenceEmbedder.from_settings(BotSettings())
    passages: dict[str, list[Choice]] = {}
    sentences: dict[str, list[Choice]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, retriever, language, asked in sets(Path(folder), embedder):
            chosen = [_chosen(retriever, one, language) for one in track(asked, name)]
            passages[name] = [hits for hits, _ in chosen]
            sentences[name] = [spans for _, spans in chosen if spans]
    weights = np.array([1, LEXICAL_WEIGHT, LIKENESS_WEIGHT, NAMED_DAYS_BONUS, READ_WEIGHT])
    quoted = np.array([1, SENTENCE_LIKENESS_WEIGHT, ANSWER_TYPE_BONUS, SENTENCE_READ_WEIGHT])
    _report("first passage right", _PASSAGE, passages, weights)
    _report("sentence right, in the right passage", _SENTENCE, sentences, quoted)


def _report(
    title: str, kinds: Sequence[str], chosen: dict[str, list[Choice]], weights: Features
) -> None:
    fitted = _fitted(chosen)
    rows = {"in use": weights, "fitted": fitted / fitted[0]}
    for place, kind in enumerate(kinds):
        rows[f"fitted without {kind}"] = _without(chosen, place)
    table = Table(title, *chosen, *kinds)
    for name, row in rows.items():
        shares = [np.mean([_right(one, row) for one in some]) for some in chosen.values()]
        table.add_row(name, *(f"{share:.3f}" for share in shares), *(f"{w:.2f}" for w in row))
    _out.print(table)


def _without(chosen: dict[str, list[Choice]], place: int) -> Features:
    """Weights fitted as if there were no feature of that place, which weighs 0."""
    kept = np.arange(next(iter(chosen.values()))[0].features.shape[1]) != place
    less = {
        name: [Choice(one.features[:, kept], one.right) for one in some]
        for name, some in chosen.items()
    }
    found = np.zeros(len(kept))
    found[kept] = _fitted(less)
    scaled: Features = found / (found[0] or found[1])
    return scaled


def _right(choice: Choice, weights: Features) -> bool:
    return bool(choice.right[np.argmax(choice.features @ weights)])


def _fitted(chosen: dict[str, list[Choice]]) -> Features:
    """The weights under which the right ones are likeliest, every set counting the same."""
    some = [
        (one, 1 / len(choices))
        for choices in chosen.values()
        for one in choices
        if one.right.any() and not one.right.all()
    ]
    spread = np.concatenate([one.features for one, _ in some]).std(axis=0) + 1e-9

    def loss(weights: Features) -> tuple[float, Features]:
        total, slope = 1e-3 * float(weights @ weights), 2e-3 * weights
        for one, counts in some:
            odds = one.features / spread @ weights
            share = np.exp(odds - odds.max())
            right = np.where(one.right, share, 0)
            total -= counts * float(np.log(right.sum() / share.sum())) / len(chosen)
            pull = share / share.sum() - right / right.sum()
            slope = slope + counts * (pull @ (one.features / spread)) / len(chosen)
        return total, slope

    found = minimize(loss, np.zeros(len(spread)), jac=True, method="L-BFGS-B")
    weights: Features = found.x / spread
    return weights


def _chosen(retriever: Retriever, asked: Asked, language: Language) -> tuple[Choice, Choice | None]:
    """The hits for a question, and the sentences of the first right one."""
    found = retriever.search(asked.question, language, COMPARED)
    hits = found.hits
    right = np.array([asked.within(h.article.id, h.chunk.start, h.chunk.end) for h in hits])
    passages = Choice(np.array([_of_passage(hit) for hit in hits]), right)
    if not right.any():
        return passages, None
    hit = hits[int(right.argmax())]
    spans = [one.span for one in hit.sentences]
    vector = retriever.embed(asked.question, language)
    numbers = np.array([span.number for span in spans], dtype=np.int64)
    cosines = retriever.generation.sentences.cosines(vector, numbers)
    [alike] = retriever.alike(found.words, [hit.chunk.number])
    texts = [hit.article.text[span.start : span.end] for span in spans]
    typed = [float(holds(found.kinds, text)) for text in texts]
    plain = [not span.heading for span in spans]
    read = retriever.read_sentences(asked.question, language, hit)
    features = np.stack([cosines, alike.sentences, typed, read], axis=1).astype(np.float64)
    there = np.array([asked.within(hit.article.id, span.start, span.end) for span in spans])
    return passages, Choice(features[plain], there[plain])


def _of_passage(hit: Hit) -> list[float]:
    parts = hit.dense + LEXICAL_WEIGHT * hit.lexical + LIKENESS_WEIGHT * hit.likeness
    days = round((hit.score - parts - READ_WEIGHT * hit.read) / NAMED_DAYS_BONUS)
    return [hit.dense, hit.lexical, hit.likeness, days, hit.read]


def sets(
    folder: Path, embedder: SentenceEmbedder
) -> Iterator[tuple[str, Retriever, Language, list[Asked]]]:
    """For each pair of languages: a name, the passages to search, the language asked in, questions.

    Writes articles and indexes to `folder`, which is empty.
    """
    asked: dict[Language, list[Asked]] = {}
    retrievers: dict[Language, Retriever] = {}
    files: dict[Language, str] = {"de": "xquad-dev.de", "en": "xquad-dev.en", "fr": "piaf-dev.fr"}
    for language, file in files.items():
        corpus, index = folder / language, folder / f"{language}-index"
        asked[language] = _written(SHARED / f"{file}.json", corpus, language)
        build([corpus], embedder, index, Chunker())
        retrievers[language] = Retriever(Generation.open(index, embedder), embedder)
    for reader, text in _PAIRS:
        pairs = zip(asked[reader], asked[text], strict=True)
        chosen = [Asked(mine.question, one.article, one.start, one.end) for mine, one in pairs]
        # PIAF has more questions than the others.
        yield f"{reader}→{text}", retrievers[text], reader, chosen[:: 2 if text == "fr" else 1]


def _written(source: Path, folder: Path, language: Language) -> list[Asked]:
    """The questions of a file in SQuAD's format, whose articles are written to `folder`."""
    folder.mkdir()
    asked = []
    for number, article in enumerate(json.loads(source.read_text("utf-8"))["data"]):
        paragraphs = article["paragraphs"]
        title = article.get("title") or " ".join(paragraphs[0]["context"].split()[:6])
        text = f"---\ntitle: {json.dumps(title)}\ndate: 2018-01-01\nlang: {language}\n---\n\n"
        name = f"{number:03}.md"
        for paragraph in paragraphs:
            begin = len(text)
            for one in paragraph["qas"]:
                answer = one["answers"][0]
                start = begin + answer["answer_start"]
                asked.append(Asked(one["question"], name, start, start + len(answer["text"])))
            # A line break within a paragraph is as long as a blank, so places hold.
            text += paragraph["context"].replace("\n", " ") + "\n\n"
        (folder / name).write_text(text, "utf-8")
    return asked


if __name__ == "__main__":
    main()
