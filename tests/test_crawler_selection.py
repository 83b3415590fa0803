"""What `scrapy crawl citations` takes: what is due, or what is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mockserver.crawling import make_archive, run_crawl

if TYPE_CHECKING:
    from pathlib import Path

    from mockserver import MockServer

A, B = "http://a.selected.example/", "http://b.selected.example/"


def test_crawl_takes_what_is_asked_for_and_else_what_is_due(mock_server: MockServer, tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive", [A, B])

    def crawl(*arguments: str) -> tuple[int, int, str]:
        crawled = run_crawl(folder, mock_server, arguments=arguments)
        assert crawled.exit_code == 0, crawled.log
        with folder.catalogue() as catalogue:
            last = catalogue.crawls.last()
        assert last
        assert last["ended"] == "finished"
        return len(crawled.captures[A]), len(crawled.captures[B]), last["trigger"]

    assert crawl("-a", f"url={A}#other-fragment") == (1, 0, "url")
    assert crawl() == (1, 1, "due")
    assert crawl() == (1, 1, "due")  # nothing is due
    assert crawl("-a", "all=1") == (2, 2, "all")
    assert len(list(folder.warc_dir.glob("sourcekeep-*.warc.gz"))) == 4


@pytest.mark.parametrize(
    ("argument", "said"), [("url=http://never.cited.example/", "never.cited.example"), ("incident=99", "99")]
)
def test_crawl_of_what_is_not_there_says_so(mock_server: MockServer, tmp_path: Path, argument: str, said: str) -> None:
    folder = make_archive(tmp_path / "archive", [A])
    crawled = run_crawl(folder, mock_server, arguments=["-a", argument])
    assert crawled.exit_code != 0
    assert said in crawled.log
    assert list(folder.warc_dir.glob("sourcekeep-*")) == []
