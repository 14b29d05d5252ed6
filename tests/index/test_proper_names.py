"""What is a name, told by how English and French articles write it."""

from pathlib import Path

import numpy as np
import pytest

from index.build import build
from index.chunk import Chunker
from index.confidence import confidence
from index.generation import Generation
from index.proper_names import ProperNames
from index.retrieve import Retriever
from index.words import Language
from tests.conftest import TrigramEmbedder, concordance

WRITTEN: dict[str, tuple[Language, str]] = {
    "a.en.md": ("en", "In Tesso the European mission closed schools. Tesso lies north."),
    "a.fr.md": ("fr", "À Tesso, la mission européenne a fermé des écoles. Tesso est au nord."),
    "b.en.md": ("en", "In Tesso the council of Bandaro met. European soldiers left Bandaro."),
    "b.fr.md": ("fr", "À Tesso, le conseil de Bandaro a siégé. Bandaro est loin du nord."),
    "c.de.md": ("de", "In Bandaro schlossen die Schulen. Der Rat von Bandaro war dagegen."),
}


def retriever(folder: Path, embedder: TrigramEmbedder, *names: str) -> Retriever:
    (folder / "corpus").mkdir()
    for name in names:
        language, text = WRITTEN[name]
        head = f'---\ntitle: "{name}"\nlang: {language}\n---\n\n'
        (folder / "corpus" / name).write_text(f"{head}{text}\n", "utf-8")
    build([folder / "corpus"], embedder, folder / "index", Chunker())
    return Retriever(Generation.open(folder / "index", embedder), embedder)


@pytest.mark.parametrize(
    ("question", "language", "names"),
    [
        ("which schools closed in Tesso", "en", ["tesso"]),
        ("Welche Schulen schlossen in Bandaro?", "de", ["bandaro"]),
        ("the European mission in tesso and bandaro", "en", ["tesso", "bandaro"]),
        ("Schulen im Norden", "de", []),
        ("Tessso", "de", []),  # misspelt
        ("Xaver", "de", []),  # nowhere
    ],
)
def test_a_name_has_a_capital_letter_in_both_languages(
    tmp_path: Path, embedder: TrigramEmbedder, question: str, language: Language, names: list[str]
) -> None:
    made = retriever(tmp_path, embedder, *WRITTEN).generation
    words = made.words.read_question(question, language)
    found = ProperNames(concordance(made)).among(words)
    assert [term.word for term in found] == names


def test_without_articles_in_both_languages_nothing_is_a_name(
    tmp_path: Path, embedder: TrigramEmbedder
) -> None:
    made = retriever(tmp_path, embedder, "a.en.md", "b.en.md", "c.de.md").generation
    words = made.words.read_question("European schools in Tesso", "en")
    assert not ProperNames(concordance(made)).among(words)


def test_an_article_has_what_its_translations_have(
    tmp_path: Path, embedder: TrigramEmbedder
) -> None:
    made = retriever(tmp_path, embedder, *WRITTEN).generation
    names = ProperNames(concordance(made))
    [bandaro] = names.among(made.words.read_question("Bandaro", "de"))
    chunks = np.arange(made.manifest.chunks)
    having = names.all_in((bandaro,), chunks)
    held = {made.store.article(made.store.chunk(int(n)).article).id for n in chunks[having]}
    assert held == {"b.en.md", "b.fr.md", "c.de.md"}


def test_what_an_article_without_the_name_tells_is_no_answer(
    tmp_path: Path, embedder: TrigramEmbedder
) -> None:
    made = retriever(tmp_path, embedder, *WRITTEN)
    found = made.search("Which schools closed in Bandaro?", "en")
    assert {hit.article.id for hit in found.hits} == {"b.en.md", "c.de.md"}
    assert not found.beside
    (tmp_path / "corpus" / "d.en.md").write_text(
        '---\ntitle: "d"\nlang: en\n---\n\nKulsa is far. Kulsa has no roads.\n', "utf-8"
    )
    (tmp_path / "corpus" / "d.fr.md").write_text(
        '---\ntitle: "d"\nlang: fr\n---\n\nKulsa est loin. À Kulsa, pas de routes.\n', "utf-8"
    )
    build([tmp_path / "corpus"], embedder, tmp_path / "index", Chunker())
    more = Retriever(Generation.open(tmp_path / "index", embedder), embedder)
    neither = more.search("Did Bandaro and Kulsa close schools?", "en")
    assert neither.hits
    assert neither.beside
    assert confidence(neither) == 0.0
