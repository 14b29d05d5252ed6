"""The word side: shares of evidence, misspellings, and files."""

from pathlib import Path

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import Damaged
from index.lexical import LexicalIndex
from index.postings import Postings, PostingsWriter
from index.words import Language, stems

TEXTS = ["Der Brunnen in Sanga ist tief.", "Die Brücke von Kona ist alt.", "Der Markt ist montags."]


def words() -> LexicalIndex:
    return LexicalIndex.build(TEXTS, ["de"] * 3)


def test_the_text_with_the_words_has_the_largest_share() -> None:
    index = words()
    shares = index.shares(index.read_question("Wie tief ist der Brunnen?", "de"))
    assert shares.argmax() == 0
    assert shares[1] == shares[2] == 0


def test_unknown_words_make_shares_smaller() -> None:
    index = words()
    plain = index.shares(index.read_question("Brunnen", "de"))[0]
    more = index.shares(index.read_question("Brunnen Flugzeug Regierung", "de"))[0]
    assert 0 < more < plain / 2


def test_a_misspelt_word_counts_a_little_less_than_the_right_one() -> None:
    index = words()
    right, wrong = (index.shares(index.read_question(q, "de"))[0] for q in ("Brunnen", "Brunen"))
    assert 0.6 * right < wrong < right
    assert index.read_question("Brunen", "de").terms[0].known
    assert not index.read_question("Xylophon", "de").terms[0].known


@given(st.text(max_size=100))
def test_shares_lie_between_nought_and_one(question: str) -> None:
    index = words()
    shares = index.shares(index.read_question(question, "de"))
    assert shares.shape == (3,)
    assert np.isfinite(shares).all()
    assert ((shares >= 0) & (shares < 1)).all()


def test_a_question_of_small_words_has_no_evidence() -> None:
    index = words()
    asked = index.read_question("Was ist das?", "de")
    assert asked.terms == ()
    assert not index.shares(asked).any()


def postings(*texts: str) -> Postings:
    writer = PostingsWriter()
    for text in texts:
        writer.add(stems(text, "de"))
    return writer.postings()


def test_postings_read_back_are_the_same(tmp_path: Path) -> None:
    given = postings("Brunnen Brunnen tief", "", "tief")
    given.write(tmp_path / "words")
    again = Postings.read(tmp_path / "words")
    assert again.stems == given.stems == ("brunn", "tief")
    for stem in ("brunn", "tief", "nichts"):
        for found, expected in zip(again.of(stem), given.of(stem), strict=True):
            assert found.tolist() == expected.tolist()
    assert again.lengths.tolist() == [3, 0, 1]


def test_empty_postings_are_read_back(tmp_path: Path) -> None:
    postings().write(tmp_path)
    index = LexicalIndex.of([Postings.read(tmp_path), postings("Brunnen")], ("de",))
    assert index.shares(index.read_question("Brunnen", "de")).shape == (1,)


@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_a_damaged_file_is_told(tmp_path: Path, content: bytes | None) -> None:
    for name in ("words.json", "begins.npy", "chunks.npy", "counts.npy", "lengths.npy"):
        postings("Brunnen").write(tmp_path)
        (tmp_path / name).unlink()
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(Damaged, match="not a word index"):
            Postings.read(tmp_path)


WORDS = "brunnen brücke markt tief alt soldat wasser".split()


@given(
    st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), min_size=1, max_size=8),
    st.data(),
)
def test_scores_are_those_of_a_bm25_library_over_what_is_not_left_out(
    texts: list[str], data: st.DataObject
) -> None:
    flags = st.lists(st.booleans(), min_size=len(texts), max_size=len(texts))
    living = np.array(data.draw(flags), dtype=np.bool_)
    cut = data.draw(st.integers(0, len(texts)))
    index = LexicalIndex.of([postings(*texts[:cut]), postings(*texts[cut:])], ("de",), living)
    kept = [stems(text, "de") for text, flag in zip(texts, living, strict=True) if flag]
    if not any(kept):
        return
    peer = bm25s.BM25(k1=1.5, b=0.75, method="lucene")
    # The library divides by the mean length: a text without words has a stem that no question has.
    peer.index([words or [""] for words in kept], show_progress=False)
    for word in WORDS[:3]:
        asked = index.read_question(word, "de")
        got = index.shares(asked)[living] * asked.weight
        stem = stems(word, "de")
        known = stem[0] in peer.vocab_dict
        expected = peer.get_scores(stem) if known else np.zeros(len(kept))
        if not known or all(kept):
            assert got == pytest.approx(expected, abs=1e-5)


def test_texts_without_words_can_be_indexed() -> None:
    index = LexicalIndex.build(["🙂", "…"], ["de", "fr"])
    assert not index.shares(index.read_question("Brunnen", "de")).any()


def test_a_word_with_a_rarer_stem_in_another_language_keeps_its_share_in_bounds() -> None:
    texts = ["Soldaten kamen."] * 30 + ["Soldaten Soldaten Soldaten"]
    languages: list[Language] = ["de"] * 30
    index = LexicalIndex.build(texts, [*languages, "en"])
    shares = index.shares(index.read_question("soldaten", "de"))
    assert ((shares > 0) & (shares <= 1)).all()
