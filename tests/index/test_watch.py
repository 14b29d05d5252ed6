"""A change to an article is seen, one to anything else is not."""

import threading
from pathlib import Path
from queue import Queue

import pytest

from index.watch import watch_corpus


def test_articles_that_change_are_built_and_other_files_are_not(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    away = tmp_path_factory.mktemp("away")
    (away / "folder").mkdir()
    (away / "folder" / "c.md").write_text("Noch ein Satz.")
    built: Queue[str] = Queue()
    stop = threading.Event()
    watching = threading.Thread(
        target=watch_corpus, args=([tmp_path], lambda: built.put("built"), stop), daemon=True
    )
    watching.start()
    try:
        assert built.get(timeout=10) == "built"  # at the start, and watched from before on
        (tmp_path / "a.md").write_text("Stand.")
        assert built.get(timeout=10) == "built"
        (away / "folder").rename(tmp_path / "folder")
        assert built.get(timeout=10) == "built"
        (tmp_path / "folder").rename(away / "folder")
        assert built.get(timeout=10) == "built"
        for name in (".a.md.part", "notes.docx", ".b.md"):
            (tmp_path / name).write_text("x")
        (tmp_path / "b.txt").write_text("Ein Satz.")
        assert built.get(timeout=10) == "built"
        assert built.empty()
    finally:
        stop.set()
        watching.join(timeout=10)
    assert not watching.is_alive()
