"""A web page to an article: its text without menus and banners, and what it says of itself."""

import codecs
import datetime as dt
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import yaml

from index.errors import FetchError
from index.ingest.fetch import Page
from index.language import detect
from index.words import Language, fold

#: Characters of text below which a page is taken for empty or closed to readers.
SHORTEST = 200
_META_CHARSET = re.compile(rb"<meta[^>]+charset=[\"']?([\w-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """An article as it would be kept."""

    title: str
    outlet: str | None
    date: dt.date | None
    url: str | None
    lang: Language
    authors: tuple[str, ...]
    text: str

    @property
    def name(self) -> str:
        """A file name made of date and title."""
        words = re.findall(r"[a-z0-9]+", fold(self.title.lower()))
        day = self.date.isoformat() if self.date else "undated"
        return f"{day}-{'-'.join(words)[:60].rstrip('-') or 'article'}.md"

    def markdown(self) -> str:
        """The article file: front matter and text."""
        front = {
            "title": self.title,
            "outlet": self.outlet,
            "date": self.date,
            "url": self.url,
            "lang": self.lang,
            "authors": list(self.authors),
        }
        written = yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=10_000)
        return f"---\n{written}---\n\n{self.text}\n"


def read_page(page: Page, published: dt.date | None = None) -> Draft:
    """The article on a page; raises `FetchError` where there is none.

    `published` is the day a feed gives it, for pages that name none.
    """
    import trafilatura  # slow to import, and only needed here
    from trafilatura.settings import Document

    html = decode(page)
    options: dict[str, Any] = {
        "favor_precision": True,
        "include_comments": False,
        "include_tables": False,
    }
    found = trafilatura.bare_extraction(html, url=page.url, with_metadata=True, **options)
    text = trafilatura.extract(html, url=page.url, output_format="markdown", **options) or ""
    if not isinstance(found, Document):
        raise FetchError(page.url, "no article found on the page", "a page with one")
    title = " ".join((found.title or "").split())
    text = _without_title(printable(text).strip(), title)
    if len(text) < SHORTEST:
        raise FetchError(
            page.url, f"only {len(text)} characters of text", "an article that is open to read"
        )
    address = urlsplit(page.url)
    host = (address.hostname or "").removeprefix("www.")
    return Draft(
        title=printable(title)[:500] or host or text[:80],
        outlet=printable(found.sitename or host)[:500] or None,
        date=_date(found.date) or published,
        url=page.url if address.scheme in ("http", "https") else None,
        lang=detect(text),
        authors=tuple(
            name.strip()[:500] for name in (found.author or "").split(";") if name.strip()
        ),
        text=text,
    )


def decode(page: Page) -> str:
    """The page as text: by the encoding the server, a mark or the page names, else UTF-8.

    What is not UTF-8 and names nothing is Windows-1252, as browsers have it.
    """
    meta = _META_CHARSET.search(page.data[:4096])
    named = [page.charset, meta[1].decode("ascii", "replace") if meta else None, "utf-8"]
    if page.data.startswith(codecs.BOM_UTF8):
        named.insert(0, "utf-8-sig")
    for name in named:
        try:
            codec = codecs.lookup(name or "")
            # Pages that say Latin-1 mean Windows-1252, which has quotes and dashes besides.
            plain = codec.name in ("iso8859-1", "ascii")
            return page.data.decode("cp1252" if plain else codec.name)
        except (LookupError, UnicodeDecodeError):
            continue
    return page.data.decode("cp1252", "replace")


def _without_title(text: str, title: str) -> str:
    first, _, rest = text.partition("\n")
    return rest.strip() if first.lstrip("# ").strip() == title and rest.strip() else text


def printable(text: str) -> str:
    """`text` without control characters and halves of broken ones."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", " ", text)


def _date(written: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat((written or "")[:10])
    except ValueError:
        return None
