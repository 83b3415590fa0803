"""`make bench-crawl`: crawls the bench pages with Sourcekeep and with wget in turn, and prints both.

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
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.contenders import Options, crawl_with_sourcekeep, crawl_with_wget, has_wget
from bench.pages import BenchError, load_pages
from bench.results import Result, print_checks, print_table
from bench.warcs import check, digests
from bench.web import bench_web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bench.contenders import Crawled
    from bench.pages import Page
    from bench.web import Web

    Contender = Callable[[Path], Crawled]

SEGMENTS = Path(__file__).resolve().parents[2] / "shared" / "bench" / "segments"

FULL = "sourcekeep"
FETCH_ONLY = "sourcekeep --no-extract"
WGET = "wget"


@click.command(epilog="Example: python -m bench.crawl --rounds 3 ../shared/bench/segments")
@click.argument("segments", type=click.Path(path_type=Path), default=SEGMENTS)
@click.option("--rounds", type=click.IntRange(min=1), default=2, show_default=True, help="Runs of each contender.")
@click.option("--delay-ms", type=click.IntRange(min=0), default=0, help="Let the server wait before each answer.")
@click.option("--concurrency", type=click.IntRange(min=1), default=16, show_default=True, help="Fetches at once.")
@click.option("--extract/--no-extract", default=True, show_default=True, help="Also crawl with texts made beside.")
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
    robots: bool,
    keep: Path | None,
    json_file: Path | None,
) -> None:
    """Crawl the pages of SEGMENTS from a server on this machine, with Sourcekeep and with wget in turn.

    Exits with 1 when a URL is left without an outcome, or a WARC file is not whole.
    """
    options = Options(concurrency, robots)
    try:
        pages = load_pages(segments)
        with _work_folder(keep) as folder, bench_web(segments, delay_ms) as web:
            results = _rounds(_contenders(pages, web, options, extract=extract), rounds, pages, web, folder)
    except BenchError as error:
        sys.exit(f"error: {error}")
    print_table(results, WGET)
    sound = print_checks(results, pages)
    if json_file:
        settings = {"rounds": rounds, "delay_ms": delay_ms, "pages": len(pages), **asdict(options)}
        json_file.write_text(json.dumps(_figures(settings, results), indent=1) + "\n", encoding="utf-8")
    sys.exit(0 if sound else 1)


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
            crawled = crawl(folder / f"{number}-{who.replace(' ', '')}")
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
