"""Who may import whom: the floor plan, kept by a test."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def importers(package: str, name: str) -> set[str]:
    files = (ROOT / package).rglob("*.py")
    return {path.relative_to(ROOT).as_posix() for path in files if name in imports(path)}


def test_index_knows_nothing_of_the_bot() -> None:
    assert importers("index", "bot") == set()
    assert importers("index", "telegram") == set()


def test_telegram_stays_in_its_package() -> None:
    assert all(path.startswith("bot/telegram/") for path in importers("bot", "telegram"))


def test_heavy_libraries_are_imported_in_one_place() -> None:
    assert importers("index", "faiss") == {"index/on_faiss.py"}
    assert importers("index", "pymilvus") == {"index/on_milvus.py"}
    assert importers("index", "sentence_transformers") == {
        "index/embed.py",
        "index/model/train.py",
        "index/model/wording.py",
    }
    for name in ("faiss", "pymilvus", "sentence_transformers"):
        assert importers("bot", name) == set()
    assert importers("bot", "redis") == {"bot/shared.py"}


def test_the_top_level_holds_what_it_should() -> None:
    allowed = {"pyproject.toml", "bot", "index", "tests", "corpus", "README.md"}
    allowed |= {"Makefile", "LICENSE", "deploy"}
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert {name for name in found if not name.endswith(".egg-info")} == allowed
