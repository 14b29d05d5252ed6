"""Nearest vectors: the same from FAISS files and from Milvus, exact, clamped to what there is."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.dense import DenseIndex, DenseSegment, Flags
from index.embed import Vectors
from index.errors import Damaged
from index.on_faiss import DenseWriter, FaissSegment
from index.on_milvus import Address, Milvus

Kept = Callable[[Vectors], DenseSegment]


def units(count: int, dimension: int = 8, seed: int = 0) -> Vectors:
    """`count` random vectors of length 1, shape `(count, dimension)`."""
    drawn = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    vectors: Vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return vectors


def written(vectors: Vectors, path: Path, exact_up_to: int = 1_000) -> Path:
    with DenseWriter(path, vectors.shape[1], exact_up_to=exact_up_to) as writer:
        writer.add(vectors)
        writer.write()
    return path


def read(path: Path) -> DenseIndex:
    return DenseIndex.of([FaissSegment.read(path)])


def check_searched_as_one(index: DenseIndex, vectors: Vectors, living: Flags) -> None:
    """The nearest are those that brute force finds among the living, all of them or the odd."""
    question = units(1, seed=7)[0]
    numbers = np.flatnonzero(living)
    expected = numbers[np.argsort(-(vectors[numbers] @ question), kind="stable")]
    assert index.nearest(question, 4).tolist() == expected[:4].tolist()
    odd = np.arange(1, len(vectors), 2)
    allowed = [number for number in expected if number % 2]
    assert index.nearest(question, 3, odd).tolist() == allowed[:3]
    assert (index.vectors(numbers) == vectors[numbers]).all()


@pytest.fixture(scope="module")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Milvus:
    """Milvus Lite, in this process."""
    path = tmp_path_factory.mktemp("milvus") / "dense.db"
    return Milvus.connect(Address(str(path)))


@pytest.fixture(scope="module", params=["FAISS", "Milvus"])
def keep(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, milvus: Milvus
) -> Iterator[Kept]:
    """Keeps vectors as a segment, in either store."""
    folder, numbers = tmp_path_factory.mktemp("faiss"), itertools.count()

    def in_faiss(vectors: Vectors) -> DenseSegment:
        return FaissSegment.read(written(vectors, folder / f"{next(numbers)}.faiss"))

    def in_milvus(vectors: Vectors) -> DenseSegment:
        name = f"kept_{next(numbers)}"
        milvus.write_vectors(name, in_faiss(vectors))
        return milvus.segment(name)

    yield in_faiss if request.param == "FAISS" else in_milvus
    for name in milvus.collections():
        milvus.drop(name)


@pytest.mark.parametrize(("held", "asked", "seed"), [(1, 1, 0), (1, 60, 1), (30, 7, 2), (9, 9, 3)])
def test_the_nearest_are_those_of_the_largest_cosine(
    keep: Kept, held: int, asked: int, seed: int
) -> None:
    vectors, question = units(held, seed=seed), units(1, seed=seed + 1)[0]
    found = DenseIndex.of([keep(vectors)]).nearest(question, asked)
    cosines = vectors @ question
    assert len(found) == len(set(found)) == min(held, asked)
    assert np.allclose(cosines[found], np.sort(cosines)[::-1][: len(found)], atol=1e-6)


def test_a_vector_is_nearest_to_itself_with_cosine_one(keep: Kept) -> None:
    vectors = units(20)
    index = DenseIndex.of([keep(vectors)])
    assert (len(index), index.dimension) == (20, 8)
    for number, vector in enumerate(vectors):
        assert index.nearest(vector, 1).tolist() == [number]
        assert index.cosines(vector, np.array([number])) == pytest.approx([1], abs=1e-6)


def test_cosines_and_vectors_come_in_the_order_asked_for(keep: Kept) -> None:
    vectors = units(5)
    numbers = np.array([4, 0, 4, 2])
    index = DenseIndex.of([keep(vectors)])
    found = index.cosines(vectors[1], numbers)
    assert np.allclose(found, vectors[numbers] @ vectors[1], atol=1e-6)
    assert (index.vectors(numbers) == vectors[numbers]).all()
    assert (index.vector(3) == vectors[3]).all()


@pytest.mark.parametrize("sizes", [(1,), (3, 0, 4), (9, 1), (2, 9, 5)])
@pytest.mark.parametrize("seed", range(3))
def test_segments_are_searched_as_one_and_what_is_left_out_is_not_found(
    keep: Kept, sizes: tuple[int, ...], seed: int
) -> None:
    vectors = units(sum(sizes))
    living = np.random.default_rng(seed).random(len(vectors)) < 0.6
    ends = np.cumsum(sizes)
    parts = [vectors[end - size : end] for size, end in zip(sizes, ends, strict=True)]
    index = DenseIndex.of([keep(part) for part in parts if len(part)], living)
    check_searched_as_one(index, vectors, living)


def test_an_index_read_back_is_the_same(tmp_path: Path) -> None:
    vectors = units(7)
    again = read(written(vectors, tmp_path / "größe ?#.faiss"))
    assert (len(again), again.dimension) == (7, 8)
    assert np.allclose(again.cosines(vectors[0], np.arange(7)), vectors @ vectors[0], atol=1e-6)


@pytest.mark.parametrize("content", [None, b"", b"IxFI", b"IwSq", b"nonsense" * 100])
def test_what_is_no_index_is_told_by_its_path(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "a.faiss").write_bytes(content)
    with pytest.raises(Damaged, match=r"a\.faiss: not a FAISS index"):
        read(tmp_path / "a.faiss")


@pytest.mark.parametrize(("count", "exact_up_to"), [(4, 4), (40, 4)])
def test_a_file_cut_off_anywhere_is_told(tmp_path: Path, count: int, exact_up_to: int) -> None:
    path = written(units(count), tmp_path / "a.faiss", exact_up_to)
    whole = path.read_bytes()
    for length in range(0, len(whole), 5):
        path.write_bytes(whole[:length])
        with pytest.raises(Damaged):
            read(path)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.data())
def test_so_it_is_whatever_the_segments(sizes: list[int], data: st.DataObject) -> None:
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
        index = DenseIndex.of([FaissSegment.read(path) for path in paths], living)
        check_searched_as_one(index, vectors, living)


@pytest.fixture(scope="module")
def grouped() -> Vectors:
    """2,000 vectors in 40 groups, as passages of 40 subjects would be; shape `(2000, 32)`."""
    drawn = np.repeat(units(40, 32), 50, axis=0) + 0.6 * units(2_000, 32, seed=1)
    vectors: Vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return vectors


@pytest.fixture(scope="module")
def inverted(grouped: Vectors, tmp_path_factory: pytest.TempPathFactory) -> DenseIndex:
    path = written(grouped, tmp_path_factory.mktemp("inverted") / "a.faiss", exact_up_to=100)
    assert path.stat().st_size < grouped.nbytes / 2
    return read(path)


def test_a_large_segment_keeps_a_byte_a_dimension_and_finds_nearly_all(
    grouped: Vectors, inverted: DenseIndex
) -> None:
    found = inverted.vectors(np.arange(len(grouped)))
    assert np.abs((found * grouped).sum(axis=1) - 1).max() < 0.005
    hits = [
        len(set(inverted.nearest(vector, 10)) & set(np.argsort(-(grouped @ vector))[:10]))
        for vector in grouped[::20]
    ]
    assert sum(hits) / (10 * len(hits)) > 0.9


def test_in_a_large_segment_only_what_may_be_found_is(
    grouped: Vectors, inverted: DenseIndex, tmp_path: Path
) -> None:
    # In the last group and far from the first: other lists must be looked at.
    among = np.arange(1_950, 2_000)
    assert set(inverted.nearest(grouped[0], 50, among)) == set(among)
    living = np.zeros(2_000, dtype=np.bool_)
    living[[3, 1_999]] = True
    path = written(grouped, tmp_path / "a.faiss", exact_up_to=100)
    assert set(DenseIndex.of([FaissSegment.read(path)], living).nearest(grouped[0], 9)) == {
        3,
        1_999,
    }
    assert DenseIndex.of([FaissSegment.read(path)], living).nearest(
        grouped[0], 9, among
    ).tolist() == [1_999]


def test_small_and_large_segments_are_searched_as_one(grouped: Vectors, tmp_path: Path) -> None:
    paths = [
        written(grouped[:1_900], tmp_path / "a.faiss", exact_up_to=100),
        written(grouped[1_900:], tmp_path / "b.faiss", exact_up_to=100),
    ]
    index = DenseIndex.of([FaissSegment.read(path) for path in paths])
    for number in (0, 1_899, 1_900, 1_999):
        assert index.nearest(grouped[number], 1).tolist() == [number]
        assert index.cosines(grouped[number], np.array([number])) == pytest.approx([1], abs=0.005)


def test_a_disk_that_is_full_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.faiss").mkdir()
    with DenseWriter(tmp_path / "a.faiss", 8) as writer:
        writer.add(units(3))
        with pytest.raises(OSError, match="writing failed, is the disk full"):
            writer.write()
