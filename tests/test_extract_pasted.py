"""Pasted page text, without markup: what becomes of it by what it says and where that stands."""

from __future__ import annotations

import pytest
from extract_pages import ARTICLES
from hypothesis import given
from hypothesis import strategies as st

from archive.words import NoticeKind, Verdict
from extract.pasted import blocks_of, extract_pasted

PROSE = ARTICLES["en"][1]
GERMAN = ARTICLES["de"][1]
FORM = ["Your email address will not be published. Required fields are marked *", "Comment *", "Name *", "Website"]

CONSENT = """\
- We and our partners use cookies to store and read information on your device.
- By accepting all cookies you help us to measure what you look at.
- For more information, please see our
      Cookie Notice
      and our
      Privacy Policy.
"""


def bullets(*lines: str) -> str:
    return "\n".join(f"- {line}" for line in lines)


def stripped(text: str) -> dict[str, str]:
    """Return the notices of *text*, each with its rule."""
    return {notice.text: notice.rule for notice in extract_pasted(text).notices}


def test_article_is_its_lines_without_bullets() -> None:
    page = extract_pasted(bullets(*PROSE))
    assert (page.verdict, page.language, page.notices, page.comments) == (Verdict.ARTICLE, "en", (), None)
    assert page.text == "\n".join(PROSE)


def test_subheads_between_paragraphs_stay() -> None:
    lines = [*PROSE[:2], "What is next?", *PROSE[2:]]
    assert extract_pasted(bullets(*lines)).text == "\n".join(lines)


def test_menus_and_notices_around_an_article_are_notices_with_their_place() -> None:
    page = extract_pasted(
        bullets("Sign In", "The Evening Edition", "CHANGE CITY", *PROSE, "", "© 2031 The Evening, all rights reserved")
    )
    assert page.text == "\n".join(PROSE)
    found = [(notice.kind, notice.rule.partition(":")[0], notice.position) for notice in page.notices]
    assert found == [
        (NoticeKind.FORM, "phrase", 0),
        (NoticeKind.NAVIGATION, "outside-article", 0),
        (NoticeKind.NAVIGATION, "outside-article", 0),
        (NoticeKind.LEGAL, "phrase", len(PROSE)),
    ]


@pytest.mark.parametrize(
    "invitation", ["READ THE REST", "Read more", "Weiterlesen", "Lire la suite", "leer más »", "more »"]
)
def test_teasers_are_related_links(invitation: str) -> None:
    teasers = [f"A clock that nobody trusts stands in the “middle of… {invitation}", f"Ropes ... {invitation}"]
    page = extract_pasted(bullets(*PROSE, *teasers))
    assert page.text == "\n".join(PROSE)
    assert [(notice.kind, notice.text) for notice in page.notices] == [(NoticeKind.RELATED, one) for one in teasers]


@pytest.mark.parametrize("word", ["More", "Mehr", "Weiter"])
def test_word_without_its_arrow_invites_to_nothing(word: str) -> None:
    lines = [*PROSE[:2], f"So he asked for one thing, and then for another…{word}", *PROSE[2:]]
    assert extract_pasted(bullets(*lines)).text == "\n".join(lines)


def test_paragraph_that_ends_in_an_ellipsis_is_no_teaser() -> None:
    lines = [*PROSE, "He read more of it, and more… and then he put the letter down on the table by the window."]
    assert extract_pasted(bullets(*lines)).text == "\n".join(lines)


def test_comments_between_the_rules_for_them_and_the_form_are_apart() -> None:
    rules = "Beleidigende, rassistische und strafrechtlich relevante Beiträge werden gelöscht."
    said = ["Ich war dabei, und es war ganz anders, als es hier steht, nämlich viel lauter.", "Stimmt!"]
    page = extract_pasted(
        bullets(*GERMAN, rules, "Dein Werft-Team", *said, "Dein Kommentar", "Kommentar absenden", "Seit 2005 am Kai.")
    )
    assert (page.text, page.comments, page.language) == ("\n".join(GERMAN), "\n".join(said), "de")
    assert [notice.text for notice in page.notices] == [
        rules, "Dein Werft-Team", "Dein Kommentar", "Kommentar absenden", "Seit 2005 am Kai.",
    ]  # fmt: skip


@pytest.mark.parametrize("heading", ["Comments", "3 Comments", "Kommentare (12)", "Commentaires", "コメント"])
def test_comments_below_their_heading_are_apart(heading: str) -> None:
    said = ["I was there and it was louder than that, believe me.", "So was I."]
    page = extract_pasted(bullets(*PROSE, heading, *said))
    assert (page.text, page.comments) == ("\n".join(PROSE), "\n".join(said))
    assert heading in {notice.text for notice in page.notices}


def test_count_of_comments_above_the_article_begins_no_comments() -> None:
    page = extract_pasted(bullets("12 Comments", *PROSE))
    assert (page.text, page.comments) == ("\n".join(PROSE), None)


def test_comments_that_nothing_announces_begin_where_the_article_is_quoted() -> None:
    said = [
        "The point that I can't let pass:",
        f"“{' '.join(PROSE[1].split()[:14])}” and so on.",
        "No, it was not like that at all, and everybody who was in the room knows it very well.",
        "@Pelle You were not in the room.",
    ]
    page = extract_pasted(bullets(*PROSE, *said, *FORM))
    assert (page.text, page.comments) == ("\n".join(PROSE), "\n".join(said))
    assert stripped(bullets(*PROSE, *said, *FORM)).keys() == set(FORM)


@pytest.mark.parametrize("leave_out", ["form", "address", "quotation"])
def test_comments_that_nothing_proves_stay_in_the_text(leave_out: str) -> None:
    pulled = "Nobody knows" if leave_out == "quotation" else " ".join(PROSE[1].split()[:14])
    last = "You were not in the room." if leave_out == "address" else "@Pelle You were not in the room."
    lines = [*PROSE, pulled, "It was another day, and it rained on the harbour from the morning on.", last]
    page = extract_pasted(bullets(*lines, *([] if leave_out == "form" else FORM)))
    assert (page.text, page.comments) == ("\n".join(lines), None)


def test_form_field_is_a_word_like_any_other_without_a_form() -> None:
    lines = [*PROSE[:3], "Name", *PROSE[3:]]
    assert extract_pasted(bullets(*lines)).text == "\n".join(lines)


def test_short_line_among_the_notices_of_a_footer_is_none_of_the_text() -> None:
    footer = ["Sign in", "Terms of use", "Privacy policy", "© 2031 Lamp", "Register"]
    page = extract_pasted(bullets(*PROSE, *footer, "Who will be first? Ask the forum, or the guide, or nobody at all."))
    assert page.text == "\n".join(PROSE)


def test_menus_and_lists_of_links_around_an_article_are_none_of_it() -> None:
    menu = ["Home", "World", "Harbour news", "Opinion", "Jobs"]
    page = extract_pasted(bullets(*menu, *PROSE, *reversed(menu), "Ten ways to tie a knot"))
    assert page.text == "\n".join(PROSE)


def test_article_between_shorter_texts_is_the_one_that_is_kept() -> None:
    teaser = "The town has a clock that nobody trusts, and there is a long line in front of it on every Sunday."
    menu = ["Home", "World", "Harbour news", "Opinion", "Jobs"]
    page = extract_pasted(bullets(teaser, *menu, *PROSE, *menu, teaser))
    assert page.text == "\n".join(PROSE)


def test_paragraph_behind_one_notice_is_still_text() -> None:
    page = extract_pasted(bullets(*PROSE[:-1], "Read more: The clock of Brack", PROSE[-1]))
    assert page.text == "\n".join(PROSE)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("", Verdict.EMPTY),
        ("- \n\t\n-", Verdict.EMPTY),
        ("- Please enable JS and disable any ad blocker", Verdict.BOT_WALL),
        (CONSENT, Verdict.CONSENT_WALL),
    ],
)
def test_wall_or_nothing_has_no_text_and_no_language(text: str, verdict: Verdict) -> None:
    page = extract_pasted(text)
    assert (page.verdict, page.text, page.language, page.comments) == (verdict, None, None, None)
    assert all(notice.position == 0 for notice in page.notices)


def test_mojibake_is_repaired_before_anything_is_read() -> None:
    damaged = bullets("â€œIt was late,â€ he said, and MÃ¼ller left.", *PROSE)
    page = extract_pasted(damaged)
    assert page.text == "\n".join(["“It was late,” he said, and Müller left.", *PROSE])
    assert page.repair == "mojibake: U+009D restored 1 times, ftfy fix_encoding on 1 lines"


def test_item_goes_on_in_lines_that_are_indented_or_that_its_sentence_needs() -> None:
    text = "- One item that is\nwrapped.\nA paragraph of its own.\n- Another.\n    Indented goes on.\n- \n\t\n- Last"
    assert blocks_of(text) == [
        *("One item that is wrapped.", "A paragraph of its own."),
        *("Another. Indented goes on.", "Last"),
    ]


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("One line.\nAnother\n\nThird", ["One line. Another", "Third"]),
        (f"{'word ' * 40}\n\nShort\nlines", [("word " * 40).strip(), "Short", "lines"]),
        ("– said she\nNo", ["– said she", "No"]),
        ("First\nsecond", ["First", "second"]),
    ],
)
def test_text_without_bullets_is_read_by_paragraphs_or_by_lines(text: str, blocks: list[str]) -> None:
    assert blocks_of(text) == blocks


@given(st.text(alphabet=st.characters(), max_size=400))
def test_any_text_has_an_answer_and_nothing_of_it_is_lost(text: str) -> None:
    page = extract_pasted(text)
    assert page.evidence["rule"] != "extraction-failed", page.evidence
    held = "".join([page.text or "", page.comments or "", *(notice.text for notice in page.notices)])
    letters = sum(character.isascii() and character.isalnum() for character in text)
    assert page.repair or sum(character.isascii() and character.isalnum() for character in held) == letters
    assert extract_pasted(text) == page
