"""The reader that ships: it tells a passage that answers from one that is about the same."""

from pathlib import Path

import numpy as np
import pytest
import torch

from index.embed import SentenceEmbedder, Vectors
from index.errors import ModelError
from index.pieces import Pieces
from index.reader import Reader, padded
from index.settings import default_model
from tests.conftest import TrigramEmbedder

PASSAGES = [
    "Der Brunnen am Markt ist zwölf Meter tief.",
    "Der Brunnen am Markt wurde 1990 von der Gemeinde gegraben.",
]


def read(reader: Reader, question: str, passages: list[str]) -> Vectors:
    """What the reader says of passages of one sentence each."""
    _, [asked] = reader.questions([question])
    return reader.read(asked, [reader.sentences([one])[1] for one in passages])


@pytest.fixture(scope="module")
def reader() -> Reader:
    found = Reader.of(SentenceEmbedder(str(default_model())))
    assert found
    return found


@pytest.mark.parametrize(
    ("question", "right"),
    [
        ("Wie tief ist der Brunnen am Markt?", 0),
        ("How deep is the well at the market?", 0),
        ("Quelle est la profondeur du puits du marché ?", 0),
        ("Wer hat den Brunnen am Markt gegraben?", 1),
        ("Who dug the well at the market?", 1),
        ("Qui a creusé le puits du marché ?", 1),
    ],
)
def test_the_passage_that_tells_is_read_as_likelier(
    reader: Reader, question: str, right: int
) -> None:
    assert int(read(reader, question, PASSAGES).argmax()) == right


def test_what_is_read_does_not_depend_on_what_else_is(reader: Reader) -> None:
    long = " ".join(PASSAGES * 8)
    together = read(reader, "Wie tief ist der Brunnen?", [*PASSAGES, long])
    alone = [read(reader, "Wie tief ist der Brunnen?", [one])[0] for one in (*PASSAGES, long)]
    assert np.allclose(together, alone, atol=0.1)
    assert read(reader, "Wie tief?", []).shape == (0,)


@pytest.mark.parametrize("times", [1, 3, 16])
def test_what_is_read_without_padding_is_what_was_trained_with_it(
    reader: Reader, times: int
) -> None:
    network = reader.network()
    _, [asked] = reader.questions(["Wie tief ist der Brunnen am Markt?"])
    rows = reader.sentences([*PASSAGES, " ".join(PASSAGES * times), "Kurz."])[1]
    passages = [Pieces.of(one) for one in rows]
    with torch.inference_mode():
        with_padding = network(padded([asked] * len(passages)), padded(passages))
        assert torch.allclose(network.read(asked, passages), with_padding, atol=1e-3)


def test_a_passage_is_read_sentence_by_sentence(reader: Reader) -> None:
    _, [asked] = reader.questions(["Wie tief ist der Brunnen?"])
    _, apart = reader.sentences(PASSAGES)
    _, [joined] = reader.sentences([" ".join(PASSAGES)])
    assert sum(map(len, apart)) == len(joined)  # no marks of beginning and end between them
    both = reader.read(asked, [apart, [joined]])
    assert np.isfinite(both).all()
    assert both[0] > reader.read(asked, [apart[1:]])[0]


def test_what_has_no_words_is_read_too(reader: Reader) -> None:
    empty = read(reader, "Wie tief?", ["\u200b", PASSAGES[0]])
    assert np.isfinite(empty).all()
    assert empty[0] < empty[1]


def test_questions_and_sentences_have_the_vectors_they_have_unread(reader: Reader) -> None:
    embedder = SentenceEmbedder(str(default_model()))
    assert np.allclose(reader.questions(PASSAGES)[0], embedder.embed_questions(PASSAGES), atol=1e-5)
    same = np.sum(reader.sentences(PASSAGES)[0] * embedder.embed_passages(PASSAGES), axis=1)
    assert np.allclose(same, 1, atol=1e-4)


def test_another_model_has_no_reader() -> None:
    assert Reader.of(TrigramEmbedder()) is None
    assert Reader.of(SentenceEmbedder(str(default_model()), query_prompt="query: ")) is None


def test_a_broken_reader_is_one_line(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    embedder = SentenceEmbedder(str(default_model()))
    broken = tmp_path / "reader.safetensors"
    save_file({"x": np.zeros(1)}, broken, metadata={"model": embedder.fingerprint})
    found = Reader.of(embedder, broken)
    assert found
    with pytest.raises(ModelError, match=r"reader\.safetensors: cannot be loaded"):
        read(found, "Wie tief?", PASSAGES)
    broken.write_bytes(b"?")
    with pytest.raises(ModelError, match=r"reader\.safetensors: cannot be loaded"):
        Reader.of(embedder, broken)
