"""`python -m scrapy crawl citations`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.commands import crawl

from crawler.tuning import open_many_files

if TYPE_CHECKING:
    import argparse

    from scrapy import Spider
    from scrapy.crawler import Crawler


class Command(crawl.Command):
    """Scrapy's own, with an exit code that also tells of a crawl that failed on its way, and not only at its start."""

    _begun: Crawler | None = None

    def _create_crawler(self, spidercls: type[Spider] | str) -> Crawler:
        self._begun = super()._create_crawler(spidercls)
        return self._begun

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl; the exit code is 1 where the spider has an `error`."""
        open_many_files()
        super().run(args, opts)
        if self._begun and getattr(self._begun.spider, "error", None):
            self.exitcode = 1
