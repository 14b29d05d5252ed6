"""Questions and the passages that answer them, to train retrieval itself.

Some were asked by people (FQuAD, in French); others were written for this project on news passages
of the sentence pairs, which they name by a hash. The rest are made from text: a name or a year is
taken out of a sentence of Wikipedia and asked for ("Qui … ?", after Lewis et al., "Unsupervised
Question Answering by Cloze Translation", 2019), or some words of a line of news are kept, and the
passage is the one the sentence stands in, in the same language or in the other one of a sentence
pair.
"""

import hashlib
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.errors import TrainingDataError
from index.model.pairs import Pair, Pairs
from index.words import LANGUAGES, Language

#: Lines of a passage with written questions, and before which German line it begins.
_LINES, _NEWS = (3, 4, 5), 70_000
#: Sentences of Wikipedia that are joined into a passage.
_RUN = 3
#: Passages of one source that stand next to each other and make each other harder to tell apart.
_NEIGHBOURS = 20
_SHORTEST, _LONGEST = 6, 80  # words of a sentence that is used

_ASKING: dict[Language, dict[str, tuple[str, ...]]] = {
    "de": {
        "PER": ("Wer",),
        "LOC": ("Wo", "In welchem Ort", "In welchem Land"),
        "ORG": ("Welche Organisation", "Wer"),
        "MISC": ("Was", "Welches", "Welche"),
        "YEAR": ("Wann", "In welchem Jahr"),
    },
    "en": {
        "PER": ("Who",),
        "LOC": ("Where", "In which city", "In what country"),
        "ORG": ("What organization", "Who"),
        "MISC": ("What", "Which"),
        "YEAR": ("When", "In what year"),
    },
    "fr": {
        "PER": ("Qui", "Qui est-ce qui"),
        "LOC": ("Où", "Dans quelle ville", "Dans quel pays"),
        "ORG": ("Quelle organisation", "Qui", "Quel"),
        "MISC": ("Quel", "Quelle", "Que", "Comment"),
        "YEAR": ("Quand", "En quelle année", "Depuis quand"),
    },
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the passage that answers it, and the group whose passages are most alike."""

    question: str
    passage: str
    group: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of Wikipedia: its words, and the kind of name each is part of ("" for none)."""

    words: tuple[str, ...]
    kinds: tuple[str, ...]

    @property
    def text(self) -> str:
        """The sentence as it is written."""
        return _joined(self.words)


def read_questions(path: Path) -> list[Asked]:
    """The questions people asked, from a file of SQuAD's form; raises `TrainingDataError`."""
    try:
        articles = json.loads(path.read_bytes())["data"]
        return [
            Asked(asked["question"], paragraph["context"], f"asked {number}")
            for number, article in enumerate(articles)
            for paragraph in article["paragraphs"]
            for asked in paragraph["qas"]
            if not asked.get("is_impossible")
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise TrainingDataError(f"{path}: no file of questions ({reason}); see CARD.md") from None


@dataclass(frozen=True, slots=True)
class Written:
    """A passage of news in two or three languages, and questions that it answers, in three."""

    name: str
    passages: Mapping[Language, str]
    questions: Mapping[Language, tuple[str, ...]]
    group: str

    def asked(self, chance: random.Random) -> Iterator[Asked]:
        """Every question, next to the passage in any language."""
        for questions in self.questions.values():
            for question in questions:
                yield Asked(question, self.passages[chance.choice(list(self.passages))], self.group)


def read_written(path: Path, pairs: Pairs) -> list[Written]:
    """The questions of a file with one passage a line; raises `TrainingDataError`.

    A line is a JSON object of `passage`, the `name_of` a run of neighbouring German–English pairs,
    and lists of questions by language. Passages that the pairs do not have are left out.
    """
    runs = {
        name_of(lines): (begin, lines)
        for begin in range(min(_NEWS, len(pairs.german)))
        for lines in (pairs.german[begin : begin + length] for length in _LINES)
    }
    french = {pair.english: pair.text for pair in reversed(pairs.french)}
    found: list[Written] = []
    try:
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            if row["passage"] not in runs:
                continue
            begin, lines = runs[row["passage"]]
            passages: dict[Language, str] = {
                "de": " ".join(pair.text for pair in lines),
                "en": " ".join(pair.english for pair in lines),
            }
            if all(pair.english in french for pair in lines):
                passages["fr"] = " ".join(french[pair.english] for pair in lines)
            questions = {language: tuple(row.get(language, ())) for language in LANGUAGES}
            group = f"written {begin // (4 * _NEIGHBOURS)}"
            found.append(Written(row["passage"], passages, questions, group))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise unwritten(path, error) from None
    return found


def unwritten(path: Path, error: Exception) -> TrainingDataError:
    """Says that `path` holds no questions written beside passages."""
    reason = getattr(error, "strerror", None) or type(error).__name__
    return TrainingDataError(f"{path}: no file of written questions ({reason})")


def name_of(lines: Sequence[Pair]) -> str:
    """A name for a passage that does not give it away."""
    text = " ".join(pair.english for pair in lines)
    return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()


def read_wikipedia(folder: Path) -> dict[Language, list[Sentence]]:
    """The sentences of a clone of Babelscape/wikineural; raises `TrainingDataError`.

    Its validation and test parts are read, which are as good as any for this.
    """
    found: dict[Language, list[Sentence]] = {}
    for language in LANGUAGES:
        found[language] = []
        for part in ("val", "test"):
            found[language] += _tagged(folder / "data/wikineural" / language / f"{part}.conllu")
    return found


def from_wikipedia(
    sentences: Sequence[Sentence], language: Language, chance: random.Random
) -> Iterator[Asked]:
    """Two questions on every passage of three sentences."""
    for begin in range(0, len(sentences) - _RUN, _RUN):
        run = sentences[begin : begin + _RUN]
        passage = " ".join(sentence.text for sentence in run)
        for sentence in chance.sample(run, 2):
            cloze = chance.random() < 0.7
            asked = _cloze(sentence, language, chance) if cloze else _some(sentence.text, chance)
            if asked:
                yield Asked(asked, passage, f"{language} {begin // (_RUN * _NEIGHBOURS)}")


def from_news(lines: Sequence[Pair], name: str, chance: random.Random) -> Iterator[Asked]:
    """A question of some words of one line on every run of neighbouring lines, in two languages."""
    begin = number = 0
    while begin < len(lines) - 6:
        run = lines[begin : begin + chance.choice((3, 4, 5))]
        lengths = [len(pair.text) for pair in run]
        if min(lengths) <= 45 or sum(lengths) >= 1000:
            begin += 1
            continue
        begin += len(run)
        number += 1
        line = chance.choice(run)
        asked = _some(line.text if chance.random() < 0.6 else line.english, chance)
        own = chance.random() < 0.75
        passage = " ".join(pair.text if own else pair.english for pair in run)
        yield Asked(asked, passage, f"{name} {number // (2 * _NEIGHBOURS)}")


def _cloze(sentence: Sentence, language: Language, chance: random.Random) -> str:
    """What surrounds a name or a year of `sentence`, asked for; "" if too little does."""
    begin, end, kind = chance.choice(list(_gaps(sentence)) or [_any(sentence, chance)])
    near = (*sentence.words[max(0, begin - chance.randint(2, 9)) : begin],)
    near += sentence.words[end : end + chance.randint(3, 12)]
    dropped = chance.choice((0, 0.1, 0.2, 0.35))
    kept = [w for w in near if re.search(r"\w", w) and chance.random() >= dropped]
    if len(kept) < 2:
        return ""
    if chance.random() < 0.3:
        chance.shuffle(kept)
    if chance.random() < 0.15:
        return _joined(kept)
    return _joined([chance.choice(_ASKING[language][kind]), *kept, "?"])


def _gaps(sentence: Sentence) -> Iterator[tuple[int, int, str]]:
    """Names and years: first word, end (exclusive), kind."""
    begin = 0
    while begin < len(sentence.words):
        kind, end = sentence.kinds[begin], begin + 1
        if kind.startswith("B-"):
            while end < len(sentence.kinds) and sentence.kinds[end].startswith("I-"):
                end += 1
            yield begin, end, kind[2:]
        elif re.fullmatch(r"1\d{3}|20\d\d", sentence.words[begin]):
            yield begin, end, "YEAR"
        begin = end


def _any(sentence: Sentence, chance: random.Random) -> tuple[int, int, str]:
    word = chance.randrange(len(sentence.words))
    return word, word + 1, "MISC"


def _some(text: str, chance: random.Random) -> str:
    """Some words of `text`, at most twelve, as one types key words."""
    words = [bare for word in text.split() if (bare := word.strip('.,;:!?()"«»„“'))]
    share = chance.choice((0.3, 0.45, 0.6, 0.8))
    kept = [word for word in words if chance.random() < share]
    if len(kept) > 14:
        begin = chance.randrange(len(kept) - 12)
        kept = kept[begin : begin + 12]
    return " ".join(kept if len(kept) >= 2 else words[:6])


def _tagged(path: Path) -> Iterator[Sentence]:
    words: list[str] = []
    kinds: list[str] = []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise TrainingDataError(f"{path}: cannot be read ({reason}); see CARD.md") from None
    for line in (*lines, ""):
        columns = line.split("\t")
        if len(columns) >= 3:
            words.append(columns[1])
            kinds.append("" if columns[2] == "O" else columns[2])
        elif words:
            if _SHORTEST <= len(words) <= _LONGEST:
                yield Sentence(tuple(words), tuple(kinds))
            words, kinds = [], []


def _joined(words: Sequence[str]) -> str:
    """Words to text, without the spaces that splitting put before and after signs."""
    text = " ".join(words)
    text = re.sub(r" ([.,;:!?)\]»])", r"\1", text)
    text = re.sub(r"([(\[«]) ", r"\1", text)
    text = re.sub(r"([’']) ", r"\1", text)
    return re.sub(r'" ([^"]*?) "', r'"\1"', text)
