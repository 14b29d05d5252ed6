"""What runs the model best: `python -m tests.bench.backends` (extra `bench`).

The shipped model by torch in single precision, in bfloat16, as it is in use, and in eight bits, and
by ONNX Runtime in single precision and in eight bits. Times are taken by turns, so that what else
the machine does hits all alike; recall is measured where ../shared/eval is.
"""

import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from sentence_transformers import SentenceTransformer
from transformers.utils import logging

from index.chunk import Chunker
from index.corpus import read_corpus
from index.embed import FEW, Vectors, keep_meaning
from index.evaluate import read_questions
from index.model.evaluate import evaluate_model
from index.packed import pack
from index.segment import embedding_text
from index.settings import default_model

ROOT = Path(__file__).parents[2]
SETS = ROOT.parent / "shared" / "eval"
#: Rounds; questions in a round, each alone on one thread; passages in a round, on all threads.
_ROUNDS, _ASKED, _READ = 8, 40, 64
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_CORES = torch.get_num_threads()


@dataclass(frozen=True)
class Backend:
    """The model, run in one way; an `Embedder` as far as the evaluation needs one."""

    name: str
    model: SentenceTransformer
    around: Callable[[], AbstractContextManager[object]] = nullcontext

    def embed_questions(self, texts: list[str]) -> Vectors:
        return self.embed_passages(texts)

    def embed_passages(self, texts: list[str]) -> Vectors:
        with self.around():
            found = self.model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        return np.ascontiguousarray(found, dtype=np.float32)


class OnnxBody(torch.nn.Module):
    """Stands where the transformer stood; ONNX Runtime does its work."""

    def __init__(self, file: Path, config: Any) -> None:
        import onnxruntime

        super().__init__()
        self.config = config
        self._sessions = {}
        for threads in (1, _CORES):
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads, options.log_severity_level = threads, 3
            self._sessions[threads] = onnxruntime.InferenceSession(str(file), options)

    @property
    def dtype(self) -> torch.dtype:
        return torch.float32

    def forward(self, **given: torch.Tensor) -> dict[str, torch.Tensor]:
        session = self._sessions[torch.get_num_threads()]
        [states] = session.run(None, {name: given[name].numpy() for name in _INPUTS})
        return {"last_hidden_state": torch.from_numpy(states)}


def backends(folder: Path) -> Iterator[Backend]:
    """Each of them, ready to run; files are written to `folder`."""
    yield Backend("torch, single", _opened())

    def autocast() -> AbstractContextManager[object]:
        return torch.autocast("cpu", dtype=torch.bfloat16)

    yield Backend("torch, products in bfloat16", _opened(), autocast)
    packed = _opened()
    pack(packed, few=FEW)
    yield Backend("the same, packed (in use)", packed, autocast)
    yield Backend("torch, bfloat16", _opened("bfloat16"))
    from torch.ao.quantization import per_channel_dynamic_qconfig, quantize_dynamic

    small = _opened()
    linear = {torch.nn.Linear: per_channel_dynamic_qconfig}
    eighth: Any = quantize_dynamic
    _put(small, eighth(_body(small), linear, dtype=torch.qint8))
    yield Backend("torch, eight bits", small)
    single, eight = folder / "single.onnx", folder / "eight.onnx"
    _export(single)
    from onnxruntime.quantization import QuantType
    from onnxruntime.quantization import quantize_dynamic as quantize_onnx

    quantize_onnx(
        single,
        eight,
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"WeightSymmetric": True, "DefaultTensorType": 1},
    )
    for name, file in (("ONNX, single", single), ("ONNX, eight bits", eight)):
        model = _opened()
        _put(model, OnnxBody(file, _body(model).config))
        yield Backend(name, model)


def main() -> None:
    """Prints a table."""
    warnings.simplefilter("ignore")
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    asked = [one.question for one in read_questions(ROOT / "tests" / "eval" / "corpus.jsonl")]
    articles = read_corpus(ROOT / "corpus")
    texts = [embedding_text(one, chunk) for one in articles for chunk in Chunker().cut(one).chunks]
    with tempfile.TemporaryDirectory() as folder:
        run = list(backends(Path(folder)))
    asked, texts = asked[:: len(asked) // _ASKED], texts[:: len(texts) // _READ]
    rounds = [[_timed(one, asked, texts) for one in run] for _ in range(_ROUNDS + 1)][1:]
    exact = run[0].embed_passages(texts)
    tasks: list[str] = []
    table = Table("back end", "a question, ms", "passages/s", "times the first's", "1 - cosine")
    rows = []
    for place, one in enumerate(run):
        question = statistics.median(turn[place][0] for turn in rounds)
        passages = statistics.median(turn[place][1] for turn in rounds)
        faster = statistics.median(turn[place][1] / turn[0][1] for turn in rounds)
        away = float((1 - (one.embed_passages(texts) * exact).sum(axis=1)).max())
        row = [one.name, f"{question:.1f}", f"{passages:.0f}", f"{faster:.2f}", f"{away:.0e}"]
        if SETS.is_dir():
            results = list(islice(evaluate_model(one, SETS), 5))  # type: ignore[arg-type]
            tasks = [result.task for result in results]
            row += [f"{result.recall_1:.3f}" for result in results]
        rows.append(row)
    for task in tasks:
        table.add_column(task)
    for row in rows:
        table.add_row(*row)
    Console(width=120).print(table)


def _timed(backend: Backend, asked: list[str], texts: list[str]) -> tuple[float, float]:
    """Median milliseconds a question on one thread, and passages a second on all."""
    torch.set_num_threads(1)
    taken = []
    for text in asked:
        began = time.perf_counter()
        backend.embed_questions([text])
        taken.append(1000 * (time.perf_counter() - began))
    torch.set_num_threads(_CORES)
    began = time.perf_counter()
    backend.embed_passages(texts)
    return statistics.median(taken), len(texts) / (time.perf_counter() - began)


def _opened(dtype: str = "float32") -> SentenceTransformer:
    model = SentenceTransformer(
        str(default_model()), local_files_only=True, model_kwargs={"dtype": dtype}
    )
    keep_meaning(model)
    return model


def _body(model: SentenceTransformer) -> Any:
    return model.transformers_model


def _put(model: SentenceTransformer, body: torch.nn.Module) -> None:
    first: Any = model[0]
    first.model = body


def _export(file: Path) -> None:
    model = _opened()

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = _body(model)

        def forward(self, *given: torch.Tensor) -> torch.Tensor:
            named = dict(zip(_INPUTS, given, strict=True))
            states: torch.Tensor = self.body(**named).last_hidden_state
            return states

    read = model.preprocess(["Wer regiert Mali?", "Wo liegt die Stadt Kidal im Norden?"])
    batch, length = torch.export.Dim("batch", min=1), torch.export.Dim("length", min=2, max=512)
    torch.onnx.export(
        Whole().eval(),
        tuple(read[name] for name in _INPUTS),
        file,
        dynamo=True,
        external_data=False,
        input_names=list(_INPUTS),
        dynamic_shapes=(({0: batch, 1: length},) * 3,),
        verbose=False,
    )


if __name__ == "__main__":
    main()
