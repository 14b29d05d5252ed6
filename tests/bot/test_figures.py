"""Figures, and which of them differ."""

import pytest

from bot.figures import differing, figures


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Am 18. November 2019 starben 24 Soldaten.", [("soldiers", 24)]),
        ("Es gab elf Vermisste und zwei Tote.", [("dead", 2)]),
        ("En 2019, 43 soldats ont été tués.", [("soldiers", 43)]),
        ("The army said 17 of the fighters died.", [("fighters", 17)]),
        ("Im Jahr 2019 war Ruhe.", []),
        ("Die 1100 deutschen Soldaten bleiben.", [("soldiers", 1100)]),
    ],
)
def test_what_is_counted(text: str, found: list[tuple[str, int]]) -> None:
    assert [(one.thing, one.number) for one in figures(text)] == found


def test_only_the_same_thing_at_the_same_place_differs() -> None:
    quote = "In Tabankort starben 24 Soldaten."
    others = [
        "Später hieß es, in Tabankort seien 43 Soldaten gefallen.",
        "In Tabankort starben 24 Soldaten.",
        "In Lere starben 7 Soldaten.",
        "In Tabankort wurden 29 Menschen verletzt.",
    ]
    [(position, figure)] = differing(quote, others, "de")
    assert position == 0
    assert others[0][figure.start : figure.end] == "43 Soldaten"


def test_a_later_count_in_the_same_text_differs() -> None:
    text = "Erst hieß es ruhig. Dann stieg die Zahl in Tabankort auf 43 Soldaten."
    [(_, figure)] = differing("Bei Tabankort fielen 24 Soldaten.", [text], "de")
    assert text[figure.start : figure.end] == "43 Soldaten"
