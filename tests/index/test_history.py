"""Which generations there are, going back, and what sets two of them apart."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from index.build import build
from index.chunk import Chunker
from index.cli import app
from index.errors import BuildLocked, Damaged, NotBuilt
from index.generation import Generation
from index.history import difference, discard, generations, rollback
from index.manifest import current, locked, numbers
from tests.conftest import MARKET, TrigramEmbedder


@pytest.fixture
def thrice(built: Path, corpus_folder: Path, embedder: TrigramEmbedder) -> Path:
    """Three generations: three articles; one more; one changed and one gone."""
    (corpus_folder / "new.md").write_text(MARKET.replace("Bandi", "Sanga"), "utf-8")
    build([corpus_folder], embedder, built, Chunker())
    (corpus_folder / "pont.md").unlink()
    (corpus_folder / "market.md").write_text(MARKET.replace("Friday", "Sunday"), "utf-8")
    build([corpus_folder], embedder, built, Chunker())
    return built


def articles(root: Path, embedder: TrigramEmbedder) -> set[str]:
    generation = Generation.open(root, embedder)
    found = {one.id for one in generation.store.contents()}
    generation.store.close()
    return found


def test_the_list_says_which_serves(thrice: Path) -> None:
    found = generations(thrice)
    assert [one.number for one in found] == [1, 2, 3]
    assert [one.serving for one in found] == [False, False, True]
    assert [one.manifest.articles for one in found if one.manifest] == [3, 4, 3]


def test_going_back_is_exact_and_can_be_undone(thrice: Path, embedder: TrigramEmbedder) -> None:
    assert rollback(thrice, embedder).number == 2
    assert articles(thrice, embedder) == {"brunnen.md", "market.md", "new.md", "pont.md"}
    assert rollback(thrice, embedder, 1).number == 1
    assert articles(thrice, embedder) == {"brunnen.md", "market.md", "pont.md"}
    with pytest.raises(NotBuilt, match="no generation before 1 is kept"):
        rollback(thrice, embedder)
    assert rollback(thrice, embedder, 3).number == 3


def test_after_going_back_a_build_goes_on_from_there(
    thrice: Path, corpus_folder: Path, embedder: TrigramEmbedder
) -> None:
    rollback(thrice, embedder, 1)
    found = build([corpus_folder], embedder, thrice, Chunker())
    assert (found.manifest.number, found.added, found.removed) == (4, ("new.md",), ("pont.md",))
    assert articles(thrice, embedder) == {"brunnen.md", "market.md", "new.md"}


def test_what_is_not_kept_or_damaged_does_not_serve(
    thrice: Path, embedder: TrigramEmbedder
) -> None:
    with pytest.raises(NotBuilt, match="no generation 9; kept are 1, 2, 3"):
        rollback(thrice, embedder, 9)
    [path] = thrice.glob("seg-000001-*/store.sqlite")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Damaged):
        rollback(thrice, embedder, 1)
    assert current(thrice).name == "gen-000003"


def test_pruning_keeps_what_serves(thrice: Path, embedder: TrigramEmbedder) -> None:
    rollback(thrice, embedder, 1)
    assert discard(thrice, 1) == [2]
    assert numbers(thrice) == [1, 3]
    Generation.open(thrice, embedder, 1).store.close()
    Generation.open(thrice, embedder, 3).store.close()


def test_a_build_keeps_others_out(thrice: Path, embedder: TrigramEmbedder) -> None:
    with locked(thrice):
        with pytest.raises(BuildLocked, match=rf"process {os.getpid()}, since 20\d\d-"):
            rollback(thrice, embedder)
        with pytest.raises(BuildLocked):
            discard(thrice, 1)


def test_a_difference_names_articles_and_counts_chunks(thrice: Path) -> None:
    found = difference(thrice, 1, 3)
    assert (found.added, found.removed, found.changed) == (
        ("new.md",),
        ("pont.md",),
        ("market.md",),
    )
    assert (found.chunks_added, found.chunks_removed) == (2, 2)
    back = difference(thrice, 3, 1)
    assert (back.added, back.removed) == (found.removed, found.added)
    same = difference(thrice, 2, 2)
    assert (same.added, same.changed, same.chunks_added) == ((), (), 0)


def test_the_commands_say_it(thrice: Path) -> None:
    def run(*arguments: object) -> str:
        result = CliRunner().invoke(app, [*map(str, arguments), "--index", str(thrice)])
        assert result.exit_code == 0, result.output
        return result.output

    listed = json.loads(run("generations", "--json"))
    assert [one["serving"] for one in listed] == [False, False, True]
    assert "serves" in run("generations")
    assert run("diff", 1, 2).splitlines() == ["+ new.md", "1 chunks added, 0 removed"]
    assert json.loads(run("diff", 2, 3, "--json"))["changed"] == ["market.md"]
    assert run("prune", "--keep", 1).strip() == "removed: 1, 2"


def test_a_generation_that_cannot_be_read_is_listed_with_its_fault(thrice: Path) -> None:
    (thrice / "gen-000002" / "manifest.json").write_text("{")
    found = generations(thrice)
    assert [one.number for one in found] == [1, 2, 3]
    assert "not a manifest" in (found[1].fault or "")


def test_no_index_is_told(tmp_path: Path, embedder: TrigramEmbedder) -> None:
    with pytest.raises(NotBuilt, match="no index here yet"):
        generations(tmp_path)
    with pytest.raises(NotBuilt, match="no index here yet"):
        rollback(tmp_path, embedder)
