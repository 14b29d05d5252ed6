"""The cross-encoder that ships: it tells a passage that answers from one that nearly does."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from index.cross_encoder import (
    FOLDER,
    MOST_ASKED,
    MOST_TOLD,
    WEIGHTS,
    CrossEncoder,
    batch,
    pieces,
    rounded,
    shipped,
    unpacked,
    whole,
)
from index.errors import ModelError

PASSAGE = ["Der Brunnen am Markt wurde 1990 gegraben.", "Bezahlt hat ihn ein Verein aus Köln."]


@pytest.mark.parametrize(
    ("told", "untold"),
    [
        ("Wer hat den Brunnen bezahlt?", "Wie viel hat der Brunnen gekostet?"),
        ("Who paid for the well?", "How much did the well cost?"),
        ("Qui a payé le puits ?", "Combien le puits a-t-il coûté ?"),
        ("Wann wurde der Brunnen gegraben?", "Wie tief ist der Brunnen?"),
        ("When was the well dug?", "How deep is the well?"),
        ("Quand le puits a-t-il été creusé ?", "Quelle est la profondeur du puits ?"),
    ],
)
def test_what_is_told_is_likelier_than_what_is_not(told: str, untold: str) -> None:
    assert shipped().read(told, PASSAGE) > shipped().read(untold, PASSAGE) + 1


def test_as_it_is_computed_here_it_says_what_was_trained() -> None:
    network, tokenizer = shipped().network(), shipped()._ready()[1]
    for question in ("Wer hat den Brunnen bezahlt?", "Wie tief?"):
        with torch.inference_mode():
            trained = float(network(*batch([pieces(tokenizer, question, PASSAGE)])))
        assert shipped().read(question, PASSAGE) == pytest.approx(trained, abs=0.2)


def test_a_pair_says_the_same_in_a_batch_and_alone() -> None:
    network, tokenizer = shipped().network(), shipped()._ready()[1]
    pairs = [
        pieces(tokenizer, question, passage)
        for question, passage in (("Wie tief?", PASSAGE), ("Wer zahlte den Brunnen?", PASSAGE[:1]))
    ]
    with torch.inference_mode():
        together = network(*batch(pairs, 16))
        alone = torch.stack([network(*batch([one]))[0] for one in pairs])
    assert torch.allclose(together, alone, atol=1e-4)


def test_what_is_too_long_is_cut_and_what_is_empty_is_read() -> None:
    tokenizer = shipped()._ready()[1]
    asked, told = pieces(tokenizer, "Wer? " * 500, PASSAGE * 100)
    assert len(asked) == MOST_ASKED + 2
    assert len(told) == MOST_TOLD + 2
    assert np.isfinite(shipped().read("Wer? " * 500, PASSAGE * 100))
    assert np.isfinite(shipped().read("", []))
    assert np.isfinite(shipped().read("\u200b", ["\ud800".encode("utf-8", "replace").decode()]))


def test_it_is_loaded_once() -> None:
    assert shipped() is shipped()
    assert shipped()._ready()[0] is shipped()._ready()[0]


def test_weights_are_kept_to_a_byte() -> None:
    given = {"layers.0.query.weight": torch.randn(5, 7), "norm.weight": torch.randn(7)}
    kept = rounded(given)
    assert kept["layers.0.query.weight"].dtype == torch.int8
    found = whole(kept)
    assert found.keys() == given.keys()
    largest = given["layers.0.query.weight"].abs().amax(1, keepdim=True)
    apart = (found["layers.0.query.weight"] - given["layers.0.query.weight"]).abs()
    assert bool((apart <= largest / 254 + 1e-6).all())


def test_four_bits_a_number() -> None:
    values = torch.tensor([[0x80, 0x01, *[0x88] * 14]], dtype=torch.uint8)
    found = unpacked(values, torch.tensor([[0.5]]))[0]
    assert found[:2].tolist() == [-4.0, -3.5]
    assert found[16:18].tolist() == [0.0, -4.0]
    assert not found[2:16].any()


@pytest.mark.parametrize("name", [WEIGHTS, "tokenizer.json"])
@pytest.mark.parametrize("broken", [b"", b"?", None])
def test_a_broken_file_is_one_line(tmp_path: Path, name: str, broken: bytes | None) -> None:
    folder = tmp_path / "cross-encoder"
    shutil.copytree(FOLDER, folder)
    path = folder / name
    if broken is None:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        path.write_bytes(broken)
    with pytest.raises(
        ModelError, match=rf"{name}: cannot be loaded \(.*; install again"
    ) as raised:
        CrossEncoder(folder).read("Wer?", PASSAGE)
    assert "\n" not in str(raised.value)
