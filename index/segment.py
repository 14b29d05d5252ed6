"""Writes a segment: articles cut, embedded and stored, under numbers that begin at 0."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from index.aliases import NO_ALIASES, Aliases
from index.article import Article
from index.chunk import Chunk, Chunker, CutArticle
from index.embed import Embedder, Vectors
from index.manifest import SegmentEntry, files_of, flush
from index.on_faiss import DenseWriter
from index.pieces import HEADLINES, SENTENCES, PiecesWriter, Rounded
from index.postings import PostingsWriter
from index.reader import Reader
from index.store_writer import write_store
from index.words import Language


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vectors of one article, shapes `(chunks, d)` and `(sentences, d)`.

    `pieces` are what the reader reads, a list a sentence, and `headline` what it reads before; None
    where the model has no reader.
    """

    chunks: Vectors
    sentences: Vectors
    pieces: list[Rounded] | None = None
    headline: Rounded | None = None


#: Vectors of an article that are known already; None where it has to be embedded.
Known = Callable[[Article], Embedded | None]


def write_segment(
    articles: Iterable[Article],
    folder: Path,
    embedder: Embedder,
    chunker: Chunker,
    known: Known = lambda _: None,
    aliases: Aliases = NO_ALIASES,
) -> SegmentEntry:
    """Writes `articles`, translations after their originals, into `folder` as a new segment.

    `articles` are taken one by one, so that they need not all be in memory.
    """
    part = folder.with_suffix(".part")
    part.mkdir()
    size = embedder.embed_passages(["Mali"]).shape[1]
    reader = Reader.of(embedder)
    with (
        DenseWriter(part / "chunks.faiss", size) as chunks,
        # A chunk has nearly two sentences, which only help to find it: they are kept less finely.
        DenseWriter(part / "sentences.faiss", size, bits=6) as sentences,
        PiecesWriter(part, SENTENCES) as pieces,
        PiecesWriter(part, HEADLINES) as headlines,
    ):
        into = (chunks, sentences, pieces, headlines)
        writer = _Writer(embedder, reader, chunker, known, aliases, *into)
        write_store(part / "store.sqlite", map(writer.take, articles))
        chunks.write()
        sentences.write()
        if reader:
            pieces.write()
            headlines.write()
    writer.words.postings().write(part / "words")
    flush(part)
    part.rename(folder)
    return SegmentEntry(
        name=folder.name,
        articles=writer.articles,
        languages=tuple(sorted(writer.languages)),
        left_out=(),
        files=files_of(folder),
    )


def embedding_text(article: Article, chunk: Chunk) -> str:
    """What is embedded for a chunk: title and date, where known, its heading, then the span.

    A title made from the first sentence is left out: it would pull every chunk towards that one.
    """
    title = "" if article.title_derived else headline(article.title, article.date)
    return "\n".join(part for part in (title, chunk.heading, chunk.text) if part)


def headline(title: str, date: dt.date | None) -> str:
    """Title, and date where known."""
    return title + (f" ({date.isoformat()})" if date else "")


@dataclass
class _Writer:
    """Takes articles one by one and collects what is not kept in the store."""

    embedder: Embedder
    reader: Reader | None
    chunker: Chunker
    known: Known
    aliases: Aliases
    chunks: DenseWriter
    sentences: DenseWriter
    pieces: PiecesWriter
    headlines: PiecesWriter
    words: PostingsWriter = field(default_factory=PostingsWriter)
    languages: set[Language] = field(default_factory=set)
    articles: int = 0

    def take(self, article: Article) -> CutArticle:
        """The article as it is to be stored; one that is withdrawn is not searched."""
        self.articles += 1
        if article.withdrawn:
            self.headlines.add([None])
            return CutArticle(article, (), ())
        cut = self.chunker.cut(article)
        known = self.known(article)
        if known is None or (self.reader and known.pieces is None):
            known = _embed(cut, self.embedder, self.reader)
        self.chunks.add(known.chunks)
        self.sentences.add(known.sentences)
        self.pieces.add(known.pieces or [])
        self.headlines.add([known.headline])
        for chunk in cut.chunks:
            text = f"{article.title}\n{chunk.heading}\n{chunk.text}"
            self.words.add(self.aliases.stems(text, article.lang))
        self.languages.add(article.lang)
        return cut


def _embed(cut: CutArticle, embedder: Embedder, reader: Reader | None) -> Embedded:
    # An article's texts in one go and no other's with them: how a text is padded changes the last
    # digits of its vector, and an article is to have the same ones whatever it was built beside.
    article = cut.article
    passages = [embedding_text(article, chunk) for chunk in cut.chunks]
    sentences = [article.text[sentence.start : sentence.end] for sentence in cut.sentences]
    if reader is None:
        vectors = embedder.embed_passages(passages + sentences)
        return Embedded(vectors[: len(passages)], vectors[len(passages) :])
    vectors, pieces = reader.sentences([*sentences, headline(article.title, article.date)])
    own = embedder.embed_passages(passages) if passages else vectors[:0]
    return Embedded(own, vectors[:-1], pieces[:-1], pieces[-1])
