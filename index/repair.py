"""Mends in article files what a machine can mend; what was there is kept beside them.

A file in another encoding becomes UTF-8, letters garbled by a wrong encoding are put right, and a
missing language is written into the front matter. Anything else is a person's to decide.
"""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import ftfy
from charset_normalizer import from_bytes

from index.article import MAX_BYTES, Article
from index.corpus import Corpus
from index.errors import ArticleError


def repair(folders: Iterable[Path]) -> list[tuple[Path, str]]:
    """Mends the articles under `folders`; the files changed, and what was done to each.

    A changed file's old content is kept as a hidden `.NAME.before`, which is no article.
    """
    done = []
    for file in Corpus.scan(folders).files:
        try:
            data = file.path.read_bytes()
        except OSError:
            continue
        if len(data) > MAX_BYTES:
            continue
        steps: list[str] = []
        text = _decoded(data, steps)
        if text is None:
            continue
        text = _ungarbled(text, steps)
        text = _with_language(text, file.path, steps)
        if steps and text.encode() != data:
            shutil.copyfile(file.path, file.path.with_name(f".{file.path.name}.before"))
            part = file.path.with_name(f".{file.path.name}.part")
            part.write_bytes(text.encode())
            part.replace(file.path)
            done.append((file.path, ", ".join(steps)))
    return done


def _decoded(data: bytes, steps: list[str]) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        best = from_bytes(data).best()
        # What is no UTF-8 and shows no other mark is nearly always Windows-1252 in these languages.
        western = data.decode("cp1252", "replace")
        text = str(best) if best and best.encoding.startswith("utf") else western
        steps.append(f"from {best.encoding if best and text != western else 'cp1252'} to UTF-8")
    return None if "\0" in text or "\ufffd" in text else text


def _ungarbled(text: str, steps: list[str]) -> str:
    lines = text.splitlines(keepends=True)
    mended = [ftfy.fix_encoding(line) for line in lines]
    if mended != lines:
        steps.append("garbled letters put right")
    return "".join(mended)


def _with_language(text: str, path: Path, steps: list[str]) -> str:
    """`text` with the language that its file is read as, where its front matter names none."""
    opening = re.match(r"\ufeff?---[ \t]*(\r?\n)", text)
    if not opening:
        return text
    try:
        article = Article.read(path, path.parent)
    except ArticleError:
        return text
    if re.search(r"^lang:", text[: article.body_start], re.MULTILINE):
        return text
    steps.append(f"lang: {article.lang}")
    return f"{text[: opening.end()]}lang: {article.lang}{opening[1]}{text[opening.end() :]}"
