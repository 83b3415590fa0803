"""`sourcekeep crawl` with several fetching processes: one crawl to whoever looks at it, and polite as one."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import time
from itertools import pairwise
from typing import TYPE_CHECKING
from unittest.mock import Mock, patch

import pytest
from breaking_parts import BUG
from mockserver.crawling import (
    DEADLINE,
    ROOT,
    Crawled,
    children,
    fetchers,
    finish_crawl,
    is_running,
    make_archive,
    start_crawl,
)

from archive.warc_reader import read_record
from crawler.errands import Errand
from crawler.processes.messages import Captured, Ended, Plan, Stop
from sourcekeep.crawl_control import _Crawl
from sourcekeep.fetcher import started

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mockserver import LoggedExchange, MockServer

    from archive.folder import ArchiveFolder
    from crawler.processes.messages import FromProcess, ToProcess

DELAY = 0.2
CLOCKS = 0.05
"""Seconds by which the server, on a busy machine, may see a request later than it was sent."""
SITES = ("onward", "elsewhere")


def start(
    folder: ArchiveFolder, server: MockServer, *arguments: str, limit_file_bytes: int | None = None
) -> subprocess.Popen[str]:
    return start_crawl(folder, server, processes=2, arguments=arguments, limit_file_bytes=limit_file_bytes)


def log_of(folder: ArchiveFolder) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(folder.reports_dir.glob("crawl-*.log")))


def wait_for_rows(folder: ArchiveFolder, count: int, of: str = "") -> None:
    until = time.monotonic() + 30
    with folder.catalogue() as catalogue:
        while sum(line.captures for line in catalogue.reports.source_lines() if of in line.url) < count:
            assert time.monotonic() < until
            time.sleep(0.02)


def slow_pages(name: str, count: int = 30) -> list[str]:
    """Return pages of two sites, each one host and therefore one after the other."""
    return [f"http://{name}.{site}.example/{number}" for site in SITES for number in range(count)]


def assert_evidence_is_whole(crawled: Crawled) -> None:
    assert [path for path in crawled.folder.warc_dir.iterdir() if path.suffix == ".open"] == []
    for captures in crawled.captures.values():
        for capture in captures:
            for place in [capture.place, *(exchange.response for exchange in capture.exchanges)]:
                if place:
                    assert read_record(crawled.folder.warc_dir, place).header("WARC-Record-ID") == place.record_id


def ended(folder: ArchiveFolder) -> Sequence[str]:
    with folder.catalogue() as catalogue:
        last = catalogue.crawls.last()
        assert last
        return [catalogue.crawls.get(number)["ended"] for number in range(1, last["id"] + 1)]


@pytest.fixture(scope="module")
def crawled(mock_server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """Two sites whose pages all lead to the same hosts of a third one."""
    urls = ["http://first.onward.example/to/busy.common.example/first"]
    for site in SITES:
        urls += [f"http://s{number}.{site}.example/to/shared.common.example/{site}/{number}" for number in range(10)]
        # More of the other site: whenever the turn of the first one comes, some of them are still waiting.
        count = 3 if site == "onward" else 16
        urls += [f"http://b{number}.{site}.example/to/busy.common.example/{site}/{number}" for number in range(count)]
        urls += [f"http://own{number}.{site}.example/" for number in range(13)]
    folder = make_archive(tmp_path_factory.mktemp("together") / "archive", urls, delay=DELAY, retries=2)
    return finish_crawl(folder, start(folder, mock_server))


def seen_by(server: MockServer, host: str) -> list[LoggedExchange]:
    return server.exchanges(f"{host}.common.example", robots=True)


def test_crawl_of_two_processes_is_one_crawl(crawled: Crawled) -> None:
    assert crawled.exit_code == 0, crawled.log
    assert {len(captures) for captures in crawled.captures.values()} == {1}
    assert {str(captures[0].outcome) for captures in crawled.captures.values()} == {"fetched"}
    assert ended(crawled.folder) == ["finished"]
    assert len(list(crawled.folder.warc_dir.glob("sourcekeep-*.warc.gz"))) == 1
    assert_evidence_is_whole(crawled)


def test_two_processes_took_part_and_no_bug_shows(crawled: Crawled) -> None:
    log = log_of(crawled.folder)
    assert log.count("Spider opened") == 2
    assert log.count("Spider closed (finished)") == 2
    assert "Traceback" not in log
    assert crawled.traces() == ""


def test_captures_have_their_ids_in_the_order_of_their_records(crawled: Crawled) -> None:
    with crawled.folder.catalogue() as catalogue:
        captures = sorted(
            (number, capture.place.warc_offset)
            for line in catalogue.reports.source_lines()
            for number, capture in catalogue.captures.of_source(line.source_id)
        )
    assert [offset for _, offset in captures] == sorted(offset for _, offset in captures)


@pytest.mark.parametrize("host", ["shared", "busy"])
def test_host_is_asked_one_thing_at_a_time_by_whichever_process(
    crawled: Crawled, mock_server: MockServer, host: str
) -> None:
    assert crawled.captures
    seen = seen_by(mock_server, host)
    assert {each.path.split("/")[1] for each in seen} >= set(SITES)
    for earlier, later in pairwise(seen):
        assert later.started >= earlier.ended, (earlier.path, later.path)
        assert later.started - earlier.started >= DELAY / 2 - CLOCKS, (earlier.path, later.path)


def test_processes_take_turns_with_a_host(crawled: Crawled, mock_server: MockServer) -> None:
    assert crawled.captures
    sites = [each.path.split("/")[1] for each in seen_by(mock_server, "shared")]
    turns = sum(one != other for one, other in pairwise(site for site in sites if site in SITES))
    assert turns > 5


def test_retry_after_holds_every_process_back(crawled: Crawled, mock_server: MockServer) -> None:
    assert crawled.captures
    seen = seen_by(mock_server, "busy")
    (asked,) = [each for each in seen if b"503" in each.sent]
    later = [each for each in seen if each.started > asked.ended and each.path != "/robots.txt"]
    # The retry is of the process that was asked to wait; its other pages may have come before. The other process waits.
    assert {each.path.split("/")[1] for each in later} >= {"first", "elsewhere"}
    for each in later:
        assert each.started - asked.started >= 2 - CLOCKS, each.path


def test_process_that_dies_takes_nothing_of_the_others_along(mock_server: MockServer, tmp_path: Path) -> None:
    urls = slow_pages("dying")
    folder = make_archive(tmp_path / "archive", urls, delay=DELAY)
    process = start(folder, mock_server)
    for site in SITES:
        wait_for_rows(folder, 2, site)
    os.kill(fetchers(process.pid)[0], signal.SIGKILL)
    first = finish_crawl(folder, process)
    assert first.exit_code == 1
    assert "a fetching process died (signal SIGKILL)" in first.log
    assert "Traceback" not in first.log
    assert ended(folder) == ["process-died"]
    assert_evidence_is_whole(first)
    done = {site: sum(len(first.captures[url]) for url in urls if site in url) for site in SITES}
    assert max(done.values()) == 30
    assert 1 <= min(done.values()) < 30

    folder.settings_path.write_text("delay = 0\n", encoding="utf-8")
    second = finish_crawl(folder, start(folder, mock_server))
    assert second.exit_code == 0
    assert {len(captures) for captures in second.captures.values()} == {1}
    assert_evidence_is_whole(second)


def test_fork_server_that_dies_takes_no_process_along(mock_server: MockServer, tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive", slow_pages("unforked", 25), delay=DELAY)
    process = start(folder, mock_server)
    wait_for_rows(folder, 4)
    os.kill(children(process.pid)[0], signal.SIGKILL)
    crawled = finish_crawl(folder, process)
    assert crawled.exit_code == 0, crawled.log
    assert {len(captures) for captures in crawled.captures.values()} == {1}


CRAWL_WITH_A_BUG = """
import sys
from pathlib import Path
from sourcekeep import crawling
settings = {"DOWNLOADER": "breaking_parts.BreakingDownloader", "SOURCEKEEP_RESOLVE": [sys.argv[2]]}
settings["SOURCEKEEP_EXTRACT"] = False
selection = {"all": False, "incident": None, "url": ()}
crawling.run(Path(sys.argv[1]), selection=selection, settings=settings, processes=2, as_json=False)
"""


def test_bug_in_one_process_fails_the_crawl_and_costs_the_others_nothing(
    mock_server: MockServer, tmp_path: Path
) -> None:
    sound = [f"http://h{number}.sound.slow.example/" for number in range(30)]
    broken = [f"http://broken.elsewhere.example/{number}" for number in range(25)]
    folder = make_archive(tmp_path / "archive", [*sound, *broken], concurrency=10)
    first = finish_crawl(
        folder,
        subprocess.Popen(
            [sys.executable, "-c", CRAWL_WITH_A_BUG, folder.path, mock_server.resolve],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ),
    )
    assert first.exit_code == 1
    assert "came upon a bug" in first.log
    assert f"LookupError: {BUG}" in log_of(folder)
    assert log_of(folder).count("a bug ends the crawl") == 1
    assert log_of(folder).count("Spider closed (finished)") == 1
    assert ended(folder) == ["failed"]
    assert [len(first.captures[url]) for url in sound] == [1] * 30
    assert [len(first.captures[url]) for url in broken] == [1] + [0] * 24
    assert_evidence_is_whole(first)

    second = finish_crawl(folder, start(folder, mock_server))
    assert second.exit_code == 0
    assert {len(captures) for captures in second.captures.values()} == {1}


def test_ctrl_c_ends_all_processes_in_order(mock_server: MockServer, tmp_path: Path) -> None:
    urls = slow_pages("interrupted-together")
    folder = make_archive(tmp_path / "archive", urls, delay=0.3)
    process = start(folder, mock_server)
    wait_for_rows(folder, 4)
    fetching = [*children(process.pid), *fetchers(process.pid)]
    assert len(fetching) == 3
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    crawled = finish_crawl(folder, process)
    assert time.monotonic() - started < 6
    assert crawled.exit_code == 128 + signal.SIGINT
    assert ended(folder) == ["shutdown"]
    assert not any(map(is_running, fetching))
    assert_evidence_is_whole(crawled)
    asked = sum(len(mock_server.exchanges(f"interrupted-together.{site}.example")) for site in SITES)
    assert asked - sum(map(len, crawled.captures.values())) <= 1
    assert "Traceback" not in crawled.log


def test_second_ctrl_c_ends_them_at_once_and_keeps_what_was_handed_over(
    mock_server: MockServer, tmp_path: Path
) -> None:
    urls = [*slow_pages("stopped", 25), "http://long.interrupted.example/"]
    folder = make_archive(tmp_path / "archive", urls, delay=0.3)
    process = start(folder, mock_server)
    wait_for_rows(folder, 4)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    crawled = finish_crawl(folder, process)
    assert time.monotonic() - started < 4
    assert crawled.exit_code == 128 + signal.SIGINT
    assert ended(folder) == ["shutdown"]
    assert_evidence_is_whole(crawled)


def test_processes_go_with_the_one_that_started_them(mock_server: MockServer, tmp_path: Path) -> None:
    urls = slow_pages("orphaned", 25)
    folder = make_archive(tmp_path / "archive", urls, delay=DELAY)
    process = start(folder, mock_server)
    wait_for_rows(folder, 4)
    fetching = [*children(process.pid), *fetchers(process.pid)]
    assert len(fetching) == 3
    process.kill()
    process.communicate()
    until = time.monotonic() + 5
    while any(map(is_running, fetching)):
        assert time.monotonic() < until
        time.sleep(0.02)
    folder.settings_path.write_text("delay = 0\n", encoding="utf-8")
    crawled = finish_crawl(folder, start(folder, mock_server))
    assert crawled.exit_code == 0
    assert {len(captures) for captures in crawled.captures.values()} == {1}
    assert_evidence_is_whole(crawled)


def test_full_disk_ends_all_of_it_with_a_clear_error(mock_server: MockServer, tmp_path: Path) -> None:
    urls = ["http://big.interrupted.example/", *slow_pages("full-together", 25)]
    folder = make_archive(tmp_path / "archive", urls, delay=0.2)
    crawled = finish_crawl(folder, start(folder, mock_server, limit_file_bytes=600_000))
    assert crawled.exit_code == 1
    assert "cannot be written" in crawled.log
    assert "Traceback" not in crawled.log
    assert ended(folder) == ["write-failed"]
    assert crawled.captures[urls[0]] == []


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        (["finished", "finished"], "finished"),
        (["finished", "shutdown"], "shutdown"),
        (["shutdown", "write-failed"], "write-failed"),
        (["failed", "finished"], "failed"),
        (["finished", None], "process-died"),
    ],
)
def test_crawl_ended_as_the_process_did_that_the_others_were_stopped_for(
    reasons: Sequence[str | None], expected: str
) -> None:
    group = Mock(all=[Mock(ended=reason and Ended(reason)) for reason in reasons])
    assert _Crawl(Mock(), Mock(), group)._ended() == expected


def test_process_whose_messages_cannot_be_taken_is_let_go_of() -> None:
    fetcher = Mock(ended=None, trouble=OSError(24, "Too many open files"), planned=5, written=2)
    crawl = _Crawl(Mock(), display := Mock(), Mock(all=[fetcher]))
    crawl._gone(fetcher)
    fetcher.hang_up.assert_called_once()
    fetcher.wait.assert_not_called()
    assert "Too many open files" in display.note.call_args[0][0]
    assert "3 sources stay due" in display.note.call_args[0][0]


def test_process_that_is_given_its_plan_behind_ctrl_c_stops() -> None:
    fetcher = Mock()
    crawl = _Crawl(Mock(errands=[], validators={}), Mock(), Mock(all=[fetcher]))

    def begin_behind_it(*_: object) -> None:
        crawl._signalled(signal.SIGINT, None)
        fetcher.say.reset_mock()  # what was said to it before it had begun, it did not hear

    fetcher.begin.side_effect = begin_behind_it
    with patch("sourcekeep.crawl_control.Plan"):
        crawl.begin({}, 16)
    fetcher.say.assert_called_once_with(Stop())


def test_crawl_that_is_under_way_keeps_a_second_one_out(mock_server: MockServer, tmp_path: Path) -> None:
    urls = [*slow_pages("kept-out", 25), "http://kept-out.held.example/"]
    folder = make_archive(tmp_path / "archive", urls, timeout=120)
    first = start(folder, mock_server)
    wait_for_rows(folder, 2)
    _, said = start(folder, mock_server).communicate(timeout=DEADLINE)
    mock_server.let_go("kept-out.held.example")
    assert f"process {first.pid}" in said
    assert "Traceback" not in said
    assert finish_crawl(folder, first).exit_code == 0


def test_few_sources_take_one_process(mock_server: MockServer, tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive", slow_pages("few", 24))
    crawled = finish_crawl(folder, start(folder, mock_server))
    assert crawled.exit_code == 0
    assert log_of(folder).count("Spider opened") == 1


def test_number_of_processes_is_a_setting_too(mock_server: MockServer, tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive", slow_pages("set", 26), processes=1)
    command = [sys.executable, "-m", "sourcekeep", "--archive", str(folder.path), "crawl", "--no-extract"]
    subprocess.run([*command, "--resolve", mock_server.resolve], check=True, capture_output=True, timeout=60)
    assert log_of(folder).count("Spider opened") == 1


def test_crawl_without_standard_streams_hands_nothing_over_in_their_place(
    mock_server: MockServer, tmp_path: Path
) -> None:
    folder = make_archive(tmp_path / "archive", [f"http://h{n}.{site}.example/" for site in SITES for n in range(30)])
    command = [sys.executable, "-m", "sourcekeep", "--archive", str(folder.path), "crawl", "--no-extract"]
    command += ["--processes", "2", "--resolve", mock_server.resolve]
    closed = subprocess.Popen(["bash", "-c", 'exec "$@" <&- >&-', "bash", *command], stderr=subprocess.PIPE, text=True)
    crawled = finish_crawl(folder, closed)
    assert {str(captures[0].outcome) for captures in crawled.captures.values()} == {"fetched"}
    assert "Traceback" not in log_of(folder)


def heard_from_a_process(
    folder: ArchiveFolder, settings: dict[str, object], log: Path, *said: ToProcess
) -> list[FromProcess | None]:
    """Return all that a process says which is told *said* behind its plan."""
    with folder.catalogue() as catalogue:
        errands = [Errand(source) for source in catalogue.sources.all()]
    plan = Plan(1, errands, {}, {"SOURCEKEEP_ARCHIVE": str(folder.path), **settings}, shared=False)
    heard: queue.SimpleQueue[FromProcess | None] = queue.SimpleQueue()
    with started(log) as group:
        group.fork(1)
        (fetcher,) = group.all
        fetcher.begin(plan, lambda _, message: heard.put(message))
        for message in said:
            fetcher.say(message)
        everything = [heard.get(timeout=10)]
        while everything[-1] is not None:
            everything.append(heard.get(timeout=10))
    return everything


def test_process_that_is_told_to_stop_before_it_has_begun_stops(mock_server: MockServer, tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive", slow_pages("early"), delay=DELAY)
    heard = heard_from_a_process(folder, {"SOURCEKEEP_RESOLVE": [mock_server.resolve]}, tmp_path / "log", Stop())
    assert [message for message in heard if isinstance(message, Captured)] == []
    assert [message.reason for message in heard if isinstance(message, Ended)] == ["shutdown"]


def test_process_that_cannot_run_the_crawl_logs_why(tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive", slow_pages("unrun", count=1))
    heard = heard_from_a_process(folder, {"SCHEDULER": "missing.Scheduler"}, tmp_path / "log")
    assert [message.reason for message in heard if isinstance(message, Ended)] == ["failed"]
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert "Traceback" in log
    assert "ModuleNotFoundError: No module named 'missing'" in log


def test_crawl_that_could_not_begin_leaves_no_log(mock_server: MockServer, tmp_path: Path) -> None:
    folder = make_archive(tmp_path / "archive", slow_pages("none", count=1))
    assert finish_crawl(folder, start(folder, mock_server, "--incident", "unknown")).exit_code == 1
    with folder.lock("crawl"):
        assert finish_crawl(folder, start(folder, mock_server)).exit_code == 1
    assert list(folder.reports_dir.glob("crawl-*.log")) == []


def test_crawl_that_may_open_too_few_files_says_so_and_blames_no_host(mock_server: MockServer, tmp_path: Path) -> None:
    urls = [f"http://h{number}.{number}.slow.example/" for number in range(120)]
    folder = make_archive(tmp_path / "archive", urls, concurrency=120)
    command = [sys.executable, "-m", "sourcekeep", "--archive", str(folder.path), "crawl", "--no-extract"]
    command += ["--processes", "1", "--resolve", mock_server.resolve]
    limited = ["bash", "-c", 'ulimit -n 90; exec "$@"', "bash", *command]
    ended = subprocess.run(limited, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1, ended.stderr
    assert "ulimit -n" in ended.stderr
    with folder.catalogue() as catalogue:
        outcomes = {str(line.outcome) for line in catalogue.reports.source_lines()}
    assert outcomes <= {"fetched", "None"}
