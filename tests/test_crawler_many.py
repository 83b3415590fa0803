"""A thousand cited URLs, many of them malformed, in one crawl: each ends with exactly one outcome."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from mockserver.cases import CASES
from mockserver.crawling import Crawled, make_archive, run_crawl

from archive.standing import NEVER_AGAIN
from archive.words import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from mockserver import MockServer

MALFORMED = {
    "http://:name.html": "invalid-url",
    "http://:bad": "invalid-url",
    "http://": "invalid-url",
    "http:///path": "invalid-url",
    "http://[::1": "invalid-url",
    "http://[bad]/": "invalid-url",
    "http://many.example:port/": "invalid-url",
    "http://many.example:99999/": "invalid-url",
    "http://a b.many.example/": "invalid-url",
    "http://..many.example/": "invalid-url",
    "http://" + "a" * 64 + ".many.example/": "invalid-url",
    "http://" + "ü" * 60 + ".many.example/": "invalid-url",
    "http://\\many.example/": "invalid-url",
    "http://a%00.many.example/": "invalid-url",
    "//many.example/x": "invalid-url",
    "/relative": "invalid-url",
    "nonsense": "invalid-url",
    "東京": "invalid-url",
    "1http://many.example/": "invalid-url",
    "mailto:a@many.example": "unsupported-scheme",
    "ftp://many.example/": "unsupported-scheme",
    "file:///etc/hostname": "unsupported-scheme",
    "data:text/html,x": "unsupported-scheme",
    "javascript:alert(1)": "unsupported-scheme",
    "tel:+4912345": "unsupported-scheme",
    "about:blank": "unsupported-scheme",
}

# Port 81 has no rule, so what is there is looked up and judged.
UNREACHABLE = {
    "http://nowhere.invalid:81/": "dns-failed",
    "https://nowhere.invalid/": "dns-failed",
    "http://many-does-not-exist.example:81/": "dns-failed",
    "http://localhost:81/": "address-forbidden",
    "http://127.0.0.1:81/": "address-forbidden",
    "http://127.1:81/": "address-forbidden",
    "http://2130706433:81/": "address-forbidden",
    "http://0x7f.0.0.1:81/": "address-forbidden",
    "http://0177.0.0.1:81/": "address-forbidden",
    "http://0.0.0.0:81/": "address-forbidden",
    "http://0:81/": "address-forbidden",
    "http://\uff11\uff12\uff17.0.0.3:81/": "address-forbidden",
    "http://10.0.0.1:81/": "address-forbidden",
    "http://169.254.169.254:81/latest/meta-data/": "address-forbidden",
    "http://[::1]:81/": "address-forbidden",
    "http://[::ffff:127.0.0.1]:81/": "address-forbidden",
    "http://[fe80::1]:81/": "address-forbidden",
    "http://[64:ff9b::7f00:1]:81/": "address-forbidden",
    "http://refused.many.example:82/": "refused",
}

ODD = (
    "http://münchen.many.example/straße?größe=ä b#teil",
    "http://a_b.many.example/",
    "http://-dash.many.example/",
    "http://user:secret@login.many.example/",
    "http://dot.many.example./",
    "http://query.many.example?only=query",
    "http://blanks.many.example/a b  c",
    "http://percent.many.example/%zz%",
    "http://brackets.many.example/a[1]?x={}|\\^`<>",
    "http://quotes.many.example/\"'",
    "http://tab.many.example/a\tb",
    "http://nul.many.example/a\x00b",
    "http://long.many.example/" + "x" * 9000,
    "http://emoji.many.example/😀?😀",
    "HTTP://CAPITALS.MANY.EXAMPLE/",
    "www.schemeless.many.example/x",
    "\u200bhttp://invisible.many.example/\ufeff",
    "http://xn--mnchen-3ya.many.example/",
    "http://x.many.example:80/",
    "http://slashes.many.example//a///b/../c",
    "http://fragment.many.example/#!/page",
)
PLAIN = [
    f"http://h{number % 120}.many.example/{number}"
    for number in range(1000 - len(MALFORMED) - len(UNREACHABLE) - len(ODD))
]


@dataclass(frozen=True, slots=True)
class Timed:
    crawled: Crawled
    seconds: float


@pytest.fixture(scope="module")
def timed(mock_server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Timed:
    # The malformed ones stand among the others, as they do in a list of real URLs.
    urls = [*PLAIN[:500], *MALFORMED, *UNREACHABLE, *ODD, *PLAIN[500:]]
    folder = make_archive(tmp_path_factory.mktemp("many") / "archive", urls, timeout=20)
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        refused = f"refused.many.example:82:127.0.0.1:{nobody_listens.getsockname()[1]}"
        started = time.monotonic()
        crawled = run_crawl(folder, mock_server, resolve=[refused, mock_server.resolve])
        return Timed(crawled, time.monotonic() - started)


@pytest.fixture(scope="module")
def crawled(timed: Timed) -> Crawled:
    return timed.crawled


def test_every_cited_url_ends_with_one_outcome(crawled: Crawled) -> None:
    assert len(crawled.captures) == 1000
    assert [url for url, captures in crawled.captures.items() if len(captures) != 1] == []


@pytest.mark.parametrize(("url", "outcome"), [*MALFORMED.items(), *UNREACHABLE.items()], ids=ascii)
def test_outcome(crawled: Crawled, url: str, outcome: str) -> None:
    (capture,) = crawled.captures[url]
    assert capture.outcome == outcome, capture.error
    assert capture.error


@pytest.mark.parametrize("url", ODD, ids=lambda url: ascii(url)[:40])
def test_odd_but_fetchable_url_is_fetched(crawled: Crawled, url: str) -> None:
    (capture,) = crawled.captures[url]
    assert capture.outcome == "fetched", capture.error


def test_good_urls_are_fetched_whatever_stands_between_them(crawled: Crawled) -> None:
    assert {str(crawled.captures[url][0].outcome) for url in PLAIN} == {"fetched"}


def test_only_what_can_never_change_is_never_due_again(crawled: Crawled) -> None:
    for line in crawled.sources.values():
        assert (line.next_due_at is None) == (line.outcome in NEVER_AGAIN)


def test_nothing_is_sent_to_a_forbidden_address(crawled: Crawled) -> None:
    for url, outcome in UNREACHABLE.items():
        for exchange in crawled.captures[url][0].exchanges:
            assert exchange.request is exchange.response is None, (url, outcome)


def test_one_slow_disk_sync_for_each_malformed_url_would_show(timed: Timed) -> None:
    assert timed.crawled.exit_code == 0
    assert timed.seconds < 40


def test_every_outcome_of_the_design_comes_from_a_real_server(crawled: Crawled) -> None:
    """With the cases on the wire; certificates, robots.txt and conditional requests have modules of their own."""
    seen = {line.outcome for line in crawled.sources.values()} | {case.outcome for case in CASES.values()}
    assert seen | {"tls-failed", "robots-denied", "not-modified"} == set(Outcome)


def test_log_has_no_trace_of_a_bug(crawled: Crawled) -> None:
    assert crawled.traces() == ""


@pytest.mark.parametrize(
    ("processes", "limit", "concurrency", "domain"),
    [
        pytest.param(None, "-n 100", 10, "files.example", id="alone"),
        pytest.param(2, "-n 100", 10, "files-of-two.example", id="two"),
        pytest.param(1, "-Sn 60", 80, "files.slow.example", id="limit-can-be-raised"),
    ],
)
def test_crawl_of_more_hosts_than_files_may_be_open_comes_to_its_end(
    mock_server: MockServer, tmp_path: Path, processes: int | None, limit: str, concurrency: int, domain: str
) -> None:
    """The connections to hosts that are done with are not all kept, and the limit is raised where that is allowed."""
    hosts = [f"h{number}.{'abc'[number % 3]}.{domain}" for number in range(240)]
    urls = [f"http://{host}/" for host in hosts]
    folder = make_archive(tmp_path / "archive", urls, concurrency=concurrency)
    crawled = run_crawl(folder, mock_server, processes=processes, limit_open_files=limit)
    assert (crawled.exit_code, crawled.traces()) == (0, "")
    assert {str(capture.outcome) for captures in crawled.captures.values() for capture in captures} == {"fetched"}
    for host in (hosts[0], hosts[-1]):
        assert [each.path for each in mock_server.exchanges(host, robots=True)] == ["/robots.txt", "/"]
