"""Sentences of an article as spans: where each begins and ends, never a changed copy.

Paragraphs end at blank lines, and headings stand alone; within a paragraph `sentencex` finds the
borders. It keeps quotations whole, which we want: a quote cut in two loses its speaker.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sentencex import segment

from index.words import Language

#: Longest span (characters) that counts as one sentence; longer ones are cut at white space.
MAX_SENTENCE = 600
#: A line without end mark that is at most this long (characters) is read as a heading.
MAX_HEADING = 80

_MARKDOWN_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]")
# What sentencex takes for the end of a sentence and is none: days in German, titles of persons.
_NO_END: dict[Language, re.Pattern[str]] = {
    "de": re.compile(r"(?<!\w)(?:\d{1,2}|Gen|Hr|Fr|Nr|Art|Abs|Maj|Hptm)\.\s*\Z"),
    "en": re.compile(r"(?<!\w)(?:Mr|Mrs|Ms|Dr|Gen|Col|Lt|Capt|Maj|Sgt|Brig|St|No)\.\s*\Z"),
    "fr": re.compile(r"(?<!\w)(?:MM?|Mmes?|Mlle|Dr|Me|Mgr|[Cc]ol|[Gg]én|[Cc]dt|[Aa]rt)\.\s*\Z"),
}
_END_MARKS = ".!?:;…\"”“»«'’)]"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A span of an article's text (characters, end exclusive), without white space at its ends."""

    start: int
    end: int
    paragraph: int  # counts from 0 within the article
    heading: bool = False


def split_sentences(text: str, start: int, language: Language) -> list[Sentence]:
    """The sentences of `text[start:]` in order; they do not overlap and skip only white space.

    >>> [s.end - s.start for s in split_sentences("Am 3. Mai war Ruhe. Dann nicht.", 0, "de")]
    [19, 11]
    """
    found: list[Sentence] = []
    for number, (begin, end) in enumerate(_blocks(text, start)):
        block = text[begin:end].strip()
        if _is_heading(block):
            found.append(_trimmed(text, begin, end, number, heading=True))
            continue
        for sentence_start, sentence_end in _borders(text, begin, end, language):
            for piece_start, piece_end in _bounded(text, sentence_start, sentence_end):
                found.append(_trimmed(text, piece_start, piece_end, number))
    found = [sentence for sentence in found if sentence.start < sentence.end]
    # What has nothing under it is no heading: a by-line at the end, a text of one line.
    for number in range(len(found) - 1, -1, -1):
        if not found[number].heading:
            break
        found[number] = replace(found[number], heading=False)
    return found


def _blocks(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Paragraphs; a Markdown heading is one of its own even with no blank line after it."""
    begin = position = start
    while position < len(text):
        line_end = text.find("\n", position) + 1 or len(text)
        line = text[position:line_end]
        heading = bool(_MARKDOWN_HEADING.match(line))
        if heading or not line.strip():
            if begin < position:
                yield begin, position
            if heading:
                yield position, line_end
            begin = line_end
        position = line_end
    if begin < len(text):
        yield begin, len(text)


def _is_heading(block: str) -> bool:
    if _MARKDOWN_HEADING.match(block) and "\n" not in block and len(block) <= MAX_SENTENCE:
        return True
    return len(block) <= MAX_HEADING and "\n" not in block and block[-1:] not in _END_MARKS


def _borders(text: str, begin: int, end: int, language: Language) -> Iterator[tuple[int, int]]:
    position = sentence_start = begin
    for part in segment(language, text[begin:end]):
        position += len(part)
        if position < end and _NO_END[language].search(part):
            continue
        yield sentence_start, position
        sentence_start = position
    if sentence_start < end:
        yield sentence_start, end


def _bounded(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    while end - begin > MAX_SENTENCE:
        space = text.rfind(" ", begin + MAX_SENTENCE // 2, begin + MAX_SENTENCE)
        cut = space if space > 0 else begin + MAX_SENTENCE
        yield begin, cut
        begin = cut
    yield begin, end


def _trimmed(text: str, begin: int, end: int, number: int, *, heading: bool = False) -> Sentence:
    raw = text[begin:end]
    white = " \t\r\n\f\v\u00a0\u200b\ufeff"
    return Sentence(
        begin + len(raw) - len(raw.lstrip(white)),
        max(begin, end - len(raw) + len(raw.rstrip(white))),
        number,
        heading,
    )
