"""What most tests need: tiny articles, a model that costs nothing, an index built with it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from index.build import build
from index.chunk import Chunker
from index.concordance import Concordance
from index.embed import SentenceEmbedder, Vectors
from index.generation import Generation
from index.settings import IndexSettings

# No deadlines: a first example may load a model, and timings do not belong to tests.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

SHARED = Path(__file__).parents[2] / "shared"

WELL = """---
title: "Dorf Sanga baut einen Brunnen"
outlet: "Dorfblatt"
date: 2020-03-05
url: https://example.org/brunnen
lang: de
---

In Sanga wurde am 5. März 2020 ein Brunnen eingeweiht. Nach Angaben der Gemeinde kostete er 4000
Euro. Die Arbeiten dauerten drei Monate.

## Streit um das Wasser

Der Bürgermeister sagte, das Wasser sei sauber. Es reiche für alle Höfe. Die Bäuerin Awa Diarra
lobte <Tiefe & Kühle> des Brunnens. Bezahlt hat ihn ein Verein aus Köln.
"""
WELL_GERMAN = """---
title: "Der Brunnen von Bandi"
outlet: "Dorfblatt"
date: 2021-02-01
lang: de
---

In Bandi gibt es einen alten Brunnen. Er ist dreißig Meter tief.

Gegraben wurde er im Jahr 1931.
"""
WELL_FRENCH = """---
title: "Le puits de Bandi"
outlet: "Dorfblatt"
date: 2021-02-01
lang: fr
---

À Bandi, il y a un vieux puits. Il a trente mètres de profondeur.

Il a été creusé en 1931.
"""
MARKET = """---
title: "Market day moves to Monday"
outlet: "Village Gazette"
date: 2021-06-01
lang: en
---

The weekly market of Bandi moves from Friday to Monday. Traders had asked for the change since
2019. The council agreed after a long debate about parking.
"""
BRIDGE = """---
title: "Le pont de Kona est réparé"
outlet: "Gazette"
date: 2022-11-12
lang: fr
---

Le pont de Kona a rouvert samedi. Les travaux ont coûté douze millions de francs. Selon le
maire, le pont serait solide pour trente ans.
"""


@dataclass(frozen=True)
class TrigramEmbedder:
    """An `Embedder` that counts hashed runs of three letters: alike texts, alike vectors."""

    name: str = "trigrams"
    fingerprint: str = "trigrams-1"
    dimension: int = 256

    def embed_passages(self, texts: list[str]) -> Vectors:
        """Shape `(len(texts), 256)`."""
        return np.stack([self._embed(text) for text in texts])

    def embed_questions(self, texts: list[str]) -> Vectors:
        """Shape `(len(texts), 256)`."""
        return self.embed_passages(texts)

    def word_vectors(self, words: list[str]) -> Vectors:
        """Shape `(len(words), 256)`."""
        return np.stack([self._embed(word) for word in words])

    def _embed(self, text: str) -> Vectors:
        vector = np.full(self.dimension, 1e-3, dtype=np.float32)
        padded = f"  {text.lower()}  "
        for begin in range(len(padded) - 2):
            digest = hashlib.blake2b(padded[begin : begin + 3].encode("utf-8", "replace"))
            vector[int.from_bytes(digest.digest()[:4], "big") % self.dimension] += 1
        unit: Vectors = (vector / np.linalg.norm(vector)).astype(np.float32)
        return unit


def concordance(generation: Generation) -> Concordance:
    """How the passages of `generation` write words."""
    store = generation.store
    return Concordance(generation.words, store, store.chunk_places())


@pytest.fixture(scope="session")
def embedder() -> TrigramEmbedder:
    return TrigramEmbedder()


@pytest.fixture
def corpus_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "brunnen.md").write_text(WELL, "utf-8")
    (folder / "market.md").write_text(MARKET, "utf-8")
    (folder / "pont.md").write_text(BRIDGE, "utf-8")
    return folder


@pytest.fixture
def built(corpus_folder: Path, embedder: TrigramEmbedder, tmp_path: Path) -> Path:
    """The root of an index of the three articles."""
    root = tmp_path / "index"
    build([corpus_folder], embedder, root, Chunker(), lambda *_: None)
    return root


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real articles and evaluation data beside the checkout, where there is one."""
    if not (SHARED / "articles").is_dir() or not (SHARED / "eval").is_dir():
        pytest.skip(f"{SHARED} holds no articles/ and eval/: they belong to others")
    return SHARED


@pytest.fixture(scope="session")
def real_model() -> SentenceEmbedder:
    """The model that ships with the project."""
    return SentenceEmbedder.from_settings(IndexSettings())


@pytest.fixture(scope="session")
def real_index(
    shared: Path, real_model: SentenceEmbedder, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The root of an index of the real articles, built with the real model."""
    root = tmp_path_factory.mktemp("real") / "index"
    build([shared / "articles"], real_model, root, Chunker(), lambda *_: None)
    return root
