"""What a URL says about itself, and how it is found in prose."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.url_text import find_urls
from archive.urls import TRACKING_PARAMETERS, fetchable, host_of, site_of, url_key

SAME = [
    ("http://example.org/a", "https://example.org/a"),
    ("https://www.example.org/a", "https://example.org/a"),
    ("HTTPS://WWW.EXAMPLE.ORG/a", "https://example.org/a"),
    ("https://example.org", "https://example.org/"),
    ("https://example.org?", "https://example.org/"),
    ("https://example.org./a", "https://example.org/a"),
    ("https://example.org:443/a", "https://example.org/a"),
    ("http://example.org:80/a", "https://example.org/a"),
    ("http://example.org:0080/a", "https://example.org/a"),
    ("https://example.org/a#part", "https://example.org/a"),
    ("https://example.org/a#:~:text=quoted", "https://example.org/a"),
    ("https://example.org/a?utm_source=x&utm_Campaign=y", "https://example.org/a"),
    ("https://example.org/a?id=1&fbclid=abc&page=2", "https://example.org/a?id=1&page=2"),
    ("https://example.org/%7Euser/%c3%bc", "https://example.org/~user/%C3%BC"),
    ("https://example.org/\u00fc", "https://example.org/%C3%BC"),
    ("https://example.org/a b", "https://example.org/a%20b"),
    ("https://example.org/a/../b/./c", "https://example.org/b/c"),
    ("https://example.org/a/%2e%2e/b", "https://example.org/b"),
    ("https://m\u00fcnchen.example/", "https://xn--mnchen-3ya.example/"),
    ("https://M\u00dcNCHEN.example/", "https://m\u00fcnchen.example/"),
    ("https://\uff45xample.org/", "https://example.org/"),
    ("https://@example.org/", "https://example.org/"),
    ("http://[2001:DB8:0:0::1]/", "https://[2001:db8::1]/"),
    ("  https://example.org/a\u200b\n", "https://example.org/a"),
    ("https://exam\nple.org/a", "https://example.org/a"),
    ("www.example.org/a", "http://example.org/a"),
]

DIFFERENT = [
    ("https://www.youtube.com/watch?v=aaa", "https://www.youtube.com/watch?v=bbb"),
    ("https://example.org/a?x=1&y=2", "https://example.org/a?y=2&x=1"),
    ("https://example.org/a", "https://example.org/a/"),
    ("https://example.org/a", "https://example.org/A"),
    ("https://example.org/a%2Fb", "https://example.org/a/b"),
    ("https://example.org/#!/one", "https://example.org/#!/two"),
    ("https://example.org:8080/", "https://example.org/"),
    ("ftp://example.org/a", "https://example.org/a"),
    ("https://me@example.org/", "https://example.org/"),
    ("https://example.org/?page=1", "https://example.org/?page=2"),
    ("https://www2.example.org/", "https://example.org/"),
    ("hard::example", "hard::other"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_page_have_one_key(one: str, other: str) -> None:
    assert url_key(one) == url_key(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_pages_have_different_keys(one: str, other: str) -> None:
    assert url_key(one) != url_key(other)


@pytest.mark.parametrize("malformed", ["hard::x", "http://", "http://[::1", "http://a b/", "https://h:99999/", "?"])
def test_malformed_url_is_its_own_key(malformed: str) -> None:
    assert url_key(f" {malformed}\n") == malformed
    assert host_of(malformed) is None


def test_every_tracking_parameter_is_written_as_it_is_compared() -> None:
    assert {name for name in TRACKING_PARAMETERS if name != name.lower()} == set()


url_like = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "http://", "https://www.", "www.", "HTTP://[", "ftp://", "https://a.org/"]),
    st.text(alphabet="w.aZ:/@[]%25ée?#!&=;\u200b \n\\\ud800-_", max_size=30),
    st.sampled_from(["", "/..", "?utm_a=b", "#!x", "%", "%e9", "."]),
)


@settings(max_examples=500, deadline=None, database=None)
@given(st.one_of(url_like, st.text(max_size=60)))
def test_key_of_a_key_is_that_key(url: str) -> None:
    key = url_key(url)
    assert url_key(key) == key
    host = host_of(url)
    assert host is None or host == host.lower()
    assert host_of(url) is None or isinstance(site_of(host or ""), str | None)


@settings(max_examples=500, deadline=None, database=None)
@given(st.lists(st.one_of(url_like, st.text(max_size=20)), max_size=6).map(" ".join))
def test_found_urls_stand_where_they_say_and_are_found_again(prose: str) -> None:
    end = 0
    for found in find_urls(prose):
        assert prose[found.start : found.end] == found.url
        assert found.start >= end
        end = found.end
        assert [again.url for again in find_urls(found.url)] == [found.url]


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("news.example.co.uk", "example.co.uk"),
        ("alice.github.io", "alice.github.io"),
        ("github.io", "github.io"),
        ("a.b.example", "b.example"),
        ("localhost", None),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_site_is_the_registrable_domain(host: str, site: str | None) -> None:
    assert site_of(host) == site


def test_host_is_lower_case_ascii_and_keeps_www() -> None:
    assert host_of("https://WWW.M\u00fcnchen.example:8080/x") == "www.xn--mnchen-3ya.example"
    assert host_of("http://[2001:DB8::1]:80/") == "2001:db8::1"
    assert host_of("www.example.org") == "www.example.org"
    assert host_of("https://i\u2764.example/") == "xn--i-7iq.example"


def test_citation_without_scheme_is_fetched_with_one() -> None:
    assert fetchable(" www.example.org/x ") == "http://www.example.org/x"
    assert fetchable("https://example.org/") == "https://example.org/"
    assert fetchable("example.org/x") == "example.org/x"


PROSE = [
    ("Read https://a.example/x. Then http://b.example/y, please!", ["https://a.example/x", "http://b.example/y"]),
    ("(see https://a.example/x)", ["https://a.example/x"]),
    ("https://en.wiki.example/Foo_(bar)", ["https://en.wiki.example/Foo_(bar)"]),
    ("(https://en.wiki.example/Foo_(bar)).", ["https://en.wiki.example/Foo_(bar)"]),
    ("[label](https://a.example/x)and more", ["https://a.example/x"]),
    ("[![image](https://a.example/i.png)](https://b.example)", ["https://a.example/i.png", "https://b.example"]),
    ("<https://a.example/x>", ["https://a.example/x"]),
    ('<a href="https://a.example/x">text</a>', ["https://a.example/x"]),
    ("&lt;https://a.example/x&gt;", ["https://a.example/x"]),
    ("'https://a.example/x' and \"https://b.example/y\"", ["https://a.example/x", "https://b.example/y"]),
    ("\u201chttps://a.example/x\u201d", ["https://a.example/x"]),
    ("https://a.example's page", ["https://a.example"]),
    ("**https://a.example/x** _https://b.example/y_z_", ["https://a.example/x", "https://b.example/y_z"]),
    (
        "https://a.example/x;https://b.example/y,https://c.example",
        ["https://a.example/x", "https://b.example/y", "https://c.example"],
    ),
    ("https://a.example/xhttps://b.example/y", ["https://a.example/x", "https://b.example/y"]),
    ("https://a.example...https://b.example...", ["https://a.example", "https://b.example"]),
    ("https://archive.example/web/2020/https://a.example/x", ["https://archive.example/web/2020/https://a.example/x"]),
    ("https://a.example/?u=https://b.example/", ["https://a.example/?u=https://b.example/"]),
    ("\u89c1https://a.example/\u6761\u76ee\u3002\u5b8c", ["https://a.example/\u6761\u76ee"]),
    ("\uff08https://a.example/x\uff09", ["https://a.example/x"]),
    ("see www.a.example/x, not me@www.b.example or www.nothing", ["www.a.example/x"]),
    ("https://a.example/x,y;z.html", ["https://a.example/x,y;z.html"]),
    ("https://a.example/?q[]=1&r={x}", ["https://a.example/?q[]=1&r={x}"]),
    ("HTTPS://A.EXAMPLE/X", ["HTTPS://A.EXAMPLE/X"]),
    ("https:// http://... ftp://a.example/f", ["ftp://a.example/f"]),
    ("https://a.example/x\u200bhttps://b.example", ["https://a.example/x", "https://b.example"]),
    ("https://a.example/x|https://b.example/y|", ["https://a.example/x", "https://b.example/y"]),
    ("example.org and file.txt", []),
    ("", []),
]


@pytest.mark.parametrize(("prose", "urls"), PROSE)
def test_urls_in_prose_end_where_a_reader_ends_them(prose: str, urls: list[str]) -> None:
    assert [found.url for found in find_urls(prose)] == urls


@pytest.mark.parametrize(
    "piece",
    [
        "xhttp://",
        "http://",
        "(https://a.example/",
        "https://a.example/)",
        "'https://a.example ",
        "www.",
        "a.",
        "https://a&lt;",
    ],
)
def test_long_prose_takes_linear_time(piece: str) -> None:
    prose = piece * (2_000_000 // len(piece))
    started = time.process_time()
    find_urls(prose)
    assert time.process_time() - started < 4


@pytest.mark.parametrize(
    "url", ["https://" + "@:a" * 300_000, "https://" + "\u00fc" * 900_000, "https://a.example/" + "../" * 300_000]
)
def test_key_of_a_long_url_takes_linear_time(url: str) -> None:
    started = time.process_time()
    assert url_key(url)
    assert time.process_time() - started < 4
