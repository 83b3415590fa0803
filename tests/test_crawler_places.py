"""How many fetches are under way at once, in all and for one host, as the server saw them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from mockserver.crawling import Crawled, make_archive, run_crawl

if TYPE_CHECKING:
    from pathlib import Path

    from mockserver import LoggedExchange, MockServer

DOMAIN = "places.slow.example"
"""This module's own: the server is shared with others, which have hosts below slow.example too."""
HOSTS = 24
PLACES = 6


@pytest.fixture(scope="module")
def crawled(mock_server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """No delay: nothing but the number of places, and of connections to a host, holds a fetch back."""
    urls = [f"http://h{number}.{DOMAIN}/" for number in range(HOSTS)]
    urls += [f"http://many.{DOMAIN}/{number}" for number in range(8)]
    urls += [f"http://r{number}.onward.example/to/behind.{DOMAIN}/{number}" for number in range(6)]
    folder = make_archive(tmp_path_factory.mktemp("places") / "archive", urls, concurrency=PLACES)
    return run_crawl(folder, mock_server)


def at_once(exchanges: list[LoggedExchange]) -> int:
    """Return how many of *exchanges* were under way at once, at most."""
    events = sorted([(each.started, 1) for each in exchanges] + [(each.ended, -1) for each in exchanges])
    under_way, most = 0, 0
    for _, change in events:
        under_way += change
        most = max(most, under_way)
    return most


def test_every_source_has_one_capture(crawled: Crawled) -> None:
    assert {len(captures) for captures in crawled.captures.values()} == {1}
    assert crawled.traces() == ""


@pytest.mark.parametrize(("host", "asked"), [("many", 9), ("behind", 7)])
def test_host_is_asked_one_thing_at_a_time_without_a_delay_and_behind_redirects(
    crawled: Crawled, mock_server: MockServer, host: str, asked: int
) -> None:
    assert crawled.captures
    seen = mock_server.exchanges(f"{host}.{DOMAIN}", robots=True)
    assert len(seen) == asked
    for earlier, later in pairwise(seen):
        assert later.started >= earlier.ended


def test_page_that_waits_for_its_robots_txt_takes_one_place_with_it(crawled: Crawled, mock_server: MockServer) -> None:
    assert crawled.captures
    seen = [each for each in mock_server.exchanges(robots=True) if each.host.endswith(f".{DOMAIN}")]
    assert at_once(seen) == PLACES
    assert at_once([each for each in seen if each.path == "/robots.txt"]) == PLACES


def test_host_with_the_most_pages_comes_first_wherever_it_stands_in_the_list(
    mock_server: MockServer, tmp_path: Path
) -> None:
    """And again as soon as it has been answered: with the one place there is, no other host's page comes in between."""
    urls = [f"http://few{number}.order.example/" for number in range(6)]
    urls += [f"http://many.order.example/{number}" for number in range(4)]
    crawled = run_crawl(make_archive(tmp_path / "archive", urls, concurrency=1), mock_server)
    assert crawled.captures
    hosts = [each.host for each in mock_server.exchanges() if each.host.endswith(".order.example")]
    assert len(hosts) == len(urls)
    places = [place for place, host in enumerate(hosts) if host == "many.order.example"]
    # With one page left it comes no sooner than any other that has one.
    assert places[:3] == [0, 1, 2], hosts


def test_host_that_waits_for_its_delay_takes_no_place(mock_server: MockServer, tmp_path: Path) -> None:
    delay = 0.8
    urls = [f"http://many.waits.example/{number}" for number in range(3)]
    urls += [f"http://few{number}.waits.example/" for number in range(3)]
    folder = make_archive(tmp_path / "archive", urls, concurrency=1, delay=delay, obey_robots=False)
    crawled = run_crawl(folder, mock_server)
    assert crawled.captures
    first, second, _ = mock_server.exchanges("many.waits.example")
    assert second.started - first.started >= delay / 2 - 0.05
    others = [each for each in mock_server.exchanges() if each.host.startswith("few")]
    assert len([each for each in others if each.host.endswith(".waits.example") and each.started < second.started]) == 3
