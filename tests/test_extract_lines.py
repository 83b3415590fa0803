"""Lines that publishing systems put into an article's own element, each beside one that looks like it and is text."""

from __future__ import annotations

import pytest
from extract_pages import ARTICLES, page, text_of

from extract import extract_page
from extract.page import article_of

TITLE, PARAGRAPHS = ARTICLES["en"]
PIECES = [f"<p>{text}</p>" for text in PARAGRAPHS]
BODY = "".join(PIECES)
HEADING = f"<h1>{TITLE}</h1>"
WORDS = "The council of another town has looked at its own lifts, and found that none of them had been looked at. "


def made_of(body: str) -> tuple[str, dict[str, list[str]]]:
    """Return the text of a page, and by rule the notices that stand in its article's frame."""
    made = extract_page(page(f"<main>{body}</main>", title=TITLE))
    notices: dict[str, list[str]] = {}
    for notice in made.notices:
        notices.setdefault(notice.rule, []).extend(notice.text.split("\n"))
    return made.text or "", notices


def within(first: str = "", last: str = "") -> str:
    """Return an article with *first* before its paragraphs and *last* behind them, in their element."""
    return f"<article>{HEADING}<div class='text'>{first}{BODY}{last}</div></article>"


@pytest.mark.parametrize(
    "line", ["24 March 2004, 19:49 | Ada Writer", "2021-10-16 | Town", "20. März 2021 - 15:00 Uhr"]
)
def test_date_above_the_first_paragraph_is_no_text(line: str) -> None:
    text, notices = made_of(within(f"<p>{line}</p>"))
    assert text == text_of("en")
    assert notices["article:date-line"] == [line]


@pytest.mark.parametrize("line", ["On 24 March 2004 the lift stood still.", "Two lifts, one caretaker"])
def test_line_that_is_no_date_stays_above_the_first_paragraph(line: str) -> None:
    assert made_of(within(f"<p>{line}</p>"))[0] == f"{line}\n{text_of('en')}"


@pytest.mark.parametrize(
    "line",
    ["abc/PAP", "DS", "LISBON", "By Ada Writer", "Autor: red", "Von Ada Schreiber", "By Ada Writer and Ben O’Reader",
     "Von Ada von der Schreiber, Berlin"],
)  # fmt: skip
def test_signature_at_the_end_is_no_text(line: str) -> None:
    text, notices = made_of(within(last=f"<p>{line}</p>"))
    assert text == text_of("en")
    assert notices["article:signature"] == [line]


@pytest.mark.parametrize(
    "line",
    ["Be there!", "by no means all of it", "Mind the gap between the floors", "By Monday it was over",
     "Von Anfang an war es so", "Di Lorenzo sagt nichts"],
)  # fmt: skip
def test_last_line_that_says_something_is_text(line: str) -> None:
    assert made_of(within(last=f"<p>{line}</p>"))[0] == f"{text_of('en')}\n{line}"


def test_cards_of_those_to_be_asked_are_no_text() -> None:
    card = ["Contact:", "Ada Writer", "House of Lifts", "Phone: +44 20 7946 0000", "ada@lifts.example"]
    text, notices = made_of(within(last="".join(f"<p>{line}</p>" for line in card)))
    assert text == text_of("en")
    assert notices["article:signature"] == card


def test_names_without_a_way_to_write_or_call_are_text() -> None:
    lines = ["Members of the inquiry", "Ada Writer, of the house", "Ben Reader, of the town"]
    text, _ = made_of(within(last="".join(f"<p>{line}</p>" for line in lines)))
    assert text == "\n".join([text_of("en"), *lines])


def test_cards_are_text_where_they_are_much_of_it() -> None:
    cards = [f"House number {number}\nPhone: +44 20 7946 00{number}" for number in range(10, 90)]
    body = "".join(f"<p>{line}</p>" for card in cards for line in card.split("\n"))
    assert "House number 12\nPhone: +44 20 7946 0012" in made_of(f"<article>{HEADING}{BODY}{body}</article>")[0]


def test_address_that_the_article_ends_in_is_text() -> None:
    address = "https://lifts.example/report.pdf"
    assert made_of(within(last=f"<p>{address}</p>"))[0] == f"{text_of('en')}\n{address}"


def test_beginnings_of_other_texts_are_no_text() -> None:
    teasers = [f"{WORDS}{number}" for number in ("One", "Two", "Three")]
    body = "".join(f"<p>{text}</p><div><a href='/{number}'>Read more</a></div>" for number, text in enumerate(teasers))
    text, notices = made_of(within(last=body))
    assert text == text_of("en")
    assert notices["article:teaser"] == teasers


def test_text_that_unfolds_is_no_teaser() -> None:
    body = f"<article>{HEADING}{PIECES[0]}<div><a href='#rest'>Read more</a></div>{''.join(PIECES[1:])}</article>"
    assert made_of(body)[0] == text_of("en")


def test_page_of_teasers_alone_keeps_them() -> None:
    lines = [f"The lift of house {number} has been mended again, and the council has paid for it." for number in "12"]
    body = "".join(f"<p>{line}</p><div><a href='/lift'>Read more</a></div>" for line in lines)
    assert article_of(page(f"<main><article>{body}</article></main>")) == "\n".join(lines)


def test_what_stands_below_the_heading_of_comments_is_no_text() -> None:
    below = (
        "<h3>2 comments</h3><p>Ben Reader</p><p>I took the stairs for two years, and so did everybody I know there.</p>"
    )
    text, notices = made_of(within(last=below))
    assert text == text_of("en")
    assert "Ben Reader" in notices["article:below-comments"]


def test_link_to_comments_in_a_thread_ends_no_text() -> None:
    post = f"<p>{WORDS}</p><div><a href='/add'>Add a comment</a></div>"
    assert made_of(within(last=post + f"<p>{WORDS}{WORDS}</p>"))[0].count(WORDS.strip()) == 3


def test_caption_above_a_credit_is_no_text() -> None:
    caption = "The lift of the town hall, which has stopped on the second floor, seen from the stairs below it."
    picture = f"<div><div>{caption}</div><div>© Ada Painter</div></div>"
    text, notices = made_of(f"<article>{HEADING}{''.join([*PIECES[:2], picture, *PIECES[2:]])}</article>")
    assert text == text_of("en")
    seen = [line for rule, lines in notices.items() if rule.startswith("article:") for line in lines]
    assert caption in seen


def test_paragraph_above_a_credit_is_text() -> None:
    body = "".join([*PIECES[:2], "<div>© Ada Painter</div>", *PIECES[2:]])
    assert made_of(f"<article>{HEADING}{body}</article>")[0] == text_of("en")


def test_further_articles_of_an_endless_page_are_no_text() -> None:
    other = f"<article><h1>Another town, another lift</h1><p>{WORDS}</p><p>{WORDS}</p></article>"
    text, notices = made_of(f"<div class='entry-content'><article>{HEADING}{BODY}</article>{other}{other}</div>")
    assert text == text_of("en")
    assert WORDS not in text
    assert WORDS.strip() in notices["article:other-article"]


def test_main_headings_within_one_article_are_text() -> None:
    body = f"<article>{HEADING}{BODY}<h1>The second year</h1><p>{WORDS}</p></article>"
    assert "The second year" in made_of(body)[0]


def test_what_follows_the_column_is_no_text() -> None:
    behind = f"<div class='note'><p>{WORDS}</p></div>"
    text, _ = made_of(f"<article>{HEADING}<div class='column'>{BODY}</div>{behind}</article>")
    assert text == text_of("en")


def test_box_at_the_end_of_the_column_is_no_text() -> None:
    text, notices = made_of(within(last=f"<div class='panel'><p>{WORDS}</p></div>"))
    assert text == text_of("en")
    assert WORDS.strip() in notices["article:outside-region"]


def test_list_and_quotation_at_the_end_of_the_column_are_text() -> None:
    last = f"<ul><li>{WORDS}</li></ul><blockquote><p>{WORDS}</p></blockquote>"
    assert made_of(within(last=last))[0].count(WORDS.strip()) == 2


def test_text_in_two_columns_stays_whole() -> None:
    halves = f"<div>{''.join(PIECES[:3])}</div><div>{''.join(PIECES[3:])}</div>"
    assert made_of(f"<article>{HEADING}{halves}</article>")[0] == text_of("en")


def test_short_line_in_a_row_with_running_text_is_text() -> None:
    row = [*PARAGRAPHS[:2], "The house in short", *PARAGRAPHS[2:]]
    body = "".join(f"<div class='line'>{text}</div>" for text in row) + f"<p>{WORDS * 8}</p>"
    assert "The house in short" in made_of(f"<article>{HEADING}{body}</article>")[0]


def test_short_element_of_another_form_is_no_text() -> None:
    row = "".join(f"<div class='line'>{text}</div>" for text in PARAGRAPHS)
    body = f"{row}<div class='tool'>Larger letters</div><p>{WORDS * 8}</p>"
    assert "Larger letters" not in made_of(f"<article>{HEADING}{body}</article>")[0]
