"""`extract.mojibake`: damage that is put right, and text that is left alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from legacy_encodings import WRITTEN

from extract.charsets import Charset
from extract.mojibake import repair

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = Path(__file__).parents[2] / "shared" / "seed" / "aiaaic-mengert.txt"


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


@pytest.mark.parametrize("language", sorted(WRITTEN))
@pytest.mark.parametrize("read_as", ["windows-1251", "koi8-r", "windows-1250", "macintosh"])
def test_utf_8_read_as_another_encoding_is_put_right(language: str, read_as: str) -> None:
    good = WRITTEN[language]["text"]
    repaired = repair(Charset(read_as).decode(good.encode()))
    assert repaired.text == good
    assert repaired.note


@pytest.mark.parametrize("language", sorted(WRITTEN))
@pytest.mark.parametrize("read_as", ["windows-1252", "windows-1253", "windows-1254", "koi8-r"])
@pytest.mark.parametrize("times", [1, 2])
def test_damage_is_put_right_whole_or_left_alone(language: str, read_as: str, times: int) -> None:
    good = shown = WRITTEN[language]["text"]
    for _ in range(times):
        shown = Charset(read_as).decode(shown.encode())
    assert repair(shown).text in {good, shown}


@pytest.mark.parametrize("language", ["de", "fr", "pl", "ru", "ja"])
def test_damage_done_twice_is_put_right(language: str) -> None:
    good = WRITTEN[language]["text"]
    assert repair(damaged(damaged(good))).text == good


@pytest.mark.parametrize(
    ("language", "codec", "name"),
    [
        ("ru", "cp1251", "windows-1251"),
        ("ru", "koi8_r", "koi8-r"),
        ("bg", "cp1251", "windows-1251"),
        ("el", "cp1253", "windows-1253"),
        ("he", "cp1255", "windows-1255"),
        ("ar", "cp1256", "windows-1256"),
    ],
)
def test_another_script_read_as_latin_1_is_put_right(language: str, codec: str, name: str) -> None:
    good = WRITTEN[language]["text"]
    repaired = repair(Charset("windows-1252").decode(good.encode(codec)))
    assert repaired.text == good
    assert repaired.note == f"mojibake: {name} that was read as windows-1252 on 1 lines"


FORMS = [
    str,
    str.upper,
    str.title,
    str.swapcase,
    lambda text: text.replace(" ", "\xa0"),
    lambda text: f"« {text} »",
    lambda text: text.replace(" ", "” “"),
    lambda text: text.replace(" ", " – ").replace(".", "…"),
]


@given(st.sampled_from(sorted(WRITTEN)), st.sampled_from(FORMS), st.integers(0, 60), st.integers(1, 200))
def test_true_text_in_any_shape_is_untouched(
    language: str, form: Callable[[str], str], start: int, length: int
) -> None:
    good = form(WRITTEN[language]["text"])[start : start + length]
    assert repair(good).text == good


def test_seed_record_is_repaired_with_its_quotation_marks() -> None:
    if not SEED.is_file():
        pytest.skip("the seed record is not beside this checkout (../shared/seed/aiaaic-mengert.txt)")
    repaired = repair(SEED.read_text(encoding="utf-8"))
    assert repaired.note == "mojibake: U+009D restored 147 times, ftfy fix_encoding on 235 lines"
    assert (repaired.text.count("“"), repaired.text.count("”"), repaired.text.count("â€")) == (150, 147, 0)


def test_long_lines_take_no_time() -> None:
    started = time.process_time()
    for piece in ("Рї", "é", "Ã", "Ñîâ", "â€", "ї"):
        repair(piece * (200_000 // len(piece)))
    assert time.process_time() - started < 10


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
