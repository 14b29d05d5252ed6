"""The word side: shares of evidence, misspellings, and files."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import Damaged
from index.lexical import LexicalIndex
from index.words import Language

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
    assert asked.share({"brunn"}) == 0
    assert not index.shares(asked).any()


def test_an_index_read_back_is_the_same(tmp_path: Path) -> None:
    index = words()
    index.write(tmp_path)
    again = LexicalIndex.read(tmp_path, ("de",), 3)
    for question in ("Brunnen", "alte Brücke", "montags"):
        expected = index.shares(index.read_question(question, "de"))
        assert (again.shares(again.read_question(question, "de")) == expected).all()


@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_a_damaged_file_is_told(tmp_path: Path, content: bytes | None) -> None:
    words().write(tmp_path)
    for path in tmp_path.iterdir():
        path.unlink()
        if content is not None:
            path.write_bytes(content)
    with pytest.raises(Damaged, match="not a word index"):
        LexicalIndex.read(tmp_path, ("de",), 3)


def test_texts_without_words_can_be_indexed() -> None:
    index = LexicalIndex.build(["🙂", "…"], ["de", "fr"])
    assert not index.shares(index.read_question("Brunnen", "de")).any()


def test_a_word_with_a_rarer_stem_in_another_language_keeps_its_share_in_bounds() -> None:
    texts = ["Soldaten kamen."] * 30 + ["Soldaten Soldaten Soldaten"]
    languages: list[Language] = ["de"] * 30
    index = LexicalIndex.build(texts, [*languages, "en"])
    shares = index.shares(index.read_question("soldaten", "de"))
    assert ((shares > 0) & (shares <= 1)).all()
