"""LlamaIndex: `SentenceSplitter`, and a `QueryFusionRetriever` over vectors and BM25."""

import asyncio
from pathlib import Path
from typing import Any

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.retrievers.bm25 import BM25Retriever

from tests.bench.peers.measure import DEPTH
from tests.bench.peers.task import Asked, Span, Text


class Peer:
    """The title is metadata, which vectors and BM25 both read."""

    setup = "SentenceSplitter(256, 20); title as metadata; reciprocal_rerank; in memory"
    many = "aretrieve, all at once"

    def load(self, model: str) -> None:
        self._embedding = HuggingFaceEmbedding(model_name=model)
        self._embedding.get_query_embedding("Mali")

    def index(self, folder: Path, texts: tuple[Text, ...], place: Path) -> None:
        documents = [_document(text) for text in texts]
        splitter = SentenceSplitter(chunk_size=256, chunk_overlap=20)
        index = VectorStoreIndex.from_documents(
            documents, transformations=[splitter], embed_model=self._embedding
        )
        self._nodes = list(index.docstore.docs.values())
        words = BM25Retriever.from_defaults(docstore=index.docstore, similarity_top_k=DEPTH)
        self._retriever = QueryFusionRetriever(
            [index.as_retriever(similarity_top_k=DEPTH), words],
            llm=MockLLM(),  # never asked with one query, but wanted
            mode="reciprocal_rerank",
            similarity_top_k=DEPTH,
            num_queries=1,
        )

    def chunks(self) -> list[Span]:
        return [_span(node) for node in self._nodes]

    def search(self, asked: Asked) -> list[Span]:
        return _found(self._retriever.retrieve(asked.question))

    def search_many(self, asked: tuple[Asked, ...]) -> list[list[Span]]:
        async def all_of_them() -> list[list[Span]]:
            found = (self._retriever.aretrieve(one.question) for one in asked)
            return [_found(one) for one in await asyncio.gather(*found)]

        return asyncio.run(all_of_them())


def _document(text: Text) -> Any:
    place = {"file": text.file, "begin": text.body_start}
    title = {"title": text.title} if text.title else {}
    return Document(
        text=text.body,
        metadata=title | place,
        excluded_embed_metadata_keys=list(place),
        excluded_llm_metadata_keys=list(place),
    )


def _found(nodes: list[Any]) -> list[Span]:
    return [_span(found.node) for found in nodes]


def _span(node: Any) -> Span:
    begin = node.metadata["begin"]
    return Span(
        file=node.metadata["file"],
        start=begin + node.start_char_idx,
        end=begin + node.end_char_idx,
    )
