"""Persons that no article names, told from those that one does."""

from pathlib import Path

import pytest

from index.build import build
from index.chunk import Chunker
from index.generation import Generation
from index.persons import NAMESAKES, Persons
from index.words import Language
from tests.conftest import TrigramEmbedder, concordance

#: The people of the articles below; nobody else is in them.
PEOPLE = [
    "Falbo Kendri",
    "Falbo Mastin",
    "Ruvi Kendri",
    "Orno Teleb Mastin",
    "Ruvi Ag Soldan",
    "Orno Hark",
]
REPORTS: dict[Language, str] = {
    "de": "Im Rat von Bandi sprach {} über den Kreis Bandi. Dann ging {} nach Hause. Kendri und "
    "Mastin aus dem Kreis Bandi blieben Gegner, und in Burko Tal war Markt.",
    "en": "In the council of Bandi spoke {} about sheep. Then {} went home to Burko Tal.",
    "fr": "Au conseil de Bandi, {} a parlé des moutons. Puis {} est rentré à Burko Tal.",
}


@pytest.fixture(scope="module")
def persons(tmp_path_factory: pytest.TempPathFactory, embedder: TrigramEmbedder) -> Persons:
    folder = tmp_path_factory.mktemp("persons")
    (folder / "corpus").mkdir()
    for number, person in enumerate(PEOPLE):
        for language, report in REPORTS.items():
            head = f'---\ntitle: "Rat {number}"\ndate: 2021-04-01\nlang: {language}\n---\n\n'
            path = folder / "corpus" / f"{number}-{language}.md"
            path.write_text(head + report.format(person, person) + "\n", "utf-8")
    (folder / "corpus" / "aliases.yaml").write_text('- name: "JNB"\n  also: ["Ruvi Teleb"]\n')
    build([folder / "corpus"], embedder, folder / "index", Chunker())
    generation = Generation.open(folder / "index", embedder)
    return Persons(concordance(generation))


def unheard(persons: Persons, question: str, language: Language = "de") -> list[str]:
    read = persons.passages.words.read_question(question, language)
    return [one.name for one in persons.of(question, read, language) if not one.articles]


@pytest.mark.parametrize(
    ("question", "language"),
    [
        *((f"Was sagte {person} in Bandi?", "de") for person in PEOPLE),
        *((f"what did {person.lower()} say", "en") for person in PEOPLE),
        ("Qui est Kendri Falbo ?", "fr"),  # the surname first
        ("Wer ist Orno Mastin?", "de"),  # a middle name left out
        ("Wer ist Ruvi Soldan?", "de"),
        ("Wer ist Falboo Kendrie?", "de"),
        ("Wer ist Kendri?", "de"),
        ("Wer war Xaver Huber?", "de"),  # what no article has is told elsewhere
        ("Was sagte Falbo, Mastin nicht?", "de"),
        ("Kreis Kendri", "de"),  # no given name: "im Kreis Bandi"
        ("Burko Kendri", "de"),  # nor here: "Burko Tal" alone
        ("Falbo Markt", "de"),  # no surname
        ("Minister Kendri", "de"),
        ("Ruvi Teleb", "de"),  # listed among the aliases
        ("Markt in Bandi am Montag", "de"),
    ],
)
def test_who_is_named_is_heard_of(persons: Persons, question: str, language: Language) -> None:
    assert unheard(persons, question, language) == []


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Was sagte Ruvi Mastin in Bandi?", "Ruvi Mastin"),
        ("wer ist ruvi mastin", "ruvi mastin"),
        ("Wer ist Ruvie Mastin?", "Ruvie Mastin"),  # misspelt, and still nobody
        ("Wann sprach Orno Kendri mit Falbo Mastin?", "Orno Kendri"),
        ("Was sagte Orno Ag Soldan?", "Orno Ag Soldan"),
    ],
)
def test_who_is_not_is_told_with_whom_there_is(persons: Persons, question: str, name: str) -> None:
    read = persons.passages.words.read_question(question, "de")
    found = next(one for one in persons.of(question, read, "de") if not one.articles)
    assert found.name == name
    assert 0 < len(persons.namesakes(found)) <= NAMESAKES
    assert set(persons.namesakes(found)) <= set(PEOPLE)


def test_namesakes_are_written_as_the_articles_write_them(
    tmp_path: Path, embedder: TrigramEmbedder
) -> None:
    (tmp_path / "corpus").mkdir()
    people = ("Soumaïla Bélir", "Soumaïla Cissar", "Émile Cissar", "Émile Faßko")
    for number, person in enumerate(people):
        text = f"Vor Weißenau sprach {person}. Am Ende ging {person} heim.\n"
        head = f'---\ntitle: "Rat {number}"\nlang: de\n---\n\n'
        (tmp_path / "corpus" / f"{number}.md").write_text(head + text, "utf-8")
    build([tmp_path / "corpus"], embedder, tmp_path / "index", Chunker())
    generation = Generation.open(tmp_path / "index", embedder)
    read = generation.words.read_question("Wer ist Emile Belir?", "de")
    persons = Persons(concordance(generation))
    [found] = persons.of("Wer ist Emile Belir?", read, "de")
    assert set(persons.namesakes(found)) == {"Soumaïla Bélir", "Émile Cissar", "Émile Faßko"}
