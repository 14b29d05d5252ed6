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
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from index.article import Article, Source
from index.chunk import CutArticle
from index.dates import Days, named_days
from index.errors import Damaged
from index.records import ArticleRecord, ChunkRecord, Outlet, Overview, SentenceRecord
from index.words import Language

_SCHEMA = """
CREATE TABLE article (
  number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, title TEXT NOT NULL, lang TEXT NOT NULL,
  outlet TEXT, date TEXT, url TEXT, license TEXT, authors TEXT NOT NULL, topics TEXT NOT NULL,
  sources TEXT NOT NULL, corrected TEXT, withdrawn TEXT, note TEXT,
  original INTEGER NOT NULL REFERENCES article,
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
CREATE TABLE named_days (
  chunk INTEGER NOT NULL REFERENCES chunk, first TEXT NOT NULL, last TEXT NOT NULL
) STRICT;
CREATE INDEX sentence_of ON sentence (article, paragraph);
CREATE INDEX chunk_of ON chunk (article, number);
CREATE INDEX article_by_date ON article (date);
"""


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
            articles = list(cut)
            numbers = {one.article.id: number for number, one in enumerate(articles)}
            for number, one in enumerate(articles):
                original = numbers.get(one.article.original or "", number)
                _write_article(connection, number, original, one, sentences, chunks)
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

    def paragraphs(self, article: int, first: int, last: int) -> tuple[SentenceRecord, ...]:
        """The sentences of paragraphs `first` to `last` (both included) of an article."""
        rows = self._rows(
            "SELECT number, start, end, paragraph, heading FROM sentence "
            "WHERE article = ? AND paragraph BETWEEN ? AND ? ORDER BY number",
            article,
            first,
            last,
        )
        return tuple(SentenceRecord(n, s, e, p, bool(h)) for n, s, e, p, h in rows)

    def versions(self, original: int) -> tuple[ArticleRecord, ...]:
        """The article of that number and its translations."""
        rows = self._rows("SELECT * FROM article WHERE original = ? ORDER BY number", original)
        return tuple(_article(row) for row in rows)

    def latest(self, count: int) -> tuple[ArticleRecord, ...]:
        """The newest articles, newest first, undated ones last; withdrawn ones among them."""
        rows = self._rows(
            "SELECT * FROM article WHERE original = number ORDER BY date DESC, id LIMIT ?", count
        )
        return tuple(_article(row) for row in rows)

    def outlets(self) -> tuple[Outlet, ...]:
        """How many articles there are of each outlet, most first."""
        rows = self._rows(
            "SELECT outlet, count(*), min(date), max(date) FROM article "
            "WHERE original = number AND withdrawn IS NULL GROUP BY outlet ORDER BY 2 DESC, 1"
        )
        return tuple(Outlet(name, count, _day(a), _day(b)) for name, count, a, b in rows)

    def chunks_about(self, days: Days) -> npt.NDArray[np.int64]:
        """Chunks whose article is dated within `days`, or that name a day of them; ascending."""
        first, last = days.first.isoformat(), days.last.isoformat()
        rows = self._rows(
            "SELECT chunk.number FROM chunk JOIN article ON article.number = chunk.article "
            "WHERE article.date BETWEEN ? AND ? "
            "UNION SELECT chunk FROM named_days WHERE first <= ? AND last >= ? ORDER BY 1",
            first,
            last,
            last,
            first,
        )
        return np.array([number for (number,) in rows], dtype=np.int64)

    def chunk_places(self) -> npt.NDArray[np.int64]:
        """Article, its original, first and last paragraph of every chunk, shape `(chunks, 4)`."""
        rows = self._rows(
            "SELECT chunk.article, article.original, a.paragraph, b.paragraph FROM chunk "
            "JOIN article ON article.number = chunk.article "
            "JOIN sentence AS a ON a.number = chunk.first_sentence "
            "JOIN sentence AS b ON b.number = chunk.last_sentence ORDER BY chunk.number"
        )
        return np.array(rows, dtype=np.int64).reshape(-1, 4)

    def chunk_sentences(self) -> npt.NDArray[np.int64]:
        """First and last sentence number of every chunk, shape `(chunks, 2)`, both ascending."""
        rows = self._rows("SELECT first_sentence, last_sentence FROM chunk ORDER BY number")
        return np.array(rows, dtype=np.int64).reshape(-1, 2)

    def overview(self) -> Overview:
        """Counts and dates over all articles."""
        row = self._rows(
            "SELECT count(*), count(date), min(date), max(date), min(first_year), max(last_year) "
            "FROM article WHERE original = number AND withdrawn IS NULL"
        )[0]
        names = [outlet.name for outlet in self.outlets() if outlet.name]
        return Overview(
            articles=row[0],
            undated=row[0] - row[1],
            first=_day(row[2]),
            last=_day(row[3]),
            first_year=row[4],
            last_year=row[5],
            outlets=tuple(sorted(names)),
        )

    def _one(self, sql: str, number: int) -> tuple[Any, ...]:
        rows = self._rows(sql, number)
        if not rows:
            raise KeyError(number)
        return rows[0]

    def _rows(self, sql: str, *values: int | str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()


def _write_article(
    connection: sqlite3.Connection,
    number: int,
    original: int,
    cut: CutArticle,
    sentences: int,
    chunks: int,
) -> None:
    article = cut.article
    years = _years(article)
    row = {
        "number": number,
        "id": article.id,
        "title": article.title,
        "lang": article.lang,
        "outlet": article.outlet,
        "date": article.date,
        "url": article.url,
        "license": article.license,
        "authors": json.dumps(article.authors),
        "topics": json.dumps(article.topics),
        "sources": json.dumps([source.model_dump(mode="json") for source in article.sources]),
        "corrected": article.corrected,
        "withdrawn": article.withdrawn,
        "note": article.note,
        "original": original,
        "body_start": article.body_start,
        "first_year": min(years, default=None),
        "last_year": max(years, default=None),
        "text": article.text,
    }
    values = [v.isoformat() if isinstance(v, dt.date) else v for v in row.values()]
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO article ({', '.join(row)}) VALUES ({marks})", values)  # noqa: S608
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
    connection.executemany(
        "INSERT INTO named_days VALUES (?, ?, ?)",
        (
            (chunks + i, named.days.first.isoformat(), named.days.last.isoformat())
            for i, one in enumerate(cut.chunks)
            for named in named_days(one.text)
        ),
    )


def _years(article: Article) -> set[int]:
    """The year of the article and those its text names, as 1991 or 2022."""
    named = {int(year) for year in re.findall(r"\b(?:19|20)\d\d\b", article.text)}
    return named | ({article.date.year} if article.date else set())


def _article(row: tuple[Any, ...]) -> ArticleRecord:
    (number, name, title, lang, outlet, date, url, license_, authors, topics, sources) = row[:11]
    (corrected, withdrawn, note, original, body_start, _, _, text) = row[11:]
    return ArticleRecord(
        number=number,
        id=name,
        title=title,
        lang=cast(Language, lang),
        outlet=outlet,
        date=_day(date),
        url=url,
        license=license_,
        authors=tuple(json.loads(authors)),
        topics=tuple(json.loads(topics)),
        sources=tuple(Source.model_validate(one) for one in json.loads(sources)),
        corrected=_day(corrected),
        withdrawn=_day(withdrawn),
        note=note,
        original=original,
        body_start=body_start,
        text=text,
    )


def _day(written: str | None) -> dt.date | None:
    return dt.date.fromisoformat(written) if written else None
