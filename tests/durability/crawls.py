"""The crawls that things happen to: what they fetch, what that comes to, and how they are ordered."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from mockserver.cases import CASES

from durability import Order
from durability.web import CONDITIONAL

if TYPE_CHECKING:
    from archive.folder import ArchiveFolder
    from durability import Ended, Lane
    from durability.trial import Trial
    from durability.web import Web

_CASES = (
    "plain chunked gzip long-header-line moved-301 cookie-wall redirect-loop not-found reset-in-body closed-at-once"
    " no-http drip server-error-once"
).split()

OUTCOMES = {
    **{f"http://{name}.wire.example/": CASES[name].outcome for name in _CASES},
    **{f"http://{host}.pages.example/{number}": "fetched" for host in "abc" for number in range(3)},
    **{f"http://{CONDITIONAL}/{number}": "fetched" for number in range(3)},
    "nonsense": "invalid-url",
    "ftp://files.pages.example/": "unsupported-scheme",
    "http://disallow.robots.example/private": "robots-denied",
}
"""By cited URL: what an undisturbed crawl makes of it; where it is "not-modified", that counts as fetched."""

SITES = ("wire.example", "pages.example")
"""The sites with the most of these; of two fetching processes, each has one of them."""

FEW = {url: outcome for url, outcome in OUTCOMES.items() if ".pages." in url}
"""As OUTCOMES, for what need not take long."""

LARGE = {"http://noise.large.example/1": "fetched"}
"""A MiB that no compression makes smaller: many writes."""


def crawl(folder: ArchiveFolder, web: Web, *which: str, processes: int | None = None, **circumstances: Any) -> Order:
    """Return the order of a crawl; *which* as on the command line, *circumstances* as in `Order`.

    So few sources are fetched by one process, unless so many *processes* are asked for.
    """
    words = [word for rule in web.rules for word in ("--resolve", rule)]
    if processes is not None:
        words += ["--processes", str(processes)]
        circumstances["least_sources"] = 1
    return Order(str(folder.path), ["crawl", *which, "--no-extract", "--json", *words], **circumstances)


def wait_for_captures(folder: ArchiveFolder, count: int) -> None:
    """Return as soon as there are rows of so many captures."""
    with closing(sqlite3.connect(folder.catalogue_path)) as connection:
        until = time.monotonic() + 30
        while connection.execute("SELECT COUNT(*) FROM captures").fetchone()[0] < count:
            assert time.monotonic() < until
            time.sleep(0.005)


def assert_failed_clearly(ended: Ended, folder: ArchiveFolder) -> None:
    """Assert exit code 1 with one sentence for the user, and no trace of a bug, also in the log."""
    assert ended.status == 1, ended
    errors = [line for line in ended.output.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, ended.output
    assert str(folder.path) in errors[0]
    logs = [path.read_text(encoding="utf-8") for path in folder.reports_dir.glob("*.log")]
    for text in (ended.output, *logs):
        for trace in ("Traceback", "never retrieved", "never awaited"):
            before, found, after = text.partition(trace)
            assert not found, before[-500:] + found + after[:3000]


def assert_goes_on(trial: Trial, lane: Lane, web: Web) -> None:
    """Assert that the next crawl, undisturbed, captures everything, and that nothing was lost or doubled before."""
    trial.look_at_the_end(lane.run(crawl(trial.folder, web, "--all")))
    assert {kind: wrong[:5] for kind, wrong in trial.findings.items() if wrong} == {}
