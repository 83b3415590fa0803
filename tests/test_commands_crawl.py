"""`sourcekeep crawl` as a person or cron meets it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mockserver import MockServer
from mockserver.crawling import make_archive

from archive.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.folder import ArchiveFolder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    with MockServer(tmp_path_factory.mktemp("server")) as running:
        yield running


def command(folder: ArchiveFolder, *arguments: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "sourcekeep", "--archive", str(folder.path), *arguments]


def crawl(folder: ArchiveFolder, server: MockServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(folder, "crawl", "--resolve", server.resolve, *arguments),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_crawl_tells_what_it_did_and_the_next_one_has_nothing_to_do(tmp_path: Path, server: MockServer) -> None:
    folder = make_archive(
        tmp_path / "archive", ["http://one.example/a", "http://two.example/b", "mailto:x@two.example"]
    )
    first = crawl(folder, server, "--no-extract")
    assert first.returncode == 0, first.stderr
    assert "3 of 3 captured" in first.stdout
    assert "fetched 2, unsupported-scheme 1" in first.stdout
    assert "capturing 3" in first.stderr
    second = crawl(folder, server)
    assert second.returncode == 0
    assert second.stdout.startswith("nothing is due; the next source is due on ")


def test_crawl_makes_texts_beside_it(tmp_path: Path, server: MockServer) -> None:
    folder = make_archive(tmp_path / "archive", ["http://one.example/a"])
    result = crawl(folder, server)
    assert result.returncode == 0, result.stderr
    with folder.catalogue() as catalogue:
        (source,) = catalogue.sources.all()
        assert source.last_capture_id is not None
        assert catalogue.texts.latest(source.last_capture_id) is not None


def test_json_report_is_all_that_stdout_has(tmp_path: Path, server: MockServer) -> None:
    folder = make_archive(tmp_path / "archive", ["http://one.example/a"])
    report = json.loads(crawl(folder, server, "--no-extract", "--json").stdout)
    assert (report["planned"], report["captured"], report["outcomes"]) == (1, 1, {"fetched": 1})
    assert json.loads(crawl(folder, server, "--json").stdout)["planned"] == 0


def test_one_url_or_incident_is_captured_though_not_due(tmp_path: Path, server: MockServer) -> None:
    folder = make_archive(tmp_path / "archive", ["http://one.example/a", "http://two.example/b"])
    crawl(folder, server, "--no-extract")
    by_url = crawl(folder, server, "--no-extract", "--json", "--url", "https://www.one.example/a")
    by_incident = crawl(folder, server, "--no-extract", "--json", "--incident", "1")
    assert json.loads(by_url.stdout)["captured"] == 1
    assert json.loads(by_incident.stdout)["captured"] == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--url", "http://never.example/"], 1, "no incident cites http://never.example/"),
        (["--incident", "nine"], 1, "there is no incident 'nine'"),
        (["--all", "--incident", "1"], 2, "exclude each other"),
        (["--resolve", "one.example:80"], 2, "is not HOST:PORT:ADDRESS"),
        (["--delay", "-1"], 2, "delay must be from 0"),
        (["--delay", "nan"], 2, "delay must be from 0"),
        (["--concurrency", "0"], 2, "concurrency must be from 1"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    tmp_path: Path, server: MockServer, arguments: list[str], code: int, said: str
) -> None:
    folder = make_archive(tmp_path / "archive", ["http://one.example/a"])
    result = crawl(folder, server, *arguments)
    assert (result.returncode, result.stdout) == (code, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_archive_that_is_not_there(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "sourcekeep", "--archive", str(tmp_path / "none"), "crawl"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.startswith("error: there is no archive at ")
    assert not (tmp_path / "none").exists()


def test_setting_that_does_not_exist_is_named(tmp_path: Path, server: MockServer) -> None:
    folder = make_archive(tmp_path / "archive", ["http://one.example/a"])
    folder.settings_path.write_text("deley = 3\n", encoding="utf-8")
    result = crawl(folder, server)
    assert result.returncode == 1
    assert "there is no setting 'deley'" in result.stderr


def start_slow_crawl(folder: ArchiveFolder, server: MockServer) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        command(folder, "crawl", "--no-extract", "--resolve", server.resolve),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not server.exchanges("slow.polite.example"):
        time.sleep(0.05)
    return process


def test_second_crawl_of_an_archive_is_refused_and_ctrl_c_leaves_the_rest_due(
    tmp_path: Path, server: MockServer
) -> None:
    urls = [f"http://slow.polite.example/{number}" for number in range(1, 200)]
    folder = make_archive(tmp_path / "archive", urls, delay=0.2)
    process = start_slow_crawl(folder, server)
    try:
        refused = crawl(folder, server, "--no-extract")
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert refused.returncode == 1
    assert f"another crawl of {folder.path} is under way (process {process.pid})" in refused.stderr
    assert process.returncode == 128 + signal.SIGINT, stderr
    assert "SIGINT: finishing what is under way" in stderr
    assert "stopped" in stdout
    with folder.catalogue() as catalogue:
        lines = list(catalogue.reports.source_lines())
    captured = [line for line in lines if line.outcome]
    assert 0 < len(captured) < len(urls)
    assert {line.outcome for line in captured} == {"fetched"}
    assert not list(folder.warc_dir.glob("*.open"))


def test_files_of_the_folder_one_stands_in_are_not_taken_for_ours(
    tmp_path: Path, server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_archive(tmp_path / "archive", ["http://one.example/a"])
    for name in ("extract.py", "click.py"):
        (tmp_path / name).write_text("raise SystemExit('run by mistake')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    installed = Path(sys.executable).parent / "sourcekeep"
    arguments = ["--archive", str(folder.path), "crawl", "--resolve", server.resolve]
    result = subprocess.run([installed, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, "mistake" in result.stderr) == (0, False), result.stderr
    with folder.catalogue() as catalogue:
        assert catalogue.reports.overview(utc_now()).verdicts


@pytest.mark.parametrize("mistake", ['delay = "x"', "delay = [", "delay = inf"])
def test_mistake_in_the_settings_is_one_sentence(tmp_path: Path, server: MockServer, mistake: str) -> None:
    folder = make_archive(tmp_path / "archive", ["http://one.example/a"])
    folder.settings_path.write_text(mistake, encoding="utf-8")
    result = crawl(folder, server)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert str(folder.settings_path) in result.stderr


def test_closed_output_is_no_failure(tmp_path: Path, server: MockServer) -> None:
    folder = make_archive(tmp_path / "archive", ["http://one.example/a"])
    line = " ".join([*map(shlex.quote, command(folder, "crawl", "--resolve", server.resolve)), ">&- 2>&-"])
    assert subprocess.run(["bash", "-c", line], timeout=60, check=False).returncode == 0
    assert subprocess.run(["bash", "-c", " ".join([*command(folder, "status"), ">&-"])], check=False).returncode == 0
