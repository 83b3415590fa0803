"""`extract.decode`: bytes to characters, whatever the page says of itself."""

from __future__ import annotations

import codecs
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from legacy_encodings import WRITTEN

from extract.charsets import resolve
from extract.decode import decode
from extract.prescan import prescan

GERMAN = "Die Prüfer zählten größere Mengen Äpfel, Öl und Süßholz als im Frühjahr üblich."
FRENCH = "L’été où l’évêque a refusé la fenêtre, la façade était déjà très abîmée."
RUSSIAN = (
    "Городской совет обсудил на заседании отчёт о работе программы, которая неверно рассчитала пособия. "
    "Жители требовали объяснений, и председатель пообещал проверить каждое решение до конца месяца."
)
JAPANESE = (
    "市の教育委員会は、新しい翻訳プログラムが保護者への手紙を何通も間違えて送っていたと発表した。"
    "調査の結果は来月、図書館で公開される予定である。"
)
CHINESE = (
    "市议会在会议上讨论了一份报告，该报告指出新的计算程序错误地减少了许多居民的补助。"
    "主席承诺在月底之前重新检查每一项决定，并且公布全部结果。"
)


CASES = [(language, label) for language, written in WRITTEN.items() for label in written["encodings"].split()]
# What can't be told from another encoding by its bytes, without a declaration. The last five are too rare for a guess.
UNTOLD = {"macintosh", "iso-8859-3", "iso-8859-4", "iso-8859-10", "iso-8859-14", "iso-8859-16"}


def html(text: str, head: str = "") -> str:
    return f"<html><head>{head}<title>{text[:12]}</title></head><body><p>{text}</p><p>{text}</p></body></html>"


def meta(charset: str) -> str:
    return f'<meta charset="{charset}">'


@pytest.mark.parametrize(
    ("bom", "codec"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_byte_order_mark_goes_before_header_and_meta(bom: bytes, codec: str) -> None:
    page = html(GERMAN, meta("koi8-r"))
    decoded = decode(bom + page.encode(codec), content_type="text/html; charset=shift_jis")
    assert decoded.text == page
    assert decoded.charset == codec.replace("utf-16-", "utf-16")
    assert decoded.repair is None


def test_header_goes_before_meta() -> None:
    page = html(RUSSIAN, meta("windows-1252"))
    decoded = decode(page.encode("koi8-r"), content_type="text/html; charset=KOI8-R")
    assert (decoded.text, decoded.charset, decoded.repair) == (page, "koi8-r", None)


@pytest.mark.parametrize(
    ("charset", "codec", "text"),
    [
        ("koi8-r", "koi8-r", RUSSIAN),
        ("windows-1251", "cp1251", RUSSIAN),
        ("Shift_JIS", "cp932", JAPANESE),
        ("x-sjis", "cp932", JAPANESE),
        ("euc-jp", "euc_jp", JAPANESE),
        ("iso-2022-jp", "iso2022_jp", JAPANESE),
        ("gb2312", "gb18030", CHINESE),
        ("GB18030", "gb18030", CHINESE),
        ("iso-8859-1", "cp1252", FRENCH),
        ("utf-8", "utf-8", CHINESE),
    ],
)
def test_meta_is_believed_where_the_bytes_agree(charset: str, codec: str, text: str) -> None:
    page = html(text, meta(charset))
    decoded = decode(page.encode(codec))
    assert decoded.text == page
    assert decoded.repair is None


def test_meta_of_the_old_form_and_xml_declaration_are_read() -> None:
    old = html(RUSSIAN, '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">')
    assert decode(old.encode("cp1251")).text == old
    declared = f'<?xml version="1.0" encoding="koi8-r"?>{html(RUSSIAN)}'
    assert decode(declared.encode("koi8-r")).text == declared


def encoded(page: str, label: str) -> bytes:
    """Return *page* in the encoding that browsers read *label* as; the test fails where it has no such letter."""
    charset = resolve(label)
    assert charset is not None
    return page.encode(CODECS.get(charset.name, charset.name.replace("windows-", "cp")))


CODECS = {
    "macintosh": "mac_roman", "ibm866": "cp866", "shift_jis": "cp932", "gbk": "gb18030", "big5": "big5hkscs",
    "euc-kr": "cp949", "iso-8859-8-i": "iso8859_8",
}  # fmt: skip


@pytest.mark.parametrize(("language", "label"), CASES)
def test_page_in_a_legacy_encoding_that_it_declares(language: str, label: str) -> None:
    page = html(WRITTEN[language]["text"], meta(label))
    decoded = decode(encoded(page, label))
    assert (decoded.text, decoded.repair) == (page, None)
    bare = html(WRITTEN[language]["text"])
    assert decode(encoded(bare, label), content_type=f"text/html;charset={label}").text == bare


@pytest.mark.parametrize(("language", "label"), [case for case in CASES if case[1] not in UNTOLD])
def test_page_in_a_legacy_encoding_that_it_does_not_declare(language: str, label: str) -> None:
    page = html(WRITTEN[language]["text"])
    decoded = decode(encoded(page, label))
    assert (decoded.text, decoded.repair) == (page, None)


@pytest.mark.parametrize(("language", "label"), [case for case in CASES if case[1] not in UNTOLD])
def test_page_in_a_legacy_encoding_that_says_it_is_utf_8(language: str, label: str) -> None:
    page = html(WRITTEN[language]["text"], meta("utf-8"))
    decoded = decode(encoded(page, label), content_type="text/html; charset=utf-8")
    assert decoded.text == page
    assert (decoded.repair or "").startswith("charset: HTTP header says utf-8, the bytes are ")


def is_latin_1(label: str) -> bool:
    charset = resolve(label)
    return charset is not None and charset.name in {"windows-1252", "iso-8859-15"}


@pytest.mark.parametrize(
    ("language", "label"), [case for case in CASES if case[1] not in UNTOLD and not is_latin_1(case[1])]
)
def test_servers_default_of_latin_1_is_not_believed_against_the_text(language: str, label: str) -> None:
    page = html(f"{WRITTEN[language]['text']} " * 4)
    decoded = decode(encoded(page, label), content_type="text/html; charset=iso-8859-1")
    assert decoded.text == page
    assert (decoded.repair or "").startswith("charset: HTTP header says windows-1252, the bytes are ")


@pytest.mark.parametrize("language", ["de", "fr", "es", "pt", "sv"])
def test_latin_1_is_believed_where_it_makes_a_language(language: str) -> None:
    page = html(f"{WRITTEN[language]['text']} " * 4)
    decoded = decode(page.encode("cp1252"), content_type="text/html; charset=iso-8859-1")
    assert (decoded.text, decoded.charset, decoded.repair) == (page, "windows-1252", None)


@pytest.mark.parametrize("language", sorted(WRITTEN))
@pytest.mark.parametrize("label", ["iso-8859-1", "shift_jis", "koi8-r", "utf-16"])
def test_page_in_utf_8_that_says_it_is_something_else(language: str, label: str) -> None:
    page = html(WRITTEN[language]["text"], meta("utf-8"))
    decoded = decode(page.encode(), content_type=f"text/html; charset={label}")
    assert decoded.text == page
    assert "the bytes are utf-8" in (decoded.repair or "")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("language", sorted(WRITTEN))
def test_utf_16_without_a_byte_order_mark(language: str, codec: str) -> None:
    page = html(WRITTEN[language]["text"], meta("utf-16"))
    assert decode(page.encode(codec)).text == page
    assert decode(page.encode(codec), content_type="text/html; charset=utf-16").text == page


@pytest.mark.parametrize("said", ["utf-16", "utf-16be"])
def test_page_that_says_utf_16_and_is_not(said: str) -> None:
    page = html("A plain page in plain letters.", meta("utf-8"))
    assert decode(page.encode(), content_type=f"text/html; charset={said}").text == page
    assert decode(html(FRENCH).encode("cp1252"), content_type=f"text/html; charset={said}").text == html(FRENCH)


@pytest.mark.parametrize(
    ("label", "codec"), [("iso-2022-jp", "iso2022_jp"), ("hz-gb-2312", "hz"), ("iso-2022-kr", "iso2022_kr")]
)
def test_encodings_that_hide_in_ascii_are_read_where_they_are_declared(label: str, codec: str) -> None:
    text = {"iso2022_jp": JAPANESE, "hz": CHINESE, "iso2022_kr": WRITTEN["ko"]["text"]}[codec]
    page = html(text, meta(label))
    decoded = decode(page.encode(codec))
    assert (decoded.text, decoded.charset) == (page, label)
    english = html("No escapes here.", meta(label))
    assert decode(english.encode()).text == english


def test_japanese_letters_of_the_makers_are_read_as_browsers_read_them() -> None:
    page = html("①㈱髙橋商店の第Ⅲ期〜決算は▲５％だった。", meta("euc-jp"))
    body = b"".join(JIS.get(c, b"") or c.encode("euc_jp") for c in page)
    assert decode(body).text == page.replace("〜", "～")
    stateful = html("①の㈱", meta("iso-2022-jp")).replace("①の㈱", "\x1b$B\x2d\x21$N\x2d\x6a\x1b(B")
    assert decode(stateful.encode("ascii")).text == html("①の㈱", meta("iso-2022-jp"))


JIS = {"①": b"\xad\xa1", "㈱": b"\xad\xea", "髙": b"\xfc\xe2", "Ⅲ": b"\xad\xb7"}


@pytest.mark.parametrize(
    ("markup", "name"),
    [
        ("<META CHARSET = 'koi8-r' />", "koi8-r"),
        ("<meta/charset=koi8-r>", "koi8-r"),
        ("<!--><meta charset=koi8-r>", "koi8-r"),
        ("<a title='<meta charset=big5>'><meta charset=koi8-r>", "koi8-r"),
        ("<? <meta charset=big5 ?><meta charset=koi8-r>", "koi8-r"),
        ("</ <meta charset=big5><meta charset=koi8-r>", "koi8-r"),
        ("<metadata charset=big5><meta charset=koi8-r>", "koi8-r"),
        ("<meta charset=nonsense><meta charset=koi8-r>", "koi8-r"),
        ("<meta charset=koi8-r charset=big5>", "koi8-r"),
        ("<meta http-equiv=content-type content='text/html;charset=\"koi8-r\"'>", "koi8-r"),
        ("<meta content='text/html; charset=koi8-r' http-equiv=Content-Type>", "koi8-r"),
        ("<meta name=content-type content='text/html; charset=koi8-r'>", None),
        ("<meta charset=utf-16be>", "utf-8"),
        ("<meta charset=x-user-defined>", "windows-1252"),
        ("<meta charset=replacement>", None),
        ("<!-- <meta charset=koi8-r>", None),
        ("<meta charset=koi8-r", None),
        ("<meta charset='koi8-r>", None),
    ],
)
def test_prescan_reads_meta_elements_as_the_standard_does(markup: str, name: str | None) -> None:
    charset = prescan(markup.encode())
    assert (charset.name if charset else None) == name


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<!--",
        "<meta",
        "<meta ",
        "<meta a='",
        "<a ",
        "</",
        "<?",
        "<!-- -->",
        "<a b=c>",
        "<script>",
        "ж<script>",
        "<style>ж",
        "é<",
        "é\n",
        "ж ",
    ],
)
def test_five_million_bytes_of_anything_take_no_time(piece: str) -> None:
    started = time.process_time()
    for body in (piece.encode(), piece.encode("cp1251", "replace")):
        assert decode(body * (5_000_000 // len(body))).text
    assert time.process_time() - started < 5


def test_text_behind_a_long_script_is_what_detection_looks_at() -> None:
    script = "<script>var words = 'caf\xe9';" + "var x = 1;\n" * 50_000 + "</script>"
    page = html(WRITTEN["cs"]["text"], script)
    assert decode(page.encode("cp1250")).text == page


def test_meta_in_a_comment_says_nothing() -> None:
    page = html(JAPANESE, f"<!-- {meta('windows-1251')} -->{meta('shift_jis')}")
    assert decode(page.encode("cp932")).text == page


def test_page_that_says_utf_8_and_is_windows_1252_is_read_as_what_it_is() -> None:
    page = html(FRENCH, meta("utf-8"))
    decoded = decode(page.encode("cp1252"), content_type="text/html; charset=utf-8")
    assert decoded.text == page
    assert decoded.charset == "windows-1252"
    assert decoded.repair == "charset: HTTP header says utf-8, the bytes are windows-1252"


def test_page_that_says_windows_1252_and_is_utf_8_is_read_as_what_it_is() -> None:
    page = html(FRENCH, meta("iso-8859-1"))
    decoded = decode(page.encode())
    assert decoded.text == page
    assert decoded.repair == "charset: meta says windows-1252, the bytes are utf-8"


def test_meta_that_fits_is_taken_where_the_header_does_not() -> None:
    page = html(JAPANESE, meta("shift_jis"))
    decoded = decode(page.encode("cp932"), content_type="text/html; charset=utf-8")
    assert decoded.text == page
    assert "HTTP header says utf-8, meta fits" in (decoded.repair or "")


def test_one_bad_byte_does_not_turn_a_utf_8_page_into_another_encoding() -> None:
    body = html(GERMAN * 3, meta("utf-8")).encode().replace("größere".encode(), b"gr\xf6\xdfere", 1)
    decoded = decode(body)
    assert decoded.text == html(GERMAN * 3, meta("utf-8"))
    assert decoded.repair == "charset: 2 invalid bytes in utf-8 read as windows-1252"


@pytest.mark.parametrize(
    ("codec", "text"),
    [("cp1252", GERMAN), ("cp1252", FRENCH), ("cp1251", RUSSIAN), ("koi8-r", RUSSIAN), ("cp932", JAPANESE)],
)
def test_page_that_says_nothing_is_detected(codec: str, text: str) -> None:
    page = html(text)
    assert decode(page.encode(codec)).text == page


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("latin1", "windows-1252"),
        (" UTF8 ", "utf-8"),
        ("gb2312", "gbk"),
        ("ks_c_5601-1987", "euc-kr"),
        ("'koi8-u'", "koi8-u"),
    ],
)
def test_labels_mean_what_browsers_read_them_as(label: str, name: str) -> None:
    charset = resolve(label)
    assert charset is not None
    assert charset.name == name


@pytest.mark.parametrize(
    "label", [None, "", "utf-7", "rot13", "hex", "no-such-thing", "ütf-8", "utf\0", "idna", "x" * 999]
)
def test_labels_that_no_browser_honours_are_none(label: str | None) -> None:
    assert resolve(label) is None


@given(body=st.binary(max_size=300), content_type=st.none() | st.text(max_size=40))
def test_any_bytes_and_any_header_give_characters(body: bytes, content_type: str | None) -> None:
    first = decode(body, content_type=content_type)
    assert first == decode(body, content_type=content_type)
    assert (first.charset is None) == (not body)
    first.text.encode("utf-8")  # no lone surrogates


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff\0"), max_size=200))
def test_utf_8_comes_back_as_it_was(text: str) -> None:
    assert decode(text.encode(), content_type="text/html; charset=utf-8").text == text
