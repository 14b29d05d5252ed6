"""Word pieces as an index keeps them: rounded, counted through segments, never of another store."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from index.build import build
from index.chunk import Chunker
from index.embed import SentenceEmbedder, Vectors
from index.errors import Damaged
from index.generation import Generation
from index.pieces import SENTENCES, Pieces, PiecesWriter, Rounded, Texts
from index.reader import Reader
from index.retrieve import Retriever
from tests.conftest import TrigramEmbedder

SIZE = 8


def pieces(count: int, first: int = 0) -> Rounded:
    numbers = np.arange(first, first + count, dtype=np.int32)
    vectors = np.random.default_rng(first).normal(size=(count, SIZE)).astype(np.float32)
    return Pieces(numbers, vectors).rounded()


def write(folder: Path, sentences: Sequence[Rounded | None]) -> Path:
    folder.mkdir()
    with PiecesWriter(folder, SENTENCES) as writer:
        writer.add(sentences)
        writer.write()
    return folder


@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 9), st.just(384)),
        elements=st.floats(-4, 4, width=32),
    )
)
def test_rounding_keeps_numbers_and_comes_near_to_vectors(vectors: Vectors) -> None:
    given = Pieces(np.arange(len(vectors), dtype=np.int32), vectors)
    kept = Pieces.of(given.rounded())
    assert kept.numbers.tolist() == given.numbers.tolist()
    mean, deviation = vectors.mean(axis=1, keepdims=True), vectors.std(axis=1, keepdims=True)
    within = np.clip(vectors, mean - 3 * deviation, mean + 3 * deviation)
    assert np.all(np.abs(kept.vectors - within) <= 0.21 * deviation + 0.02)


def test_sentences_are_counted_through_all_segments(tmp_path: Path) -> None:
    first = [pieces(3), pieces(0), pieces(5, 10), None]
    second = [pieces(2, 20), pieces(4, 30)]
    folders = [write(tmp_path / "a", first), write(tmp_path / "b", second)]
    kept = Texts.open(folders, SENTENCES, [4, 2])
    assert kept
    for begin, end in ((0, 2), (1, 3), (4, 5), (5, 5)):
        found = [rows.tobytes() for rows in kept.of(begin, end)]
        expected = [*first, *second][begin : end + 1]
        assert found == [b"" if rows is None else rows.tobytes() for rows in expected]


def test_segments_without_are_told(tmp_path: Path) -> None:
    assert Texts.open([write(tmp_path / "a", [pieces(3)]), tmp_path], SENTENCES, [1, 4]) is None
    empty = Texts.open([write(tmp_path / "none", [])], SENTENCES, [0])
    assert empty


@pytest.mark.parametrize("harm", ["cut", "emptied", "swapped", "unlike", "beginless"])
def test_files_that_are_not_whole_are_told(tmp_path: Path, harm: str) -> None:
    folder = write(tmp_path / "a", [pieces(30), pieces(20, 30)])
    content = (folder / SENTENCES.rows).read_bytes()
    if harm == "cut":
        (folder / SENTENCES.rows).write_bytes(content[:-40])
    elif harm == "emptied":
        (folder / SENTENCES.rows).write_bytes(b"")
    elif harm == "swapped":
        other = write(tmp_path / "b", [pieces(3)])
        (folder / SENTENCES.rows).write_bytes((other / SENTENCES.rows).read_bytes())
    elif harm == "unlike":
        np.save(folder / SENTENCES.rows, np.zeros(50))
    else:
        (folder / SENTENCES.begins).unlink()
    with pytest.raises(Damaged, match=r"pieces\.npy: "):
        Texts.open([folder], SENTENCES, [2])


def test_a_build_keeps_them_for_a_model_with_a_reader(
    corpus_folder: Path, tmp_path: Path, embedder: TrigramEmbedder, real_model: SentenceEmbedder
) -> None:
    build([corpus_folder], embedder, tmp_path / "trigrams", Chunker())
    assert Generation.open(tmp_path / "trigrams", embedder).pieces is None
    root = tmp_path / "real"
    build([corpus_folder], real_model, root, Chunker())
    read = _kept_as_read(root, real_model)
    assert "Bezahlt hat ihn ein Verein aus Köln." in read
    # A second segment, and then one into which both are merged.
    for number in range(2):
        text = f"---\ntitle: Regen\nlang: de\n---\n\nIn Bandi fiel Regen. Das war Mai {number}.\n"
        (corpus_folder / f"regen{number}.md").write_text(text, "utf-8")
        build([corpus_folder], real_model, root, Chunker())
        more = _kept_as_read(root, real_model)
        assert f"Das war Mai {number}." in more - read
        read |= more


def test_an_article_without_a_title_is_read_under_its_first_sentence(
    tmp_path: Path, real_model: SentenceEmbedder
) -> None:
    corpus, root = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    (corpus / "a.txt").write_text("In Bandi fiel Regen. Das war im Mai.\n", "utf-8")
    build([corpus], real_model, root, Chunker())
    (corpus / "b.md").write_text("---\ntitle: Schnee\nlang: de\n---\n\nEs fiel Schnee.\n", "utf-8")
    build([corpus], real_model, root, Chunker())
    generation = Generation.open(root, real_model)
    assert generation.pieces
    best = Retriever(generation, real_model).search("Wo fiel Regen?", "de").hits[0]
    assert best.article.id == "a.txt"
    first = best.chunk.first_sentence
    headline, sentence = generation.pieces.passage(best.article.number, first, first)
    assert headline["number"].tolist() == sentence["number"].tolist()[: len(headline)]


def test_a_build_mends_pieces_that_are_cut_off(
    corpus_folder: Path, tmp_path: Path, real_model: SentenceEmbedder
) -> None:
    root = tmp_path / "real"
    build([corpus_folder], real_model, root, Chunker())
    [rows] = root.glob(f"seg-*/{SENTENCES.rows}")
    rows.write_bytes(rows.read_bytes()[:-999])
    with pytest.raises(Damaged, match=r"pieces\.npy: .*; mend it with: mali-index build"):
        Generation.open(root, real_model)
    assert build([corpus_folder], real_model, root, Chunker()).fresh
    assert _kept_as_read(root, real_model)


def _kept_as_read(root: Path, model: SentenceEmbedder) -> set[str]:
    """The sentences of chunks, all of which have the pieces that the model gives for each."""
    generation = Generation.open(root, model)
    reader = Reader.of(model)
    assert generation.pieces
    assert reader
    read = set()
    for number in generation.living.tolist():
        chunk = generation.store.chunk(number)
        article = generation.store.article(chunk.article)
        text = article.text
        [kept] = generation.pieces.headlines.of(article.number, article.number)
        given = f"{article.title} ({article.date})" if article.date else article.title
        [fresh] = reader.sentences([given])[1]
        assert kept["number"].tolist() == fresh["number"].tolist()
        for one in generation.store.sentences(chunk):
            [kept] = generation.pieces.sentences.of(one.number, one.number)
            [fresh] = reader.sentences([text[one.start : one.end]])[1]
            assert kept["number"].tolist() == fresh["number"].tolist()
            near = np.abs(Pieces.of(kept).vectors - Pieces.of(fresh).vectors)
            assert near.mean() < 0.02  # rounded products differ with what is beside
            read.add(text[one.start : one.end])
    return read
