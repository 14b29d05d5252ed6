"""Nearest vectors: exact, clamped to what there is, the same when read back."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.dense import DenseIndex, DenseWriter
from index.embed import Vectors
from index.errors import Damaged


def units(count: int, dimension: int = 8, seed: int = 0) -> Vectors:
    """`count` random vectors of length 1, shape `(count, dimension)`."""
    drawn = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    vectors: Vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return vectors


def written(vectors: Vectors, path: Path) -> Path:
    writer = DenseWriter(vectors.shape[1])
    writer.add(vectors)
    writer.write(path)
    return path


@given(st.integers(1, 30), st.integers(1, 60), st.integers(0, 1000))
def test_the_nearest_are_those_of_the_largest_cosine(held: int, asked: int, seed: int) -> None:
    vectors, question = units(held, seed=seed), units(1, seed=seed + 1)[0]
    found = DenseIndex.build(vectors).nearest(question, asked)
    cosines = vectors @ question
    assert len(found) == len(set(found)) == min(held, asked)
    assert np.allclose(cosines[found], np.sort(cosines)[::-1][: len(found)], atol=1e-6)


def test_a_vector_is_nearest_to_itself_with_cosine_one() -> None:
    vectors = units(20)
    index = DenseIndex.build(vectors)
    for number, vector in enumerate(vectors):
        assert index.nearest(vector, 1).tolist() == [number]
        assert index.cosines(vector, np.array([number])) == pytest.approx([1], abs=1e-6)


def test_cosines_come_in_the_order_asked_for() -> None:
    vectors = units(5)
    numbers = np.array([4, 0, 4, 2])
    found = DenseIndex.build(vectors).cosines(vectors[1], numbers)
    assert np.allclose(found, vectors[numbers] @ vectors[1], atol=1e-6)


def test_an_index_read_back_is_the_same(tmp_path: Path) -> None:
    vectors = units(7)
    written(vectors, tmp_path / "größe ?#.faiss")
    again = DenseIndex.read([tmp_path / "größe ?#.faiss"])
    assert (len(again), again.dimension) == (7, 8)
    assert np.allclose(again.cosines(vectors[0], np.arange(7)), vectors @ vectors[0], atol=1e-6)


@pytest.mark.parametrize("content", [None, b"", b"IxFI", b"nonsense" * 100])
def test_what_is_no_index_is_told_by_its_path(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "a.faiss").write_bytes(content)
    with pytest.raises(Damaged, match=r"a\.faiss: not a FAISS index"):
        DenseIndex.read([tmp_path / "a.faiss"])


def test_a_file_cut_off_anywhere_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.faiss"
    written(units(4), path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 5):
        path.write_bytes(whole[:length])
        with pytest.raises(Damaged):
            DenseIndex.read([path])


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.data())
def test_segments_are_searched_as_one_and_what_is_left_out_is_not_found(
    sizes: list[int], data: st.DataObject
) -> None:
    vectors = units(sum(sizes) + 1)[: sum(sizes)]
    if not len(vectors):
        return
    flags = st.lists(st.booleans(), min_size=len(vectors), max_size=len(vectors))
    living = np.array(data.draw(flags), dtype=np.bool_)
    with tempfile.TemporaryDirectory() as folder:
        ends = np.cumsum(sizes)
        paths = [
            written(vectors[end - size : end], Path(folder) / f"{place}.faiss")
            for place, (end, size) in enumerate(zip(ends, sizes, strict=True))
        ]
        index = DenseIndex.read(paths, living)
        question = units(1, seed=7)[0]
        numbers = np.flatnonzero(living)
        expected = numbers[np.argsort(-(vectors[numbers] @ question), kind="stable")]
        assert index.nearest(question, 4).tolist() == expected[:4].tolist()
        odd = np.arange(1, len(vectors), 2)
        allowed = [number for number in expected if number % 2]
        assert index.nearest(question, 3, odd).tolist() == allowed[:3]
        assert (index.vectors(numbers) == vectors[numbers]).all()
