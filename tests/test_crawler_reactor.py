"""Crawls under asyncio, which is what fetches where there is no epoll."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from mockserver.crawling import ASYNCIO, finish_crawl, make_archive, run_crawl, start_crawl

if TYPE_CHECKING:
    from pathlib import Path

    from mockserver import MockServer


def test_crawl_under_asyncio_captures_every_source(mock_server: MockServer, tmp_path: Path) -> None:
    urls = [f"http://{host}.asyncio.example/{path}" for host in ("one", "two", "three") for path in ("a", "b")]
    folder = make_archive(tmp_path / "archive", urls)
    crawled = run_crawl(folder, mock_server, arguments=ASYNCIO)
    assert (crawled.exit_code, crawled.traces()) == (0, "")
    assert [[str(capture.outcome) for capture in crawled.captures[url]] for url in urls] == [["fetched"]] * len(urls)
    assert len(mock_server.exchanges("one.asyncio.example", robots=True)) == 1 + 2  # robots.txt once


def test_crawl_under_asyncio_ends_when_it_is_told_to(mock_server: MockServer, tmp_path: Path) -> None:
    urls = [f"http://stopped.asyncio.example/{number}" for number in range(12)]
    folder = make_archive(tmp_path / "archive", urls, delay=1)
    process = start_crawl(folder, mock_server, arguments=ASYNCIO)
    until = time.monotonic() + 30
    while not mock_server.exchanges("stopped.asyncio.example"):
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    crawled = finish_crawl(folder, process)
    assert crawled.traces() == ""
    assert 0 < sum(map(len, crawled.captures.values())) < len(urls)
    with folder.catalogue() as catalogue:
        assert (catalogue.crawls.last() or {})["ended"] == "shutdown"
