"""Articles into the corpus folder: new ones added, changed ones replaced, the same left alone."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from index.article import SUFFIXES, Article
from index.corpus import article_files
from index.errors import ArticleError, CorpusError, FetchError
from index.ingest.fetch import fetch
from index.ingest.page import Draft, read_page

Outcome = Literal["added", "replaced", "unchanged", "failed"]


@dataclass(frozen=True, slots=True)
class Added:
    """What came of one source; `said` is the file's name, or why it failed."""

    source: str
    outcome: Outcome
    said: str


def add(source: str, corpus: Path, *, allow_private: bool = False) -> Added:
    """Adds a web address or an article file to `corpus`; what cannot be added is told, not raised.

    Raises `CorpusError` if `corpus` cannot be written to.
    """
    try:
        corpus.mkdir(parents=True, exist_ok=True)
        if "://" in source:
            draft = read_page(fetch(source, allow_private=allow_private))
            return _keep(source, draft, corpus)
        return _copy(Path(source), corpus)
    except (FetchError, ArticleError) as error:
        return Added(source, "failed", str(error))
    except OSError as error:
        raise CorpusError(
            f"{error.filename or corpus}: cannot be written ({error.strerror}); name another "
            "folder with --corpus DIR"
        ) from None


def _keep(source: str, draft: Draft, corpus: Path) -> Added:
    text = draft.markdown()
    path = _same_url(draft.url, corpus) or _free(corpus / draft.name)
    if path.exists() and path.read_text("utf-8") == text:
        return Added(source, "unchanged", path.name)
    return _write(source, path, text.encode(), corpus)


def _copy(path: Path, corpus: Path) -> Added:
    if path.suffix.lower() not in SUFFIXES:
        raise ArticleError(path, "not an article", "a file ending in .md or .txt, or a web address")
    Article.read(path, path.parent)
    target, data = corpus / path.name, path.read_bytes()
    if target.exists() and target.read_bytes() == data:
        return Added(str(path), "unchanged", target.name)
    return _write(str(path), target, data, corpus)


def _write(source: str, path: Path, data: bytes, corpus: Path) -> Added:
    """Writes beside, checks, then moves into place; what was there is kept as a hidden file."""
    part = corpus / f".{path.stem}.part{path.suffix}"
    part.write_bytes(data)
    try:
        Article.read(part, corpus)
    except ArticleError:
        part.unlink()
        raise
    replaced = path.exists()
    if replaced:
        shutil.copyfile(path, corpus / f".{path.name}.before")
    part.replace(path)
    return Added(source, "replaced" if replaced else "added", path.name)


def _same_url(url: str, corpus: Path) -> Path | None:
    """The file of the article that came from `url`, whatever it is called now."""
    return next((path for path, known in _urls(corpus) if known == url), None)


def _urls(corpus: Path) -> Iterator[tuple[Path, str | None]]:
    for path in article_files(corpus):
        try:
            yield path, Article.read(path, corpus).url
        except ArticleError:
            continue


def _free(path: Path) -> Path:
    """`path`, or one like it that no file has yet."""
    number, found = 2, path
    while found.exists():
        found = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return found
