"""Asks for people the shipped corpus names and for made-up ones: `python -m tests.bench.persons`.

The made-up ones have a given name and a surname that the articles write, but never side by side.
`--off` leaves out what looks at names (`index/persons.py`, `index/proper_names.py`).
"""

import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from bot.engine import Engine
from bot.settings import BotSettings
from index.build import build
from index.chunk import Chunker
from index.embed import SentenceEmbedder
from index.persons import Persons
from index.proper_names import ProperNames
from index.words import fold

CORPUS = Path(__file__).parents[2] / "corpus"
#: People that the corpus names.
PEOPLE = (
    "Boubou Cissé, Soumaïla Cissé, Abdoulaye Maïga, Choguel Maïga, Daouda Maïga, Sadio Camara, "
    "Yamoussa Camara, Abdoulaye Diop, Moussa Mara, Oumar Diarra, Cheick Modibo Diarra, "
    "Modibo Koné, Moustapha Koné, Abass Dembélé, Dahirou Dembélé, Souleymane Dembélé, "
    "Amadou Koufa, Amadou Toumani Touré, Dioncounda Traoré, Ibrahim Traoré, Seydou Traoré, "
    "Kéba Sangaré, Mohamed Bazoum, Salif Traoré, Iyad Ag Ghaly, Bilal Ag Acherif, Moctar Ouane, "
    "Mahmoud Dicko, Malick Diaw, Ismaël Wagué, Assimi Goïta"
).split(", ")
_ASKED = (
    "Wer ist {}?",
    "Wann starb {}?",
    "Was sagte {} über Frankreich?",
    "who is {}",
    "{} arrestation",
    "where was {} born",
)
_MADE_UP = 150
_out = Console(highlight=False, width=100)


def main() -> None:
    """Prints how questions for both are answered, and how long one takes."""
    if "--off" in sys.argv[1:]:
        Persons.of = lambda *_: ()  # type: ignore[method-assign]
        ProperNames.among = lambda *_: ()  # type: ignore[method-assign]
    settings = BotSettings()
    embedder = SentenceEmbedder.from_settings(settings)
    with tempfile.TemporaryDirectory() as folder:
        build([CORPUS], embedder, Path(folder) / "index", Chunker())
        engine = Engine.over(embedder, settings.model_copy(update={"index": f"{folder}/index"}))
        _report("in the corpus", engine, [(way, one) for one in PEOPLE for way in _ASKED])
        made_up = random.Random(4).sample(_made_up(), _MADE_UP)  # noqa: S311 - nothing is secret
        ways = [_ASKED[number % len(_ASKED)] for number in range(_MADE_UP)]
        _report("made up", engine, list(zip(ways, made_up, strict=True)))


def _made_up() -> list[str]:
    """Given names with others' surnames, where no article writes the two side by side."""
    written = "\n".join(path.read_text("utf-8") for path in sorted(CORPUS.glob("*.md")))
    names = [one.split(" ") for one in PEOPLE]
    every = {f"{given[0]} {surname[-1]}" for given in names for surname in names}
    return sorted(one for one in every if not _named(one, written))


def _named(name: str, text: str) -> bool:
    first, *_, last = fold(name).split(" ")
    return bool(re.search(rf"\b{first}(?:\W+\w+){{0,2}}\W+{last}", fold(text)))


def _report(name: str, engine: Engine, asked: Sequence[tuple[str, str]]) -> None:
    counts: Counter[str] = Counter()
    times = []
    for way, person in asked:
        begin = time.perf_counter()
        answer = engine.ask(way.format(person))
        times.append(1000 * (time.perf_counter() - begin))
        counts["answered" if answer.answered else "refused"] += 1
        counts["with reserve"] += answer.unsure
        if answer.answered:
            article = engine.article_of(answer.citations[0].chunk)
            counts["from an article that does not name them"] += not _named(person, article.text)
    said = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
    _out.print(f"{name}: {len(asked)} questions, {said}; {np.median(times):.0f} ms (median)")


if __name__ == "__main__":
    main()
