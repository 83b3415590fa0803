"""`python -m bench.crawl`, end to end on a small folder of pages, and how it measures."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bench_pages import SERVED, URLS, write_segments

from bench.contenders import has_wget
from bench.measure import run

ROOT = Path(__file__).resolve().parents[1]
MIB = 1024 * 1024


def bench(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench.crawl", *map(str, arguments)]
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("bench")
    segments = write_segments(folder / "segments")
    ended = bench(
        segments, "--rounds", 1, "--pages-each", 1, "--keep", folder / "kept", "--json", folder / "figures.json"
    )
    assert ended.returncode == 0, ended.stderr
    assert f"{len(URLS)} of {len(URLS)} URLs have an outcome" in ended.stdout
    read: dict[str, Any] = json.loads((folder / "figures.json").read_text())
    assert list((folder / "kept").glob("1-sourcekeep*/archive/catalogue.db"))
    return read


def test_every_url_has_an_outcome_and_every_served_page_is_exact(figures: dict[str, Any]) -> None:
    fetch_only, ours = figures["runs"][:2]
    assert (fetch_only["who"], ours["who"]) == ("sourcekeep --no-extract", "sourcekeep")
    assert fetch_only["account"]["outcomes"] == ours["account"]["outcomes"]
    assert (fetch_only["account"]["verdicts"], sum(ours["account"]["verdicts"].values())) == ({}, len(SERVED))
    assert ours["account"]["outcomes"] == {"fetched": len(SERVED), "unsupported-scheme": 1}
    assert ours["account"]["failures"] == {"unsupported-scheme": ["hard::weir.example.html"]}
    assert (ours["pages"], ours["pages_exact"], ours["problems"]) == (len(SERVED), len(SERVED), [])


def test_time_memory_and_bytes_are_measured(figures: dict[str, Any]) -> None:
    ours = figures["runs"][0]
    assert ours["seconds"] > 0.1
    assert ours["cpu_seconds"] > 0.1
    assert ours["peak_mib"] > 20
    assert ours["warc_bytes"] > 1000


@pytest.mark.skipif(not has_wget(), reason="wget is not installed")
def test_wget_gets_the_urls_that_it_can_read(figures: dict[str, Any]) -> None:
    wget = figures["runs"][2]
    assert (wget["who"], wget["urls_given"], wget["pages"], wget["pages_exact"]) == ("wget", 4, 4, 4)


def test_without_wget_the_bench_says_so_and_prints_our_side(tmp_path: Path) -> None:
    segments = write_segments(tmp_path / "segments", {"ferry": URLS["ferry"]})
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "gzip").symlink_to(shutil.which("gzip") or "")
    ended = bench(segments, "--rounds", 1, "--pages-each", 3, "--no-extract", PATH=str(tools))
    assert ended.returncode == 0, ended.stderr
    assert "wget is not installed" in ended.stderr
    assert "3 of 3 URLs have an outcome: fetched 3" in ended.stdout


def test_missing_folder_is_one_sentence_and_exit_1(tmp_path: Path) -> None:
    ended = bench(tmp_path / "nothing")
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: ")
    assert ended.stderr.count("\n") == 1
    assert "no folder of bench pages" in ended.stderr


def test_folder_that_is_in_use_is_not_written_to(tmp_path: Path) -> None:
    segments = write_segments(tmp_path / "segments")
    ended = bench(segments, "--keep", segments)
    assert (ended.returncode, "is not an empty folder" in ended.stderr) == (1, True)


def test_peak_memory_is_the_programs_own_and_counts_its_children(tmp_path: Path) -> None:
    held = bytes(300 * MIB)  # the peak of who measures is not the peak of what is measured
    hold = "b = bytearray({} * 2**20); b[::4096] = b'x' * len(b[::4096])"
    child = f"import time; {hold.format(60)}; time.sleep(0.5)"
    parent = f"import subprocess, sys; {hold.format(20)}; subprocess.run([sys.executable, '-c', {child!r}])"
    ended = run([sys.executable, "-c", parent], env=os.environ, logs=tmp_path / "log")
    del held
    assert ended.exit_code == 0
    assert 60 < ended.peak_mib < 100
    assert 80 < ended.peak_sum_mib < 160


def test_exit_code_and_output_are_kept(tmp_path: Path) -> None:
    script = "import sys; print('out'); sys.stderr.write('err'); sys.exit(3)"
    ended = run([sys.executable, "-c", script], env=os.environ, logs=tmp_path / "log")
    assert (ended.exit_code, ended.output, ended.errors.read_text()) == (3, "out\n", "err")
