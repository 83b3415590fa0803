"""Crawls in processes of their own, against the mock server."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archive.folder import ArchiveFolder
from archive.ledger.imports import importing
from archive.records import Capture, CitedLink, Incident

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from archive.catalogue.reports import SourceLine
    from mockserver import MockServer

ROOT = Path(__file__).parent.parent.parent
DEADLINE = 60.0
"""Seconds after which a crawl counts as hanging."""
ASYNCIO = ("-s", "TWISTED_REACTOR=twisted.internet.asyncioreactor.AsyncioSelectorReactor")
"""Arguments of a crawl under asyncio, which is what fetches where there is no epoll."""

_PYTHON = (sys.executable, "-W", "error", "-m")
_BUGS = ("Traceback", "ERROR", "Unhandled", "Exception ignored", "never retrieved", "never awaited")

# What the tests' own settings are on top of: no waiting where waiting is not what is tested.
_QUICK = {"delay": 0, "retries": 1, "retry_wait": 0.05, "concurrency": 100, "contact": "https://tests.example/"}


def make_archive(path: Path, urls: Iterable[str], **settings: object) -> ArchiveFolder:
    """Make an archive with one incident that cites *urls*, and *settings* in its sourcekeep.toml."""
    folder = ArchiveFolder.create(path)
    lines = [f"{name} = {_toml(value)}\n" for name, value in {**_QUICK, **settings}.items()]
    folder.settings_path.write_text("".join(lines), encoding="utf-8")
    incident = Incident("1", "test", links=tuple(CitedLink(url) for url in urls))
    with importing(folder) as writer:
        writer.put(incident)
        writer.close({"files": []})
    return folder


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def start_crawl(
    folder: ArchiveFolder,
    server: MockServer,
    *,
    processes: int | None = None,
    resolve: Sequence[str] | None = None,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    limit_file_bytes: int | None = None,
    limit_open_files: str | None = None,
) -> subprocess.Popen[str]:
    """Start `sourcekeep crawl` with so many *processes*, or `scrapy crawl citations`, which is one process alone.

    *resolve* is in place of the rule that sends every host to the server; *limit_open_files* is how `ulimit` is called.
    """
    rules = [server.resolve] if resolve is None else resolve
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    # Names that no rule is for fail at once, also where no name server answers.
    clean |= {"SCRAPY_SETTINGS_MODULE": "crawler.settings", "RES_OPTIONS": "timeout:1 attempts:1"}
    if processes is None:
        command = [*_PYTHON, "scrapy", "crawl", "citations", "-s", f"SOURCEKEEP_ARCHIVE={folder.path}"]
        command += ["-s", f"SOURCEKEEP_RESOLVE={','.join(rules)}"]
    else:
        command = [*_PYTHON, "sourcekeep", "--archive", str(folder.path), "crawl", "--no-extract"]
        command += ["--processes", str(processes), *(word for rule in rules for word in ("--resolve", rule))]
    if limit_file_bytes is not None:  # in blocks of 1,024 bytes, and no signal but an error when it is reached
        command = ["bash", "-c", f'ulimit -f {limit_file_bytes // 1024}; exec "$@"', "bash", *command]
    if limit_open_files is not None:
        command = ["bash", "-c", f'ulimit {limit_open_files}; exec "$@"', "bash", *command]
    return subprocess.Popen(
        [*command, *arguments],
        cwd=ROOT,
        env={**clean, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and not taken leave of; none where it has gone."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []


def is_running(pid: int) -> bool:
    """Tell whether a process is there, and not only its exit code."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def fetchers(pid: int) -> list[int]:
    """Return the processes that fetch for a crawl: forked, by the one that it has started."""
    return [fetcher for server in children(pid) for fetcher in children(server)]


@dataclass(frozen=True, slots=True)
class Crawled:
    """What a crawl left behind."""

    folder: ArchiveFolder
    exit_code: int
    log: str
    """What it wrote to standard error, and behind that the log of its fetching processes, if it has any."""
    sources: Mapping[str, SourceLine]
    """By URL as it was cited."""
    captures: Mapping[str, Sequence[Capture]]

    def traces(self) -> str:
        """Return the first trace of a bug in the log, with the lines around it; nothing when there is none."""
        lines = self.log.splitlines()
        for number, line in enumerate(lines):
            if any(word in line for word in _BUGS):
                return "\n".join(lines[max(0, number - 3) : number + 40])
        return ""


def run_crawl(folder: ArchiveFolder, server: MockServer, **how: object) -> Crawled:
    """Run a crawl to its end; *how* as for `start_crawl`. Raises TimeoutExpired when it hangs."""
    return finish_crawl(folder, start_crawl(folder, server, **how))  # type: ignore[arg-type]  # passed through


def finish_crawl(folder: ArchiveFolder, process: subprocess.Popen[str]) -> Crawled:
    """Wait for a crawl's end."""
    try:
        _, log = process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
        process.communicate()
    log += "".join(path.read_text(encoding="utf-8") for path in sorted(folder.reports_dir.glob("crawl-*.log")))
    with folder.catalogue() as catalogue:
        sources = {line.url: line for line in catalogue.reports.source_lines()}
        captures = {
            url: [capture for _, capture in catalogue.captures.of_source(line.source_id)]
            for url, line in sources.items()
        }
    return Crawled(folder, process.returncode, log, sources, captures)
