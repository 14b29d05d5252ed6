"""Articles, sentences and chunks come out of the store as they went in."""

import datetime as dt
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.article import Article
from index.chunk import Chunker, CutArticle
from index.corpus import read_corpus
from index.dates import Days
from index.errors import Damaged
from index.store import Store
from index.store_writer import write_store


@pytest.fixture
def cut(corpus_folder: Path) -> list[CutArticle]:
    return [Chunker().cut(article) for article in read_corpus(corpus_folder)]


@pytest.fixture
def store(cut: list[CutArticle], tmp_path: Path) -> Iterator[Store]:
    write_store(tmp_path / "store.sqlite", cut)
    store = Store.open([tmp_path / "store.sqlite"])
    yield store
    store.close()


def stored(folder: Path, *articles: Article) -> Store:
    write_store(folder / "other.sqlite", [Chunker().cut(article) for article in articles])
    return Store.open([folder / "other.sqlite"])


def article(name: str, text: str = "Ein Satz.", date: dt.date | None = None) -> Article:
    return Article(id=name, text=text, body_start=0, title=name, lang="de", date=date)


def test_articles_come_back_whole(store: Store, cut: list[CutArticle]) -> None:
    for number, one in enumerate(cut):
        record, given = store.article(number), one.article
        assert (record.id, record.text, record.title) == (given.id, given.text, given.title)
        assert (record.date, record.url, record.lang) == (given.date, given.url, given.lang)
        assert (record.outlet, record.authors) == (given.outlet, given.authors)
        assert record.body_start == given.body_start


def test_chunks_and_sentences_are_numbered_across_articles(
    store: Store, cut: list[CutArticle]
) -> None:
    number = before = 0
    for one in cut:
        for chunk in one.chunks:
            record = store.chunk(number)
            assert (record.start, record.end) == (chunk.start, chunk.end)
            assert store.article(record.article).id == one.article.id
            spans = [(s.number - before, s.start, s.end) for s in store.sentences(record)]
            inside = range(chunk.first, chunk.last + 1)
            assert spans == [(n, one.sentences[n].start, one.sentences[n].end) for n in inside]
            number += 1
        before += len(one.sentences)
    assert len(store.chunk_sentences()) == number


def test_a_number_that_is_not_there_is_a_key_error(store: Store) -> None:
    for number in (-1, 10_000):
        with pytest.raises(KeyError):
            store.article(number)
        with pytest.raises(KeyError):
            store.chunk(number)


def test_years_named_in_a_text_widen_the_reach(tmp_path: Path) -> None:
    text = "Der Brunnen von 1957 wurde 2008 erneuert. Er kostete 12021 Euro."
    reach = stored(tmp_path, article("a", text, dt.date(2010, 5, 1)), article("b")).overview()
    assert (reach.first_year, reach.last_year) == (1957, 2010)
    assert (reach.articles, reach.undated, reach.outlets) == (2, 1, ())
    assert reach.first == reach.last == dt.date(2010, 5, 1)


def test_without_any_date_the_reach_is_unknown(tmp_path: Path) -> None:
    reach = stored(tmp_path, article("a")).overview()
    assert (reach.first, reach.last, reach.first_year, reach.last_year) == (None,) * 4


def test_what_looks_like_sql_is_text(tmp_path: Path) -> None:
    odd = replace(article("a'); DROP TABLE chunk;--"), authors=("O'Hara", '"Ba"'), outlet="?")
    record = stored(tmp_path, odd).article(0)
    assert (record.id, record.authors, record.outlet) == (odd.id, odd.authors, "?")


def test_an_open_store_cannot_be_written_to(store: Store) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store._segments[0].connection.execute("DELETE FROM chunk")


def test_threads_read_what_one_alone_reads(store: Store) -> None:
    numbers = [*range(len(store.chunk_sentences()))] * 50
    expected = [store.sentences(store.chunk(number)) for number in numbers]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda n: store.sentences(store.chunk(n)), numbers)) == expected


@pytest.mark.parametrize("content", [None, b"", b"nonsense" * 100])
def test_what_is_no_store_is_told_by_its_path(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "store.sqlite").write_bytes(content)
    with pytest.raises(Damaged, match=r"store\.sqlite: not a readable store"):
        Store.open([tmp_path / "store.sqlite"])


def test_segments_are_numbered_on_and_left_out_articles_are_in_no_list(
    cut: list[CutArticle], tmp_path: Path
) -> None:
    paths = [tmp_path / f"{number}.sqlite" for number in range(3)]
    for path, one in zip(paths, cut, strict=True):
        write_store(path, [one])
    store = Store.open(paths, left_out=[1])
    whole = Store.open(paths)
    assert whole.living() == (None, None)
    sentences, chunks = store.living()
    assert sentences is not None
    assert chunks is not None
    assert [one.id for one in store.contents()] == [cut[0].article.id, cut[2].article.id]
    assert (chunks.sum(), len(chunks)) == (len(cut[0].chunks) + len(cut[2].chunks), 4)
    assert (~sentences).sum() == len(cut[1].sentences)
    assert store.overview().articles == 2
    assert {one.id for one in store.latest(9)} == {cut[0].article.id, cut[2].article.id}
    assert sum(outlet.articles for outlet in store.outlets()) == 2
    with pytest.raises(KeyError):
        store.article(1)
    gone = int(np.flatnonzero(~chunks)[0])
    with pytest.raises(KeyError):
        store.chunk(gone)
    last = store.chunk(len(chunks) - 1)
    assert store.article(last.article).id == cut[2].article.id
    assert store.sentences(last)[-1].end == cut[2].chunks[-1].end
    assert store.chunks_about(Days.of_year(2021)).tolist() == []
    assert whole.chunks_about(Days.of_year(2021)).tolist() == [gone]
    assert store.chunk_places()[:, 0].tolist() == whole.chunk_places()[:, 0].tolist()
