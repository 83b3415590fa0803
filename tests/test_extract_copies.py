"""Which texts have passages in common, and how such texts are found among many."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mockserver.crawling import ROOT

from archive.words import CopyKind
from extract.copies import (
    BAND_BYTES,
    GRAM,
    LARGELY,
    LONG_PASSAGE,
    SIGNATURE_BYTES,
    SLOTS,
    Grams,
    Overlap,
    compare,
    signature,
)


def prose(seed: int, words: int) -> str:
    """Return words that no other seed gives in the same order."""
    draw = random.Random(seed)
    return " ".join(f"w{draw.randrange(5000)}" for _ in range(words))


def overlap(one: str, other: str) -> Overlap | None:
    return compare(Grams(one), Grams(other))


def test_texts_of_their_own_have_nothing_in_common() -> None:
    assert overlap(prose(1, 400), prose(2, 400)) is None


def test_same_text_is_syndicated_whatever_its_marks_and_case() -> None:
    text = "“It’s the night shift’s work,” she said — as ever. " * 3 + prose(1, 100)
    found = overlap(text, text.upper().replace("“", '"').replace("’", "'").replace("—", "-"))
    assert found is not None
    assert (found.kind, found.share, found.of_share) == (CopyKind.SYNDICATED, 1.0, 1.0)


def test_text_with_its_own_beginning_and_end_is_syndicated() -> None:
    body = prose(1, 400)
    found = overlap(f"{prose(2, 30)} {body} {prose(3, 20)}", f"{body} {prose(4, 40)}")
    assert found is not None
    assert found.kind is CopyKind.SYNDICATED
    assert found.share == pytest.approx(400 / 450)
    assert found.of_share == pytest.approx(400 / 440)


def test_part_of_a_text_quotes_it_and_is_not_syndicated() -> None:
    whole = prose(1, 1000)
    found = overlap(" ".join(whole.split()[:200]), whole)
    assert found is not None
    assert (found.kind, found.share, found.of_share) == (CopyKind.QUOTES, 1.0, 0.2)


@pytest.mark.parametrize(("words", "told"), [(LONG_PASSAGE, True), (LONG_PASSAGE - 1, False)])
def test_passage_is_told_from_its_length_on(words: int, told: bool) -> None:
    passage = prose(9, words)
    found = overlap(f"{prose(1, 300)} {passage} {prose(2, 300)}", f"{prose(3, 500)} {passage} {prose(4, 500)}")
    assert (found is not None) is told
    if found:
        assert (found.kind, found.longest, found.words) == (CopyKind.QUOTES, words, words)


def test_passages_are_told_longest_first_with_their_places_in_both() -> None:
    short, long = prose(5, 30), prose(6, 60)
    one, other = f"{prose(1, 100)} {short} {prose(2, 100)}\n{long}.", f"{long.upper()} {prose(3, 100)} {short}"
    found = overlap(one, other)
    assert found is not None
    said = [(one[start:end], other[of_start:of_end]) for start, end, of_start, of_end in found.passages]
    assert said == [(long, long.upper()), (short, short)]
    turned = found.reversed()
    assert [(other[start:end], one[of_start:of_end]) for start, end, of_start, of_end in turned.passages] == [
        (long.upper(), long),
        (short, short),
    ]
    assert (turned.share, turned.of_share) == (found.of_share, found.share)


def test_many_short_passages_make_a_copy_too() -> None:
    pieces = [prose(number, 12) for number in range(20)]
    mixed = " ".join(f"{piece} own{number} word{number}" for number, piece in enumerate(pieces))
    found = overlap(mixed, " ".join(pieces))
    assert found is not None
    assert found.kind is CopyKind.SYNDICATED
    assert found.longest == 12


def test_chinese_is_compared_by_its_characters() -> None:
    passage = "港务局在星期一宣布将关闭旧桥并在三年之内修建一座新桥以便让渔民们继续工作"
    found = overlap(
        f"记者了解到，{passage}。居民们对此表示欢迎。", f"本报讯：{passage}，费用还不清楚，市长没有回答问题。"
    )
    assert found is not None
    assert found.kind is CopyKind.QUOTES
    assert overlap("港务局在星期一宣布将关闭旧桥", "居民们对此表示欢迎并感谢市长") is None


@pytest.mark.parametrize("short", ["", "seven words are not enough for grams"])
def test_text_shorter_than_a_gram_is_no_copy(short: str) -> None:
    assert overlap(short, short) is None
    assert signature(Grams(short)) is None


def test_text_that_repeats_itself_is_compared_in_time() -> None:
    found = overlap("the same " * 3000, "the same " * 2000)
    assert found is not None
    assert found.kind is CopyKind.SYNDICATED


@given(st.lists(st.sampled_from("abc"), max_size=60), st.lists(st.sampled_from("abc"), max_size=60))
def test_overlap_is_what_counting_gives(one: list[str], other: list[str]) -> None:
    grams = {tuple(other[n : n + GRAM]) for n in range(len(other) - GRAM + 1)}
    starts = [n for n in range(len(one) - GRAM + 1) if tuple(one[n : n + GRAM]) in grams]
    covered = {word for start in starts for word in range(start, start + GRAM)}
    assert Grams(" ".join(one)).covered(Grams(" ".join(other))) == len(covered)
    found = overlap(" ".join(one), " ".join(other))
    if covered and len(covered) >= LARGELY * len(one):
        assert found is not None
    for start, end, of_start, of_end in found.passages if found else ():
        assert " ".join(one)[start:end] == " ".join(other)[of_start:of_end]
        assert (end - start + 1) // 2 >= GRAM


def slots_in_common(one: str, other: str) -> float:
    first, second = signature(Grams(one)), signature(Grams(other))
    assert first is not None
    assert second is not None
    return sum(first[n : n + 4] == second[n : n + 4] for n in range(0, SIGNATURE_BYTES, 4)) / SLOTS


@pytest.mark.parametrize("words", [40, 300, 3000])
@pytest.mark.parametrize("shared", [0.0, 0.3, 0.7, 1.0])
def test_signatures_are_as_like_as_the_texts(words: int, shared: float) -> None:
    """Mean over pairs: the standard error of one estimate is 0.04."""
    estimates, truths = [], []
    for seed in range(12):
        same = prose(seed, int(words * shared))
        one, other = (f"{same} {prose(100 + seed + part, words - int(words * shared))}" for part in (0, 50))
        first, second = set(Grams(one).places), set(Grams(other).places)
        truths.append(len(first & second) / len(first | second))
        estimates.append(slots_in_common(one, other))
    assert sum(estimates) / 12 == pytest.approx(sum(truths) / 12, abs=0.08)


def test_texts_that_are_largely_the_same_have_a_band_in_common() -> None:
    missed = 0
    for seed in range(60):
        body = prose(seed, 320)
        one, other = (signature(Grams(f"{body} {prose(1000 + seed + part, 80)}")) for part in (0, 500))
        assert one is not None
        assert other is not None
        bands = range(0, SIGNATURE_BYTES, BAND_BYTES)
        missed += not any(one[n : n + BAND_BYTES] == other[n : n + BAND_BYTES] for n in bands)
    assert missed == 0


def test_signature_is_the_same_in_another_process() -> None:
    program = f"from extract.copies import *; print(signature(Grams({prose(1, 200)!r})).hex())"
    said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    own = signature(Grams(prose(1, 200)))
    assert own is not None
    assert said.strip() == own.hex()
