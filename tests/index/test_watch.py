"""A change to an article is seen, one to anything else is not."""

import threading
from pathlib import Path
from queue import Empty, Queue

from index.watch import watch_corpus


def test_articles_that_change_are_built_and_other_files_are_not(tmp_path: Path) -> None:
    built: Queue[str] = Queue()
    stop = threading.Event()
    watching = threading.Thread(
        target=watch_corpus, args=([tmp_path], lambda: built.put("built"), stop), daemon=True
    )
    watching.start()
    try:
        assert built.get(timeout=10) == "built"  # at the start
        for number in range(20):  # until the system has begun to watch
            (tmp_path / "a.md").write_text(f"Stand {number}.")
            try:
                built.get(timeout=3)
                break
            except Empty:
                continue
        else:
            raise AssertionError("no change was seen")
        while not built.empty():
            built.get()
        for name in (".a.md.part", "notes.docx", ".b.md"):
            (tmp_path / name).write_text("x")
        (tmp_path / "b.txt").write_text("Ein Satz.")
        assert built.get(timeout=10) == "built"
    finally:
        stop.set()
        watching.join(timeout=10)
    assert not watching.is_alive()
