"""Questions beside passages: what readers are trained on."""

import json
import random
from pathlib import Path

import pytest

from index.errors import TrainingDataError
from index.model.pairs import Pairs
from index.model.questions import name_of
from index.model.readings import Sources, _asked_of, read_unanswered
from index.model.reports import Affair
from index.model.rows import read_rows
from tests.index.model.test_pairs import write
from tests.index.model.test_texts import QUESTIONS, write_texts
from tests.index.model.test_train import lines


def write_sources(folder: Path) -> Sources:
    """Thirty passages with questions of every kind, and one affair, in `folder`."""
    pairs = write(folder, de_en=lines(90))
    texts = write_texts(folder / "texts")
    others = texts / "guide_train_MRC_transformers"
    others.mkdir()
    (others / "train-v2.0.json").write_text(json.dumps(QUESTIONS), "utf-8")
    german = Pairs.read(pairs, set()).german
    names = [name_of(german[begin : begin + 3]) for begin in range(0, 90, 3)]
    asked, unanswered = folder / "asked.jsonl", folder / "unanswered.jsonl"
    rows = [{"passage": one, "de": [f"Wie tief ist {n}?"]} for n, one in enumerate(names)]
    asked.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    nearly = [
        {"passage": one, "untold": {"de": [f"Wer grub {n}?"]}, "false": {"en": [f"Why dry {n}?"]}}
        for n, one in enumerate(names)
    ]
    unanswered.write_text("\n".join(map(json.dumps, nearly)), "utf-8")
    affair = {
        "passages": [
            {"language": "de", "text": f"Der Deich von Bandi brach {day}. Niemand kam um."}
            for day in ("am Montag", "nach der Ernte")
        ],
        "told": [{"passage": 1, "language": "fr", "question": "Quand la digue a-t-elle cédé ?"}],
        "untold": [
            {"language": "en", "question": "Who built the dyke?"},
            {"language": "fr", "question": "Quand la digue a-t-elle été bâtie ?", "passage": 1},
        ],
    }
    reports = folder / "reports.jsonl"
    reports.write_text("\n".join([json.dumps(affair)] * 14), "utf-8")
    return Sources(pairs, texts, folder, asked, unanswered, [reports])


def test_a_twin_is_asked_of_the_report_that_its_like_is_told_by() -> None:
    affair = Affair.model_validate(
        {
            "passages": [{"language": "en", "text": text} for text in ("A fell.", "B rose.")],
            "told": [{"passage": 1, "language": "en", "question": "Who rose?"}],
            "untold": [{"passage": 1, "language": "en", "question": "Who sank?"}],
        }
    )
    readings = list(_asked_of(affair, random.Random(1)))  # noqa: S311
    found = [(one.question, one.passage, one.kind, one.counts, one.times) for one in readings]
    assert found == [
        ("Who rose?", ("B rose.",), "told", 2.0, 3),
        ("Who rose?", ("A fell.",), "near", 1.0, 1),
        ("Who sank?", ("B rose.",), "twin", 2.0, 3),
    ]
    without = affair.model_copy(update={"untold": ()})
    again = _asked_of(without, random.Random(1))  # noqa: S311
    assert [one.times for one in again] == [1, 1]


@pytest.mark.parametrize("text", ["{", '{"passage": 1, "untold": []}', "[]"])
def test_a_broken_file_of_questions_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "unanswered.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(TrainingDataError, match=r"unanswered\.jsonl: no file of written questions"):
        read_unanswered(path)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '{"passages": [], "told": []}',
        '{"passages": [{"language": "nl", "text": "x"}], "told": [], "untold": []}',
        '{"passages": [], "told": [{"passage": 0, "language": "de", "question": "x"}],'
        ' "untold": []}',
        '{"passages": [{"language": "de", "text": "x"}], "told": [],'
        ' "untold": [{"passage": 1, "language": "de", "question": "x"}]}',
    ],
)
def test_a_broken_file_of_reports_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "reports.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(TrainingDataError, match=r"reports\.jsonl: no file of written questions"):
        read_rows(Affair, path)
