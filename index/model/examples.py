"""What the model trains on, batch by batch, the same ones for the same recipe.

Two kinds take turns at random: translations, which the student learns to put where the teacher puts
their English, and questions, which it learns to put next to their passages.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from index.model.articles import TrainingArticle
from index.model.dictionary import Dictionary
from index.model.pairs import HUMAN_LINES, ORDERED_LINES, Pair, Pairs, passages, read_phrases
from index.model.questions import (
    Asked,
    Sentence,
    Written,
    from_news,
    from_wikipedia,
    read_questions,
    read_wikipedia,
    read_written,
)
from index.model.reports import Affair
from index.model.rows import read_rows
from index.words import LANGUAGES, Language

#: Questions written for the project, on passages of the sentence pairs.
_WRITTEN = Path(__file__).with_name("questions.jsonl")
#: Articles and reports that were written for it, with questions.
ARTICLES = tuple(
    Path(__file__).with_name(f"articles.{part}.jsonl") for part in ("fr", "fr.more", "de")
)
REPORTS = tuple(Path(__file__).with_name(f"{name}.jsonl") for name in ("reports", "twins"))
_BLOCK = 2048  # examples sorted by length at a time
#: How often a question that a person asked is used for each one made from text.
_ASKED_OFTEN = 5
#: The same of questions written for the project, and the share of made ones kept beside them.
_WRITTEN_OFTEN, _MADE_BESIDE = 2, 0.3
#: The same of questions on articles; how many articles in a row are of one field, and how many of
#: them are put beside each other.
_ARTICLES_OFTEN, _FIELD, _BESIDE = 3, 90, 6


@dataclass(frozen=True, slots=True)
class Mix:
    """How many texts of each kind an epoch of translations has, at most."""

    human: int = 60_000  # German lines translated by people
    machine: int = 15_000  # and by machines
    french: int = 1_000_000
    phrases: int = 0
    german_passages: int = 1_000_000
    french_passages: int = 1_000_000  # each twice
    itself: int = 12_000  # English lines that train on themselves
    passages_themselves: int = 7_000
    german_words: int = 10_000
    french_words: int = 20_000
    mixed: int = 1_000_000  # English sentences with words in German or French


#: What a training that goes on from a model reads: French above all, the rest against forgetting.
FURTHER_MIX = Mix(
    human=15_000,
    machine=4_000,
    french=45_000,
    phrases=45_000,
    german_passages=10_000,
    itself=5_000,
    passages_themselves=3_000,
    german_words=3_000,
    french_words=8_000,
    mixed=10_000,
)


@dataclass(frozen=True, slots=True)
class Texts:
    """What is trained on beside sentence pairs: a dictionary, questions, Wikipedia, phrases."""

    dictionary: Dictionary
    asked: tuple[Asked, ...]
    wikipedia: dict[Language, list[Sentence]]
    phrases: tuple[Pair, ...] = ()
    written: tuple[Written, ...] = ()
    articles: tuple[TrainingArticle, ...] = ()
    affairs: tuple[Affair, ...] = ()
    mix: Mix = Mix()

    @classmethod
    def read(cls, folder: Path) -> "Texts":
        """Reads the three clones in `folder` that CARD.md names; raises `TrainingDataError`."""
        return cls(
            Dictionary.read(folder / "wiktionary-dict"),
            tuple(read_questions(folder / "fquad-exploration" / "data" / "valid.json")),
            read_wikipedia(folder / "wikineural"),
        )

    def with_more(self, folder: Path, pairs: Pairs, held_out: Collection[str]) -> "Texts":
        """These and what the training that goes on reads; raises `TrainingDataError`."""
        return replace(
            self,
            phrases=tuple(read_phrases(folder / "data" / "fra-eng.zip", pairs, held_out)),
            written=tuple(read_written(_WRITTEN, pairs)),
            mix=FURTHER_MIX,
        )

    def with_articles(self) -> "Texts":
        """These and the articles and reports written for the project."""
        return replace(
            self,
            articles=read_rows(TrainingArticle, *ARTICLES),
            affairs=read_rows(Affair, *REPORTS),
        )

    def written_in(self, language: Language) -> list[str]:
        """All text in `language`, to learn word pieces from."""
        found = [sentence.text for sentence in self.wikipedia[language]]
        if language == "fr":
            found += sorted({asked.passage for asked in self.asked})
            found += [pair.text for pair in self.dictionary.french]
        elif language == "de":
            found += [pair.text for pair in self.dictionary.german]
        return found


@dataclass(frozen=True, slots=True)
class Translations:
    """Texts in any of the languages, and what each means in English."""

    texts: list[str]
    english: list[str]

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, slots=True)
class Questions:
    """Questions, passages, each once, and for each question the number of its passage."""

    questions: list[str]
    passages: list[str]
    right: list[int]

    def __len__(self) -> int:
        return len(self.questions) + len(self.passages)


Batch = Translations | Questions


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large batches are, in padded characters and in texts, and how often questions come."""

    characters: int
    texts: int
    questions: int
    question_share: float  # of batches
    typo_share: float  # of texts


def batches(data: Pairs, texts: Texts | None, sizes: Sizes, seed: int) -> Iterator[Batch]:
    """Batches without end."""
    chance = random.Random(seed + 2)  # noqa: S311 - nothing secret depends on any of these
    translations = _translations(data, texts, sizes, seed)
    questions = _questions(data, texts, sizes, seed) if texts else iter(())
    while True:
        if texts and chance.random() < sizes.question_share:
            yield next(questions)
        else:
            yield next(translations)


def _translations(
    data: Pairs, texts: Texts | None, sizes: Sizes, seed: int
) -> Iterator[Translations]:
    chance = random.Random(seed + 3)  # noqa: S311
    german, french = passages(data.german[:ORDERED_LINES]), passages(data.french)
    for epoch in count(100 + seed):
        examples = _epoch(data, texts, german, french, random.Random(epoch))  # noqa: S311
        for begin in range(0, len(examples), _BLOCK):
            block = sorted(examples[begin : begin + _BLOCK], key=lambda pair: len(pair.text))
            filled = list(_filled(block, sizes))
            chance.shuffle(filled)
            for batch in filled:
                written = [_mistyped(pair.text, chance, sizes.typo_share) for pair in batch]
                yield Translations(written, [pair.english for pair in batch])


def _epoch(
    data: Pairs, texts: Texts | None, german: list[Pair], french: list[Pair], chance: random.Random
) -> list[Pair]:
    def some(pairs: Sequence[Pair], most: int) -> Sequence[Pair]:
        return chance.sample(pairs, most) if most < len(pairs) else pairs

    mix = texts.mix if texts else Mix()
    examples = [*some(data.german[:HUMAN_LINES], mix.human)]
    examples += some(data.german[HUMAN_LINES:], mix.machine)
    examples += some(data.french, mix.french)
    examples += some(german, mix.german_passages)
    examples += [*some(french, mix.french_passages)] * 2
    examples += [_itself(pair) for pair in some(data.german, mix.itself)]
    examples += [_itself(pair) for pair in some(german[::2], mix.passages_themselves)]
    if texts:
        mixer = texts.dictionary.mixer()
        wikipedia = [sentence.text for sentence in texts.wikipedia["en"]]
        english = wikipedia + [pair.english for pair in some(data.german, 8_000)]
        examples += some(texts.phrases, mix.phrases)
        examples += some(texts.dictionary.german, mix.german_words)
        examples += some(texts.dictionary.french, mix.french_words)
        mixed = [Pair(mixer.mix(text, chance), text) for text in english]
        examples += some(mixed, mix.mixed)
        examples += [Pair(text, text) for text in wikipedia[::3]]
    chance.shuffle(examples)
    return examples


def _itself(pair: Pair) -> Pair:
    return Pair(pair.english, pair.english)


def _filled(block: list[Pair], sizes: Sizes) -> Iterator[list[Pair]]:
    batch: list[Pair] = []
    for pair in block:
        width = max(len(pair.text), len(pair.english))
        full = (len(batch) + 1) * width > sizes.characters
        if batch and (full or len(batch) == sizes.texts):
            yield batch
            batch = []
        batch.append(pair)
    yield batch


def _questions(data: Pairs, texts: Texts, sizes: Sizes, seed: int) -> Iterator[Questions]:
    half = sizes.questions // 2
    for epoch in count(500 + seed):
        chance = random.Random(epoch)  # noqa: S311
        groups: dict[str, list[Asked]] = defaultdict(list)
        for asked in _asked(data, texts, chance):
            groups[asked.group].append(asked)
        halves: list[list[Asked]] = []
        for group in groups.values():
            chance.shuffle(group)
            halves += [group[begin : begin + half] for begin in range(0, len(group), half)]
        chance.shuffle(halves)
        # Half a batch is of one group, whose passages are alike; the other half is of another.
        for first, second in zip(halves[::2], halves[1::2], strict=False):
            yield _batch([*first, *second], chance, sizes.typo_share)


def _asked(data: Pairs, texts: Texts, chance: random.Random) -> Iterator[Asked]:
    yield from texts.asked * _ASKED_OFTEN
    for written in texts.written * _WRITTEN_OFTEN:
        yield from written.asked(chance)
    for time in range(_ARTICLES_OFTEN):
        for asked in _on_articles(texts.articles, chance):
            yield replace(asked, group=f"{asked.group} {time}")
    yield from _on_affairs(texts.affairs, chance)
    for asked in _made(data, texts, chance):
        if not texts.written or chance.random() < _MADE_BESIDE:
            yield asked


def _on_articles(articles: Sequence[TrainingArticle], chance: random.Random) -> Iterator[Asked]:
    """Every question, in groups that have each paragraph of some articles once."""
    for begin in range(0, len(articles), _FIELD):
        field = articles[begin : begin + _FIELD]
        for place, article in enumerate(chance.sample(field, len(field))):
            for paragraph in article.paragraphs:
                asked = [one for some in paragraph.questions.values() for one in some]
                chance.shuffle(asked)
                for turn, question in enumerate(asked):
                    group = f"articles {begin} {turn} {place // _BESIDE}"
                    yield Asked(question, paragraph.text, group)


def _on_affairs(affairs: Sequence[Affair], chance: random.Random) -> Iterator[Asked]:
    """Every question that a report answers, in groups that have each report of some once."""
    for number, affair in enumerate(affairs):
        turns: Counter[int] = Counter()
        for told in chance.sample(affair.told, len(affair.told)):
            group = f"affairs {turns[told.passage]} {number // _BESIDE}"
            turns[told.passage] += 1
            yield Asked(told.question, affair.passages[told.passage].text, group)


def _made(data: Pairs, texts: Texts, chance: random.Random) -> Iterator[Asked]:
    for language in LANGUAGES:
        yield from from_wikipedia(texts.wikipedia[language], language, chance)
    yield from from_news(data.german[:ORDERED_LINES], "German news", chance)
    yield from from_news(data.french, "French news", chance)
    unpaired = {fr for _, fr in data.german_french} - {pair.text for pair in data.french}
    lines = [pair for pair in data.german_french if pair[1] in unpaired]
    for number, (german, french) in enumerate(chance.sample(lines, len(lines) // 2)):
        yield Asked(french, german, f"lines {number // 48}")


def _batch(asked: list[Asked], chance: random.Random, typo_share: float) -> Questions:
    numbers = {text: n for n, text in enumerate(dict.fromkeys(one.passage for one in asked))}
    return Questions(
        [_mistyped(one.question, chance, typo_share) for one in asked],
        list(numbers),
        [numbers[one.passage] for one in asked],
    )


def _mistyped(text: str, chance: random.Random, share: float) -> str:
    """`text`, or for a `share` of texts one with a letter in thirty dropped, swapped or wrong."""
    if len(text) < 8 or chance.random() >= share:
        return text
    letters = list(text)
    for _ in range(max(1, len(letters) // 30)):
        place, kind = chance.randrange(len(letters) - 1), chance.random()
        if kind < 0.35:
            del letters[place]
        elif kind < 0.7:
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
        else:
            letters[place] = chance.choice("etaoinshr")
    return "".join(letters)
