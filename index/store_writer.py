"""Writes the articles, sentences and chunks of one segment; see `store.py` for the two files."""

import datetime as dt
import errno
import json
import sqlite3
from array import array
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from index.article import Article
from index.chunk import CutArticle
from index.dates import named_days

_SCHEMA = """
CREATE TABLE article (
  number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, title TEXT NOT NULL, lang TEXT NOT NULL,
  outlet TEXT, date TEXT, url TEXT, license TEXT, authors TEXT NOT NULL, topics TEXT NOT NULL,
  sources TEXT NOT NULL, corrected TEXT, withdrawn TEXT, note TEXT,
  original INTEGER NOT NULL REFERENCES article,
  body_start INTEGER NOT NULL, text TEXT NOT NULL, first_year INTEGER, last_year INTEGER,
  digest TEXT NOT NULL
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


def write_store(path: Path, cut: Iterable[CutArticle]) -> None:
    """Writes new files with all of `cut`, numbering as it goes; raises `OSError`.

    A translation stands somewhere after its original.
    """
    places = array("i")
    connection = sqlite3.connect(path)
    try:
        connection.executescript(_SCHEMA)
        sentences = chunks = 0
        numbers: dict[str, int] = {}
        for number, one in enumerate(cut):
            numbers[one.article.id] = number
            original = numbers.get(one.article.original or "", number)
            _write_article(connection, number, original, one, sentences, chunks)
            for chunk in one.chunks:
                first, last = one.sentences[chunk.first], one.sentences[chunk.last]
                bounds = sentences + chunk.first, sentences + chunk.last
                places.extend((number, original, first.paragraph, last.paragraph, *bounds))
            sentences += len(one.sentences)
            chunks += len(one.chunks)
        connection.commit()
    except sqlite3.Error as error:
        raise OSError(errno.EIO, f"writing failed ({error})", str(path)) from None
    finally:
        connection.close()
    table = np.frombuffer(places, dtype=np.int32).reshape(-1, 6)
    np.save(path.with_suffix(".npy"), table, allow_pickle=False)


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
        "text": article.text,
        "first_year": min(years, default=None),
        "last_year": max(years, default=None),
        "digest": article.digest,
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
    named = {one.days.first.year for one in named_days(article.text)}
    return named | ({article.date.year} if article.date else set())
