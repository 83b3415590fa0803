"""`extract_page`: the contract that other programs use."""

from __future__ import annotations

import dataclasses
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from extract_pages import ARTICLES, MENU, article, article_page, page, text_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.words import NoticeKind, Verdict
from extract import ExtractedPage, extract_page
from extract.markup import blocks, fold, parse
from extract.page import markdown_of_page

URL = "https://paper.example/2031/04/the-lift"
ROOT = Path(__file__).parent.parent

FURNISHED = article_page(
    "en",
    head=(
        '<meta property="og:site_name" content="The Paper"><meta name="author" content="Ada Writer">'
        '<meta property="article:published_time" content="2031-04-02T08:00:00Z">'
    ),
    before=(
        "<div class='cookie-banner'><p>We use cookies, and so do our friends.</p>"
        "<button>Accept all cookies</button></div>"
        "<div class='ad-slot'>Buy a lift today</div>"
    ),
    after=(
        "<div class='share-buttons'><a href='#'>Share</a><a href='#'>Post</a></div>"
        "<div class='newsletter'><p>Get our letter every morning.</p></div>"
        "<h3>Related articles</h3><ul><li><a href='/a'>A stair that was longer than the tower it stood in</a></li></ul>"
        "<section id='comments'><h3>Comments</h3><div class='comment'><p>I walked as well, and I liked it.</p></div>"
        "<div class='comment'><p>Lifts are for the young.</p></div></section>"
        "<aside><p>Weather: rain at noon</p></aside>"
        "<footer><p>© 2031 The Paper. All rights reserved.</p></footer>"
    ),
)


def words(text: str | None) -> set[str]:
    return set(re.findall(r"\w+", text or ""))


def test_signature_and_fields_are_the_contract() -> None:
    parameters = inspect.signature(extract_page).parameters
    assert list(parameters) == ["body", "url", "headers", "http_status"]
    assert all(parameters[name].default is None for name in ("url", "headers", "http_status"))
    names = {field.name for field in dataclasses.fields(ExtractedPage)}
    assert names >= set(
        "verdict evidence text comments title byline published_on site_name language language_confidence notices"
        " charset repair".split()
    )


def test_importing_the_package_does_not_import_the_work() -> None:
    program = "import sys, extract; sys.exit('trafilatura' in sys.modules or 'lxml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_what_the_package_does_not_have_is_an_attribute_error() -> None:
    import extract

    with pytest.raises(AttributeError, match="no attribute 'extract_pages'"):
        extract.__getattr__("extract_pages")


def test_fields_of_an_article() -> None:
    made = extract_page(FURNISHED, url=URL)
    assert made.verdict == Verdict.ARTICLE
    assert made.text is not None
    assert text_of("en") in made.text
    assert made.title == ARTICLES["en"][0]
    assert made.byline == "Ada Writer"
    assert made.published_on == "2031-04-02"
    assert made.site_name == "The Paper"
    assert made.language == "en"
    assert made.language_confidence is not None
    assert made.language_confidence > 0.9
    assert made.charset == "utf-8"
    assert made.repair is None


def test_comments_stand_apart_from_the_text() -> None:
    made = extract_page(FURNISHED, url=URL)
    assert "I walked as well" in (made.comments or "")
    assert "Lifts are for the young" in (made.comments or "")
    assert "I walked" not in (made.text or "")


def test_what_is_stripped_is_a_notice_of_its_kind_with_its_rule() -> None:
    made = extract_page(FURNISHED, url=URL)
    kinds = {notice.kind: notice for notice in made.notices}
    assert kinds.keys() >= {
        NoticeKind.COOKIE,
        NoticeKind.ADVERT,
        NoticeKind.SHARING,
        NoticeKind.NEWSLETTER,
        NoticeKind.RELATED,
        NoticeKind.LEGAL,
        NoticeKind.NAVIGATION,
    }
    assert all(notice.rule and notice.text for notice in made.notices)
    assert kinds[NoticeKind.COOKIE].rule == "container:cookie-words"
    assert kinds[NoticeKind.COOKIE].position == 0
    assert kinds[NoticeKind.LEGAL].position == len(ARTICLES["en"][1]), "after the paragraphs"


@pytest.mark.parametrize(
    "body",
    [
        FURNISHED,
        page(f"{MENU}<p>Subscribe to continue reading. Already a subscriber? Sign in.</p><p>One crown a week.</p>"),
        page("<p>Please verify you are human.</p><p>Ray 17.</p>"),
        page(f"{MENU}<ul>{''.join(f'<li><a href=/{n}>Story {n}</a></li>' for n in range(30))}</ul>"),
        page("<div>loose text<p>in a paragraph</p>and behind it<table><tr><td>a cell</td></tr></table></div>"),
        article_page("ja", before="<div class='cookie-banner'>当サイトではクッキーを使用しています。</div>"),
    ],
)
@pytest.mark.parametrize("status", [200, 404])
def test_nothing_visible_is_lost(body: bytes, status: int) -> None:
    made = extract_page(body, url=URL, http_status=status)
    kept = fold(" ".join(filter(None, [made.text, made.comments, made.title, *(n.text for n in made.notices)])))
    tree = parse(body.decode())
    assert tree is not None
    for block in blocks(tree):
        assert block.text in kept or words(block.text) <= words(kept), block.text


@pytest.mark.parametrize("spelling", ["Content-Type", "content-type", "CONTENT-TYPE"])
def test_header_names_count_in_any_case(spelling: str) -> None:
    made = extract_page(text_of("ru").encode("cp1251"), headers={spelling: "text/plain; charset=windows-1251"})
    assert made.charset == "windows-1251"
    assert made.text == text_of("ru")


def test_language_of_short_text_is_what_page_or_header_say() -> None:
    names = "Gouda 12:40, Delft 13:05, Breda 14:15, Zwolle 15:45, 2031–2032, 040 / 2031, 2032 – 2033."
    body = f"<article><p>{names}</p></article>"
    assert extract_page(f"<html lang='nl-NL'>{body}".encode()).language == "nl"
    with_header = extract_page(f"<html>{body}".encode(), headers={"Content-Language": "nl-BE"})
    assert with_header.language == "nl"
    assert with_header.language_confidence is None


def test_mojibake_in_the_page_is_repaired_and_said() -> None:
    damaged = "The nurse said: â€œWe were never asked.â€ Nobody had an answer for her on that day, or later."
    made = extract_page(page(article(before=MENU).replace("</h1>", f"</h1><p>{damaged}</p>")), url=URL)
    assert "“We were never asked.” Nobody" in (made.text or "")
    assert made.repair == "mojibake: U+009D restored 1 times, ftfy fix_encoding on 1 lines"


@pytest.mark.parametrize(
    "body", [FURNISHED, article_page("ja"), article_page("ru"), page("<p>404</p>"), b"\xff\x00<p>"]
)
def test_same_page_gives_the_same_answer(body: bytes) -> None:
    first = extract_page(body, url=URL)
    extract_page(article_page("fr"), url=URL)  # whatever came between
    assert extract_page(body, url=URL) == first


def test_answer_is_the_same_in_another_process() -> None:
    program = (
        "import sys; from extract import extract_page; m = extract_page(sys.stdin.buffer.read());"
        "print(ascii((m.text, m.comments, m.title, m.language, m.language_confidence, m.notices, m.evidence)))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            input=FURNISHED,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


HOSTILE: dict[str, bytes] = {
    "deep": b"<div>" * 10_000 + b"words" + b"</div>" * 10_000,
    "deep inline": b"<b><i>" * 10_000 + b"words",
    "deep table": b"<table><tr><td>" * 3_000 + b"words",
    "deep lists": b"<ul><li>" * 5_000 + b"words",
    "huge attribute": b"<p class='" + b"a " * 500_000 + b"'>words</p>",
    "many attributes": b"<p " + b" ".join(b"a%d=1" % n for n in range(20_000)) + b">words</p>",
    "nul": b"<p>wo\x00rds</p>\x00",
    "only nul": bytes(5_000),
    "no end": b"<html><body><p>words <a href='",
    "no end comment": b"<p>words<!--" + b"-" * 10_000,
    "no end script": b"<p>words<script>" + b"x" * 10_000,
    "doctype bomb": b"<!DOCTYPE a [<!ENTITY b 'bb'><!ENTITY c '&b;&b;'>]><p>&c;",
    "references": b"<p>&#0;&#xD800;&#x110000;&#9999999999;&nosuch;</p>",
    "frameset": b"<html><frameset><frame src=a></frameset></html>",
    "svg": b"<svg><foreignObject><p>words</p></foreignObject></svg>",
    "two bodies": b"<body><body><html><head><title>a</title><title>b</title>",
    "json": b'{"a": [1, 2, {"b": "words"}]}',
    "json-ld nested": b"<script type='application/ld+json'>" + b"[" * 5_000 + b"</script><p>words",
    "json-ld odd": b'<script type=\'application/ld+json\'>{"isAccessibleForFree": {"a": [null]}}</script><p>words',
    "xml": b"<?xml version='1.0' encoding='utf-16'?><rss><channel><item>words</item></channel></rss>",
    "utf-7": b"<meta charset=utf-7>+ADw-script+AD4-",
    "odd lang": b"<html lang='x--!!'><p>words",
    "one line": b"words " * 100_000,
    "quotes": ("<p>" + "â€" * 20_000).encode(),
    "surrogates": b"<title>\xed\xa0\x80</title><p>\xed\xb0\x80 words",
    "pdf in name": b"%PDF-1.7 and nothing",
    "gzip": b"\x1f\x8b\x08\x00" + bytes(range(256)),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_bytes_have_an_answer(name: str) -> None:
    made = extract_page(HOSTILE[name], url=URL)
    assert made.evidence["rule"] != "extraction-failed", made.evidence
    assert_storable(made)


@pytest.mark.parametrize("tag", ["div", "b", "span", "blockquote", "ul><li", "table><tr><td"])
@pytest.mark.parametrize("levels", [300, 2_000, 10_000])
def test_deep_nesting_loses_no_text(tag: str, levels: int) -> None:
    body = page(
        article(before=f"{MENU}<p>{'Above it all. ' * 9}</p>" + f"<{tag}>" * levels, after="<p>Below it all.</p>")
    )
    made = extract_page(body, url=URL)
    assert made.verdict == Verdict.ARTICLE
    assert text_of("en") in (made.text or "")
    kept = " ".join(filter(None, [made.text, *(notice.text for notice in made.notices)]))
    assert "Above it all." in kept
    assert "Below it all." in kept


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/html; charset=\udcff\ud800"},
        {"\udcff": "\ud800", "server": "\udc80"},
        {"content-type": "\x00"},
        {"content-type": ";;;==", "content-language": "\udcff,,"},
        {"content-type": "text/html; charset=" + "x" * 100_000},
    ],
)
def test_odd_headers_do_no_harm(headers: dict[str, str]) -> None:
    for status in (200, 403, 0, -1, 9999):
        made = extract_page(article_page(), headers=headers, url="http://[::1", http_status=status)
        assert made.evidence["rule"] != "extraction-failed", made.evidence
        assert_storable(made)


@pytest.mark.parametrize("url", [None, "", "not a url", "http://[", "http://a/\ud800", "http://a:port/", "x" * 10_000])
def test_odd_urls_do_no_harm(url: str | None) -> None:
    assert extract_page(article_page(), url=url).verdict == Verdict.ARTICLE


def assert_storable(made: ExtractedPage) -> None:
    """Assert that UTF-8 holds every field that is text, and that none is empty where None is meant."""
    for text in (made.text, made.comments, made.title, made.byline, made.site_name, made.charset, made.repair):
        assert text is None or text.strip(), "an empty text is None"
        (text or "").encode()
        assert "\0" not in (text or "")
    for notice in made.notices:
        notice.text.encode()
    assert made.evidence["rule"]
    assert (made.text is None) <= (made.language is None)


quick = settings(deadline=None, max_examples=80, suppress_health_check=list(HealthCheck))
HEADERS = st.dictionaries(
    st.sampled_from(["Content-Type", "content-language", "Server", "cf-mitigated"]),
    st.sampled_from(["text/html", "text/html; charset=utf-16", "image/png", "text/plain", "application/pdf"])
    | st.text(),
    max_size=3,
)


@quick
@given(body=st.binary(max_size=600), headers=HEADERS, status=st.sampled_from([None, 200, 202, 403, 404, 503]))
def test_any_bytes_have_an_answer(body: bytes, headers: dict[str, str], status: int | None) -> None:
    made = extract_page(body, url=URL, headers=headers, http_status=status)
    assert made.evidence["rule"] != "extraction-failed", made.evidence
    assert_storable(made)


PIECES = [piece for source in (FURNISHED, article_page("ja")) for piece in re.split(rb"(<[^>]*>)", source) if piece] + [
    b"<",
    b">",
    b"'",
    b'"',
    b"\x00",
    b"\xff",
    b"<!--",
    b"]]>",
    b"&#",
    b"</body>",
    b"<table>",
    b"<script>",
    b"<p hidden>",
]


@quick
@given(pieces=st.lists(st.sampled_from(PIECES) | st.binary(max_size=4), max_size=120))
def test_any_mix_of_markup_has_an_answer(pieces: list[bytes]) -> None:
    made = extract_page(b"".join(pieces), url=URL)
    assert made.evidence["rule"] != "extraction-failed", made.evidence
    assert_storable(made)


@quick
@given(data=st.data())
def test_any_damage_to_a_page_has_an_answer(data: st.DataObject) -> None:
    body = bytearray(FURNISHED)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(body) - 1))
        end = min(len(body), at + data.draw(st.integers(0, 60)))
        body[at:end] = data.draw(st.binary(max_size=8))
    made = extract_page(bytes(body), url=URL)
    assert made.evidence["rule"] != "extraction-failed", made.evidence
    assert_storable(made)


def test_mojibake_is_repaired_before_its_invisible_halves_are_dropped() -> None:
    """The second byte of an accented i is a soft hyphen in windows-1252; text and notices are both repaired."""
    line = "O vídeo das famílias foi visto em todo o país, e a polícia não sabia de nada até ao fim do dia seguinte."
    menu = "<nav>Notícias do país</nav>"
    broken = (menu + f"<article><h1>O vídeo</h1>{f'<p>{line}</p>' * 6}</article>").encode().decode("latin-1")
    made = extract_page(f"<html lang=pt><title>x</title><body>{broken}</body></html>".encode())
    assert line in (made.text or "")
    assert "\u00c3" not in (made.text or "") + "".join(notice.text for notice in made.notices)
    assert (made.repair or "").startswith("mojibake: ")


MARKED_UP = b"""<html><head><title>Tide tables</title></head><body><nav><a href="/">Home</a></nav><article>
<h1>Tide tables</h1>
<p>The harbour of <a href="/north">North Quay</a> has printed its tables by hand for longer than anyone who works
there can say, and it has now stopped, since the last of its printers has gone to live with his daughter.</p>
<h2>What is left</h2>
<ul><li>Two presses, one of which still turns when it is asked to, slowly and with noise.</li>
<li>A cupboard of type.</li></ul>
<blockquote><p>Nobody will read the sea from a telephone, said the harbour's master, and then he read it from his
telephone, and said the hour of high water out loud.</p></blockquote>
<p>The tables of the coming year will be found on the wall of the fish market, written there by whoever is up first, as
they were before there was a press.</p></article></body></html>"""


TWICE, SOFT, CODE = (
    "Two presses stand still.",
    "Ask at the har\u00adbour for the tab\u00adles.",
    "print(tide)\n  again()",
)
ROWS = "".join(
    f"<tr><td>{quay} Quay</td><td>{hour} o'clock</td></tr>" for hour, quay in enumerate(("North", "South", "Old"))
)
ENDING = f"<p>{TWICE}</p><table>{ROWS}</table><pre>{CODE}</pre><p>{SOFT}</p><p>{TWICE}</p></article>"
WITH_ENDING = MARKED_UP.decode().replace("</article>", ENDING).encode()


def markdown_without(*numbers: int) -> str:
    """Return the Markdown of a page without the lines of its text that have *numbers*, counted from the end."""
    lines = (extract_page(WITH_ENDING).text or "").split("\n")
    without = {len(lines) + number: lines[number] for number in numbers}
    return markdown_of_page(WITH_ENDING, without=without) or ""


@pytest.mark.parametrize(
    ("numbers", "gone"),
    [
        ((-1,), f"\n\n{TWICE}"),
        ((-2,), f"\n\n{SOFT}"),
        ((-5,), "\n| Old Quay | 2 o'clock |"),
        ((-4, -3), f"\n\n```\n{CODE}\n```"),
        ((-3,), ""),  # half of a block of code
    ],
)
def test_markdown_has_no_line_that_was_taken_out_of_the_text(numbers: tuple[int, ...], gone: str) -> None:
    before, found, behind = (
        (markdown_of_page(WITH_ENDING) or "").rpartition(gone) if gone else ("", "", markdown_without())
    )
    assert found == gone
    assert markdown_without(*numbers) == before + behind


def test_markdown_keeps_a_line_that_has_other_words_than_what_was_taken_out() -> None:
    assert markdown_of_page(WITH_ENDING, without={0: TWICE, 1000: TWICE}) == markdown_of_page(WITH_ENDING)


def test_markdown_has_the_words_of_the_text_with_their_form() -> None:
    url = "http://tides.example/a/b"
    markdown = markdown_of_page(MARKED_UP, url=url)
    assert markdown is not None
    assert "[North Quay](<http://tides.example/north>)" in markdown
    assert "\n## What is left\n" in markdown
    assert "\n- A cupboard of type." in markdown
    assert "\n> Nobody will read" in markdown
    text = extract_page(MARKED_UP, url=url).text or ""
    assert [word for word in re.findall(r"\w+", text) if word not in markdown] == []


def test_no_date_after_the_page_was_served_is_believed() -> None:
    article = "<p>" + "The ferry to the outer islands will not run on the days on which the wind says no. " * 8 + "</p>"
    body = (
        f'<html><head><meta property="article:published_time" content="2031-05-06"></head><body>{article}</body></html>'
    )
    served = {"Date": "Mon, 05 May 2031 10:00:00 GMT"}, {"Date": "Mon, 04 May 2020 10:00:00 GMT"}, {"Date": "soon"}
    found = [extract_page(body.encode(), headers=headers).published_on for headers in served]
    assert found == ["2031-05-06", None, "2031-05-06"]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<title>T</title><article><p>One</article>two", ["One", "two"]),
        ("<title>T</title><main>One</main>two<body> three<p>four", ["One", "two three", "four"]),
        ("<head><title>T</title><meta name=a><x-y>One</x-y></head><body> two<p>three", ["One two", "three"]),
        ("<title>T</title><script>no()</script><p>One", ["One"]),
    ],
)
def test_page_without_a_body_tag_has_its_text(markup: str, expected: list[str]) -> None:
    tree = parse(markup)
    assert tree is not None
    assert [block.text for block in blocks(tree)] == expected
