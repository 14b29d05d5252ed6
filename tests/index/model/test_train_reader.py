"""Training the reader, on a few passages: it ends in a file that opens for its model alone."""

import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertModel

from index.attention import within_batch
from index.embed import SentenceEmbedder
from index.errors import ModelError, TrainingDataError
from index.model.pairs import Pairs
from index.model.questions import name_of
from index.model.reports import Affair
from index.model.rows import read_rows
from index.model.train_reader import (
    Phase,
    ReaderRecipe,
    _asked_of,
    begun_as,
    read_unanswered,
    train_reader,
)
from index.reader import Reader
from index.settings import default_model
from tests.index.model.test_pairs import write
from tests.index.model.test_texts import QUESTIONS, write_texts
from tests.index.model.test_train import lines
from tests.index.test_reader import read

RECIPE = ReaderRecipe(Phase(64, 1e-3), Phase(16, 1e-4), batch=8, block=32)


def test_it_ends_in_a_reader_for_the_model_it_was_trained_on(tmp_path: Path) -> None:
    pairs = write(tmp_path, de_en=lines(90))
    texts = write_texts(tmp_path / "texts")
    others = texts / "guide_train_MRC_transformers"
    others.mkdir()
    (others / "train-v2.0.json").write_text(json.dumps(QUESTIONS), "utf-8")
    german = Pairs.read(pairs, set()).german
    names = [name_of(german[begin : begin + 3]) for begin in range(0, 90, 3)]
    asked, unanswered = tmp_path / "asked.jsonl", tmp_path / "unanswered.jsonl"
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
    reports = tmp_path / "reports.jsonl"
    reports.write_text("\n".join([json.dumps(affair)] * 14), "utf-8")
    done: dict[str, tuple[int, int]] = {}

    def step(what: str, seen: int, total: int) -> None:
        done[what] = (seen, total)

    model, out = SentenceEmbedder(str(default_model())), tmp_path / "reader.safetensors"
    found = train_reader(
        pairs, texts, out, model, tmp_path, RECIPE, step, asked, unanswered, [reports]
    )
    assert set(found) == {"all", "near", "untold", "false", "reports", "twin"}
    assert all(seen >= total for seen, total in done.values())
    assert set(done) == {"comparing", "embedding", "training", "training further"}
    reader = Reader.of(model, out)
    assert reader
    done.clear()
    train_reader(
        pairs, texts, out, model, tmp_path, RECIPE, step, asked, unanswered, [reports], begin=out
    )
    assert set(done) == {"comparing", "embedding", "training further"}
    with pytest.raises(ModelError, match="no reader for this model"):
        train_reader(pairs, texts, out, model, tmp_path, RECIPE, step, begin=tmp_path / "none")
    assert np.isfinite(read(reader, "Wie tief?", ["Der Brunnen ist tief.", "Nein."])).all()
    assert Reader.of(SentenceEmbedder(str(default_model()), query_prompt="query: "), out) is None


def test_its_layers_begin_as_those_above_what_it_is_given() -> None:
    text = "Der Brunnen am Markt ist zwölf Meter tief."
    model = BertModel.from_pretrained(str(default_model()), dtype=torch.float32)
    model.train(False)
    embedder = SentenceEmbedder(str(default_model()))
    _, [pieces] = embedder.read_questions([text])
    given = torch.from_numpy(pieces.vectors)[None]
    found, there = given, torch.ones(given.shape[:2], dtype=torch.bool)
    with torch.inference_mode():
        for layer in begun_as(embedder).layers:
            found = layer(found, found, within_batch(there))
        expected = model(torch.from_numpy(pieces.numbers)[None].long()).last_hidden_state
    likeness = torch.cosine_similarity(found, expected, dim=-1)
    assert likeness.min() > 0.99  # but for products in bfloat16
    assert torch.cosine_similarity(given, expected, dim=-1).max() < 0.99


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


def test_a_model_of_other_layers_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(default_model(), folder)
    config = folder / "config.json"
    text = config.read_text("utf-8")
    config.write_text(
        text.replace('"num_attention_heads": 12', '"num_attention_heads": 6'), "utf-8"
    )
    with pytest.raises(ModelError, match="the reader goes on with layers like the shipped model's"):
        begun_as(SentenceEmbedder(str(folder)))


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
