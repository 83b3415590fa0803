"""Passages in quotation marks, and where a text has them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.words import Match
from extract.quotations import passages
from extract.verbatim import Finding, Quoted
from extract.word_spans import Words


def quoted_in(summary: str) -> list[str]:
    return [one.text for one in passages(summary)]


@pytest.mark.parametrize(
    ("summary", "found"),
    [
        ("She said “it was never meant to fly” twice.", ["it was never meant to fly"]),
        ('She said "it was never meant to fly" twice.', ["it was never meant to fly"]),
        ("Sie sagte: „Das war nie so gedacht“, und ging.", ["Das war nie so gedacht"]),
        ("Powiedziała: „to nie tak miało być” i wyszła.", ["to nie tak miało być"]),
        ("Elle a dit « ce n’était pas prévu » hier.", ["ce n’était pas prévu"]),
        ("Sie sagte: »Das war nie so gedacht« und ging.", ["Das war nie so gedacht"]),
        ("Hon sa ”det var aldrig meningen” i går.", ["det var aldrig meningen"]),
        ("Ha detto ‹non era questo il piano› ieri.", ["non era questo il piano"]),
        ("彼は「これは予定になかったことだ」と述べた。", ["これは予定になかったことだ"]),
        ("她说“我从来没有同意过这件事”。", ["我从来没有同意过这件事"]),
        ("She said ‘it was never meant to fly’ twice.", ["it was never meant to fly"]),
        ("She said 'it was never meant to fly' twice.", ["it was never meant to fly"]),
        ("She said 'it was never meant to fly.'", ["it was never meant to fly."]),
        ("He (“a clerk in the harbour office”) left.", ["a clerk in the harbour office"]),
        ('the maker’s "quick and easy fix"—so he says', ["quick and easy fix"]),
        ('l\'"affaire des trois ponts" continue', []),  # glued to a letter: an inch mark looks the same
    ],
)
def test_marks_of_many_languages_are_known(summary: str, found: list[str]) -> None:
    assert quoted_in(summary) == found


@pytest.mark.parametrize(
    "summary",
    [
        "The maker's lawyers and the users' lawyers met; it's over, y'all.",
        "In the '90s the users' rights were weak, and 'twas the bankers' call.",
        "Rock 'n' roll was the clerks' choice.",
        "The door is 6' 2\" tall and the clerk 5' 10\" at the most.",
        "It is the “Harbour Office” of ‘Lower Town’.",
        "",
        "“”",
        "' ' ' \" \" \"",
    ],
)
def test_apostrophes_inches_and_names_are_no_quotations(summary: str) -> None:
    assert quoted_in(summary) == []


def test_apostrophes_within_single_marks_end_nothing() -> None:
    summary = "'It's the users' own data, and that's that,' she said. 'We don't own what's theirs.'"
    assert quoted_in(summary) == ["It's the users' own data, and that's that,", "We don't own what's theirs."]


def test_curly_apostrophes_within_single_marks_end_nothing() -> None:
    assert quoted_in("said ‘it’s the clerks’ word that counts’, and left") == ["it’s the clerks’ word that counts"]


def test_passage_that_ends_in_a_plural_is_found() -> None:
    assert quoted_in("She called it 'a bad day for clerks' and left.") == ["a bad day for clerks"]


def test_passage_within_a_passage_counts_for_itself() -> None:
    summary = "“He told me ‘do not call again today’ and hung up”"
    assert quoted_in(summary) == [
        "He told me ‘do not call again today’ and hung up",
        "do not call again today",
    ]
    assert quoted_in("„Er nennt es „eine sehr gute Idee“ und lacht“") == [
        "Er nennt es „eine sehr gute Idee“ und lacht",
        "eine sehr gute Idee",
    ]


def test_single_marks_that_cross_double_ones_are_none() -> None:
    assert quoted_in("'Tis said \"the 'old guard will not move\" from here' on") == ["the 'old guard will not move"]


def test_mark_that_is_never_closed_runs_to_the_end_of_its_paragraph() -> None:
    (one,) = passages("He said “it goes on and on.\n\nAnother paragraph.")
    assert (one.text, one.closed) == ("it goes on and on.", False)


def test_mark_that_is_never_closed_ends_at_the_next_of_its_kind() -> None:
    first, second = passages("A “mark that was lost. Then “a whole one here” and more.")
    assert (first.text, first.closed) == ("mark that was lost. Then", False)
    assert (second.text, second.closed) == ("a whole one here", True)


def test_each_paragraph_of_a_long_quotation_opens_anew() -> None:
    summary = "“The first part of it.\n\n“The second part of it.”"
    assert [(one.text, one.closed) for one in passages(summary)] == [
        ("The first part of it.", False),
        ("The second part of it.", True),
    ]


def test_line_break_within_a_paragraph_is_a_blank() -> None:
    assert quoted_in("He said “one line\nand the next” then.") == ["one line\nand the next"]


@pytest.mark.parametrize("unit", ["“ab cd ef ", '"a ', "'a \"", "«»", " 'as s' \""])
def test_many_marks_take_no_long_time(unit: str) -> None:
    started = time.process_time()
    passages(unit * 20_000)
    assert time.process_time() - started < 5


@given(st.text(alphabet="ab .,’‘“”\"'«»„‚「」\n1", max_size=60))
def test_every_passage_stands_where_it_says(summary: str) -> None:
    for one in passages(summary):
        assert summary[one.start : one.end] == one.text
        assert one.text == one.text.strip()


SOURCE = (
    "The harbour office opened at nine. “The crane is here to stay, as we’ve said\u00a0many times before the "
    "council.” It was — as ever — the co\u00adordinated work of the ‘night shift’ for $5 million a year.\n"
    "Nobody asked the ﬁshermen of Café Zoë, who had asked for quiet, and for light… and for a new road, too.\n"
    "彼は、計画はまだ決まっていないと記者に語った。"
)


def find(quotation: str, text: str = SOURCE) -> tuple[Finding | None, str]:
    words, quoted = Words(text), Quoted(quotation)
    found = quoted.match(words) or quoted.near(words)
    return found, text[found.start : found.end] if found else ""


@pytest.mark.parametrize(
    "quotation",
    ["The crane is here to stay", "The harbour office opened at nine.", "for $5 million a year.", "まだ決まっていない"],
)
def test_exact_match_is_the_quotation_itself(quotation: str) -> None:
    found, said = find(quotation)
    assert found is not None
    assert (found.match, found.folds, said) == (Match.EXACT, (), quotation)


@pytest.mark.parametrize(
    ("quotation", "folds", "said"),
    [
        ("the crane is here", ("case",), "The crane is here"),
        ("as we've said", ("quotation marks",), "as we’ve said"),
        ("we’ve said many times", ("white space",), "we’ve said\u00a0many times"),
        ("It was - as ever - the", ("dashes",), "It was — as ever — the"),
        ("It was--as ever--the", ("dashes",), "It was — as ever — the"),
        ("the coordinated work of", ("unseen characters",), "the co\u00adordinated work of"),
        ("the fishermen of Cafe\u0301 Zoë", ("forms of letters",), "the ﬁshermen of Café Zoë"),
        ("for light... and for a new road", ("ellipses",), "for light… and for a new road"),
        ("the “night shift” for", ("quotation marks",), "the ‘night shift’ for"),
        ("many times before the council,", ("end punctuation",), "many times before the council"),
        ("[t]he crane is here", ("case", "brackets"), "The crane is here"),
        ("…the crane is here…", ("case", "end punctuation"), "The crane is here"),
    ],
)
def test_folded_match_names_what_was_folded(quotation: str, folds: tuple[str, ...], said: str) -> None:
    found, passage = find(quotation)
    assert found is not None
    assert (found.match, found.folds, passage) == (Match.FOLDED, folds, said)


def test_exact_place_goes_before_an_earlier_folded_one() -> None:
    found, said = find("the end of it", "The end of it? No: the end of it.")
    assert found is not None
    assert (found.match, found.start, said) == (Match.EXACT, 19, "the end of it")


@pytest.mark.parametrize(
    ("quotation", "pieces"),
    [
        ("The crane is here … before the council", ["The crane is here", "before the council"]),
        ("The crane is here [...] before the council", ["The crane is here", "before the council"]),
        ("The crane is here . . . before the council", ["The crane is here", "before the council"]),
        ("[It] is here to stay", ["is here to stay"]),
        ("The crane is here to stay, as [they]'ve said", ["The crane is here to stay, as", "’ve said"]),
        ("nobody asked … for quiet … a new road", ["Nobody asked", "for quiet", "a new road"]),
    ],
)
def test_quotation_with_gaps_matches_by_its_pieces_in_order(quotation: str, pieces: list[str]) -> None:
    found, said = find(quotation)
    assert found is not None
    assert found.match is Match.PIECES
    assert [SOURCE[start:end] for start, end in found.pieces] == pieces
    assert said.startswith(pieces[0])
    assert said.endswith(pieces[-1])


@pytest.mark.parametrize(
    "quotation",
    [
        "before the council … The crane is here",  # the other way round
        "the crane … the road",  # no piece that could not stand anywhere
        "The crane is here … before the mayor",
    ],
)
def test_pieces_in_another_order_or_too_short_are_no_match(quotation: str) -> None:
    found, _ = find(quotation)
    assert found is None or found.match is Match.NEAR


def test_gap_has_an_end() -> None:
    near, far = "word " * 150, "word " * 250
    assert Quoted("it began here … and ended").match(Words(f"It began here. {near}And ended."))
    assert Quoted("it began here … and ended").match(Words(f"It began here. {far}And ended.")) is None
    assert Quoted("it [really] began here today").match(
        Words("It, as far as anybody who was there can tell, began here today.")
    )
    assert Quoted("it [really] began here today").match(Words(f"It {near} began here today.")) is None


def test_pieces_are_looked_for_behind_each_beginning() -> None:
    text = f"So it began here. {'word ' * 100}So it began here. And so it ended."
    found, said = find("so it began here … so it ended", text)
    assert found is not None
    assert said == "So it began here. And so it ended"


@pytest.mark.parametrize(
    ("quotation", "differences"),
    [
        ("The crane was here to stay, as we’ve said", (("was", "is"),)),
        ("The crane is here to stay, quite surely, as we’ve said many times", (("quite surely", ""),)),
        ("The big crane is here to stay", (("big", ""),)),
        ("The crane is here for now as we’ve said many times before", (("for now", "to stay"),)),
        ("The is here to stay, as we’ve said", (("", "crane"),)),
        ("for €5 million a year", ()),
        ("The crane is here to stay! As we’ve said", ()),
        ("彼は、計画はもう決まっていないと記者に語った", (("もう", "まだ"),)),
    ],
)
def test_near_one_is_told_with_its_differences_and_is_no_match(
    quotation: str, differences: tuple[tuple[str, str], ...]
) -> None:
    assert Quoted(quotation).match(Words(SOURCE)) is None
    found, _ = find(quotation)
    assert found is not None
    assert (found.match, found.differences) == (Match.NEAR, differences)


@pytest.mark.parametrize(
    "quotation",
    [
        "the crane was here",  # too short for another word
        "the crane was there to stay",  # two of six
        "the crane is hereto stay",
        "rane is here to sta",
        "nothing of the kind was ever said by anybody in this town",
        "Café Zoe, who had",
    ],
)
def test_what_is_not_there_is_nowhere(quotation: str) -> None:
    assert find(quotation) == (None, "")


def test_nearest_place_is_chosen() -> None:
    text = "the old crane of the harbour was here to stay. the old crane of the harbour is here to stay"
    found, _ = find("the old crane of the harbour is there to stay", text)
    assert found is not None
    assert found.differences == (("there", "here"),)


@given(st.data())
def test_passage_of_a_text_is_found_there_exactly(data: st.DataObject) -> None:
    spans = Words(SOURCE).spans
    first = data.draw(st.integers(0, len(spans) - 4))
    last = data.draw(st.integers(first + 3, len(spans) - 1))
    quotation = SOURCE[spans[first][0] : spans[last][1]]
    found = Quoted(quotation).match(Words(SOURCE))
    assert found is not None
    assert (found.match, SOURCE[found.start : found.end]) == (Match.EXACT, quotation)


@given(
    st.text(alphabet="ab .,’‘“”\"'[]…-—$(\u00ad\u0301ﬁß你」", max_size=40), st.text(alphabet="ab .’“…-[", max_size=60)
)
def test_any_quotation_and_any_text_give_an_answer(quotation: str, text: str) -> None:
    words, quoted = Words(text), Quoted(quotation)
    for found in (quoted.match(words), quoted.near(words), Quoted(quotation).match(Words(quotation))):
        assert found is None or 0 <= found.start <= found.end


def test_long_text_of_one_word_takes_no_long_time() -> None:
    started = time.process_time()
    words = Words("the " * 20_000)
    for quotation in ("the " * 12 + "end", "the the the … the the end", "the " * 400 + "end of the day"):
        assert Quoted(quotation).match(words) is None
        Quoted(quotation).near(words)
    assert time.process_time() - started < 5


def test_words_have_their_marks_and_joiners() -> None:
    assert Words("हिन्दी में cafe\u0301 co\u00adop 今日は ２D It’s").folded == [
        *("हिन्दी", "में", "café", "coop", "今", "日", "は", "2d", "it", "s"),
    ]
