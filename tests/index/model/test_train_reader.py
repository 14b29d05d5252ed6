"""Training the reader, on a few passages: it ends in a file that opens for its model alone."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertModel

from index.attention import within_batch
from index.embed import SentenceEmbedder
from index.errors import ModelError
from index.model.train_reader import ReaderRecipe, begun_as, train_reader
from index.model.training import Course, Phase
from index.reader import Reader
from index.settings import default_model
from tests.index.model.test_readings import write_sources
from tests.index.test_reader import read

COURSE = Course(("layers.",), new_rate=1e-3, batch=8, block=32)
RECIPE = ReaderRecipe(Phase(64, 1e-3), Phase(16, 1e-4), course=COURSE)


def test_it_ends_in_a_reader_for_the_model_it_was_trained_on(tmp_path: Path) -> None:
    sources = write_sources(tmp_path)
    done: dict[str, tuple[int, int]] = {}

    def step(what: str, seen: int, total: int) -> None:
        done[what] = (seen, total)

    model, out = SentenceEmbedder(str(default_model())), tmp_path / "reader.safetensors"
    found = train_reader(sources, out, model, RECIPE, step)
    assert set(found) == {"all", "near", "untold", "false", "reports", "twin"}
    assert all(seen >= total for seen, total in done.values())
    assert set(done) == {"comparing", "embedding", "training", "training further"}
    reader = Reader.of(model, out)
    assert reader
    done.clear()
    train_reader(sources, out, model, RECIPE, step, begin=out)
    assert set(done) == {"comparing", "embedding", "training further"}
    with pytest.raises(ModelError, match="no reader for this model"):
        train_reader(sources, out, model, RECIPE, step, begin=tmp_path / "none")
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
