"""Reading articles: what is taken, what is refused, and with which words."""

import datetime as dt
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.article import MAX_BYTES, Article
from index.corpus import Corpus, read_corpus
from index.errors import ArticleError, BrokenArticles, CorpusError
from tests.conftest import WELL


def read(folder: Path, content: bytes | str, name: str = "a.md") -> Article:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Article.read(path, folder)


def test_front_matter_becomes_fields_and_the_text_stays_the_whole_file(tmp_path: Path) -> None:
    article = read(tmp_path, WELL)
    assert article.title == "Dorf Sanga baut einen Brunnen"
    assert article.date == dt.date(2020, 3, 5)
    assert article.url == "https://example.org/brunnen"
    assert article.text == WELL
    assert article.text[article.body_start :].lstrip().startswith("In Sanga")
    assert article.warnings == ()


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_mark_are_kept(tmp_path: Path, ends: str, mark: str) -> None:
    content = mark + WELL.replace("\n", ends)
    article = read(tmp_path, content)
    assert article.text == content
    assert article.title == "Dorf Sanga baut einen Brunnen"


def test_raw_text_is_taken_with_a_warning(tmp_path: Path) -> None:
    article = read(tmp_path, "Der Regen kam spät. Dann blieb er.", "a.txt")
    assert article.title == "Der Regen kam spät."
    assert (article.date, article.outlet, article.lang) == (None, None, "de")
    assert "date, outlet and url unknown" in article.warnings[0]


def test_missing_date_is_a_warning(tmp_path: Path) -> None:
    article = read(tmp_path, "---\ntitle: T\nlang: de\noutlet: O\n---\nText.")
    assert article.warnings == ("front matter lacks date: shown to readers as unknown",)


@pytest.mark.parametrize(
    ("content", "line", "found"),
    [
        (b"", None, "there is no text"),
        (b"   \n\n", None, "there is no text"),
        (b"---\ntitle: T\n---\n", None, "there is no text"),
        (b"Text ohne alles.", 1, "no front matter"),
        (b"---\ntitle: T\nText.", 1, "never closed"),
        (b"---\ntitle: [\n---\nText.", 3, "broken front matter"),
        (b"---\n- a\n---\nText.", 2, "without keys"),
        (b"---\n---\nText.", 2, "without keys"),
        (b"---\noutlet: O\n---\nText.", 1, "'title'"),
        (b"---\ntitle: T\ntitel: U\n---\nText.", 3, "'titel'"),
        (b"---\ntitle: T\ndate: 2022-13-45\n---\nText.", 2, "month must be in 1..12"),
        (b"---\ntitle: T\ndate: soon\n---\nText.", 3, "'date'"),
        (b"---\ntitle: T\ndate: 86400\n---\nText.", 3, "a number is no date"),
        (b"---\ntitle: T\ndate: !!timestamp abc\n---\nText.", 2, "broken front matter"),
        (b"---\ntitle: !!int ''\n---\nText.", 2, "broken front matter"),
        (b"---\ntitle: !!bool abc\n---\nText.", 2, "broken front matter"),
        (b"---\ntitle: " + b"[" * 3000 + b"\n---\nText.", 2, "broken front matter"),
        (b"---\ntitle: T\ntitle: U\n---\nText.", 2, "key 'title' twice"),
        (b'---\ntitle: "a\\0b"\n---\nText.', 2, "'title'"),
        (b"---\ntitle: T\nlang: xx\n---\nText.", 3, "'lang'"),
        (b"---\ntitle: T\nurl: nowhere\n---\nText.", 3, "'url'"),
        (b"---\ntitle: T\n---\nA\0B.", 4, "NUL byte"),
        ("---\ntitle: T\n---\nMénaka".encode("latin-1"), 4, "byte 0xe9 is not UTF-8"),
        ("Ménaka".encode("utf-16"), 1, "is not UTF-8"),
    ],
)
def test_what_cannot_be_used_names_file_line_and_way_out(
    tmp_path: Path, content: bytes, line: int | None, found: str
) -> None:
    with pytest.raises(ArticleError) as caught:
        read(tmp_path, content)
    message = str(caught.value)
    assert caught.value.line == line
    assert found in message
    assert message.startswith(str(tmp_path / "a.md"))
    assert "; expected " in message
    assert "\n" not in message


def test_huge_unreadable_and_vanished_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArticleError, match="at most 5,000,000"):
        read(tmp_path, b"x" * (MAX_BYTES + 1))
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ArticleError, match="cannot be read"):
        Article.read(tmp_path / "gone.md", tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=300).map(lambda t: ("---\n" + t).encode("utf-8", "surrogatepass")),
    )
)
@pytest.mark.parametrize("name", ["a.md", "a.txt"])
def test_any_bytes_give_an_article_or_an_article_error(
    tmp_path: Path, name: str, content: bytes
) -> None:
    try:
        article = read(tmp_path, content, name)
    except ArticleError:
        return
    assert article.text.encode() == content
    assert article.title.strip()


def test_a_file_name_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt"))
    path.write_text("Ein Satz.")
    with pytest.raises(ArticleError, match=r"udcff\.txt: a file name that is not UTF-8"):
        Article.read(path, tmp_path)


def test_a_pipe_is_no_article_and_capitals_do_not_matter(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "RAW.TXT").write_text("Ein Satz.")
    assert [one.id for one in read_corpus(tmp_path)] == ["RAW.TXT"]


def test_a_folder_leaves_out_readmes_hidden_files_and_folders(corpus_folder: Path) -> None:
    (corpus_folder / "README.md").write_text("no article")
    (corpus_folder / ".draft.md").write_text("no article")
    (corpus_folder / "folder.md").mkdir()
    (corpus_folder / "deep").mkdir()
    (corpus_folder / "deep" / "more.txt").write_text("Noch ein Satz.")
    ids = [article.id for article in read_corpus(corpus_folder)]
    assert ids == ["brunnen.md", "deep/more.txt", "market.md", "pont.md"]


def test_every_broken_file_is_named_and_can_be_skipped(corpus_folder: Path) -> None:
    (corpus_folder / "one.md").write_bytes(b"\xff\xfe")
    (corpus_folder / "two.md").write_text("no front matter")
    with pytest.raises(BrokenArticles) as caught:
        read_corpus(corpus_folder)
    assert "one.md" in str(caught.value)
    assert "two.md" in str(caught.value)
    assert "--skip-broken" in str(caught.value)
    corpus = Corpus.scan([corpus_folder]).read()
    assert (len(corpus.articles), len(corpus.broken)) == (3, 2)


def test_empty_missing_and_clashing_folders_are_told(corpus_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match="no articles found"):
        Corpus.scan([tmp_path / "empty"])
    with pytest.raises(CorpusError, match="no such folder"):
        Corpus.scan([tmp_path / "nowhere"])
    with pytest.raises(CorpusError, match="same name in two corpus folders"):
        Corpus.scan([corpus_folder, corpus_folder])
