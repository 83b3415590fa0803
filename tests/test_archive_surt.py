"""The SURT of a URL, beside what the program makes of it that replay programs use."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from judges import needs_judges, their_surts
from mockserver.cases import CASES

from archive.surt import surt
from archive.warc_record import target_uri

TRUTH = Path(__file__).parent.parent.parent / "shared" / "bench" / "segments" / "truth.json"
HEX = "0123456789ABCDEFabcdef0123456789"
LETTERS = "abcdefghijklmnopqrstuvwx"
LONG, LONG_FOREIGN = "a" * 70, "\u65e5" * 70

KNOWN = [
    ("http://example.org", "org,example)/"),
    ("HTTPS://User:word@WWW2.Example.org:443/A/./B/../c/#part", "org,example)/a/c"),
    ("http://www.example.org:8080/", "org,example:8080)/"),
    ("https://example.org:80/", "org,example:80)/"),
    ("http://example.org/a//b//", "org,example)/a/b"),
    ("http://example.org/?b=2&B=1&a&", "org,example)/?&a&b=1&b=2"),
    ("http://example.org/a/?", "org,example)/a"),
    ("http://example.org/%7Euser/%25c3%25BC%20%e9", "org,example)/~user/%c3%bc%20%e9"),
    ("http://m\u00fcnchen.example/\u00c4", "example,xn--mnchen-3ya)/%c3%84"),
    ("http://192.0.2.7/a", "7,2,0,192)/a"),
    ("http://[2001:DB8::1]:8080/a", "2001:db8::1:8080)/a"),
    (f"http://example.org/?a=1&PHPSESSID={HEX}&b=2", "org,example)/?a=1&b=2"),
    (f"http://example.org/(S({LETTERS}))/page.aspx", "org,example)/page.aspx"),
    ("urn:sourcekeep:incident:A-1", "urn:sourcekeep:incident:a-1"),
]

HOSTS = f"""
a.example WWW.a.example www2.www.a.example www www. www.com wwwx.a.example www-1.a.example ..a..example.. a.example.
localhost under_score.example -a-.example *.example a,b.example a)b.example a;b.example xn--bcher-kva.example
xn--zz99999.example b%C3%BCcher.example %77ww.a.example www%2ea.example %ff.example a%20b.example a%2fb.example
a%3a80.example a%25b.example b\u00fccher.example stra\u00dfe.example \u65e5\u672c\u8a9e.jp \u2603.example
\uff11\uff12\uff17.0.0.1 a\u3002b.example \u00e9..a.example a\u00adb.example {LONG}.example {LONG_FOREIGN}.example
192.0.2.7 3221225991 0300.0250.1.1 1.2.3 010.1 1.010.3.4 08.1.1.1 256.1.1.1 1.2.3.256 1.70000 1.2.70000 0 00
4294967296 99999999999999999999 1.2.3.4.5 www.1.2.3.4 0xc0.0xa8.1.1 1_0 [::1] [::1]:80 [2001:DB8::1]:8080
[::ffff:1.2.3.4] [::1%25eth0] a.example:80 a.example:443 a.example:8080 a.example: a.example:080 a.example:0
user@a.example user:p@ss@www.a.example:81
""".split()
PATHS = f"""
/ /A/B/ /a// //a//b /a/./b/../c /.. /../.. /../../c /a/../.. /a/../../b/../../c/ /... /a/..b/c.. /%2e%2e%2fb
/a/%2E%2E/b /caf%c3%a9 /caf%E9 /%41%2f%3f%23%25 /%252541 /%25%32%35 /%%%25%25 /%zz /% /%2 /%2%35%32%30 /%u0041 /a%20b
/a+b /%00%09%0a%7f /~user/%7euser /%F0%9F%98%80 /caf\u00e9 /\u00c9 /;a=b,c /a;jsessionid={HEX} /a&b=c /http://b.example/
/<a>"b"{{c}}|\\`^ /a%3Fsid={HEX} /({LETTERS})/x.aspx /({LETTERS})/x.html /(a({LETTERS}))/x.aspx
/d/(S({LETTERS})F({LETTERS}))/x.ASPX/y /({LETTERS})/.aspx /({LETTERS})/a/({LETTERS})/x.aspx
/(a({LETTERS}))/({LETTERS})/x.aspx /({LETTERS})/x%3F.aspx
""".split()
QUERIES = f"""
? ?& ?a?b ?b&b=&b=1 ?b=2&&a ?B=2&a=1&a=0 ?a!=1&a=1 ?=&a ?a==b&a= ?%3d=1&%26=2 ?%41=1&a=0 ?a[]=1&a[0]=2 ?Z&_&a&%c3
?a%23b ?a=http://b.example/?c=d ?%7f%20+ ?a=caf\u00e9&b=%e9 ?a=1;b=2 ?jsessionid={HEX}&x=1 ?x=1&jsessionid={HEX}
?x&PHPSESSID={HEX}&y ?x=1&mysid={HEX}&y=2 ?sid={HEX}x ?sid={HEX}&a&sid={HEX}&b
?PHPSESSID={HEX}&sid={HEX}&jsessionid={HEX} ?a&sid={HEX}& ?sid={HEX}#f ?cfid=1&cftoken=2 ?a&CFID=1&CFTOKEN=2&b
?cftoken=2&cfid=1 ?xcfid=1&cftoken=2 ?cfid=&cftoken=1 ?cfid=cfid=&cftoken=1 ?a=cfid=1cfid=2cfid=&cftoken=3
?cfid=1&cftoken=2&cfid=3&cftoken=4 #!a ?#a ?ASPSESSIONIDABCDEFGH={LETTERS}&a=1
?x&aspsessionidabcdefgh={LETTERS} ?aspsessionidabcdefgh={LETTERS[1:]}1
""".split()
NAMES = """
urn:a:B urn:a/B/?c=D&a urn:a/../b urn:A%2FB%20c urn:view:http://www.A.example:80/B?b&a mailto:A@b.example/
ftp://a.example:21/B ws://a.example/ file:///etc/x x://a.example:80/
""".split()

ANY_URL = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["http://", "https://", "HTTP://", "https://user@"]),
    st.sampled_from(HOSTS)
    | st.from_regex(r"[a-zA-Z0-9\-_~%]{1,12}(\.[a-zA-Z0-9\-_~%]{1,12}){0,3}\.?(:[0-9]{0,4})?", fullmatch=True),
    st.sampled_from(["", *PATHS]) | st.from_regex(r"(/[a-zA-Z.%2-5\-_;=&()]{0,8}){0,5}", fullmatch=True),
    st.sampled_from(["", *QUERIES]) | st.text(max_size=20).map("?{}".format),
)


@pytest.mark.parametrize(("url", "expected"), KNOWN)
def test_known_form(url: str, expected: str) -> None:
    assert surt(url) == expected


@given(st.text() | ANY_URL)
def test_any_text_has_a_key_that_an_index_line_can_hold(text: str) -> None:
    key = surt(text)
    assert key.isascii()
    assert not set(key) & set(map(chr, (*range(0x21), 0x7F)))


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/%" + "25" * 500_000,
        "http://a.example/?" + "cfid=" * 200_000,
        "http://a.example/?" + "cfid=1&cftoken=2&" * 60_000,
        "http://a.example" + f"/({LETTERS})" * 40_000 + "/x.aspx",
        "http://" + "\u00e9" * 500_000,
        "http://" + "1" * 1_000_000,
    ],
    ids=range(6),
)
def test_long_url_takes_no_long_time(url: str) -> None:
    started = time.monotonic()
    assert surt(url)
    assert time.monotonic() - started < 5


def made_urls(count: int) -> list[str]:
    """Return URLs that Hypothesis makes, always the same ones."""
    urls: list[str] = []

    @seed(20)
    @settings(max_examples=count, database=None)
    @given(ANY_URL)
    def collect(url: str) -> None:
        urls.append(url)

    collect()
    return urls


@needs_judges
def test_key_is_the_one_that_pywb_looks_for() -> None:
    cases = [f"http://{name}.wire.example{path}" for name, case in CASES.items() for path in case.paths]
    cited = [page["url"] for page in json.loads(TRUTH.read_text(encoding="utf-8")).values()]
    edges = [f"http://{host}/" for host in HOSTS] + [f"https://a.example{end}" for end in (*PATHS, *QUERIES)] + NAMES
    urls = [target_uri(url) for url in (*cases, *cited, *edges, *made_urls(2000))]
    pairs = [(url, surt(url), theirs) for url, theirs in zip(urls, their_surts(urls), strict=True)]
    assert len(pairs) > 2000
    assert [pair for pair in pairs if pair[2] is not None and pair[1] != pair[2]] == []
    assert sum(theirs is None for _, _, theirs in pairs) < len(pairs) / 50
