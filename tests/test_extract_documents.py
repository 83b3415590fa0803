"""`extract.documents`: office files, books, text and data; what kind of file a body is; packages made to do harm."""

from __future__ import annotations

import io
import time
import zipfile

import pytest
from extract_pages import ARTICLES, article_page
from hypothesis import given, settings
from hypothesis import strategies as st
from making_documents import docx, fixture, package, relations

from archive.words import Verdict
from extract import ExtractedPage, extract_page
from extract.documents import package as packages
from extract.documents import read_document
from extract.documents.package import MAX_PART, Package, PackageError

TITLE, PARAGRAPHS = ARTICLES["en"]
RUSSIAN, JAPANESE = ARTICLES["ru"][1][0], ARTICLES["ja"][1][0]
BODY = [*PARAGRAPHS[:3], "First point", "Second point", "Lift | Floor", "North | 4", RUSSIAN, JAPANESE, PARAGRAPHS[4]]


def made(body: bytes, content_type: str = "", url: str | None = None) -> ExtractedPage:
    return extract_page(body, url=url, headers={"content-type": content_type} if content_type else {})


def lines(body: bytes, content_type: str = "", url: str | None = None) -> list[str]:
    return (made(body, content_type, url).text or "").split("\n")


def notices(body: bytes) -> list[tuple[str, str]]:
    return [(notice.rule, notice.text) for notice in made(body).notices]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("libreoffice.docx", "docx"),
        ("libreoffice.odt", "odt"),
        ("libreoffice.fodt", "flat-opendocument"),
        ("libreoffice.rtf", "rtf"),
        ("pandoc.docx", "docx"),
        ("pandoc.rtf", "rtf"),
    ],
)
def test_written_files_have_their_paragraphs_lists_and_tables_in_order(name: str, rule: str) -> None:
    page = made(fixture(name))
    assert (page.verdict, page.evidence["rule"], page.language) == (Verdict.DOCUMENT, rule, "en")
    read = [line.removeprefix("• ").replace("’", "'") for line in (page.text or "").split("\n")]
    assert [line for line in read if line in BODY] == BODY
    assert read[0] == TITLE
    assert len(read) <= len(BODY) + 3, "nothing but the title and the author's name beside them"


@pytest.mark.parametrize("name", ["libreoffice.docx", "libreoffice.odt", "libreoffice.rtf", "pandoc.docx"])
def test_files_say_who_wrote_them_and_what_they_are_called(name: str) -> None:
    page = made(fixture(name))
    assert (page.title, page.byline) == (TITLE, "Ada Keeper")


def test_book_is_read_by_its_spine() -> None:
    page = made(fixture("libreoffice.epub"), "application/epub+zip")
    assert page.evidence == {"rule": "epub", "chapters": 1, "confidence": 0.99}
    assert (page.title, page.byline) == (TITLE, "Ada Keeper")
    assert [line for line in (page.text or "").split("\n") if line in PARAGRAPHS] == [*PARAGRAPHS[:3], PARAGRAPHS[4]]


def test_chapters_stand_in_the_order_of_the_spine_and_dates_are_of_publication() -> None:
    opf = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        "<dc:title>T</dc:title><dc:date>2030-05-06</dc:date><dc:language>de-AT</dc:language></metadata><manifest>"
        '<item id="a" href="c%201.xhtml"/><item id="b" href="c2.xhtml"/></manifest>'
        '<spine><itemref idref="b"/><itemref idref="a"/></spine></package>'
    )
    container = '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "OPS/book.opf": opf,
        "OPS/c 1.xhtml": "<html><body><p>Second</p></body></html>",
        "OPS/c2.xhtml": "<html><body><p>First</p></body></html>",
    }
    page = made(package(parts))
    assert (page.text, page.published_on, page.language) == ("First\nSecond", "2030-05-06", "de")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("libreoffice.xlsx", ["t", "Lift | Floor | Since", "North | 4 | 2031-03-01", "South, old | 2 | 2031-03-02"]),
        ("libreoffice.ods", ["Lift | Floor | Since", "North | 4 | 2031-03-01", "South, old | 2 | 2031-03-02"]),
    ],
)
def test_sheets_are_rows_with_dates_as_dates(name: str, expected: list[str]) -> None:
    assert lines(fixture(name)) == expected


@pytest.mark.parametrize("name", ["python-pptx.pptx", "libreoffice.odp"])
def test_slides_are_in_order_and_speakers_notes_are_notices(name: str) -> None:
    assert lines(fixture(name)) == ["Slide 1", PARAGRAPHS[0], "Slide 2", PARAGRAPHS[1], "a | b", "c"]
    spoken = "\n".join(text for rule, text in notices(fixture(name)) if rule == "speaker-notes")
    assert "Say it slowly 0" in spoken
    assert "Say it slowly 1" in spoken


NOTE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def test_what_stands_beside_a_written_text_is_a_notice_and_notes_come_last() -> None:
    body = docx(
        "<w:p><w:r><w:t>Kept </w:t></w:r><w:del><w:r><w:delText>taken out</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>text</w:t><w:tab/><w:t>here</w:t></w:r></w:ins></w:p>"
        "<w:p><w:r><w:instrText>PAGE</w:instrText><w:t>7</w:t></w:r></w:p>"
        "<mc:AlternateContent><mc:Choice><w:p><w:r><w:t>Box</w:t></w:r></w:p></mc:Choice>"
        "<mc:Fallback><w:p><w:r><w:t>Box</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent>",
        {
            "notes.xml": '<w:footnote w:type="separator"><w:p><w:r><w:t>no</w:t></w:r></w:p></w:footnote>'
            "<w:footnote><w:p><w:r><w:t>A note</w:t></w:r></w:p></w:footnote>",
            "head.xml": "<w:p><w:r><w:t>County of Elm</w:t></w:r></w:p>",
            "said.xml": "<w:comment><w:p><w:r><w:t>Is that so?</w:t></w:r></w:p></w:comment>",
        },
        footnotes="notes.xml",
        header="head.xml",
        comments="said.xml",
    )
    assert lines(body) == ["Kept text here", "7", "Box", "A note"]
    assert notices(body) == [
        ("header", "County of Elm"),
        ("review-comment", "Is that so?"),
        ("tracked-deletion", "taken out"),
    ]


def test_open_document_keeps_notes_deletions_and_comments_apart() -> None:
    content = (
        '<o:document-content xmlns:o="urn:o" xmlns:t="urn:t"><o:body><o:text><t:tracked-changes><t:deletion>'
        "<t:p>taken out</t:p></t:deletion></t:tracked-changes>"
        "<t:p>Two<t:s/>words<o:annotation><t:p>Is that so?</t:p></o:annotation> and<t:note><t:note-citation>1"
        "</t:note-citation><t:note-body><t:p>A note</t:p></t:note-body></t:note> more<t:line-break/>below</t:p>"
        "</o:text></o:body></o:document-content>"
    )
    parts = {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content}
    body = package(parts, stored=["mimetype"])
    assert lines(body) == ["Two words and more", "below", "A note"]
    assert notices(body) == [("review-comment", "Is that so?"), ("tracked-deletion", "taken out")]


def test_rich_text_has_its_characters_by_code_page_and_number() -> None:
    body = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}{\f1\fcharset204 Arial;}}{\info{\title The \'e9t\'e9}"
        rb"{\author Ada}{\creatim\yr2031\mo4\dy2}}{\header County\par}\f1\'cb\'e8\'f4\'f2\f0  fell\par"
        rb"\uc1\u1051?\u-10179?\u-8704? {\*\unknown lost}{\v hidden}{\pict\bin5 }}}}}}kept\~here\par}"
    )
    page = made(body)
    assert (page.text, page.title, page.byline, page.published_on) == (
        "Лифт fell\nЛ😀 kept here",
        "The été",
        "Ada",
        "2031-04-02",
    )
    assert notices(body) == [("header", "County"), ("hidden", "hidden")]


@pytest.mark.parametrize(
    ("body", "content_type", "url", "rule", "text"),
    [
        (b"Two\r\n\r\nlines  ", "text/plain", None, "plain-text", "Two\n\nlines"),
        (b"a,b\n1,2\n", "text/csv; charset=utf-8", None, "csv", "a,b\n1,2"),
        (b"# Title\n\n* point", "", "https://x.example/README.md", "markdown", "# Title\n\n* point"),
        (
            rb'{"t": "\u041b\u0438\u0444\u0442 \ud83d\ude00 \u0022 \\u0041 \n"}', "application/json", None, "json",
            r'{"t": "Лифт 😀 \u0022 \\u0041 \n"}',
        ),
        (b"<note lang='x'><to>Ada</to> and <b>more</b></note>", "application/xml", None, "xml", "Ada\nand\nmore"),
        ("naïve\n".encode("cp1252"), "text/plain", None, "plain-text", "naïve"),
    ],
)  # fmt: skip
def test_text_and_data_stay_as_they_are(body: bytes, content_type: str, url: str | None, rule: str, text: str) -> None:
    page = made(body, content_type, url)
    assert (page.verdict, page.evidence["rule"], page.text) == (Verdict.DOCUMENT, rule, text)


def test_feed_has_title_date_and_text_of_each_entry() -> None:
    body = (
        b"<?xml version='1.0'?><rss version='2.0'><channel><title>Elm news</title><language>en-gb</language>"
        b"<item><title>One</title><pubDate>Wed, 02 Apr 2031</pubDate><description>&lt;p&gt;The &lt;b&gt;lift&lt;/b&gt;"
        b" fell&lt;/p&gt;</description></item><item><title>Two</title></item></channel></rss>"
    )
    page = made(body, "application/rss+xml")
    assert (page.evidence["rule"], page.title) == ("feed", "Elm news")
    assert page.text == "One\nWed, 02 Apr 2031\nThe lift fell\nTwo"
    assert page.language == "en"


@pytest.mark.parametrize(
    "content_type",
    ["text/html", "application/xhtml+xml", "application/json", "application/octet-stream", "image/png", ""],
)
def test_page_is_a_page_whatever_the_server_calls_it(content_type: str) -> None:
    assert made(article_page(), content_type).verdict == Verdict.ARTICLE


@pytest.mark.parametrize(
    ("body", "verdict", "rule"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(40), Verdict.MEDIA, "media-type"),
        (b"\0\0\0\x20ftypisom" + bytes(40), Verdict.MEDIA, "media-type"),
        (b"RIFF\0\0\0\0WEBPVP8 ", Verdict.MEDIA, "media-type"),
        (b"\x1f\x8b\x08" + bytes(40), Verdict.DOCUMENT, "gzip"),
        (b"\x7fELF\2\1\1" + bytes(100), Verdict.DOCUMENT, "binary"),
    ],
)
def test_first_bytes_go_before_what_the_server_says(body: bytes, verdict: Verdict, rule: str) -> None:
    page = made(body, "text/html")
    assert (page.verdict, page.evidence["rule"], page.text) == (verdict, rule, None)


def test_what_is_not_read_says_so() -> None:
    old = made(fixture("libreoffice.doc"), "application/msword")
    assert (old.verdict, old.text) == (Verdict.DOCUMENT, None)
    assert (old.evidence["rule"], old.evidence["problem"]) == ("doc", "format-not-supported")
    packed = made(package({"a.txt": "text"}))
    assert (packed.evidence["rule"], packed.evidence["problem"]) == ("zip", "format-not-supported")
    empty = made(docx(""))
    assert (empty.evidence["rule"], empty.evidence["problem"], empty.text) == ("docx", "no-text", None)
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    assert made(locked).evidence["problem"] == "encrypted"


def test_encrypted_open_document_says_so() -> None:
    manifest = '<m:manifest xmlns:m="urn:m"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    parts = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": "?",
        "META-INF/manifest.xml": manifest,
    }
    assert made(package(parts)).evidence == {"rule": "odt", "problem": "encrypted", "confidence": 0.99}


def test_zip_bomb_is_read_up_to_the_bound() -> None:
    bomb = docx("<w:p><w:r><w:t>Begins</w:t></w:r></w:p>" + "<w:p/>" * (MAX_PART // 3))
    assert len(bomb) < MAX_PART / 50
    started = time.process_time()
    page = made(bomb)
    assert page.text == "Begins"
    assert page.evidence["parts_cut"] == ["word/document.xml"]
    assert time.process_time() - started < 5


def test_zip_of_very_many_parts_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "MAX_DIRECTORY", 5000)
    with pytest.raises(PackageError, match="too-many-parts"):
        Package(package({f"part{number}": "" for number in range(200)}))


def test_entities_are_not_expanded_and_nothing_is_fetched() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    laughs = f'<!DOCTYPE d [<!ENTITY e0 "ha"><!ENTITY f SYSTEM "file:///etc/passwd">{entities}]>'
    document = f'{laughs}<w:document xmlns:w="{NOTE}"><w:p><w:r><w:t>kept &e11;&f;</w:t></w:r></w:p></w:document>'
    parts = {"_rels/.rels": relations(officeDocument="word/document.xml"), "word/document.xml": document}
    text = made(package(parts)).text or ""
    assert text.startswith("kept")
    assert "ha" not in text
    assert "root:" not in text
    feed = f"{laughs}<note>kept &e11;&f;</note>".encode()
    assert "root:" not in (made(feed, "application/xml").text or "")


def test_long_text_is_cut_with_a_word_about_it() -> None:
    page = made(b"A line of text.\n" * (MAX_PART // 16 + 5), "text/plain")
    assert page.evidence == {"rule": "plain-text", "bytes_read": MAX_PART, "confidence": 0.9}


@settings(deadline=None, max_examples=80)
@given(
    name=st.sampled_from(["libreoffice.docx", "libreoffice.odt", "libreoffice.xlsx", "pandoc.rtf", "libreoffice.epub"]),
    data=st.data(),
)
def test_damaged_files_have_an_answer(name: str, data: st.DataObject) -> None:
    body = bytearray(fixture(name))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(5, len(body) - 1))  # behind what tells the kind
        body[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=20))
    document = read_document(bytes(body))
    assert document is not None
    assert document.text or document.problem


@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_damaged_parts_have_an_answer(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["libreoffice.docx", "libreoffice.odt", "libreoffice.xlsx", "python-pptx.pptx"]))
    parts = parts_of(name)
    broken = data.draw(st.sampled_from(sorted(parts)))
    body = bytearray(parts[broken])
    if body:
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 200))] = data.draw(st.binary(max_size=20))
    document = read_document(package({**parts, broken: bytes(body)}))
    assert document is not None
    assert document.text or document.problem


def parts_of(name: str) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(fixture(name))) as file:
        return {part: file.read(part) for part in file.namelist()}


def test_references_to_halves_of_characters_in_xml_are_left_out() -> None:
    for reference in ("&#xD800;", "&#xdfff;", "&#55296;", "&#057343;"):
        feed = f"<rss><channel><item><title>On{reference}e &#233;</title></item></channel></rss>".encode()
        assert made(feed, "application/rss+xml").text == "One é"
        document = f'<w:document xmlns:w="{NOTE}"><w:p><w:r><w:t>On{reference}e</w:t></w:r></w:p></w:document>'
        parts = {"_rels/.rels": relations(officeDocument="word/document.xml"), "word/document.xml": document}
        assert made(package(parts)).text == "One"
