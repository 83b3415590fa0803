"""A child of the fork server: it becomes `sourcekeep` with the arguments of its order, and reports to its parent."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import archive.catalogue
import archive.warc_writer
from crawler.processes import shares
from durability import clock, privileges
from durability.faults import Faults
from durability.forked import Forked
from sourcekeep import crawl_control, crawling, importing, rebuilding, verifying
from sourcekeep.__main__ import main
from sourcekeep.commands import crawl, import_, rebuild, verify

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future

    from archive.drafts import CaptureDraft
    from sourcekeep.fetcher import Fetcher

IMPORTED = (crawl, crawl_control, crawling, import_, importing, rebuild, rebuilding, verify, verifying)
"""What commands import when they run, imported before the fork."""

_report_to = -1


def report(**said: Any) -> None:
    """Tell the fork server; what is told survives a kill in the very next instruction."""
    os.write(_report_to, json.dumps(said).encode() + b"\n")


class ReportingCrawl(crawl_control._Crawl):
    """A crawl that reports what it is told."""

    faults: Faults | None = None
    ends_when_open = False
    _acknowledged = 0

    def begin(self, settings: Mapping[str, Any], concurrency: int) -> None:
        """The crawl is open."""
        passed_before = self.faults.passed.total() if self.faults else None
        report(planned=self._share.store.crawl_id, passed_before=passed_before)
        if self.ends_when_open:
            os.kill(os.getpid(), signal.SIGKILL)
        super().begin(settings, concurrency)

    def _settled(self, fetcher: Fetcher, number: int, draft: CaptureDraft, done: Future[int | None]) -> None:
        """A capture is acknowledged, or refused."""
        if done.exception() is None:
            report(acknowledged={done.result(): draft.source_url})
            self._acknowledged += 1
            if self._acknowledged in clock.jumps:
                clock.jump(clock.jumps[self._acknowledged])
        super()._settled(fetcher, number, draft, done)


def be(order: dict[str, Any], report_to: int, output: int) -> None:
    """Be the process that is ordered, and never return."""
    global _report_to  # noqa: PLW0603  # the process has one parent
    _report_to = report_to
    status = 70
    try:
        _redirect(output)
        faults = _prepare(order)
        sys.argv = ["sourcekeep", "--archive", order["archive"], *order["arguments"]]
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        if faults:
            report(passed=faults.passed)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001  # a child must not come back as a second fork server
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)


def _redirect(output: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


def _prepare(order: dict[str, Any]) -> Faults | None:
    random.seed()
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    subprocess.Popen = Forked  # type: ignore[misc, assignment]
    crawl_control._Crawl = ReportingCrawl  # type: ignore[misc]
    if order["rotate_at"]:
        defaults = archive.warc_writer.WarcWriter.__init__.__kwdefaults__
        assert defaults
        assert "rotate_at" in defaults
        defaults["rotate_at"] = order["rotate_at"]
    if order["least_sources"]:
        assert hasattr(shares, "LEAST_ERRANDS")  # else what is set has no effect
        shares.LEAST_ERRANDS = order["least_sources"]
    if order["busy_seconds"]:
        archive.catalogue._BUSY_SECONDS = order["busy_seconds"]
    if order["clock_jumps"]:
        clock.install({int(count): seconds for count, seconds in order["clock_jumps"].items()})
    if order["limit_file_bytes"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["limit_file_bytes"],) * 2)
    if order["without_privileges"]:
        privileges.drop()
    if order["catalogue_pages"]:
        sqlite3.connect = partial(_connect_to_full, sqlite3.connect, order["catalogue_pages"])  # type: ignore[assignment]
    ReportingCrawl.ends_when_open = order["ends_when_open"]
    if order["faults"] is None:
        return None
    ReportingCrawl.faults = Faults(Path(order["archive"]), report, **order["faults"])
    ReportingCrawl.faults.install()
    return ReportingCrawl.faults


def _connect_to_full(connect: Any, pages: int, *arguments: Any, **named: Any) -> sqlite3.Connection:
    connection: sqlite3.Connection = connect(*arguments, **named)
    connection.execute(f"PRAGMA max_page_count = {pages}")
    return connection
