"""What may begin next, and how much of it."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

from mockserver.crawling import finish_crawl, make_archive, start_crawl

from archive.records import Source
from archive.words import Health
from crawler.errands import Errand
from crawler.turns import Turns

if TYPE_CHECKING:
    from pathlib import Path

    from mockserver import MockServer

PLACES = 8
MOST_UNWRITTEN = 250
MOST_UNDER_WAY = 2_000


def turns_of(*urls: str) -> Turns:
    return Turns([errand(number, url) for number, url in enumerate(urls)], {})


def errand(number: int, url: str) -> Errand:
    host = url.split("/")[2]
    return Errand(Source(number, url, url, host, host, Health.UNCHECKED, None, None, None))


def next_of(turns: Turns) -> str | None:
    capture = turns.next()
    return capture.errand.url if capture else None


def test_host_with_the_most_left_is_next_and_each_host_once_until_it_is_ready_again() -> None:
    turns = turns_of("http://a/1", "http://b/1", "http://b/2", "http://b/3", "http://c/1", "http://c/2")
    assert [next_of(turns) for _ in range(4)] == ["http://b/1", "http://c/1", "http://a/1", None]
    for host in ("a", "c", "b"):
        turns.host_is_ready(host)
    assert [next_of(turns) for _ in range(3)] == ["http://b/2", "http://c/2", None], "there is no more of a"
    assert turns.left == 6, "none has been ended"


def test_capture_that_is_tried_again_comes_before_all_hosts() -> None:
    turns = turns_of("http://a/1", "http://b/1", "http://c/1", "http://c/2")
    tried = [turns.next(), turns.next()]
    assert [capture.errand.url for capture in tried if capture] == ["http://c/1", "http://a/1"]
    for capture in tried:
        assert capture
        turns.is_ready(capture)
    assert [turns.next(), turns.next()] == tried
    assert next_of(turns) == "http://b/1"


def test_no_host_begins_while_as_many_captures_as_may_be_are_not_over() -> None:
    turns = turns_of(*(f"http://h{number}/" for number in range(MOST_UNDER_WAY + 2)))
    begun = [capture for _ in range(MOST_UNDER_WAY) if (capture := turns.next())]
    assert len(begun) == MOST_UNDER_WAY
    assert turns.next() is None
    turns.is_ready(begun[7])
    assert turns.next() is begun[7], "what is tried again makes room, and takes none"
    turns.end(begun[7])
    assert next_of(turns)
    assert turns.next() is None


def test_no_more_is_fetched_than_can_wait_for_the_disk(mock_server: MockServer, tmp_path: Path) -> None:
    """While another program holds the catalogue, captures have records and no rows."""
    urls = [f"http://h{number % 100}.unwritten.example/{number}" for number in range(400)]
    folder = make_archive(tmp_path / "archive", urls, concurrency=PLACES, obey_robots=False)

    def asked() -> int:
        return sum(each.host.endswith(".unwritten.example") for each in mock_server.exchanges())

    with closing(sqlite3.connect(folder.catalogue_path, isolation_level=None)) as other:
        crawl = start_crawl(folder, mock_server)
        while not asked():
            time.sleep(0.02)
        other.execute("BEGIN IMMEDIATE")
        until = time.monotonic() + 30
        while asked() < MOST_UNWRITTEN and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(1)
        unwritten = asked() - other.execute("SELECT COUNT(*) FROM captures").fetchone()[0]
        asked_meanwhile = asked()
        other.execute("ROLLBACK")
        crawled = finish_crawl(folder, crawl)
    assert MOST_UNWRITTEN <= unwritten <= MOST_UNWRITTEN + PLACES
    assert asked_meanwhile < len(urls)
    assert crawled.exit_code == 0, crawled.log
    assert {len(captures) for captures in crawled.captures.values()} == {1}
    assert asked() == len(urls)
