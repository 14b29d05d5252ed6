"""Adding from the web and from files, against a real server on loopback."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from typer.testing import CliRunner

from index.cli import app
from index.corpus import article_files, read_corpus
from index.errors import CorpusError
from index.ingest import fetch
from index.ingest.add import Added, add
from index.ingest.fetch import Page, Stamp
from index.ingest.page import decode
from tests.conftest import WELL

TEXT = "Die Brücke über den Fluß wurde am Montag für den Verkehr geöffnet, sagte der Rat. "


def page(paragraph: str = TEXT * 5, title: str = "Die Brücke steht") -> str:
    return f"""<!doctype html><html lang="de"><head><title>{title} | Dorfblatt</title>
<meta property="og:site_name" content="Dorfblatt"><meta property="og:title" content="{title}">
<meta property="article:published_time" content="2022-05-18T10:00:00Z"></head><body>
<div id="cookie-banner"><p>Wir und 800 Partner verwenden Cookies.</p><button>OK</button></div>
<nav><ul><li><a href="/">Start</a></li><li><a href="/politik">Politik</a></li></ul></nav>
<main><article><h1>{title}</h1><p>{paragraph}</p><h2>Was nun folgt</h2><p>{paragraph}</p></article>
<aside><h3>Mehr zum Thema</h3><ul><li><a href="/x">Zehn Tricks</a></li></ul></aside></main>
<script>alert("hostile")</script><footer>Impressum Datenschutz</footer></body></html>"""


@dataclass
class Site:
    """A small web site; paths to status, headers and bytes."""

    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)  # path and status
    port: int = 0

    def put(self, path: str, data: bytes, status: int = 200, **headers: str) -> str:
        kind = {"Content-Type": "text/html; charset=utf-8"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = (status, kind | named, data)
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, data = found.pages.get(self.path, (404, {}, b"not here"))
            if headers.get("ETag", "none") == self.headers.get("If-None-Match"):
                status, data = 304, b""
            found.asked.append((self.path, status))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


def added(url: str, corpus: Path) -> Added:
    return add([url], corpus, allow_private=True, pause=0)[0]


def test_a_page_becomes_an_article_without_its_furniture(site: Site, tmp_path: Path) -> None:
    found = added(site.put("/a", page().encode()), tmp_path)
    assert (found.outcome, found.said) == ("added", "2022-05-18-die-brucke-steht.md")
    [article] = read_corpus(tmp_path)
    assert (article.title, article.outlet, article.lang) == ("Die Brücke steht", "Dorfblatt", "de")
    assert (str(article.date), article.url) == ("2022-05-18", f"http://127.0.0.1:{site.port}/a")
    body = article.text[article.body_start :]
    assert TEXT.strip() in body
    assert "## Was nun folgt" in body
    for furniture in ("Cookies", "Start", "Impressum", "Zehn Tricks", "hostile"):
        assert furniture not in body


def test_the_same_page_is_left_alone_and_a_changed_one_replaced(site: Site, tmp_path: Path) -> None:
    url = site.put("/a", page().encode())
    added(url, tmp_path)
    assert added(url, tmp_path).outcome == "unchanged"
    site.put("/a", page(title="Die Brücke wackelt").encode())
    assert added(url, tmp_path).outcome == "replaced"
    [article] = read_corpus(tmp_path)
    assert article.title == "Die Brücke wackelt"
    assert len(list(tmp_path.glob(".*.before"))) == 1


def test_two_pages_of_one_title_are_two_articles(site: Site, tmp_path: Path) -> None:
    for path in ("/a", "/b"):
        assert added(site.put(path, page().encode()), tmp_path).outcome == "added"
    assert len(read_corpus(tmp_path)) == 2


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "utf-8"])
@pytest.mark.parametrize("said", [True, False])
def test_umlauts_survive_old_encodings(
    site: Site, tmp_path: Path, charset: str, said: bool
) -> None:
    kind = f"text/html; charset={charset}" if said else "text/html"
    url = site.put("/a", page().encode(charset), Content_Type=kind)
    assert added(url, tmp_path).outcome == "added"
    assert "Die Brücke über den Fluß" in read_corpus(tmp_path)[0].text


def test_the_page_s_own_word_counts_where_the_server_says_nothing() -> None:
    html = '<meta charset="iso-8859-15"><p>10 €</p>'
    assert "10 €" in decode(
        Page("http://x/", "text/html", None, html.encode("iso-8859-15"), Stamp(None, None))
    )


@pytest.mark.parametrize(
    ("status", "headers", "data", "said"),
    [
        (404, {}, b"gone", "the server says 404"),
        (500, {}, b"", "the server says 500"),
        (200, {"Content_Type": "image/png"}, b"\x89PNG", "image/png, not text"),
        (200, {}, b"", "no article found|only 0 characters"),
        (
            200,
            {},
            b"<html><body><p>Nur f\xc3\xbcr Abonnenten.</p></body></html>",
            "characters of|no",
        ),
        (302, {"Location": "ftp://example.org/"}, b"", "not an http or https address"),
        (302, {"Location": "/a"}, b"", "more than 5 redirects"),
    ],
)
def test_what_cannot_be_added_is_told_in_a_line(
    site: Site, tmp_path: Path, status: int, headers: dict[str, str], data: bytes, said: str
) -> None:
    found = added(site.put("/a", data, status, **headers), tmp_path)
    assert found.outcome == "failed"
    assert any(part in found.said for part in said.split("|"))
    assert "\n" not in found.said
    assert not list(article_files(tmp_path))


def test_a_huge_page_is_cut_short(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "MAX_PAGE", 50_000)
    found = added(site.put("/a", b"<p>" + b"x" * 200_000), tmp_path)
    assert "more than 50,000 bytes" in found.said


def test_robots_are_heeded(site: Site, tmp_path: Path) -> None:
    site.put("/robots.txt", b"User-agent: *\nDisallow: /a\n", Content_Type="text/plain")
    assert "robots.txt" in added(site.put("/a", page().encode()), tmp_path).said
    assert added(site.put("/b", page().encode()), tmp_path).outcome == "added"


@pytest.mark.parametrize("location", ["http://[bad/", "http://a:b/"])
def test_what_leads_nowhere_is_told_and_the_rest_goes_on(
    site: Site, tmp_path: Path, location: str
) -> None:
    wrong = site.put("/wrong", b"", 302, Location=location)
    empty = site.put("/empty", b"", Content_Type="application/xml")
    feed = f"<rss><channel><item><link>{location}</link></item></channel></rss>".encode()
    useless = site.put("/feed", feed, Content_Type="application/rss+xml")
    good = site.put("/a", page().encode())
    found = add([wrong, empty, useless, good], tmp_path, allow_private=True, pause=0)
    assert [one.outcome for one in found] == ["failed", "failed", "failed", "added"]


def test_rules_that_arrive_in_parts_are_heeded(site: Site, tmp_path: Path) -> None:
    rules = b"User-agent: *\n" + b"# a remark\n" * 20_000 + b"Disallow: /a\n"
    site.put("/robots.txt", rules, Content_Type="text/plain")
    assert "robots.txt" in added(site.put("/a", page().encode()), tmp_path).said


@pytest.mark.parametrize("path", ["/%C3%A9t%C3%A9", "/été", "/l’armée", "?p=12"])
def test_an_address_is_the_same_however_it_is_written(
    site: Site, tmp_path: Path, path: str
) -> None:
    quoted = quote(path, safe="/?=%")
    site.put(f"/{quoted}" if quoted[0] == "?" else quoted, page().encode())
    address = f"http://127.0.0.1:{site.port}{path}"
    outcomes = [add([address], tmp_path, allow_private=True, pause=0)[0].outcome for _ in range(3)]
    assert outcomes == ["added", "unchanged", "unchanged"]


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1"),
        # Digits and dots of other scripts, which lead to the same place.
        *("１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1", "１６９.254.１６９.254"),
    ],
)
def test_private_addresses_are_not_asked(site: Site, tmp_path: Path, host: str) -> None:
    site.put("/a", page().encode())
    [found] = add([f"http://{host}:{site.port}/a"], tmp_path)
    assert found.outcome == "failed"
    assert "is a private address" in found.said


def test_a_redirect_to_a_private_address_is_not_followed(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.put("/a", b"", 302, Location=f"http://127.0.0.1:{site.port}/b")
    site.put("/b", page().encode())
    checked = fetch._check
    first = True

    def public_at_first(address: str, allow_private: bool) -> None:
        nonlocal first
        if address.endswith("/b"):
            first = False
        checked(address, allow_private or first)

    monkeypatch.setattr(fetch, "_check", public_at_first)
    [found] = add([f"http://127.0.0.1:{site.port}/a"], tmp_path)
    assert "127.0.0.1 is a private address" in found.said


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://x/", "http://", "https://[::1", "x://"]
)
def test_only_web_addresses_are_fetched(tmp_path: Path, url: str) -> None:
    assert add([url], tmp_path)[0].outcome == "failed"


def feed(site: Site, *paths: str) -> bytes:
    items = "".join(
        f"<item><title>T</title><link>http://127.0.0.1:{site.port}{path}</link>"
        f"<pubDate>Tue, 0{number} Mar 2022 10:00:00 GMT</pubDate></item>"
        for number, path in enumerate(paths, start=1)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'.encode()


def story(number: int) -> bytes:
    return page(f"{TEXT} Nummer {number} der Reihe. " * 5, f"Nummer {number}").encode()


def test_a_feed_is_followed_newest_first_and_a_second_run_fetches_nothing(
    site: Site, tmp_path: Path
) -> None:
    paths = [f"/{number}" for number in range(1, 5)]
    for number, path in enumerate(paths, start=1):
        site.put(path, story(number), ETag=f'"{number}"')
    source = site.put("/feed", feed(site, *paths, "/gone"), Content_Type="application/rss+xml")
    done = add([source], tmp_path, allow_private=True, pause=0, most=4)
    assert [one.outcome for one in done] == ["failed", "added", "added", "added"]
    assert [one.source[-1] for one in done] == ["e", "4", "3", "2"]
    site.asked.clear()
    again = add([source], tmp_path, allow_private=True, pause=0)
    outcomes = {one.source.rsplit("/")[-1]: one.outcome for one in again}
    assert outcomes == {"gone": "failed", "4": "unchanged", "3": "unchanged"} | {
        "2": "unchanged",
        "1": "added",
    }
    assert [status for path, status in site.asked if path in ("/2", "/3", "/4")] == [304] * 3


def test_a_page_is_fetched_anew_when_its_article_was_deleted(site: Site, tmp_path: Path) -> None:
    url = site.put("/a", page().encode(), ETag='"1"')
    assert added(url, tmp_path).outcome == "added"
    next(iter(article_files(tmp_path))).unlink()
    assert added(url, tmp_path).outcome == "added"


def test_a_sitemap_leads_to_sitemaps_and_pages(site: Site, tmp_path: Path) -> None:
    base = f"http://127.0.0.1:{site.port}"
    xmlns = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    inner = f"<urlset {xmlns}><url><loc>{base}/a</loc><lastmod>2022-01-02</lastmod></url></urlset>"
    site.put("/inner.xml", inner.encode(), Content_Type="application/xml")
    outer = f"<sitemapindex {xmlns}><sitemap><loc>{base}/inner.xml</loc></sitemap></sitemapindex>"
    site.put("/a", page().encode())
    source = site.put("/sitemap.xml", outer.encode(), Content_Type="text/xml")
    [found] = add([source], tmp_path, allow_private=True, pause=0)
    assert found.outcome == "added"


def test_sitemaps_that_lead_in_a_circle_end(site: Site, tmp_path: Path) -> None:
    base = f"http://127.0.0.1:{site.port}"
    for name, other in (("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")):
        text = f"<sitemapindex><sitemap><loc>{base}/{other}</loc></sitemap></sitemapindex>"
        site.put(f"/{name}", text.encode(), Content_Type="text/xml")
    assert add([f"{base}/a"], tmp_path, allow_private=True, pause=0) == []


@pytest.mark.parametrize(
    "data",
    [
        b"<rss",
        b"<?xml version='1.0'?>",
        b"<urlset></urlset>",
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
        b"<urlset><url><loc>&b;</loc></url></urlset>",
    ],
)
def test_a_feed_that_leads_nowhere_is_told(site: Site, tmp_path: Path, data: bytes) -> None:
    found = added(site.put("/a", data, Content_Type="application/xml"), tmp_path)
    assert found.outcome == "failed"
    assert "no links in the feed or sitemap" in found.said


def test_a_feed_may_not_lead_to_private_addresses_or_files(site: Site, tmp_path: Path) -> None:
    items = "<item><link>file:///etc/passwd</link></item><item><link>/etc/passwd</link></item>"
    data = f"<rss version='2.0'><channel>{items}</channel></rss>".encode()
    done = add(
        [site.put("/feed", data, Content_Type="text/xml")], tmp_path, allow_private=True, pause=0
    )
    assert [one.outcome for one in done] == ["failed", "failed"]
    assert not list(article_files(tmp_path))


def test_a_day_from_the_feed_serves_where_the_page_names_none(site: Site, tmp_path: Path) -> None:
    bare = page().replace(
        '<meta property="article:published_time" content="2022-05-18T10:00:00Z">', ""
    )
    site.put("/a", bare.encode())
    add([site.put("/f", feed(site, "/a"), Content_Type="text/xml")], tmp_path, allow_private=True)
    assert str(read_corpus(tmp_path)[0].date) == "2022-03-01"


def test_nearly_the_same_report_is_added_and_told(site: Site, tmp_path: Path) -> None:
    words = [f"wort{number}" for number in range(120)]
    site.put("/a", page(" ".join(words) + ".", "Eine Meldung").encode())
    words[60] = "anders"
    site.put("/b", page(" ".join(words) + ".", "Dieselbe Meldung").encode())
    urls = [f"http://127.0.0.1:{site.port}/{name}" for name in "ab"]
    first, second = (added(url, tmp_path) for url in urls)
    assert first.like is None
    assert second.outcome == "added"
    assert second.like is not None
    assert second.like[0] == first.said
    assert 0.5 < second.like[1] < 1


def test_a_folder_of_pages_and_articles_is_added(tmp_path: Path) -> None:
    source, corpus = tmp_path / "source", tmp_path / "corpus"
    source.mkdir()
    (source / "a.html").write_bytes(page().encode("latin-1"))
    (source / "b.md").write_text(WELL, "utf-8")
    (source / "c.docx").write_bytes(b"PK")
    (source / ".d.md").write_text(WELL, "utf-8")
    assert [one.outcome for one in add([str(source)], corpus)] == ["added", "added"]
    assert [one.outcome for one in add([str(source)], corpus)] == ["unchanged", "unchanged"]
    assert sorted(one.title for one in read_corpus(corpus)) == [
        "Die Brücke steht",
        "Dorf Sanga baut einen Brunnen",
    ]


def pdf(text: str) -> bytes:
    """The smallest PDF with a line of text."""
    stream = f"BT /F1 12 Tf 10 700 Td ({text}) Tj ET".encode("latin-1")
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    data, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(data))
        data += b"%d 0 obj%s endobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 6\n0000000000 65535 f \n" + table
    return data + head + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(data)


def test_a_pdf_becomes_an_article(site: Site, tmp_path: Path) -> None:
    text = "Die Brücke wurde am Montag für den Verkehr geöffnet. " * 6
    url = site.put("/bericht.pdf", pdf(text), Content_Type="application/pdf")
    assert added(url, tmp_path).outcome == "added"
    [article] = read_corpus(tmp_path)
    assert (article.title, article.lang, article.date) == ("bericht", "de", None)
    assert "für den Verkehr geöffnet" in article.text


@pytest.mark.parametrize("data", [b"", b"%PDF-1.4 nonsense", pdf("kurz"), pdf("x")[:200]])
def test_a_pdf_that_cannot_be_read_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.pdf").write_bytes(data)
    [found] = add([str(tmp_path / "a.pdf")], tmp_path / "corpus")
    assert found.outcome == "failed"
    assert "PDF" in found.said


def test_a_note_of_fetched_pages_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / ".fetched.sqlite").write_bytes(b"nonsense" * 100)
    with pytest.raises(CorpusError, match="delete it, then pages are fetched anew"):
        add(["http://127.0.0.1:1/"], tmp_path)


def test_a_file_is_copied_checked_and_replaced(tmp_path: Path) -> None:
    source, corpus = tmp_path / "brunnen.md", tmp_path / "corpus"
    source.write_text(WELL, "utf-8")
    outcomes = [add([str(source)], corpus)[0].outcome for _ in range(2)]
    source.write_text(WELL.replace("4000", "5000"), "utf-8")
    outcomes.append(add([str(source)], corpus)[0].outcome)
    source.write_text("---\ntitle: [\n---\nText.\n", "utf-8")
    outcomes.append(add([str(source)], corpus)[0].outcome)
    outcomes.append(add([str(tmp_path / "nicht-da.md")], corpus)[0].outcome)
    outcomes.append(add([str(tmp_path)], corpus)[0].outcome)
    assert outcomes == ["added", "unchanged", "replaced", "failed", "failed", "failed"]
    [article] = read_corpus(corpus)
    assert "5000" in article.text


def test_a_corpus_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    source = tmp_path / "brunnen.md"
    source.write_text(WELL, "utf-8")
    with pytest.raises(CorpusError, match="cannot be written"):
        add([str(source)], tmp_path / "file" / "corpus")


def test_the_command_says_what_came_of_each_source(tmp_path: Path) -> None:
    source = tmp_path / "brunnen.md"
    source.write_text(WELL, "utf-8")
    corpus = tmp_path / "corpus"
    result = CliRunner().invoke(app, ["add", "--corpus", str(corpus), str(source), "nichts.md"])
    assert result.exit_code == 1
    assert "added      brunnen.md" in result.output
    assert "failed     nichts.md" in result.output
    assert "1 added, 1 failed" in result.output
