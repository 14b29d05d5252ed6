"""Articles into the corpus folder: new ones added, changed ones replaced, the same left alone.

A source is a web page, a feed or a sitemap, a file or a folder. What fails is told and the rest
goes on; every article is in its place before the next is begun, so that an interrupted run is
resumed by running it again.
"""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from index.article import SUFFIXES, Article, address_of
from index.corpus import article_files
from index.duplicates import near_duplicates
from index.errors import ArticleError, CorpusError, FetchError
from index.ingest.fetch import MAX_PAGE, PAUSE, Fetcher, Page, Stamp
from index.ingest.fetched import Fetched
from index.ingest.links import Link, links_of
from index.ingest.page import Draft, read_page

Outcome = Literal["added", "replaced", "unchanged", "failed"]
#: Files that are read as pages.
_PAGES = {".html": "text/html", ".htm": "text/html", ".pdf": "application/pdf"}
#: Pages taken of one feed or sitemap, unless told otherwise; and how deep sitemaps may lead.
MOST = 200
_DEPTH = 2


@dataclass(frozen=True, slots=True)
class Added:
    """What came of one source; `said` is the file's name, or why it failed.

    `like` names an article that says nearly the same, and how much of it (0 to 1).
    """

    source: str
    outcome: Outcome
    said: str
    like: tuple[str, float] | None = None


#: Called as work goes on: sources done, sources known so far.
Progress = Callable[[int, int], None]


def add(
    sources: list[str],
    corpus: Path,
    *,
    allow_private: bool = False,
    most: int = MOST,
    pause: float = PAUSE,
    progress: Progress = lambda *_: None,
) -> list[Added]:
    """Adds what `sources` lead to; what cannot be added is told, not raised.

    Raises `CorpusError` if `corpus` cannot be written to.
    """
    try:
        corpus.mkdir(parents=True, exist_ok=True)
        fetched = Fetched(corpus)
        with Fetcher(allow_private=allow_private, pause=pause) as fetcher:
            adding = _Adding(corpus, fetcher, fetched, most)
            try:
                done = list(adding.through(sources, progress))
            finally:
                fetched.close()
        return _with_likeness(done, corpus)
    except OSError as error:
        raise CorpusError(
            f"{error.filename or corpus}: cannot be written ({error.strerror}); name another "
            "folder with --corpus DIR"
        ) from None


@dataclass
class _Adding:
    corpus: Path
    fetcher: Fetcher
    fetched: Fetched
    most: int
    urls: dict[str, Path] = field(default_factory=dict)  # articles by the page they came from

    def __post_init__(self) -> None:
        for path in article_files(self.corpus):
            try:
                url = Article.read(path, self.corpus).url
            except ArticleError:
                continue
            if url:
                self.urls[url] = path

    def through(self, sources: list[str], progress: Progress) -> Iterator[Added]:
        """Adds one after the other; what a feed leads to comes right after it."""
        waiting: list[tuple[str, dt.date | None, int]] = [(one, None, 0) for one in sources]
        seen, done = set(sources), 0
        while waiting:
            progress(done, done + len(waiting))
            source, published, depth = waiting.pop(0)
            try:
                found = self._one(source, published)
            except (FetchError, ArticleError) as error:
                found = Added(source, "failed", str(error))
            if isinstance(found, Added):
                yield found
            else:
                fresh = [one for one in found if one.url not in seen and depth < _DEPTH]
                fresh = fresh[: self.most]
                seen.update(one.url for one in fresh)
                days = (one.when.date() if one.when else None for one in fresh)
                waiting[:0] = [
                    (one.url, day, depth + 1 if one.site else _DEPTH)
                    for one, day in zip(fresh, days, strict=True)
                ]
            done += 1
        progress(done, done)

    def _one(self, source: str, published: dt.date | None) -> Added | list[Link]:
        if "://" not in source:
            return self._local(Path(source))
        page = self.fetcher.get(source, self.fetched.stamp(source))
        if page is None:
            return Added(source, "unchanged", "as it was when it was fetched")
        links = links_of(page)
        if links is not None:
            if not links:
                raise FetchError(source, "no links in the feed or sitemap", "one that leads on")
            return links
        found = self._keep(source, _draft(page, published))
        self.fetched.note(source, found.said, page.stamp)
        return found

    def _local(self, path: Path) -> Added | list[Link]:
        if path.is_dir():
            kinds = {*SUFFIXES, *_PAGES}
            files = (one for one in sorted(path.rglob("*")) if one.suffix.lower() in kinds)
            return [Link(str(one), None) for one in files if not one.name.startswith(".")]
        suffix = path.suffix.lower()
        if suffix in _PAGES:
            if path.is_file() and path.stat().st_size > MAX_PAGE:
                raise ArticleError(path, f"more than {MAX_PAGE:,} bytes", "a single article")
            return self._keep(str(path), _draft(_page(path), None))
        if suffix not in SUFFIXES:
            expected = "a file ending in .md, .txt, .html or .pdf, a folder, or a web address"
            raise ArticleError(path, "not an article", expected)
        Article.read(path, path.parent)
        target, data = self.corpus / path.name, path.read_bytes()
        if target.exists() and target.read_bytes() == data:
            return Added(str(path), "unchanged", target.name)
        return self._write(str(path), target, data)

    def _keep(self, source: str, draft: Draft) -> Added:
        text = draft.markdown()
        url = address_of(draft.url)
        path = self.urls.get(url or "") or self.corpus / draft.name
        if url is None or url in self.urls:
            if path.exists() and path.read_text("utf-8") == text:
                return Added(source, "unchanged", path.name)
        else:
            path = _free(path)
        found = self._write(source, path, text.encode())
        if url:
            self.urls[url] = path
        return found

    def _write(self, source: str, path: Path, data: bytes) -> Added:
        """Writes beside, checks, then moves into place; what was there is kept, hidden."""
        part = self.corpus / f".{path.stem}.part{path.suffix}"
        part.write_bytes(data)
        try:
            Article.read(part, self.corpus)
        except ArticleError:
            part.unlink()
            raise
        replaced = path.exists()
        if replaced:
            shutil.copyfile(path, self.corpus / f".{path.name}.before")
        part.replace(path)
        return Added(source, "replaced" if replaced else "added", path.name)


def _draft(page: Page, published: dt.date | None) -> Draft:
    if page.content_type == "application/pdf":
        from index.ingest.pdf import read_pdf  # reads what only the extra `pdf` can

        return read_pdf(page)
    return read_page(page, published)


def _page(path: Path) -> Page:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArticleError(path, f"cannot be read ({error.strerror})", "a readable file") from None
    kind = _PAGES[path.suffix.lower()]
    return Page(path.absolute().as_uri(), kind, None, data, Stamp(None, None))


def _with_likeness(done: list[Added], corpus: Path) -> list[Added]:
    """`done`, with the article that says nearly the same as one that is new."""
    fresh = {one.said for one in done if one.outcome in ("added", "replaced")}
    if not fresh:
        return done
    articles = []
    for path in article_files(corpus):
        try:
            articles.append(Article.read(path, corpus))
        except ArticleError:
            continue
    like: dict[str, tuple[str, float]] = {}
    pairs = sorted(near_duplicates(articles, fresh), key=lambda pair: -pair.likeness)
    for pair in pairs:
        for one, other in ((pair.article, pair.other), (pair.other, pair.article)):
            if one in fresh:
                like.setdefault(one, (other, pair.likeness))
    return [replace(one, like=like.get(one.said)) for one in done]


def _free(path: Path) -> Path:
    """`path`, or one like it that no file has yet."""
    number, found = 2, path
    while found.exists():
        found = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return found
