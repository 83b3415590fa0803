"""`extract.documents.pdf`: the text of PDF files in reading order, or why there is none."""

from __future__ import annotations

import re

import pytest
from extract_pages import ARTICLES
from hypothesis import given, settings
from hypothesis import strategies as st
from making_documents import Placed, column, fixture, pdf, scan

from archive.words import Verdict
from extract import extract_page
from extract.documents.bidi import logical
from extract.documents.pdf import MAX_PAGES, is_pdf, read_pdf

TITLE, PARAGRAPHS = ARTICLES["en"]


def wrapped(text: str, width: int) -> list[str]:
    """Break *text* into lines of at most *width* characters."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def text_of(body: bytes) -> list[str]:
    return (read_pdf(body).text or "").split("\n")


def story(width: int = 80) -> list[Placed]:
    """Place three paragraphs with space between them."""
    placed: list[Placed] = []
    top = 780.0
    for paragraph in PARAGRAPHS[:3]:
        lines = column(wrapped(paragraph, width), top=top)
        placed += lines
        top = lines[-1][1] - 24
    return placed


def test_lines_become_paragraphs_with_what_the_file_says_of_itself() -> None:
    made = extract_page(pdf(story()), headers={"content-type": "application/pdf"})
    assert made.verdict == Verdict.DOCUMENT
    assert made.text == "\n".join(PARAGRAPHS[:3])
    assert made.evidence == {"rule": "pdf", "pages": 1, "confidence": 0.99}
    assert (made.title, made.byline, made.published_on) == ("The lift report", "County of Elm", "2031-04-02")
    assert made.language == "en"


def test_paper_in_two_columns_reads_column_by_column() -> None:
    made = extract_page(fixture("latex-two-columns.pdf"))
    assert made.text is not None
    read = made.text.replace("’", "'").split("\n")
    english, german = PARAGRAPHS[:4], ARTICLES["de"][1]
    assert [line for line in read if line in english] == english
    assert [line for line in read if line in german] == german, "hyphens at the ends of lines, umlauts, ligatures"
    assert made.title == TITLE, "from its largest line: the file names none"
    assert [(notice.rule, notice.text) for notice in made.notices] == [
        ("repeated-on-pages", "County of Elm | Inquiries"),
        ("repeated-on-pages", "1\n2"),
    ]


def test_columns_written_line_by_line_across_are_put_in_order() -> None:
    left, right = wrapped(" ".join(PARAGRAPHS[:2]), 44), wrapped(" ".join(PARAGRAPHS[2:4]), 44)
    rows = zip(column(left), column(right, left=310), strict=False)
    heading = (40, 815, 9, "A heading over both of the columns, as wide as the whole page is, edge to edge")
    body = pdf([heading, *(piece for row in rows for piece in row)])
    joined = " ".join(text_of(body))
    assert joined.index(PARAGRAPHS[0]) < joined.index(PARAGRAPHS[1][-40:]) < joined.index(PARAGRAPHS[2][:40])
    assert joined.startswith("A heading")


def test_table_is_rows_with_cells_and_no_columns() -> None:
    cells = [("North", "4", "refused"), ("South", "2", "stops"), ("West", "11", "stops")]
    placed = [(40 + 120 * x, 700 - 14 * y, 9, cell) for y, row in enumerate(cells) for x, cell in enumerate(row)]
    assert text_of(pdf(placed)) == ["North | 4 | refused", "South | 2 | stops", "West | 11 | stops"]


def test_headers_footers_and_page_numbers_are_notices_and_paragraphs_go_on_over_the_page() -> None:
    lines = wrapped(PARAGRAPHS[3], 60)
    pages = []
    for number, part in enumerate((lines[:2], lines[2:3], lines[3:]), start=1):
        head, foot = (40, 820, 8, "County of Elm"), (300, 20, 8, f"Page {number} of 3")
        pages.append([head, *column(part, top=760), foot])
    made = read_pdf(pdf(*pages))
    assert made.text == PARAGRAPHS[3]
    notices = [(notice.rule, notice.text) for notice in made.notices]
    assert ("repeated-on-pages", "County of Elm") in notices
    assert ("repeated-on-pages", "Page 1 of 3\nPage 2 of 3\nPage 3 of 3") in notices


def test_pages_of_nothing_but_lines_that_recur_keep_them() -> None:
    assert text_of(pdf(*[[(40, 700, 9, f"Slide {number}")] for number in (1, 2, 3)])) == [
        "Slide 1",
        "Slide 2",
        "Slide 3",
    ]


def test_page_number_of_a_single_page_is_a_notice() -> None:
    made = read_pdf(pdf([*story(), (290, 30, 9, "- 7 -")]))
    assert made.text == "\n".join(PARAGRAPHS[:3])
    assert [notice.text for notice in made.notices] == ["- 7 -"]


@pytest.mark.parametrize(
    ("halves", "whole"),
    [
        (("The sched-", "uler counted, and counted, and then it counted again."), "The scheduler counted"),
        (("A well-", "known fault of lifts; a well-known one, as they said."), "A well-known fault"),
        (("The Elm-", "Oakham line was closed on that day and on the next one."), "The Elm-Oakham line"),
    ],
)
def test_hyphen_at_the_end_of_a_line_stays_only_where_it_belongs_to_the_word(
    halves: tuple[str, str], whole: str
) -> None:
    [read] = text_of(pdf(column(list(halves))))
    assert read.startswith(whole)


def test_indented_first_lines_begin_paragraphs() -> None:
    first, second = wrapped(PARAGRAPHS[0], 70), wrapped(PARAGRAPHS[1], 68)
    placed = column([*first, *second])
    at = len(first)
    placed[at] = (55, *placed[at][1:])
    assert text_of(pdf(placed)) == PARAGRAPHS[:2]


def test_turned_text_at_the_margin_is_a_notice() -> None:
    made = read_pdf(pdf(story(), turned=[(20, 300, 12, "Preprint 2031.0402")]))
    assert made.text == "\n".join(PARAGRAPHS[:3])
    assert [(notice.rule, notice.text) for notice in made.notices] == [("turned", "Preprint 2031.0402")]


def test_page_that_is_turned_as_a_whole_is_read() -> None:
    turned = [(base, left, size, text) for left, base, size, text in column(wrapped(PARAGRAPHS[0], 60), left=40, top=0)]
    placed = [(100 - left, base, size, text) for left, base, size, text in turned]
    assert text_of(pdf([], turned=placed)) == [PARAGRAPHS[0]]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("browser-arabic.pdf", "وكتبت الممرضة (هدى) قائمة من 9 صفحات بكل ساعة لم ينقل فيها سرير."),
        (
            "browser-hebrew.pdf",
            "הוועדה קבעה כי התוכנה LiftPlan 2.1 למדה מתנועה במגדל משרדים שהקומה הרביעית ריקה בלילה.",
        ),
        ("browser-russian.pdf", ARTICLES["ru"][1][1]),
    ],
)
def test_scripts_are_read_in_their_own_direction(name: str, line: str) -> None:
    made = extract_page(fixture(name))
    assert made.text is not None
    assert line in made.text.split("\n")
    assert made.language == name.removeprefix("browser-")[:2].replace("ru", "ru")


def test_line_from_right_to_left_is_read_by_its_places() -> None:
    seen = "(3.5% GPT) דבכ"
    assert logical([(float(index), character) for index, character in enumerate(seen)]) == "כבד (3.5% GPT)"


@pytest.mark.parametrize("body", [scan(2), pdf([], [])], ids=["pictures of pages", "empty pages"])
def test_scan_has_no_text_and_says_so(body: bytes) -> None:
    made = extract_page(body)
    assert made.verdict == Verdict.DOCUMENT
    assert (made.text, made.language) == (None, None)
    assert made.evidence == {"rule": "pdf", "pages": 2, "problem": "no-text-layer", "confidence": 0.99}


def test_encrypted_file_has_no_text_and_says_so() -> None:
    made = extract_page(pdf(story(), password="secret"))
    assert (made.verdict, made.text, made.evidence["problem"]) == (Verdict.DOCUMENT, None, "encrypted")


def test_file_that_anyone_may_read_is_read() -> None:
    assert PARAGRAPHS[0] in (read_pdf(pdf(story(), owner_only=True)).text or "")


def test_pages_beyond_the_bound_are_told() -> None:
    made = read_pdf(pdf(*[[(40, 700, 9, f"Sheet {number} is one of many sheets")] for number in range(MAX_PAGES + 2)]))
    assert made.evidence == {"rule": "pdf", "pages": MAX_PAGES + 2, "pages_read": MAX_PAGES, "confidence": 0.99}


@pytest.mark.parametrize("title", ["Microsoft Word - final2.doc", "report.indd", "untitled"])
def test_name_of_a_file_is_no_title(title: str) -> None:
    placed = [(40, 815, 20, TITLE), *story()]
    assert read_pdf(pdf(placed, about={"/Title": title})).title == TITLE


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_cut_off_file_has_what_is_left_or_says_that_it_is_damaged(share: float) -> None:
    whole = pdf(story())
    made = extract_page(whole[: int(len(whole) * share)])
    assert made.verdict == Verdict.DOCUMENT
    assert made.evidence["rule"] == "pdf"
    assert made.text or made.evidence["problem"]


def test_file_is_known_by_its_bytes_whatever_the_server_says() -> None:
    body = b"\r\n" + pdf(story())
    assert is_pdf(body)
    assert extract_page(body, headers={"content-type": "text/html"}).evidence["rule"] == "pdf"


def test_page_about_pdf_is_a_page() -> None:
    page = b"<!doctype html><title>x</title><p>A file begins with %PDF-1.7 and goes on.</p>"
    assert extract_page(page).evidence["rule"] != "pdf"


def test_error_page_that_says_it_is_a_pdf_is_an_error_page() -> None:
    made = extract_page(b"<p>gone</p>", headers={"content-type": "application/pdf"}, http_status=404)
    assert made.evidence["rule"] == "http-status"


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_damaged_files_have_an_answer(data: st.DataObject) -> None:
    body = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=20))
    made = extract_page(b"%PDF-" + bytes(body))
    assert made.verdict == Verdict.DOCUMENT
    assert made.evidence["rule"] == "pdf"


WHOLE = pdf(story(), story())


def test_places_and_sizes_that_no_page_has_stop_nobody() -> None:
    lines = [f"Line {number} of a file that was damaged" for number in range(9)]
    for size in (b"0", b"1e39", b"-1e39"):
        body = pdf(column(lines)).replace(b"/F1 9 Tf", b"/F1 " + size + b" Tf")
        assert extract_page(body).evidence["rule"] == "pdf"
    for place in (b"1e39 1e39", b"-1e39 0", b"0 -1e300"):
        body = re.sub(rb"40 \d+ Tm", place + b" Tm", pdf(column(lines)))
        assert extract_page(body).evidence["rule"] == "pdf"
