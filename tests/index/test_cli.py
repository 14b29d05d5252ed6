"""`mali-index` as typed: how it ends, and what it says on which stream."""

from pathlib import Path

import pytest
from filelock import FileLock
from typer.testing import CliRunner, Result

from index.cli import app
from index.embed import SentenceEmbedder
from index.manifest import current


def mali_index(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refused(result: Result, *said: str) -> None:
    """One line on stderr that begins with the program's name, nothing on stdout, exit code 1."""
    assert (result.exit_code, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("mali-index: ")
    for part in said:
        assert part in result.stderr


def test_without_a_command_it_shows_its_commands() -> None:
    shown = mali_index()
    assert shown.exit_code == 2
    for command in ("build", "info", "search"):
        assert command in shown.output


@pytest.mark.parametrize(
    "arguments", [("bild",), ("build", "--crpus", "x"), ("search",), ("search", "x", "-n", "0")]
)
def test_what_is_typed_wrong_ends_with_two(arguments: tuple[str, ...]) -> None:
    result = mali_index(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage" in result.stderr


def test_info_goes_to_stdout_and_names_what_made_the_index(built: Path) -> None:
    shown = mali_index("info", "--index", built)
    assert (shown.exit_code, shown.stderr) == (0, "")
    values = {line[:18].strip(): line[19:] for line in shown.stdout.splitlines()}
    assert values["articles"] == "3"
    assert values["model"] == "trigrams"
    assert values["languages"] == "de, en, fr"
    assert "files" not in values


def test_no_index_is_told_with_the_command_that_builds_it(tmp_path: Path) -> None:
    place = tmp_path / "index"
    refused(mali_index("info", "--index", place), f"mali-index build --index {place}")
    refused(mali_index("search", "x", "--index", place), f"mali-index build --index {place}")


def test_an_index_of_another_model_is_told(built: Path) -> None:
    said = ("built with the model trigrams", "MALI_MODEL", "mali-index build")
    refused(mali_index("search", "Brunnen", "--index", built), *said)


def test_a_damaged_manifest_is_told(built: Path) -> None:
    (current(built) / "manifest.json").write_text("{")
    refused(mali_index("info", "--index", built), "not a manifest", "mali-index build")


def test_two_builds_at_once_are_told(built: Path, corpus_folder: Path) -> None:
    with FileLock(built / "lock"):
        result = mali_index("build", "--corpus", corpus_folder, "--index", built)
    assert result.exit_code == 1
    assert "another build is running" in result.stderr
    assert current(built).name == "gen-000001"


def test_every_broken_article_has_its_line_and_the_last_line_is_the_way_out(
    corpus_folder: Path, tmp_path: Path
) -> None:
    (corpus_folder / "one.md").write_bytes("---\ntitle: T\n---\nMénaka".encode("latin-1"))
    (corpus_folder / "two.txt").write_bytes(b"A\0B.")
    result = mali_index("build", "--corpus", corpus_folder, "--index", tmp_path / "index")
    lines = result.stderr.splitlines()
    assert (result.exit_code, result.stdout, len(lines)) == (1, "", 3)
    assert all(line.startswith("mali-index: ") for line in lines)
    assert "one.md:4: byte 0xe9 is not UTF-8" in lines[0]
    assert "iconv -f WINDOWS-1252 -t UTF-8" in lines[0]
    assert "two.txt:1: a NUL byte" in lines[1]
    assert lines[2].endswith("mali-index build --skip-broken")
    assert not (tmp_path / "index" / "current").exists()


def test_build_search_and_build_again(
    corpus_folder: Path, tmp_path: Path, real_model: SentenceEmbedder
) -> None:
    place = ("--index", tmp_path / "index", "--model", real_model.model)
    first = mali_index("build", "--corpus", corpus_folder, *place)
    assert (first.exit_code, first.stdout) == (0, "")
    assert "3 articles" in first.stderr
    found = mali_index("search", "Was kostete der Brunnen in Sanga?", "-n", "2", *place)
    assert found.exit_code == 0
    heads = [line for line in found.stdout.splitlines() if line.startswith(("1. ", "2. ", "3. "))]
    assert [head[:3] for head in heads] == ["1. ", "2. "]
    assert heads[0].startswith("1. brunnen.md:")
    again = mali_index("build", "--corpus", corpus_folder, *place)
    assert "is up to date" in again.stderr
    (corpus_folder / "raw.txt").write_text("Der Regen kam spät. Dann blieb er.", "utf-8")
    more = mali_index("build", "--corpus", corpus_folder, *place)
    assert "warning: raw.txt: no front matter" in more.stderr
    assert "4 articles" in more.stderr


@pytest.mark.parametrize("command", ["build", "watch", "check"])
def test_the_corpus_is_where_the_setting_says_or_the_option_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("MALI_CORPUS", str(tmp_path / "set"))
    monkeypatch.setenv("MALI_INDEX", str(tmp_path / "index"))
    refused(mali_index(command), f"{tmp_path / 'set'}: ")
    refused(mali_index(command, "--corpus", tmp_path / "typed"), f"{tmp_path / 'typed'}: ")
