"""This project: built and asked as `mali-index eval` does it."""

from pathlib import Path

from index.build import build
from index.chunk import Chunker
from index.embed import SentenceEmbedder
from index.generation import Generation
from index.retrieve import Found, Query, Retriever
from tests.bench.peers.measure import DEPTH
from tests.bench.peers.task import Asked, Span, Text

_AT_ONCE = 32  # questions embedded together, as in `index.evaluate`


class Peer:
    """Index on disk, FAISS and own BM25, scores added up."""

    setup = "3 sentences, 2 shared; score fusion; index on disk"
    many = f"search_many, {_AT_ONCE} at once"

    def load(self, model: str) -> None:
        self._embedder = SentenceEmbedder(model)
        self._embedder.embed_questions(["Mali"])

    def index(self, folder: Path, texts: tuple[Text, ...], place: Path) -> None:
        build([folder], self._embedder, place, Chunker())
        self._generation = Generation.open(place, self._embedder)
        self._retriever = Retriever(self._generation, self._embedder)

    def chunks(self) -> list[Span]:
        store = self._generation.store
        found = (store.chunk(int(number)) for number in self._generation.living)
        return [_span(store.article(one.article).id, one.start, one.end) for one in found]

    def search(self, asked: Asked) -> list[Span]:
        return _spans(self._retriever.search(asked.question, asked.language, DEPTH))

    def search_many(self, asked: tuple[Asked, ...]) -> list[list[Span]]:
        queries = [Query.of(one.question, one.language) for one in asked]
        found: list[Found] = []
        for begin in range(0, len(queries), _AT_ONCE):
            found += self._retriever.search_many(queries[begin : begin + _AT_ONCE], DEPTH)
        return [_spans(one) for one in found]


def _spans(found: Found) -> list[Span]:
    return [_span(hit.article.id, hit.chunk.start, hit.chunk.end) for hit in found.hits]


def _span(file: str, start: int, end: int) -> Span:
    return Span(file=file, start=start, end=end)
