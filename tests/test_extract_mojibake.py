"""`extract.mojibake`: damage that is put right, and text that is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.mojibake import repair


def damaged(text: str, *, lost_9d: bool = False) -> str:
    """Return *text* as a program shows it that takes UTF-8 for windows-1252."""
    shown = "".join(
        bytes([byte]).decode("cp1252") if byte not in {0x81, 0x8D, 0x8F, 0x90, 0x9D} else chr(byte)
        for byte in text.encode()
    )
    return shown.replace("\x9d", "") if lost_9d else shown


@pytest.mark.parametrize(
    "good",
    [
        "The minister said: “We were never asked.” Nobody had an answer.",
        "Der Bürgermeister hörte zu, schwieg und ließ die Tür offen.",
        "L’évêque a dit « non » à l’été.",
        "El niño preguntó por qué el señor llegó mañana y no ayer.",
        "Совет отложил решение до вторника.",
        "市議会は決定を延期した。",
        "A dash – and another — and an ellipsis…",
    ],
)
def test_utf_8_read_as_windows_1252_is_put_right(good: str) -> None:
    repaired = repair(damaged(good))
    assert repaired.text == good
    assert repaired.lines == 1
    assert repaired.note is not None


def test_closing_quotes_that_lost_their_last_byte_come_back() -> None:
    good = "“One,” she said, “and then two.”\nA line without any harm.\nAnd “three”"
    repaired = repair(damaged(good, lost_9d=True))
    assert repaired.text == good
    assert (repaired.lines, repaired.restored) == (2, 3)
    assert repaired.note == "mojibake: U+009D restored 3 times, ftfy fix_encoding on 2 lines"


def test_good_lines_beside_damaged_ones_stay() -> None:
    good, bad = "Müller’s café “Größe” costs 5 € – naïve?", "Schöne Grüße aus Österreich"
    assert repair(f"{good}\n{damaged(bad)}\n{good}").text == f"{good}\n{bad}\n{good}"


@pytest.mark.parametrize(
    "good",
    [
        "",
        "Plain words.",
        "“Quoted,” with ‘single’ quotes and a — dash.",
        "São Paulo, AÇÃO, ÂNGELA: «NÃO»",
        "Ærø, Århus, Ångström… Ä–Ö, naïve",
        "Ð°Ñ",
        "Ελληνικά, русский, עברית, العربية, 日本語, 한국어, ไทย",
        "PRIX: 5 € – À BIENTÔT…",
    ],
)
def test_good_text_is_untouched(good: str) -> None:
    repaired = repair(good)
    assert repaired.text == good
    assert repaired.note is None


@given(st.text(max_size=200))
def test_nothing_that_can_be_stored_in_latin_letters_without_marks_changes(text: str) -> None:
    once = repair(text)
    assert repair(text) == once
    assert once.text.count("\n") == text.count("\n")
    if text.isascii():
        assert once.text == text


def test_line_with_a_control_character_is_left_alone() -> None:
    assert repair("the cafÃ© by the cafÃ©").lines == 1
    assert repair("the cafÃ© by the cafÃ© \x1f").lines == 0
