"""`mali-bot` and `mali-index` as typed: what is printed, where, and how they end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import BRIDGE, MARKET, WELL


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with corpus/ and an index of it, built by the command itself."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "corpus").mkdir()
    for name, text in (("brunnen", WELL), ("market", MARKET), ("pont", BRIDGE)):
        (folder / "corpus" / f"{name}.md").write_text(text, "utf-8")
    done = run(folder, "index", "build")
    assert done.returncode == 0, done.stderr
    assert b"built .index: 3 articles" in done.stderr
    return folder


def run(
    folder: Path, package: str, *arguments: str, stdin: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MALI_", "TELEGRAM_"))}
    environment |= {"PYTHONPATH": str(Path(__file__).parents[2]), "LC_ALL": "C", **variables}
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", package, *arguments],
        input=stdin,
        capture_output=True,
        cwd=folder,
        env=environment,
        check=False,
        timeout=120,
    )


def one_line_error(done: subprocess.CompletedProcess[bytes], *said: str) -> None:
    message = done.stderr.decode().strip()
    assert done.returncode == 1
    assert "Traceback" not in message
    assert len(message.splitlines()) == 1
    for part in said:
        assert part in message


def test_a_question_is_answered_with_its_source(folder: Path) -> None:
    done = run(folder, "bot", "ask", "Wie viel Euro kostete der Brunnen?", MALI_SURE="0")
    assert done.returncode == 0, done.stderr
    quote = (
        "In Sanga wurde am 5. März 2020 ein Brunnen eingeweiht. "
        "Nach Angaben der Gemeinde kostete er 4000\nEuro."
    )
    assert done.stdout.decode().startswith(f"{quote} [1]")
    assert "Dorfblatt · Dorf Sanga baut einen Brunnen · 5. März 2020" in done.stdout.decode()


def test_json_is_one_object_a_line_whatever_the_line_holds(folder: Path) -> None:
    lines = [
        b"Wie viel Euro kostete der Brunnen?",
        b"",
        b"\0\0",
        "🙂".encode(),
        b"x " * 500_000,
        b"M\xe9naka \xff\xfe Brunnen",
        "Combien ont coûté les travaux ?".encode(),
        b"What happened in 2031?",
    ]
    done = run(folder, "bot", "ask", "--json", "-", stdin=b"\n".join(lines), MALI_SURE="0")
    assert (done.returncode, done.stderr) == (0, b"")
    values = [json.loads(line) for line in done.stdout.splitlines()]
    assert [value["answered"] for value in values] == [
        True, False, False, False, False, True, True, False,
    ]  # fmt: skip
    assert values[4]["message"].endswith(("fragen.", "one.", "raccourcir."))
    assert values[7]["reason"] == "outside_period"
    for value in values:
        for citation in value["citations"]:
            text = (folder / "corpus" / citation["article"]).read_bytes().decode("utf-8")
            assert text[citation["start"] : citation["end"]] == citation["text"]


def test_chat_answers_a_question_a_line_and_ends(folder: Path) -> None:
    done = run(folder, "bot", "chat", stdin=b"Was kostete der Brunnen?\n\nmarket day\n")
    assert (done.returncode, done.stderr) == (0, b"")
    assert [row for row in done.stdout.splitlines() if row.startswith(b"> ")] == [
        b"> Was kostete der Brunnen?",
        b"> market day",
    ]


def test_a_reader_that_leaves_early_is_no_error(folder: Path) -> None:
    script = f"yes 'Was kostete der Brunnen?' | head -200 | {sys.executable} -m bot ask - | head -1"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(  # noqa: S602
        script,
        shell=True,
        capture_output=True,
        cwd=folder,
        env=environment,
        timeout=120,
        check=False,
    )
    assert done.stdout.count(b"\n") == 1
    assert b"Traceback" not in done.stderr
    assert b"BrokenPipe" not in done.stderr


def test_a_question_with_nothing_in_it_ends_with_two(folder: Path) -> None:
    done = run(folder, "bot", "ask", "🙂")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "kein Wort" in done.stderr.decode()


def test_a_second_build_does_nothing(folder: Path) -> None:
    done = run(folder, "index", "build")
    assert b".index is up to date: 3 articles" in done.stderr


def test_info_and_search_show_the_index(folder: Path) -> None:
    assert b"articles           3" in run(folder, "index", "info").stdout
    found = run(folder, "index", "search", "Brunnen", "-n", "1").stdout.decode()
    assert found.startswith("1. brunnen.md:")
    assert "score" in found


def test_the_model_path_opens(folder: Path) -> None:
    path = run(folder, "index", "model-path").stdout.decode().strip()
    assert (Path(path) / "modules.json").is_file()


def test_errors_are_one_line_on_stderr(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    one_line_error(run(tmp_path, "bot", "ask", "Frage?"), "no index here yet", "mali-index build")
    one_line_error(run(tmp_path, "index", "info"), "mali-index build --index .index")
    one_line_error(run(tmp_path, "index", "build"), "corpus: no such folder", "--corpus DIR")
    one_line_error(run(tmp_path, "index", "build", "--corpus", "empty"), "no articles found")
    one_line_error(run(folder, "index", "build", "--model", "./none"), "no such folder", "--model")
    one_line_error(
        run(folder, "bot", "ask", "Frage?", MALI_SURE="much"), "setting MALI_SURE", "number"
    )
    one_line_error(run(folder, "bot", "run"), "TELEGRAM_BOT_TOKEN is not set", "mali-bot chat")


def test_a_broken_article_stops_the_build_unless_it_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "good.md").write_text(WELL, "utf-8")
    (tmp_path / "corpus" / "bad.md").write_bytes(b"---\ntitle: T\n---\nM\xe9naka")
    done = run(tmp_path, "index", "build")
    assert done.returncode == 1
    assert b"bad.md:4: byte 0xe9 is not UTF-8; expected UTF-8; convert with: iconv" in done.stderr
    assert b"--skip-broken" in done.stderr
    assert not (tmp_path / ".index" / "current").exists()
    done = run(tmp_path, "index", "build", "--skip-broken")
    assert done.returncode == 0
    assert b"left out:" in done.stderr
