"""Likeness of words: of the same, of others, whatever else is compared."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import likeness
from index.embed import SentenceEmbedder
from index.likeness import WordLikeness
from index.settings import default_model
from tests.conftest import TrigramEmbedder

TEXTS = [
    [["brunnen"], ["der", "brunnen", "kostete", "4000", "euro"]],
    [["brücke"], [], ["die", "brücke", "ist", "alt"]],
    [["flugzeug"]],
]


def compared(embedder: TrigramEmbedder) -> WordLikeness:
    return WordLikeness(embedder, TEXTS.__getitem__)


def test_the_same_word_is_like_itself_and_no_word_is_like_nothing(
    embedder: TrigramEmbedder,
) -> None:
    alike = compared(embedder).of(["brunnen", "alt"], [0, 1, 2])
    assert [one.shape for one in alike] == [(2, 2), (3, 2), (1, 2)]
    assert alike[0][:, 0].tolist() == [1, 1]
    assert alike[1][1].tolist() == [0, 0]
    assert alike[1][2, 1] == 1
    assert all(((one >= 0) & (one <= 1)).all() for one in alike)


def test_a_question_without_words_and_no_passages(embedder: TrigramEmbedder) -> None:
    assert [one.shape for one in compared(embedder).of([], [0, 1])] == [(2, 0), (3, 0)]
    assert compared(embedder).of(["brunnen"], []) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=8), min_size=1, max_size=8), st.permutations(range(3)))
def test_a_likeness_does_not_depend_on_what_else_is_compared(
    words: list[str], order: list[int]
) -> None:
    embedder = TrigramEmbedder()
    together = compared(embedder).of(words, order)
    for passage, found in zip(order, together, strict=True):
        [alone] = compared(embedder).of(words[:1], [passage])
        assert np.array_equal(found[:, :1], alone)


def test_what_is_forgotten_is_read_again(
    embedder: TrigramEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = compared(embedder).of(["brunnen"], [0, 1, 2])
    monkeypatch.setattr(likeness, "_WORDS", 3)
    small = compared(embedder)
    for _ in range(3):
        after = small.of(["brunnen"], [0, 1, 2])
        assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_many_threads_get_what_one_gets(embedder: TrigramEmbedder) -> None:
    words = [f"wort{number}" for number in range(200)]
    shared = compared(embedder)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda word: shared.of([word], [0, 1, 2]), words))
    for word, some in zip(words, found, strict=True):
        alone = compared(embedder).of([word], [0, 1, 2])
        assert all(np.array_equal(a, b) for a, b in zip(some, alone, strict=True))


@pytest.fixture(scope="module")
def shipped() -> SentenceEmbedder:
    return SentenceEmbedder(str(default_model()))


@pytest.mark.parametrize(
    ("asked", "like", "unlike"),
    [
        ("coup", "putsch", "brunnen"),
        ("otages", "geiseln", "brücke"),
        ("army", "armee", "banane"),
        ("killed", "getötet", "gekocht"),
        ("elections", "wahlen", "waffen"),
    ],
)
def test_the_shipped_model_knows_words_of_one_meaning(
    shipped: SentenceEmbedder, asked: str, like: str, unlike: str
) -> None:
    texts = [[[like]], [[unlike]]]
    near, far = WordLikeness(shipped, texts.__getitem__).of([asked], [0, 1])
    assert near[0, 0] > 0.5 > far[0, 0]


def test_vectors_of_words_are_of_length_one_or_none(shipped: SentenceEmbedder) -> None:
    vectors = shipped.word_vectors(["armee", "", "🙂", "ménaka"])
    lengths = np.linalg.norm(vectors, axis=1)
    assert lengths[[0, 3]] == pytest.approx(1, abs=1e-5)
    assert lengths[1] == 0


def test_what_people_ask_is_not_kept(embedder: TrigramEmbedder) -> None:
    asked = compared(embedder)
    asked.of(["geheim"], [0, 1, 2])
    assert "brunnen" in repr(asked)
    assert "geheim" not in repr(asked)
