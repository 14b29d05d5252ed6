"""What every system is given: articles, questions, and the places that answer them."""

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from index.article import Article
from index.corpus import article_files, group_of
from index.evaluate import read_questions
from index.sentence import split_sentences
from index.words import Language

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared" / "articles"
_SETS = ROOT / "tests" / "eval"


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Span(_Frozen):
    """A part of a file (characters of the whole file, end exclusive)."""

    file: str
    start: int
    end: int

    def overlaps(self, other: "Span") -> bool:
        """Whether they share a character."""
        return self.file == other.file and self.start < other.end and other.start < self.end


class Text(_Frozen):
    """An article; its body begins at `body_start`, after the front matter."""

    file: str
    title: str
    language: Language
    text: str
    body_start: int

    @property
    def body(self) -> str:
        """The article without its front matter."""
        return self.text[self.body_start :]

    def span(self, start: int, end: int) -> Span:
        """A span of the file for one of the body."""
        return Span(file=self.file, start=self.body_start + start, end=self.body_start + end)


class Asked(_Frozen):
    """A question; a passage that overlaps any of `answers` is right."""

    question: str
    language: Language
    answers: tuple[Span, ...]

    def rank(self, hits: Sequence[Span]) -> int | None:
        """The place, from 1, of the first right hit."""
        for place, hit in enumerate(hits, start=1):
            if any(hit.overlaps(answer) for answer in self.answers):
                return place
        return None

    def within(self, hits: Sequence[Span], characters: int) -> bool:
        """Whether a reader who reads the hits in turn meets an answer in so many characters."""
        for hit in hits:
            read = hit.model_copy(update={"end": min(hit.end, hit.start + characters)})
            if any(read.overlaps(answer) for answer in self.answers):
                return True
            characters -= read.end - read.start
            if characters <= 0:
                break
        return False


class Task(_Frozen):
    """Articles of a folder and questions that they answer."""

    name: str
    folder: Path
    texts: tuple[Text, ...]
    questions: tuple[Asked, ...]


def corpus_task() -> Task:
    """The shipped corpus, every article in up to three languages."""
    folder = ROOT / "corpus"
    texts = _read(folder)
    by_file = {text.file: text for text in texts}
    versions = {
        name: list(some) for name, some in groupby(texts, key=lambda text: group_of(text.file))
    }
    asked = []
    for one in read_questions(_SETS / "corpus.jsonl"):
        answers: list[Span] = []
        for quote in one.evidence:
            text = by_file[quote.article]
            begin = text.text.index(quote.quote)
            answer = Span(file=text.file, start=begin, end=begin + len(quote.quote))
            answers.append(answer)
            for other in versions[group_of(text.file)]:
                if other.file != text.file:
                    answers.extend(_same_paragraphs(text, answer, other))
        asked.append(Asked(question=one.question, language=one.language, answers=tuple(answers)))
    return _task("corpus", folder, texts, asked)


def news_task() -> Task | None:
    """Two German news articles beside the checkout; None where they are not."""
    if not SHARED.is_dir():
        return None
    asked = []
    for line in (_SETS / "articles-dev.jsonl").read_text("utf-8").splitlines():
        one = json.loads(line)
        answers = tuple(
            Span(file=one["article"], start=start, end=end) for start, end in one["evidence"]
        )
        asked.append(Asked(question=one["question"], language=one["language"], answers=answers))
    return _task("news", SHARED, _read(SHARED), asked)


def some(task: Task, articles: int, questions: int, folder: Path) -> Task:
    """The first `articles` with translations, copied to a new `folder`, and questions on them."""
    names = sorted({group_of(text.file) for text in task.texts})[:articles]
    texts = tuple(text for text in task.texts if group_of(text.file) in names)
    files = {text.file for text in texts}
    folder.mkdir()
    for name in (*files, "aliases.yaml"):
        if (task.folder / name).exists():
            shutil.copy(task.folder / name, folder / name)
    asked = [one for one in task.questions if {span.file for span in one.answers} <= files]
    return _task(task.name, folder, texts, asked[:questions])


def _task(name: str, folder: Path, texts: Sequence[Text], asked: Iterable[Asked]) -> Task:
    answerable = tuple(one for one in asked if one.answers)
    return Task(name=name, folder=folder, texts=tuple(texts), questions=answerable)


def _read(folder: Path) -> list[Text]:
    read = (Article.read(path, folder) for path in sorted(article_files(folder)))
    return [
        Text(
            file=article.id,
            title="" if article.title_derived else article.title,
            language=article.lang,
            text=article.text,
            body_start=article.body_start,
        )
        for article in read
        if not article.withdrawn
    ]


def _same_paragraphs(text: Text, answer: Span, other: Text) -> Iterator[Span]:
    """The paragraphs of a translation that stand where those of `answer` do."""
    numbers = {number for number, span in _paragraphs(text) if span.overlaps(answer)}
    return (span for number, span in _paragraphs(other) if number in numbers)


def _paragraphs(text: Text) -> Iterator[tuple[int, Span]]:
    sentences = split_sentences(text.text, text.body_start, text.language)
    for number, run in groupby(sentences, key=lambda sentence: sentence.paragraph):
        held = list(run)
        yield number, Span(file=text.file, start=held[0].start, end=held[-1].end)
