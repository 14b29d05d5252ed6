"""Haystack: `DocumentSplitter`, and the ranks of BM25 and vectors in memory joined."""

import asyncio
from pathlib import Path
from typing import Any

from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import (
    InMemoryBM25Retriever,
    InMemoryEmbeddingRetriever,
)
from haystack.components.writers import DocumentWriter
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

from tests.bench.peers.measure import DEPTH
from tests.bench.peers.task import Asked, Span, Text


class Peer:
    """The title is embedded with each piece; BM25 reads the piece alone."""

    setup = "150 words, 50 shared; title embedded; reciprocal_rank_fusion; in memory"
    many = "run_async, all at once"

    def load(self, model: str) -> None:
        self._documents = SentenceTransformersDocumentEmbedder(
            model=model, meta_fields_to_embed=["title"], progress_bar=False
        )
        self._documents.run([Document(content="Mali")])
        self._questions = SentenceTransformersTextEmbedder(model=model, progress_bar=False)
        self._questions.run("Mali")
        self._store = InMemoryDocumentStore()

    def index(self, folder: Path, texts: tuple[Text, ...], place: Path) -> None:
        pipeline = Pipeline()
        splitter = DocumentSplitter(split_by="word", split_length=150, split_overlap=50)
        pipeline.add_component("splitter", splitter)
        pipeline.add_component("embedder", self._documents)
        pipeline.add_component("writer", DocumentWriter(self._store))
        pipeline.connect("splitter", "embedder")
        pipeline.connect("embedder", "writer")
        documents = [
            Document(
                content=text.body,
                meta={"title": text.title or None, "file": text.file, "begin": text.body_start},
            )
            for text in texts
        ]
        pipeline.run({"splitter": {"documents": documents}})
        self._asking = self._hybrid()

    def chunks(self) -> list[Span]:
        return [_span(document) for document in self._store.filter_documents()]

    def search(self, asked: Asked) -> list[Span]:
        return _found(self._asking.run(_given(asked)))

    def search_many(self, asked: tuple[Asked, ...]) -> list[list[Span]]:
        async def all_of_them() -> list[list[Span]]:
            said = (self._asking.run_async(_given(one)) for one in asked)
            return [_found(one) for one in await asyncio.gather(*said)]

        return asyncio.run(all_of_them())

    def _hybrid(self) -> Any:
        pipeline = Pipeline()
        pipeline.add_component("embedder", self._questions)
        pipeline.add_component("vectors", InMemoryEmbeddingRetriever(self._store, top_k=DEPTH))
        pipeline.add_component("words", InMemoryBM25Retriever(self._store, top_k=DEPTH))
        pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
        pipeline.connect("embedder", "vectors")
        pipeline.connect("vectors", "joiner")
        pipeline.connect("words", "joiner")
        return pipeline


def _given(asked: Asked) -> dict[str, dict[str, str]]:
    return {"embedder": {"text": asked.question}, "words": {"query": asked.question}}


def _found(said: dict[str, Any]) -> list[Span]:
    return [_span(document) for document in said["joiner"]["documents"][:DEPTH]]


def _span(document: Any) -> Span:
    start = document.meta["begin"] + document.meta["split_idx_start"]
    return Span(file=document.meta["file"], start=start, end=start + len(document.content))
