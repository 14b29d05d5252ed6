"""What is wrong with articles is found, with its line; what a machine can mend is mended."""

import datetime as dt
from pathlib import Path

import pytest
from typer.testing import CliRunner

from index.check import Finding, check
from index.cli import app
from index.corpus import read_corpus
from index.duplicates import near_duplicates
from index.errors import CorpusError
from index.repair import repair
from tests.conftest import WELL, WELL_FRENCH, WELL_GERMAN

TODAY = dt.date(2026, 1, 1)


def found(folder: Path, *texts: str) -> list[tuple[int | None, str, str]]:
    for number, text in enumerate(texts):
        (folder / f"{number}.md").write_text(text, "utf-8")
    findings = check([folder], today=TODAY).findings
    return [(one.line, one.level, one.said) for one in findings]


def test_a_good_article_has_no_findings(tmp_path: Path) -> None:
    assert found(tmp_path, WELL) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "level", "said"),
    [
        ("2020-03-05\n", "2027-03-05\n", 4, "error", "is in the future"),
        ("lang: de", "corrected: 2019-01-01\nlang: de", 6, "error", "before the article's date"),
        ("lang: de", "lang: fr", 6, "warning", "lang is fr, but the text looks like de"),
        ('"Dorfblatt"', '"Mali-Bot Dossier"', 3, "error", "no sources"),
        ("Köln.", "Köln. Jetzt abonnieren!", 8, "warning", "cut off by a paywall"),
        ("drei Monate", "fünf Jahre", 10, "warning", "letters garbled"),
        ("title:", "titel:", 1, "error", "'title': Field required"),
        ("date: 2020-03-05\n", "", None, "warning", "lacks date"),
    ],
)
def test_what_is_odd_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int | None, level: str, said: str
) -> None:
    new = "fünf Jahre".encode().decode("cp1252") if new == "fünf Jahre" else new
    [(at, what, text)] = found(tmp_path, WELL.replace(old, new))
    assert (at, what) == (line, level)
    assert said in text


def test_a_stub_is_told(tmp_path: Path) -> None:
    findings = found(tmp_path, "---\ntitle: T\nlang: de\n---\nNur ein Satz.\n")
    assert [line for line, _, said in findings if "a stub" in said] == [5]


def test_the_same_address_and_nearly_the_same_text_are_told(tmp_path: Path) -> None:
    update = WELL.replace("drei Monate", "vier Monate").replace("2020-03-05\n", "2020-04-01\n")
    said = [text for _, _, text in found(tmp_path, WELL, update)]
    assert len(said) == 2
    assert said[0].startswith("same url as 0.md")
    assert said[1].startswith("shares ")
    assert said[1].endswith("with 0.md")


def test_translations_are_no_duplicates(tmp_path: Path) -> None:
    (tmp_path / "a.de.md").write_text(WELL_GERMAN, "utf-8")
    (tmp_path / "a.fr.md").write_text(WELL_FRENCH, "utf-8")
    assert near_duplicates(read_corpus(tmp_path)) == []


class ShortModel:
    def excess(self, texts: list[str]) -> list[int]:
        return [max(0, len(text.split()) - 30) for text in texts]


def test_passages_longer_than_the_model_reads_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(WELL, "utf-8")
    findings = check([tmp_path], ShortModel(), TODAY).findings
    assert {one.line for one in findings} == {14}
    assert all("tokens longer than the model reads" in one.said for one in findings)


def test_what_a_machine_can_mend_is_mended_and_the_old_kept(tmp_path: Path) -> None:
    (tmp_path / "latin.md").write_bytes(WELL.encode("cp1252"))
    (tmp_path / "utf16.md").write_bytes(WELL.encode("utf-16"))
    (tmp_path / "garbled.md").write_text(WELL.encode().decode("cp1252", "replace"), "utf-8")
    (tmp_path / "no-lang.md").write_text(WELL.replace("lang: de\n", ""), "utf-8")
    (tmp_path / "good.md").write_text(WELL, "utf-8")
    done = {path.name: what for path, what in repair([tmp_path])}
    assert done.keys() == {"latin.md", "utf16.md", "garbled.md", "no-lang.md"}
    assert "to UTF-8" in done["latin.md"]
    for name in ("latin.md", "utf16.md"):
        assert (tmp_path / name).read_text("utf-8").lstrip("\ufeff") == WELL
    assert "lang: de" in (tmp_path / "no-lang.md").read_text("utf-8")
    assert (tmp_path / ".latin.md.before").read_bytes() == WELL.encode("cp1252")
    assert repair([tmp_path]) == []


def test_what_is_no_text_is_left_alone(tmp_path: Path) -> None:
    content = bytes(range(256)) * 4
    (tmp_path / "a.md").write_bytes(content)
    assert repair([tmp_path]) == []
    assert (tmp_path / "a.md").read_bytes() == content


def test_no_articles_are_told(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no articles found"):
        check([tmp_path])


def test_a_finding_reads_as_a_compiler_says_it() -> None:
    assert str(Finding(Path("a.md"), 3, "error", "x")) == "a.md:3: error: x"
    assert str(Finding(Path("a.md"), None, "warning", "x")) == "a.md: warning: x"


def test_the_command_ends_with_one_only_for_errors(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(WELL.replace("lang: de\n", ""), "utf-8")
    result = CliRunner().invoke(app, ["check", "--corpus", str(tmp_path)])
    assert (result.exit_code, result.stderr.strip()) == (0, "1 articles: 0 errors, 1 warnings")
    result = CliRunner().invoke(app, ["check", "--corpus", str(tmp_path), "--fix"])
    assert "mended: lang: de" in result.stdout
    assert result.stderr.strip() == "1 articles: 0 errors, 0 warnings"
    path.write_text("no front matter")
    result = CliRunner().invoke(app, ["check", "--corpus", str(tmp_path)])
    assert (result.exit_code, result.stdout) == (1, f"{path}:1: error: no front matter\n")
