"""Articles, sentences and chunks on disk, in one SQLite file, by number.

Chunks and sentences are numbered from 0 across all articles, in the order of the vectors in the
dense index; the file is written once by `write` and only read afterwards, by any number of threads.
"""

import datetime as dt
import errno
import json
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from index.article import Article
from index.chunk import CutArticle
from index.errors import Damaged
from index.words import Language

_SCHEMA = """
CREATE TABLE article (
  number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, title TEXT NOT NULL, lang TEXT NOT NULL,
  outlet TEXT, date TEXT, url TEXT, license TEXT, authors TEXT NOT NULL,
  body_start INTEGER NOT NULL, first_year INTEGER, last_year INTEGER, text TEXT NOT NULL
) STRICT;
CREATE TABLE sentence (
  number INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES article, start INTEGER NOT NULL,
  end INTEGER NOT NULL, paragraph INTEGER NOT NULL, heading INTEGER NOT NULL
) STRICT;
CREATE TABLE chunk (
  number INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES article, start INTEGER NOT NULL,
  end INTEGER NOT NULL, first_sentence INTEGER NOT NULL, last_sentence INTEGER NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """An article as the index keeps it; `text` is the whole file, see `article.py`."""

    number: int
    id: str
    title: str
    lang: Language
    outlet: str | None
    date: dt.date | None
    url: str | None
    license: str | None
    authors: tuple[str, ...]
    body_start: int
    text: str


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
    """What the corpus holds: for "what do you cover" and for the reach that a refusal names."""

    articles: int
    undated: int
    first: dt.date | None
    last: dt.date | None
    first_year: int | None  # that an article is dated or mentions
    last_year: int | None
    outlets: tuple[str, ...]


class Store:
    """An open store; see the module."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def write(cls, path: Path, cut: Iterable[CutArticle]) -> None:
        """Writes a new store with all of `cut`, numbering as it goes; raises `OSError`."""
        connection = sqlite3.connect(path)
        try:
            connection.executescript(_SCHEMA)
            sentences = chunks = 0
            for number, one in enumerate(cut):
                _write_article(connection, number, one, sentences, chunks)
                sentences += len(one.sentences)
                chunks += len(one.chunks)
            connection.commit()
        except sqlite3.Error as error:
            raise OSError(errno.EIO, f"writing failed ({error})", str(path)) from None
        finally:
            connection.close()

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Raises `Damaged` if the file is not a whole store."""
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        try:
            connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            connection.execute("SELECT count(*) FROM chunk").fetchone()
        except sqlite3.Error as error:
            raise Damaged(f"{path}: not a readable store ({error})") from None
        return cls(connection)

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def article(self, number: int) -> ArticleRecord:
        """The article of that number; `KeyError` if there is none."""
        return _article(self._one("SELECT * FROM article WHERE number = ?", number))

    def chunk(self, number: int) -> ChunkRecord:
        """The chunk of that number; `KeyError` if there is none."""
        return ChunkRecord(*self._one("SELECT * FROM chunk WHERE number = ?", number))

    def sentences(self, chunk: ChunkRecord) -> tuple[SentenceRecord, ...]:
        """The sentences of `chunk`, in order."""
        rows = self._rows(
            "SELECT number, start, end, paragraph, heading FROM sentence "
            "WHERE number BETWEEN ? AND ? ORDER BY number",
            chunk.first_sentence,
            chunk.last_sentence,
        )
        return tuple(
            SentenceRecord(n, start, end, paragraph, bool(heading))
            for n, start, end, paragraph, heading in rows
        )

    def chunk_sentences(self) -> npt.NDArray[np.int64]:
        """First and last sentence number of every chunk, shape `(chunks, 2)`, both ascending."""
        rows = self._rows("SELECT first_sentence, last_sentence FROM chunk ORDER BY number")
        return np.array(rows, dtype=np.int64).reshape(-1, 2)

    def overview(self) -> Overview:
        """Counts and dates over all articles."""
        row = self._rows(
            "SELECT count(*), count(date), min(date), max(date), min(first_year), max(last_year) "
            "FROM article"
        )[0]
        names = self._rows("SELECT DISTINCT outlet FROM article WHERE outlet NOT NULL ORDER BY 1")
        return Overview(
            articles=row[0],
            undated=row[0] - row[1],
            first=dt.date.fromisoformat(row[2]) if row[2] else None,
            last=dt.date.fromisoformat(row[3]) if row[3] else None,
            first_year=row[4],
            last_year=row[5],
            outlets=tuple(name for (name,) in names),
        )

    def _one(self, sql: str, number: int) -> tuple[Any, ...]:
        rows = self._rows(sql, number)
        if not rows:
            raise KeyError(number)
        return rows[0]

    def _rows(self, sql: str, *values: int) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()


def _write_article(
    connection: sqlite3.Connection, number: int, cut: CutArticle, sentences: int, chunks: int
) -> None:
    article = cut.article
    years = _years(article)
    connection.execute(
        "INSERT INTO article VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number,
            article.id,
            article.title,
            article.lang,
            article.outlet,
            article.date.isoformat() if article.date else None,
            article.url,
            article.license,
            json.dumps(article.authors),
            article.body_start,
            min(years, default=None),
            max(years, default=None),
            article.text,
        ),
    )
    connection.executemany(
        "INSERT INTO sentence VALUES (?, ?, ?, ?, ?, ?)",
        (
            (sentences + i, number, one.start, one.end, one.paragraph, one.heading)
            for i, one in enumerate(cut.sentences)
        ),
    )
    connection.executemany(
        "INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?)",
        (
            (chunks + i, number, one.start, one.end, sentences + one.first, sentences + one.last)
            for i, one in enumerate(cut.chunks)
        ),
    )


def _years(article: Article) -> set[int]:
    """The year of the article and those its text names, as 1991 or 2022."""
    named = {int(year) for year in re.findall(r"\b(?:19|20)\d\d\b", article.text)}
    return named | ({article.date.year} if article.date else set())


def _article(row: tuple[Any, ...]) -> ArticleRecord:
    number, name, title, lang, outlet, date, url, license_, authors, body_start, _, _, text = row
    return ArticleRecord(
        number=number,
        id=name,
        title=title,
        lang=cast(Language, lang),
        outlet=outlet,
        date=dt.date.fromisoformat(date) if date else None,
        url=url,
        license=license_,
        authors=tuple(json.loads(authors)),
        body_start=body_start,
        text=text,
    )
