"""`make bench-crawl`: crawls the bench pages with Sourcekeep, plain Scrapy and wget in turn, and prints all.

Times on one machine say little about another; so what counts is the ratio of two programs that fetch the same pages
from the same server in the same minutes.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.contenders import (
    Options,
    compile_checkout,
    crawl_with_scrapy,
    crawl_with_sourcekeep,
    crawl_with_wget,
    has_wget,
)
from bench.pages import BenchError, load_pages
from bench.results import Result, print_checks, print_table
from bench.targets import ALONE, FETCH_ONLY, FULL, LIKE_WGET, SCRAPY, SCRAPY_AS_IT_COMES, WGET, print_ratios, ratios
from bench.warcs import check, digests
from bench.web import bench_web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bench.contenders import Crawled
    from bench.pages import Page
    from bench.web import Web

    Contender = Callable[[Path], Crawled]

SEGMENTS = Path(__file__).resolve().parents[2] / "shared" / "bench" / "segments"

DELAY_MS = 100
PLACES = 64
"""Fetches at once where the server waits: 640 answers a second, more than two processors take in.

With more, what has come waits for a processor, and the host with most pages, whose turns come one after the other, is
what is left at the end.
"""


@click.command(epilog="Example: python -m bench.crawl --rounds 3 ../shared/bench/segments")
@click.argument("segments", type=click.Path(path_type=Path), default=SEGMENTS)
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Runs of each contender.")
@click.option("--delay-ms", type=click.IntRange(min=0), default=0, help="Let the server wait before each answer.")
@click.option("--concurrency", type=click.IntRange(min=1), default=16, show_default=True, help="Fetches at once.")
@click.option("--extract/--no-extract", default=True, show_default=True, help="Also crawl with texts made beside.")
@click.option(
    "--delayed/--no-delayed",
    default=True,
    show_default=True,
    help=f"Also crawl a server that takes {DELAY_MS} ms for each answer, {PLACES} fetches at once.",
)
@click.option(
    "--pages-each",
    type=click.IntRange(min=1),
    default=4,
    show_default=True,
    help="Make so many pages of each page, and so of its host.",
)
@click.option("--robots/--no-robots", default=True, show_default=True, help="Ask robots.txt, as a crawl does.")
@click.option("--keep", type=click.Path(path_type=Path), metavar="DIR", help="Keep what the runs wrote in DIR.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write all figures.")
def main(  # noqa: PLR0913  # an option each
    segments: Path,
    *,
    rounds: int,
    delay_ms: int,
    concurrency: int,
    extract: bool,
    delayed: bool,
    pages_each: int,
    robots: bool,
    keep: Path | None,
    json_file: Path | None,
) -> None:
    """Crawl the pages of SEGMENTS from a server on this machine, with Sourcekeep and with wget in turn.

    Exits with 1 when a URL is left without an outcome, or a WARC file is not whole.
    """
    options = Options(concurrency, robots)
    compile_checkout()
    try:
        pages = load_pages(segments, pages_each)
        with _work_folder(keep) as folder:
            with bench_web(segments, delay_ms, pages_each) as web:
                results = _rounds(_contenders(pages, web, options, extract=extract), rounds, pages, web, folder)
            waited = []
            if delayed:
                with bench_web(segments, DELAY_MS, pages_each) as web:
                    waited = _delayed(pages, web, rounds, folder / "delayed", robots=robots)
    except BenchError as error:
        sys.exit(f"error: {error}")
    print_table(results, WGET)
    if waited:
        title = f"The server takes {DELAY_MS} ms for each answer, {PLACES} fetches at once; wget runs once"
        print_table(waited, WGET, title)
    sound = print_checks([*results, *waited], pages)
    found = ratios(results, waited)
    print_ratios(found)
    if json_file:
        settings = {"rounds": rounds, "delay_ms": delay_ms, "pages": len(pages), **asdict(options)}
        figures = _figures(settings, results)
        figures |= {"delayed": [run.as_dict() for run in waited], "ratios": [ratio.as_dict() for ratio in found]}
        json_file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    sys.exit(0 if sound else 1)


def _delayed(pages: list[Page], web: Web, rounds: int, folder: Path, *, robots: bool) -> list[Result]:
    """Let Sourcekeep and wget run against a *web* that waits, Sourcekeep also with as many requests as wget.

    wget runs once: its time is that of the server's waiting, whatever the machine has to do.
    """

    def ours(*, robots: bool) -> Contender:
        return lambda folder: crawl_with_sourcekeep(pages, web, folder, Options(PLACES, robots), extract=False)

    results = _rounds({FETCH_ONLY: ours(robots=robots), LIKE_WGET: ours(robots=False)}, rounds, pages, web, folder)
    if has_wget():
        results += _rounds({WGET: lambda folder: crawl_with_wget(pages, web, folder)}, 1, pages, web, folder)
    return results


def _contenders(pages: list[Page], web: Web, options: Options, *, extract: bool) -> dict[str, Contender]:
    """Return those who run, in their order, each as a function of the folder that it may write in."""
    contenders: dict[str, Contender] = {
        FETCH_ONLY: lambda folder: crawl_with_sourcekeep(pages, web, folder, options, extract=False)
    }
    if extract:
        contenders[FULL] = lambda folder: crawl_with_sourcekeep(pages, web, folder, options, extract=True)
    if has_wget():
        contenders[WGET] = lambda folder: crawl_with_wget(pages, web, folder)
    else:
        click.echo("wget is not installed: there is nothing to compare with, and the figures say little", err=True)
    one = replace(options, processes=1)
    contenders[ALONE] = lambda folder: crawl_with_sourcekeep(pages, web, folder, one, extract=False)
    contenders[SCRAPY] = lambda folder: crawl_with_scrapy(pages, web, folder, options, trimmed=True)
    contenders[SCRAPY_AS_IT_COMES] = lambda folder: crawl_with_scrapy(pages, web, folder, options, trimmed=False)
    return contenders


def _rounds(
    contenders: Mapping[str, Contender], rounds: int, pages: list[Page], web: Web, folder: Path
) -> list[Result]:
    """Let each contender run once in each round, and check what it wrote."""
    wanted = digests(pages)
    results = []
    for number in range(1, rounds + 1):
        for who, crawl in contenders.items():
            click.echo(f"round {number} of {rounds}: {who}", err=True)
            before = web.cpu_seconds()
            crawled = crawl(folder / f"{number}-{who.replace(' ', '').replace(',', '-')}")
            server_cpu = web.cpu_seconds() - before
            results.append(Result(who, number, crawled, check(crawled.warcs, wanted), server_cpu))
    return results


@contextmanager
def _work_folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="bench-crawl-") as folder:
            yield Path(folder)
        return
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise BenchError(f"{keep} is not an empty folder; name another with --keep")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep


def _figures(settings: dict[str, Any], results: list[Result]) -> dict[str, Any]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()},
        "settings": settings,
        "runs": [result.as_dict() for result in results],
    }


if __name__ == "__main__":
    main()
