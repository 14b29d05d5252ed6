"""What the store keeps and hands out: articles, sentences, chunks, and counts over all of them."""

import datetime as dt
from dataclasses import dataclass

from index.article import Source
from index.words import Language


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are of each; also from which number on a segment's own are counted."""

    articles: int = 0
    sentences: int = 0
    chunks: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.articles + other.articles,
            self.sentences + other.sentences,
            self.chunks + other.chunks,
        )


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """An article as the index keeps it; `text` is the whole file, see `article.py`.

    `original` is the number of the article it translates, or its own. A withdrawn article has
    neither sentences nor chunks.
    """

    number: int
    id: str
    title: str
    lang: Language
    outlet: str | None
    date: dt.date | None
    url: str | None
    license: str | None
    authors: tuple[str, ...]
    topics: tuple[str, ...]
    sources: tuple[Source, ...]
    corrected: dt.date | None
    withdrawn: dt.date | None
    note: str | None
    original: int
    body_start: int
    text: str

    @property
    def translated(self) -> bool:
        """Whether this is a translation of another article."""
        return self.original != self.number


@dataclass(frozen=True, slots=True)
class SentenceRecord:
    """A sentence: a span of its article's text (characters, end exclusive)."""

    number: int
    start: int
    end: int
    paragraph: int
    heading: bool


@dataclass(frozen=True, slots=True)
class ChunkRecord:
    """A chunk: a span of its article's text, and the numbers of its sentences (both included)."""

    number: int
    article: int
    start: int
    end: int
    first_sentence: int
    last_sentence: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What the corpus holds: for "what do you cover" and for the reach that a refusal names.

    Withdrawn articles and translations do not count.
    """

    articles: int
    undated: int
    first: dt.date | None
    last: dt.date | None
    first_year: int | None  # that an article is dated or mentions
    last_year: int | None
    outlets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outlet:
    """An outlet (None: unknown), how many articles it has here, and from when to when."""

    name: str | None
    articles: int
    first: dt.date | None
    last: dt.date | None


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """That an article is in the index, and the SHA-256 (hex) of the file it was read from.

    `segment` and `own` say where it is: which segment, and its number there.
    """

    number: int
    id: str
    digest: str
    segment: int
    own: int
