"""What Scrapy is told: the archive's settings, whose parts take part in a crawl, and whose signals are sent."""

from __future__ import annotations

import subprocess
import sys

import pytest
from scrapy.settings import default_settings
from scrapy.signalmanager import SignalManager

from archive.settings import Settings
from crawler import settings as defaults
from crawler.signal_manager import HeardSignals


def test_settings_of_the_archive_reach_scrapy() -> None:
    own = Settings(contact="x", delay=2, concurrency=3, timeout=4, retries=5, max_bytes=6000, obey_robots=False)
    given_settings = defaults.from_archive(own)
    assert given_settings["DOWNLOAD_DELAY"] == 2
    assert given_settings["CONCURRENT_REQUESTS"] == 3
    assert given_settings["DOWNLOAD_TIMEOUT"] == 4
    assert given_settings["SOURCEKEEP_RETRIES"] == 5
    assert given_settings["DOWNLOAD_MAXSIZE"] == 6000
    assert given_settings["SOURCEKEEP_OBEY_ROBOTS"] is False
    assert "+x" in given_settings["USER_AGENT"]


def test_crawler_opens_no_port_and_trusts_no_bad_certificate() -> None:
    assert defaults.CONCURRENT_REQUESTS_PER_DOMAIN == 1
    assert defaults.EXTENSIONS_BASE == {}
    assert {scheme for scheme, handler in defaults.DOWNLOAD_HANDLERS.items() if handler} == {"http", "https"}


def test_what_scrapy_does_by_default_is_taken_at_its_place_or_left_out_by_name() -> None:
    scrapys, ours = default_settings.DOWNLOADER_MIDDLEWARES_BASE, defaults.DOWNLOADER_MIDDLEWARES
    taken = {name: place for name, place in ours.items() if name.startswith("scrapy.")}
    assert taken.items() <= scrapys.items()
    assert defaults.DOWNLOADER_MIDDLEWARES_BASE == defaults.SPIDER_MIDDLEWARES_BASE == {}
    assert {name.rpartition(".")[2] for name in scrapys.keys() - taken.keys()} == {
        *("OffsiteMiddleware", "HttpAuthMiddleware", "RetryMiddleware", "HttpCacheMiddleware", "DownloaderStats"),
        # In whose places there are ours.
        *("RobotsTxtMiddleware", "MetaRefreshMiddleware", "RedirectMiddleware"),
        *("HttpCompressionMiddleware", "CookiesMiddleware"),
    }


def test_what_is_left_out_is_not_imported() -> None:
    script = """
import sys
import crawler.processes.fetching
from scrapy.settings import Settings
from scrapy.utils.misc import load_object
settings = Settings()
settings.setmodule("crawler.settings", priority="project")
for kind in ("DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES", "EXTENSIONS"):
    for part in settings.get_component_priority_dict_with_base(kind):
        load_object(part)
print(*(name for name in sys.modules if name.startswith("scrapy.")))
"""
    imported = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "scrapy.downloadermiddlewares.httpproxy" in imported
    left_out = {"cookies", "offsite", "httpauth", "httpcache", "telnet", "feedexport", "httperror", "urllength"}
    assert not left_out & {name.rpartition(".")[2] for name in imported}


def test_what_is_imported_before_the_fork_makes_neither_a_thread_nor_a_reactor() -> None:
    """A thread would be missing behind the fork, and one reactor would wait for two processes."""
    script = """
import os, sys
import scrapy.core.downloader.contextfactory
import crawler.processes.fetching
print(len(os.listdir("/proc/self/task")), "twisted.internet.reactor" in sys.modules)
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["1", "False"]


# Signals


def test_signal_that_someone_hears_comes_to_all_who_do() -> None:
    signal, manager = object(), HeardSignals(object())
    heard: list[str] = []

    def first(word: str) -> str:
        heard.append(f"first {word}")
        return "done"

    def second(word: str) -> None:
        heard.append(f"second {word}")

    manager.connect(first, signal)
    manager.connect(second, signal)
    assert manager.send_catch_log(signal, word="go") == [(first, "done"), (second, None)]
    assert heard == ["first go", "second go"]


def test_signal_that_nobody_hears_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    signal, manager = object(), HeardSignals(object())
    monkeypatch.setattr(SignalManager, "send_catch_log", lambda *_, **__: pytest.fail("it was sent"))
    manager.connect(lambda: None, object())
    assert manager.send_catch_log(signal, word="go") == []
