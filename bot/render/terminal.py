"""An answer as terminal text, readable from 40 columns up, plain where it is not a terminal."""

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from bot.answer import Answer, Citation
from bot.language import PHRASES
from bot.render.words import cautions, refusal, reprints, reserve, source, source_line, standing
from index.words import Language

_INDENT = 2


def show(answer: Answer, console: Console) -> None:
    """Prints `answer`: the quote, the passages with the quote marked, and how old they are."""
    language = answer.question.reader
    if not answer.answered:
        console.print(Text(refusal(answer)))
        if answer.topics:
            console.print(Text(PHRASES[language].ask_about))
            for one in answer.topics:
                _indented(Text(f"· {source(one, language)}"), console)
        return
    if unsure := reserve(answer):
        console.print(Text(unsure, style="italic"))
    console.print(Text(f"{answer.citations[0].quote} [1]", style="bold"))
    for caution in cautions(answer):
        console.print(Text(caution, style="italic"))
    for citation in answer.citations:
        console.print()
        _show_citation(citation, language, console)
    console.print()
    console.print(Text(standing(answer), style="dim"))


def _show_citation(citation: Citation, language: Language, console: Console) -> None:
    console.print(Text(f"[{citation.n}] {source_line(citation, language)}", style="cyan"))
    if citation.url:
        _indented(Text(citation.url, style="dim"), console)
    start, end = citation.evidence
    passage = Text(citation.text[:start])
    marked = citation.text[start:end]
    # Without a terminal there is no bold face, so the quote is marked with signs.
    passage.append(marked if console.is_terminal else f"»»{marked}««", style="bold")
    passage.append(citation.text[end:])
    _indented(passage, console)
    if also := reprints(citation, language):
        _indented(Text(also, style="dim"), console)


def _indented(text: Text, console: Console) -> None:
    """Wrapped and indented on a terminal; elsewhere indented only, for wrapping breaks quotes."""
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, _INDENT), expand=False))
        return
    margin = Text(" " * _INDENT)
    console.print(Text("\n").join(margin + line for line in text.split("\n")))
