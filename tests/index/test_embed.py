"""The embedding model: what its fingerprint tells, and what it must not give."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from index.embed import SentenceEmbedder
from index.errors import ModelError

WORDS = {"[UNK]": 0, "Brunnen": 1, "Markt": 2, "kaputt": 3}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of three words, the last of which it has no numbers for."""
    tokenizer = Tokenizer(WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    weights = np.array([[1, 1, 1], [1, 0, 0], [0, 3, 4], [np.nan] * 3], dtype=np.float32)
    embedding = StaticEmbedding(tokenizer, embedding_weights=weights)
    folder = tmp_path_factory.mktemp("models") / "tiny"
    SentenceTransformer(modules=[embedding], device="cpu").save(str(folder))
    return folder


def test_a_model_without_layers_cannot_be_read_from(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"tiny: .*no layers to read from"):
        SentenceEmbedder(str(folder)).read_questions(["Markt"])


def test_vectors_have_length_one_and_the_order_of_the_texts(folder: Path) -> None:
    embedder = SentenceEmbedder(str(folder))
    found = embedder.embed_passages(["Markt", "Brunnen", "Markt"])
    assert found.shape == (3, 3)
    assert found.dtype == np.float32
    assert np.allclose(found, np.array([[0, 0.6, 0.8], [1, 0, 0], [0, 0.6, 0.8]]), atol=1e-6)
    assert np.allclose(embedder.embed_questions(["Markt"])[0], [0, 0.6, 0.8], atol=1e-6)


def test_vectors_that_are_not_numbers_are_refused(folder: Path) -> None:
    embedder = SentenceEmbedder(str(folder))
    with pytest.raises(ModelError, match="vectors that are not numbers"):
        embedder.embed_questions(["kaputt"])[0]
    with pytest.raises(ModelError, match="vectors that are not numbers"):
        embedder.embed_passages(["Markt", "kaputt"])


def test_the_fingerprint_tells_models_and_prompts_apart_but_not_places(
    folder: Path, tmp_path: Path
) -> None:
    same = SentenceEmbedder(str(folder)).fingerprint
    shutil.copytree(folder, tmp_path / "elsewhere")
    assert SentenceEmbedder(str(tmp_path / "elsewhere")).fingerprint == same
    others = {
        SentenceEmbedder(str(folder), query_prompt="query: ").fingerprint,
        SentenceEmbedder(str(folder), passage_prompt="query: ").fingerprint,
        SentenceEmbedder("some/model").fingerprint,
        SentenceEmbedder("other/model").fingerprint,
    }
    assert len(others | {same}) == 5


def test_a_changed_file_changes_the_fingerprint_and_a_readme_does_not(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"1")
    before = SentenceEmbedder(str(tmp_path)).fingerprint
    (tmp_path / "README.md").write_text("about")
    assert SentenceEmbedder(str(tmp_path)).fingerprint == before
    (tmp_path / "weights.bin").write_bytes(b"2")
    assert SentenceEmbedder(str(tmp_path)).fingerprint != before


@pytest.mark.parametrize(
    ("model", "name"), [("some/hub-name", "some/hub-name"), ("minilm", "minilm")]
)
def test_a_hub_name_is_its_own_name(model: str, name: str) -> None:
    assert SentenceEmbedder(model).name == name


def test_a_folder_is_called_by_its_last_part(folder: Path) -> None:
    assert SentenceEmbedder(str(folder)).name == "tiny"
