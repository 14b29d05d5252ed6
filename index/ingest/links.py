"""Where a feed or a sitemap leads: the addresses of articles, newest first where it says when."""

import datetime as dt
import io
from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

import feedparser
from lxml import etree

from index.ingest.fetch import Page

_XML = ("application/rss+xml", "application/atom+xml", "application/xml", "text/xml")


@dataclass(frozen=True, slots=True)
class Link:
    """An address, and when what is there was published or changed; `site` if it is a sitemap."""

    url: str
    when: dt.datetime | None
    site: bool = False


def links_of(page: Page) -> list[Link] | None:
    """The links of a feed or a sitemap, each once; None if the page is neither."""
    start = page.data[:500].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if page.content_type not in _XML and not start.startswith(
        (b"<?xml", b"<rss", b"<feed", b"<urlset", b"<sitemapindex")
    ):
        return None
    if start.startswith(b"<?xml") and b"<html" in start:
        return None  # a page in XHTML
    found = list(_sitemap(page)) or list(_feed(page))
    newest = sorted(found, key=lambda link: (link.when is not None, link.when), reverse=True)
    return list({link.url: link for link in reversed(newest)}.values())[::-1]


def _feed(page: Page) -> Iterator[Link]:
    # As a stream: text or bytes might be taken for an address or the name of a file.
    for entry in feedparser.parse(io.BytesIO(page.data)).entries:
        link = _joined(page, str(entry.get("link") or ""))
        when = entry.get("published_parsed") or entry.get("updated_parsed")
        if link:
            yield Link(
                link,
                dt.datetime.fromtimestamp(timegm(when), dt.UTC) if when else None,
            )


def _sitemap(page: Page) -> Iterator[Link]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        root = etree.fromstring(page.data, parser)
    except etree.XMLSyntaxError:  # nothing in it
        return
    if root is None or not isinstance(root.tag, str):
        return
    kind = etree.QName(root).localname
    if kind not in ("urlset", "sitemapindex"):
        return
    for entry in root:
        parts = {
            etree.QName(one).localname: (one.text or "").strip()
            for one in entry
            if isinstance(one.tag, str)
        }
        if link := _joined(page, parts.get("loc", "")):
            yield Link(link, _day(parts.get("lastmod")), kind == "sitemapindex")


def _joined(page: Page, link: str) -> str | None:
    """`link` as an address; None where there is none, or it cannot be one."""
    try:
        return urljoin(page.url, link) if link else None
    except ValueError:
        return None


def _day(written: str | None) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(written or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
