"""How well a model retrieves: paragraphs by question, and translations by sentence.

Reads the development sets (XQuAD German and English, PIAF French, Tatoeba) from a folder. BM25 is
measured on the same paragraphs, as what a model must beat. Nothing here is used in training.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.embed import Embedder, Vectors
from index.errors import TrainingDataError
from index.lexical import LexicalIndex
from index.words import Language

#: Question language, paragraph language, file of the questions, file of the paragraphs.
_QUESTIONS: tuple[tuple[Language, Language, str, str], ...] = (
    ("de", "de", "xquad-dev.de.json", "xquad-dev.de.json"),
    ("en", "de", "xquad-dev.en.json", "xquad-dev.de.json"),
    ("de", "en", "xquad-dev.de.json", "xquad-dev.en.json"),
    ("en", "en", "xquad-dev.en.json", "xquad-dev.en.json"),
    ("fr", "fr", "piaf-dev.fr.json", "piaf-dev.fr.json"),
)
_TRANSLATIONS: tuple[tuple[Language, str], ...] = (("de", "deu"), ("fr", "fra"))

#: Scores of every question (row) for every paragraph (column).
Scores = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the evaluation; `recall_5` and `mrr` are None for translations."""

    task: str
    recall_1: float
    recall_5: float | None = None
    mrr: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Paragraphs and the questions on them; `answers[i]` numbers the paragraph of question `i`."""

    paragraphs: list[str]
    questions: list[str]
    answers: npt.NDArray[np.int64]

    @classmethod
    def read(cls, path: Path) -> "Reading":
        """Reads a SQuAD-like file; raises `TrainingDataError` if it is not one."""
        paragraphs: list[str] = []
        questions: list[str] = []
        answers: list[int] = []
        try:
            for article in json.loads(path.read_bytes())["data"]:
                for paragraph in article["paragraphs"]:
                    questions += [asked["question"] for asked in paragraph["qas"]]
                    answers += [len(paragraphs)] * len(paragraph["qas"])
                    paragraphs.append(paragraph["context"])
        except OSError as error:
            raise TrainingDataError(f"{path}: cannot be read ({error.strerror})") from None
        except (ValueError, KeyError, TypeError) as error:
            kind = type(error).__name__
            raise TrainingDataError(f"{path}: not a file of questions ({kind})") from None
        return cls(paragraphs, questions, np.array(answers, dtype=np.int64))


def evaluate_model(embedder: Embedder, folder: Path) -> Iterator[Result]:
    """Yields a result a task: five of questions, four of translations."""
    vectors: dict[tuple[str, str], Vectors] = {}
    for asked, written, questions, paragraphs in _QUESTIONS:
        asking, reading = Reading.read(folder / questions), Reading.read(folder / paragraphs)
        if (questions, "q") not in vectors:
            vectors[questions, "q"] = embedder.embed_questions(asking.questions)
        if (paragraphs, "p") not in vectors:
            vectors[paragraphs, "p"] = embedder.embed_passages(reading.paragraphs)
        scores = vectors[questions, "q"] @ vectors[paragraphs, "p"].T
        yield ranked(f"{asked}→{written}", scores, asking.answers)
    for language, code in _TRANSLATIONS:
        pair = [folder / f"tatoeba.{code}-eng.{side}" for side in (code, "eng")]
        own, english = (embedder.embed_passages(_lines(path)) for path in pair)
        alike = own @ english.T
        right = np.arange(len(own))
        for task, way in ((f"Tatoeba {language}→en", alike), (f"Tatoeba en→{language}", alike.T)):
            yield Result(task, float((way.argmax(1) == right).mean()))


def evaluate_words(folder: Path) -> Iterator[Result]:
    """Yields what BM25 alone reaches on the same questions."""
    for asked, written, questions, paragraphs in _QUESTIONS:
        asking, reading = Reading.read(folder / questions), Reading.read(folder / paragraphs)
        words = LexicalIndex.build(reading.paragraphs, [written] * len(reading.paragraphs))
        shares = [words.shares(words.read_question(text, asked)) for text in asking.questions]
        yield ranked(f"{asked}→{written}", np.stack(shares), asking.answers)


def ranked(task: str, scores: Scores, answers: npt.NDArray[np.int64]) -> Result:
    """Recall@1, recall@5 and MRR of `scores`; among equal scores the right one stands midway."""
    own = scores[np.arange(len(answers)), answers][:, None]
    ranks = (scores > own).sum(1) + ((scores == own).sum(1) + 1) / 2
    return Result(
        task, float((ranks <= 1).mean()), float((ranks <= 5).mean()), float((1 / ranks).mean())
    )


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingDataError(f"{path}: cannot be read ({type(error).__name__})") from None
