"""txtai: paragraphs of its `Segmentation` in an `Embeddings` with `hybrid` and `content`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from txtai import Embeddings
from txtai.pipeline import Segmentation

from tests.bench.peers.measure import DEPTH
from tests.bench.peers.task import Asked, Span, Text


class Peer:
    """Only `text` is searched, so the title is put before each paragraph."""

    setup = "Segmentation(paragraphs), title before each; Embeddings(hybrid, content)"
    many = "batchsearch, all at once"

    def load(self, model: str) -> None:
        self._embeddings = Embeddings(path=model, hybrid=True, content=True)
        self._embeddings.transform("Mali")
        self._spans: list[Span] = []

    def index(self, folder: Path, texts: tuple[Text, ...], place: Path) -> None:
        self._embeddings.index(self._rows(texts))

    def chunks(self) -> list[Span]:
        return self._spans

    def search(self, asked: Asked) -> list[Span]:
        return self._found(self._embeddings.search(asked.question, DEPTH))

    def search_many(self, asked: tuple[Asked, ...]) -> list[list[Span]]:
        questions = [one.question for one in asked]
        return [self._found(rows) for rows in self._embeddings.batchsearch(questions, DEPTH)]

    def _rows(self, texts: tuple[Text, ...]) -> Iterator[tuple[int, dict[str, str]]]:
        segment = Segmentation(paragraphs=True)
        for text in texts:
            begin = 0
            for paragraph in segment(text.body):
                begin = text.body.index(paragraph, begin)
                self._spans.append(text.span(begin, begin + len(paragraph)))
                titled = f"{text.title}\n{paragraph}" if text.title else paragraph
                yield len(self._spans) - 1, {"text": titled, "file": text.file}
                begin += len(paragraph)

    def _found(self, rows: list[dict[str, Any]]) -> list[Span]:
        return [self._spans[int(row["id"])] for row in rows]
