"""Who is measured: Sourcekeep, by its own commands, plain Scrapy, and wget."""

from __future__ import annotations

import compileall
import csv
import json
import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.account import Account, account_of
from bench.measure import Run, run
from bench.pages import BenchError, Page, address_of

if TYPE_CHECKING:
    from bench.web import Web

_CHECKOUT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Options:
    """How Sourcekeep crawls here."""

    concurrency: int
    robots: bool
    processes: int = 0
    """That fetch; 0 for as many as a crawl takes by itself."""


@dataclass(frozen=True, slots=True)
class Crawled:
    """What a contender did in one round."""

    run: Run
    warcs: list[Path]
    given: int
    """URLs that it was given."""
    account: Account | None = None
    """None for a contender that records no outcomes."""
    extracts: bool = False
    """Whether it was to make texts."""
    import_seconds: float = 0
    report: dict[str, Any] = field(default_factory=dict)
    """What it said of itself at the end."""
    pages: int | None = None
    """How many pages it fetched, of a contender that keeps none; else they are counted in its WARC files."""
    extract_seconds: float = 0
    """What `sourcekeep extract --all` took on the same archive; 0 when it was not run."""


def compile_checkout() -> None:
    """Compile our packages to bytecode, as an installer does.

    A checkout is compiled by whoever imports it first; where PYTHONDONTWRITEBYTECODE is set it never is, and every
    process of every run would compile it for itself.
    """
    for package in ("archive", "bench", "crawler", "extract", "sourcekeep"):
        compileall.compile_dir(_CHECKOUT / package, quiet=1)


def crawl_with_sourcekeep(pages: list[Page], web: Web, folder: Path, options: Options, *, extract: bool) -> Crawled:
    """Import the URLs into a new archive and crawl it; raises BenchError when a command fails."""
    archive = folder / "archive"
    archive.mkdir(parents=True)
    settings = f"obey_robots = {str(options.robots).lower()}\n"
    (archive / "sourcekeep.toml").write_text(settings, encoding="utf-8")
    _write_csv(folder / "urls.csv", pages)
    env = {**_environment(), "SSL_CERT_FILE": web.trusted}
    command = [sys.executable, "-m", "sourcekeep", "--archive", str(archive)]
    imported = run([*command, "import", str(folder / "urls.csv")], env=env, logs=folder / "import")
    _expect_success("sourcekeep import", imported)
    crawl = [
        *(*command, "crawl", "--delay", "0", "--concurrency", str(options.concurrency), "--json"),
        *("--resolve", f"*:80:127.0.0.1:{web.http}", "--resolve", f"*:443:127.0.0.1:{web.https}"),
        *("--processes", str(options.processes), "--extract" if extract else "--no-extract"),
    ]
    crawled = run(crawl, env=env, logs=folder / "crawl")
    _expect_success("sourcekeep crawl", crawled)
    alone = run([*command, "extract", "--all"], env=env, logs=folder / "extract") if extract else None
    if alone:
        _expect_success("sourcekeep extract", alone)
    return Crawled(
        crawled,
        sorted((archive / "warc").glob("*.warc.gz*")),
        len(pages),
        account_of(archive, pages),
        extract,
        imported.seconds,
        _report(crawled),
        extract_seconds=alone.seconds if alone else 0,
    )


def crawl_with_scrapy(pages: list[Page], web: Web, folder: Path, options: Options, *, trimmed: bool) -> Crawled:
    """Fetch the URLs that can be read with plain Scrapy, which keeps nothing; raises BenchError when it fails."""
    folder.mkdir(parents=True)
    urls = _write_urls(folder / "urls.txt", pages)
    command = [
        *(sys.executable, "-m", "bench.plain_scrapy", str(folder / "urls.txt")),
        *("--resolve", f"*:80:127.0.0.1:{web.http}", "--resolve", f"*:443:127.0.0.1:{web.https}"),
        *("--concurrency", str(options.concurrency), "--robots" if options.robots else "--no-robots"),
        "--trimmed" if trimmed else "--as-it-comes",
    ]
    crawled = run(command, env={**_environment(), "SSL_CERT_FILE": web.trusted}, logs=folder / "crawl")
    _expect_success("bench.plain_scrapy", crawled)
    report = _report(crawled)
    return Crawled(crawled, [], urls, report=report, pages=report["pages"])


def crawl_with_wget(pages: list[Page], web: Web, folder: Path) -> Crawled:
    """Fetch the URLs that wget can read with `wget --warc-file`, through the server as its proxy."""
    folder.mkdir(parents=True)
    urls = folder / "urls.txt"
    given = _write_urls(urls, pages)
    proxy = f"127.0.0.1:{web.http}"
    command = [
        *("wget", "--no-config", "--no-hsts", "--no-verbose", "--tries=1", "--timeout=60"),
        *("--execute=use_proxy=yes", f"--execute=http_proxy={proxy}", f"--execute=https_proxy={proxy}"),
        *(f"--ca-certificate={web.trusted}", "--output-document=/dev/null"),
        *(f"--warc-file={folder / 'wget'}", f"--warc-tempdir={folder}", f"--input-file={urls}"),
    ]
    crawled = run(command, env=_environment(), logs=folder / "crawl")
    return Crawled(crawled, sorted(folder.glob("*.warc.gz")), given)


def has_wget() -> bool:
    """Tell whether wget is installed."""
    return shutil.which("wget") is not None


def _write_urls(file: Path, pages: list[Page]) -> int:
    """Write the URLs that a server can serve, a line each, and return how many they are."""
    readable = [page.url for page in pages if address_of(page.url)]
    file.write_text("".join(f"{url}\n" for url in readable), encoding="utf-8")
    return len(readable)


def _write_csv(file: Path, pages: list[Page]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "url"])
        writer.writerows([page.id, page.url] for page in pages)


def _environment() -> dict[str, str]:
    """Return this process's environment without the proxies that would send the contenders elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, "LC_ALL": "C.UTF-8"}


def _expect_success(name: str, ended: Run) -> None:
    if ended.exit_code:
        said = ended.errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
        raise BenchError(f"`{name}` ended with exit code {ended.exit_code}: {' / '.join(said) or 'no message'}")


def _report(crawled: Run) -> dict[str, Any]:
    try:
        report: dict[str, Any] = json.loads(crawled.output)
    except json.JSONDecodeError as error:
        raise BenchError(f"the crawl printed no JSON: {error}") from error
    return report
