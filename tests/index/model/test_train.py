"""Training, on a few sentences: it ends in a model that opens, and goes on where it was cut off."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel

from index.embed import SentenceEmbedder
from index.errors import TrainingDataError
from index.model.train import FINAL, FURTHER, LAST, Recipe, move_back, train, train_all
from index.model.wording import WIDTH
from index.reader import Reader
from index.settings import default_model, teacher_model
from tests.index.model.test_pairs import write
from tests.index.model.test_texts import write_texts

RECIPE = Recipe(examples=48, batch_examples=8, checkpoint_every=2)


@pytest.fixture
def teacher() -> Path:
    folder = teacher_model()
    if folder is None:
        pytest.skip("the teacher model is not installed (extra 'train')")
    return folder


def lines(count: int) -> list[str]:
    return [
        f"Der Brunnen Nummer {n} ist {n * 7} Meter tief.\tWell number {n} is {n * 7} metres deep."
        for n in range(count)
    ]


def test_a_cut_off_training_goes_on_and_ends_in_a_model_that_opens(
    tmp_path: Path, teacher: Path
) -> None:
    pairs = write(tmp_path, de_en=lines(60))
    texts = write_texts(tmp_path / "texts")
    seen: list[int] = []

    def stop_half_way(examples: int, total: int, cosine: float) -> None:
        seen.append(examples)
        if examples >= total // 2:
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        train(pairs, texts, out, teacher, tmp_path, RECIPE, stop_half_way)
    assert not (out / FINAL).exists()
    with pytest.raises(TrainingDataError, match="has another training; remove it"):
        train(pairs, texts, out, teacher, tmp_path, Recipe(examples=9), lambda *_: None)
    seen.clear()
    final = train(pairs, texts, out, teacher, tmp_path, RECIPE, lambda n, _, __: seen.append(n))
    assert seen[0] > 8
    assert seen[-1] >= RECIPE.examples
    vectors = SentenceEmbedder(str(final)).embed_passages(["Der Brunnen ist tief.", "Quatsch"])
    assert vectors.shape == (2, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    whole = SentenceEmbedder(str(final), whole=True).embed_passages(["Der Brunnen ist tief."])
    assert whole.shape == (1, 384 + WIDTH)
    with pytest.raises(TrainingDataError, match="trained already; remove it"):
        train(pairs, texts, out, teacher, tmp_path, RECIPE, lambda *_: None)


def test_the_whole_course_goes_on_where_it_was_and_ends_in_a_model(
    tmp_path: Path, teacher: Path
) -> None:
    pairs, texts = write(tmp_path, de_en=lines(60)), write_texts(tmp_path / "texts")
    out = tmp_path / "out"
    told: list[tuple[int, int]] = []

    def stop_after_the_second(seen: int, total: int, cosine: float) -> None:
        told.append((seen, total))
        if (out / "further" / FINAL).exists():
            raise KeyboardInterrupt

    course = pairs, texts, out, teacher, tmp_path
    with pytest.raises(KeyboardInterrupt):
        train_all(*course, stop_after_the_second, share=1e-4)
    assert sorted(folder.parent.name for folder in out.glob(f"*/{FINAL}")) == ["first", "further"]
    before = (out / "first" / FINAL / "model.safetensors").stat().st_mtime_ns
    final = train_all(*course, lambda seen, total, _: told.append((seen, total)), share=1e-4)
    assert final == out / "again" / FINAL
    assert (out / "first" / FINAL / "model.safetensors").stat().st_mtime_ns == before
    assert {total for _, total in told} == {39 + 15 + 10 + 10}
    assert max(seen for seen, _ in told) >= 74
    assert SentenceEmbedder(str(final)).embed_passages(["Der Brunnen ist tief."]).shape == (1, 384)
    with pytest.raises(TrainingDataError, match="trained already"):
        train_all(*course, lambda *_: None, share=1e-4)


def gone_on(folder: Path, teacher: Path, recipe: Recipe) -> Path:
    """The model that a training gives that goes on from the shipped one."""
    pairs, texts = write(folder, de_en=lines(60)), write_texts(folder / "texts")
    begin, out = default_model(), folder / "out"
    return train(pairs, texts, out, teacher, folder, recipe, lambda *_: None, begin)


def test_a_training_goes_on_from_a_model_and_keeps_its_word_pieces(
    tmp_path: Path, teacher: Path
) -> None:
    begin = default_model()
    final = gone_on(tmp_path, teacher, replace(FURTHER, examples=24, batch_examples=8))
    before, after = SentenceEmbedder(str(begin)), SentenceEmbedder(str(final))
    vocabulary = [
        json.loads((one / "tokenizer.json").read_bytes())["model"]["vocab"]
        for one in (begin, final)
    ]
    assert vocabulary[0] == vocabulary[1]
    vectors = [model.embed_passages(["Der Brunnen ist tief."])[0] for model in (before, after)]
    assert vectors[0] @ vectors[1] > 0.9
    assert not np.array_equal(*vectors)


def test_the_last_layers_are_trained_alone_and_the_reader_reads_as_before(
    tmp_path: Path, teacher: Path
) -> None:
    begin = default_model()
    final = gone_on(tmp_path, teacher, replace(LAST, examples=120, batch_questions=8))
    weights = [AutoModel.from_pretrained(one).state_dict() for one in (begin, final)]
    changed = {
        name for name, weight in weights[0].items() if not torch.equal(weight, weights[1][name])
    }
    assert changed
    assert all(name.startswith(("encoder.layer.4.", "encoder.layer.5.")) for name in changed)
    before, after = SentenceEmbedder(str(begin)), SentenceEmbedder(str(final))
    assert Reader.of(after) is None
    readers = [Reader.of(before), Reader.of(after, final.with_name("reader.safetensors"))]
    read = []
    for reader in readers:
        assert reader
        [question] = reader.questions(["Wie tief ist der Brunnen?"])[1]
        passages = reader.sentences(["Der Brunnen ist 30 Meter tief.", "Es regnet."])[1]
        read.append(reader.read(question, [[one] for one in passages]))
    assert np.array_equal(read[0], read[1])
    assert read[0][0] > read[0][1]


def test_of_a_training_that_goes_on_as_much_is_kept_as_wanted() -> None:
    begin = default_model()
    before = AutoModel.from_pretrained(begin, dtype=torch.float32).state_dict()
    for kept in (0.0, 0.25, 1.0):
        student = AutoModel.from_pretrained(begin, dtype=torch.float32)
        with torch.no_grad():
            for weight in student.parameters():
                weight.add_(0.5)
        move_back(student, before, kept)
        for name, weight in student.named_parameters():
            assert torch.allclose(weight, before[name] + 0.5 * (1 - kept), atol=1e-5)


def test_the_rate_of_learning_falls_twice_or_once() -> None:
    rates = [Recipe().rate(1000, examples) for examples in range(0, 390_000, 1000)]
    assert np.flatnonzero(np.diff(rates) > 0).tolist() == [259]
    once = [FURTHER.rate(1000, examples) for examples in range(0, FURTHER.examples + 1, 1000)]
    assert once == sorted(once, reverse=True)
    assert once[0] == 1.0
    assert once[-1] == 0.02


def test_the_shipped_model_is_small_and_computes_in_single_precision() -> None:
    from sentence_transformers import SentenceTransformer

    folder = default_model()
    assert sum(path.stat().st_size for path in folder.rglob("*")) <= 60 * 2**20
    model = SentenceTransformer(str(folder), local_files_only=True)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert model.max_seq_length == 256
