"""Articles, sentences and chunks on disk, by number: one SQLite file a segment.

Beside it is a table of numbers, a row a chunk, for what is looked up at every question: its
article, that one's original, its first and last paragraph, its first and last sentence.

In a file numbers begin at 0; a `Store` counts through all its segments, in the order of the vectors
in the dense index. A file is written once (`store_writer.py`) and only read afterwards, by any
number of threads.
Articles that a generation leaves out keep their numbers but are in no list and no count.
"""

import datetime as dt
import json
import sqlite3
import threading
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from index.article import Source
from index.dates import Days
from index.dense import Flags
from index.errors import Damaged
from index.records import (
    ArticleRecord,
    ChunkRecord,
    Counts,
    Outlet,
    Overview,
    SentenceRecord,
    StoredArticle,
)
from index.words import Language

Places = npt.NDArray[np.int32]

_LIVING = """
CREATE TEMP TABLE left_out (number INTEGER PRIMARY KEY);
CREATE TEMP VIEW living AS
  SELECT * FROM article WHERE number NOT IN (SELECT number FROM left_out);
"""


@dataclass(frozen=True, slots=True)
class _Segment:
    """One file, and the numbers its own are counted from."""

    connection: sqlite3.Connection
    base: Counts
    places: Places  # a row a chunk, see the module
    # Python shares a statement between threads, and may mix up what they ask for (cpython#118172).
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def rows(self, sql: str, *values: int | str) -> list[tuple[Any, ...]]:
        with self.lock:
            return self.connection.execute(sql, values).fetchall()


class Store:
    """An open store; see the module."""

    def __init__(
        self, segments: Sequence[_Segment], counts: Counts, left_out: frozenset[int]
    ) -> None:
        self._segments = tuple(segments)
        self._counts = counts
        self._left_out = left_out
        self._first_articles = [segment.base.articles for segment in segments]
        self._first_chunks = [segment.base.chunks for segment in segments]

    @classmethod
    def open(cls, paths: Sequence[Path], left_out: Collection[int] = ()) -> "Store":
        """Opens a file a segment, without the articles `left_out`; raises `Damaged`."""
        segments, base = [], Counts()
        for path in paths:
            uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
            try:
                connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
                counts = Counts(
                    *(_count(connection, of) for of in ("article", "sentence", "chunk"))
                )
                connection.executescript(_LIVING)
                here = range(base.articles, base.articles + counts.articles)
                connection.executemany(
                    "INSERT INTO left_out VALUES (?)",
                    ((number - base.articles,) for number in left_out if number in here),
                )
                connection.commit()
            except sqlite3.Error as error:
                raise Damaged(f"{path}: not a readable store ({error})") from None
            segments.append(_Segment(connection, base, _places(path, counts)))
            base += counts
        return cls(segments, base, frozenset(left_out))

    def close(self) -> None:
        """Lets go of the files."""
        for segment in self._segments:
            segment.connection.close()

    @property
    def counts(self) -> Counts:
        """How many numbers are taken, those of left out articles too."""
        return self._counts

    @property
    def sentence_counts(self) -> list[int]:
        """How many sentences each segment holds, those of left out articles too."""
        begins = [*(one.base.sentences for one in self._segments), self._counts.sentences]
        return [end - begin for begin, end in pairwise(begins)]

    def article(self, number: int) -> ArticleRecord:
        """The article of that number; `KeyError` if there is none, or it is left out."""
        if number in self._left_out:
            raise KeyError(number)
        segment = self._of_article(number)
        own = number - segment.base.articles
        return _article(_one(segment.rows("SELECT * FROM article WHERE number = ?", own)), segment)

    def chunk(self, number: int) -> ChunkRecord:
        """The chunk of that number; `KeyError` if there is none, or its article is left out."""
        segment = self._of_chunk(number)
        base = segment.base
        row = _one(segment.rows("SELECT * FROM chunk WHERE number = ?", number - base.chunks))
        _, article, start, end, first, last = row
        if article + base.articles in self._left_out:
            raise KeyError(number)
        first, last = first + base.sentences, last + base.sentences
        return ChunkRecord(number, article + base.articles, start, end, first, last)

    def written(self, chunk: int) -> tuple[str, Language, str]:
        """Title, language and text of the article of a chunk; `KeyError` if there is none."""
        segment = self._of_chunk(chunk)
        sql = (
            "SELECT title, lang, text FROM article "
            "WHERE number = (SELECT article FROM chunk WHERE number = ?)"
        )
        title, language, text = _one(segment.rows(sql, chunk - segment.base.chunks))
        return title, cast(Language, language), text

    def sentences(self, chunk: ChunkRecord) -> tuple[SentenceRecord, ...]:
        """The sentences of `chunk`, in order."""
        segment = self._of_chunk(chunk.number)
        first, last = (
            n - segment.base.sentences for n in (chunk.first_sentence, chunk.last_sentence)
        )
        return _sentences(segment, "number BETWEEN ? AND ?", first, last)

    def paragraphs(self, article: int, first: int, last: int) -> tuple[SentenceRecord, ...]:
        """The sentences of paragraphs `first` to `last` (both included) of an article."""
        segment = self._of_article(article)
        own = article - segment.base.articles
        return _sentences(segment, "article = ? AND paragraph BETWEEN ? AND ?", own, first, last)

    def latest(self, count: int) -> tuple[ArticleRecord, ...]:
        """The newest articles, newest first, undated ones last; withdrawn ones among them."""
        sql = "SELECT * FROM living WHERE original = number ORDER BY date DESC, id LIMIT ?"
        found = [_article(row, one) for one in self._segments for row in one.rows(sql, count)]
        by_name = sorted(found, key=lambda article: article.id)
        by_date = sorted(by_name, key=lambda article: article.date or dt.date.min, reverse=True)
        return tuple(by_date[:count])

    def outlets(self) -> tuple[Outlet, ...]:
        """How many articles there are of each outlet, most first."""
        rows = self._all(
            "SELECT outlet, date FROM living WHERE original = number AND withdrawn IS NULL"
        )
        days: dict[str | None, list[str | None]] = {}
        for name, date in rows:
            days.setdefault(name, []).append(date)
        found = []
        for name, dates in days.items():
            dated = sorted(date for date in dates if date)
            first, last = (dated[0], dated[-1]) if dated else (None, None)
            found.append(Outlet(name, len(dates), _day(first), _day(last)))
        return tuple(sorted(found, key=lambda outlet: (-outlet.articles, outlet.name or "")))

    def contents(self) -> Iterator[StoredArticle]:
        """Every article that is not left out."""
        for place, segment in enumerate(self._segments):
            for own, name, digest in segment.rows("SELECT number, id, digest FROM living"):
                yield StoredArticle(own + segment.base.articles, name, digest, place, own)

    def chunk_spans(self, article: int) -> list[tuple[int, int]]:
        """Where the chunks of an article begin and end in its text."""
        segment = self._of_article(article)
        own = article - segment.base.articles
        rows = segment.rows("SELECT start, end FROM chunk WHERE article = ? ORDER BY number", own)
        return [(start, end) for start, end in rows]

    def own_numbers(self, stored: StoredArticle) -> tuple[range, range]:
        """The numbers, within its segment, of an article's sentences and of its chunks."""
        ranges = []
        for table in ("sentence", "chunk"):
            sql = f"SELECT min(number), count(*) FROM {table} WHERE article = ?"  # noqa: S608
            [(begin, count)] = self._segments[stored.segment].rows(sql, stored.own)
            ranges.append(range(begin or 0, (begin or 0) + count))
        return ranges[0], ranges[1]

    def living(self) -> tuple[Flags | None, Flags | None]:
        """Which sentences and which chunks are of articles that are not left out; None: all."""
        if not self._left_out:
            return None, None
        sentences = np.ones(self._counts.sentences, dtype=np.bool_)
        chunks = np.ones(self._counts.chunks, dtype=np.bool_)
        for flags, table in ((sentences, "sentence"), (chunks, "chunk")):
            sql = f"SELECT number FROM {table} WHERE article IN (SELECT number FROM left_out)"  # noqa: S608
            for segment in self._segments:
                base = segment.base.sentences if table == "sentence" else segment.base.chunks
                flags[[number + base for (number,) in segment.rows(sql)]] = False
        return sentences, chunks

    def chunks_about(self, days: Days) -> npt.NDArray[np.int64]:
        """Chunks whose article is dated within `days`, or that name a day of them; ascending."""
        first, last = days.first.isoformat(), days.last.isoformat()
        sql = (
            "SELECT chunk.number FROM chunk JOIN living ON living.number = chunk.article "
            "WHERE living.date BETWEEN ? AND ? "
            "UNION SELECT named_days.chunk FROM named_days "
            "JOIN chunk ON chunk.number = named_days.chunk "
            "JOIN living ON living.number = chunk.article "
            "WHERE named_days.first <= ? AND named_days.last >= ? ORDER BY 1"
        )
        found = [
            number + segment.base.chunks
            for segment in self._segments
            for (number,) in segment.rows(sql, first, last, last, first)
        ]
        return np.array(found, dtype=np.int64)

    def chunk_places(self) -> Places:
        """Article, its original, first and last paragraph of every chunk, shape `(chunks, 4)`."""
        return self._table(slice(0, 4), lambda base: (base.articles, base.articles, 0, 0))

    def chunk_sentences(self) -> Places:
        """First and last sentence number of every chunk, shape `(chunks, 2)`, both ascending."""
        return self._table(slice(4, 6), lambda base: (base.sentences, base.sentences))

    def names(self, articles: Sequence[int]) -> list[str]:
        """The ids of the articles of those numbers, in their order; left out ones have one too."""
        found = []
        for number in articles:
            segment = self._of_article(number)
            own = number - segment.base.articles
            found.append(str(_one(segment.rows("SELECT id FROM article WHERE number = ?", own))[0]))
        return found

    def translations(self) -> Iterator[tuple[int, Language, int]]:
        """Of every article that translates another: that one's number, the language, its own."""
        sql = "SELECT original, lang, number FROM living WHERE original != number"
        for segment in self._segments:
            base = segment.base.articles
            for original, language, number in segment.rows(sql):
                yield original + base, cast(Language, language), number + base

    def overview(self) -> Overview:
        """Counts and dates over all articles."""
        rows = self._all(
            "SELECT date, first_year, last_year FROM living "
            "WHERE original = number AND withdrawn IS NULL"
        )
        dates = sorted(date for date, _, _ in rows if date)
        names = [outlet.name for outlet in self.outlets() if outlet.name]
        return Overview(
            articles=len(rows),
            undated=len(rows) - len(dates),
            first=_day(dates[0]) if dates else None,
            last=_day(dates[-1]) if dates else None,
            first_year=min((year for _, year, _ in rows if year), default=None),
            last_year=max((year for _, _, year in rows if year), default=None),
            outlets=tuple(sorted(names)),
        )

    def _of_article(self, number: int) -> _Segment:
        return self._segment(self._first_articles, number)

    def _of_chunk(self, number: int) -> _Segment:
        return self._segment(self._first_chunks, number)

    def _segment(self, firsts: list[int], number: int) -> _Segment:
        if number < 0:
            raise KeyError(number)
        return self._segments[bisect_right(firsts, number) - 1]

    def _all(self, sql: str) -> list[tuple[Any, ...]]:
        return [row for segment in self._segments for row in segment.rows(sql)]

    def _table(self, columns: slice, base: Callable[[Counts], tuple[int, ...]]) -> Places:
        """Columns of the tables of all segments, `base` of each added to its own."""
        tables = [
            segment.places[:, columns].T + np.array(base(segment.base), dtype=np.int32)[:, None]
            for segment in self._segments
        ]
        found: Places = np.concatenate(tables, axis=1).T  # each column in one piece of memory
        return found


def _places(path: Path, counts: Counts) -> Places:
    try:
        found: Places = np.load(path.with_suffix(".npy"), allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise Damaged(f"{path.with_suffix('.npy')}: unreadable ({type(error).__name__})") from None
    if found.shape != (counts.chunks, 6):
        raise Damaged(f"{path.with_suffix('.npy')}: not of the store beside it")
    return found


def _count(connection: sqlite3.Connection, table: str) -> int:
    [(count,)] = connection.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
    return int(count)


def _one(rows: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    if not rows:
        raise KeyError
    return rows[0]


def _sentences(segment: _Segment, where: str, *values: int) -> tuple[SentenceRecord, ...]:
    sql = "SELECT number, start, end, paragraph, heading FROM sentence"
    rows = segment.rows(f"{sql} WHERE {where} ORDER BY number", *values)
    first = segment.base.sentences
    return tuple(
        SentenceRecord(number + first, start, end, paragraph, bool(heading))
        for number, start, end, paragraph, heading in rows
    )


def _article(row: tuple[Any, ...], segment: _Segment) -> ArticleRecord:
    (number, name, title, lang, outlet, date, url, license_, authors, topics, sources) = row[:11]
    (corrected, withdrawn, note, original, body_start, text) = row[11:17]
    return ArticleRecord(
        number=number + segment.base.articles,
        id=name,
        title=title,
        lang=cast(Language, lang),
        outlet=outlet,
        date=_day(date),
        url=url,
        license=license_,
        authors=tuple(json.loads(authors)),
        topics=tuple(json.loads(topics)),
        sources=_sources(sources),
        corrected=_day(corrected),
        withdrawn=_day(withdrawn),
        note=note,
        original=original + segment.base.articles,
        body_start=body_start,
        text=text,
    )


@lru_cache(maxsize=4_096)  # checked again for every hit otherwise
def _sources(written: str) -> tuple[Source, ...]:
    return tuple(Source.model_validate(one) for one in json.loads(written))


def _day(written: str | None) -> dt.date | None:
    return dt.date.fromisoformat(written) if written else None
