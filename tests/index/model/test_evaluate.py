"""Measures of retrieval, on scores whose ranks are plain to see, and on files that are broken."""

from pathlib import Path

import numpy as np
import pytest

from index.errors import TrainingDataError
from index.model.evaluate import Reading, ranked


def test_ranks_become_recall_and_mrr() -> None:
    scores = np.array([[3, 2, 1], [3, 2, 1], [3, 2, 1]])
    found = ranked("task", scores, np.array([0, 1, 2]))
    assert found.recall_1 == pytest.approx(1 / 3)
    assert found.recall_5 == 1
    assert found.mrr == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)


def test_a_score_shared_by_all_is_not_a_hit() -> None:
    found = ranked("task", np.zeros((1, 9)), np.array([0]))
    assert found.recall_1 == 0
    assert found.mrr == pytest.approx(1 / 5)


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[]", b'{"data": [{"paragraphs": [{}]}]}'])
def test_a_broken_file_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "set.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TrainingDataError, match=r"set\.json: (cannot be read|not a file of)"):
        Reading.read(path)
