"""What was fetched before, and how the servers marked it, so that it is not fetched again."""

import sqlite3
from pathlib import Path

from index.errors import CorpusError
from index.ingest.fetch import Stamp

#: A hidden file of the corpus folder; it may be deleted, and then everything is fetched anew.
NAME = ".fetched.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS page (
  url TEXT PRIMARY KEY, file TEXT NOT NULL, etag TEXT, modified TEXT
) STRICT;
"""


class Fetched:
    """Addresses with the article file each became; written after every page."""

    def __init__(self, corpus: Path) -> None:
        """Opens the note of `corpus`; raises `CorpusError` if it cannot be used."""
        self._corpus = corpus
        try:
            self._connection = sqlite3.connect(corpus / NAME, isolation_level=None)
            self._connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise CorpusError(
                f"{corpus / NAME}: unreadable ({error}); delete it, then pages are fetched anew"
            ) from None

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def stamp(self, url: str) -> Stamp | None:
        """How the page was marked, if its article is still there."""
        row = self._connection.execute(
            "SELECT file, etag, modified FROM page WHERE url = ?", (url,)
        ).fetchone()
        if row is None or not (self._corpus / row[0]).is_file():
            return None
        return Stamp(row[1], row[2])

    def note(self, url: str, file: str, stamp: Stamp) -> None:
        """Remembers that `url` became `file`."""
        self._connection.execute(
            "INSERT OR REPLACE INTO page VALUES (?, ?, ?, ?)",
            (url, file, stamp.etag, stamp.modified),
        )
