"""Bodies that are larger than memory should be: kept to the last byte, and the crawl stays small.

Small is what all processes of the crawl have in memory together: `sourcekeep crawl` is one that writes, and those that
fetch, which hand over the files that bodies lie in.
"""

from __future__ import annotations

import base64
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastwarc.warc import ArchiveIterator
from judging_warcs import check_by_all
from mockserver.crawling import Crawled, children, fetchers, finish_crawl, make_archive, run_crawl, start_crawl
from mockserver.large import MEBIBYTE, NOISE

from archive.warc_record import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockserver import MockServer

ROOM = 40 * MEBIBYTE
"""What a body of any size may cost beside what a small page does: buffers, and the preview that Scrapy gets."""

URLS = [
    "http://noise.large.example/64",
    "http://chunked.large.example/66",
    "http://one-chunk.large.example/64",
    "http://until-close.large.example/67",
    "https://noise.large.example/65",
    "http://bomb.large.example/8",
]


@dataclass(frozen=True, slots=True)
class Kept:
    """A response record, as another reader finds it."""

    headers: Mapping[str, str]
    length: int
    digest: str


def kept(crawled: Crawled) -> dict[str, Kept]:
    """Return the response records by their URL, read in pieces."""
    found = {}
    for path in crawled.folder.warc_dir.glob("*.gz"):
        for record in ArchiveIterator(str(path), parse_http=False, fsspec_args=False):
            headers = dict(record.headers)
            if headers["WARC-Type"] == "response":
                length, sha = 0, sha256()
                while piece := record.reader.read(MEBIBYTE):
                    length += len(piece)
                    sha.update(piece)
                digest = "sha256:" + base64.b32encode(sha.digest()).decode("ascii")
                found[headers["WARC-Target-URI"]] = Kept(headers, length, digest)
    return found


def reaching(server: MockServer) -> dict[str, Any]:
    """Return how a crawl finds the server, with TLS too."""
    rules = [server.resolve, f"*:443:127.0.0.1:{server.ports['good']}"]
    return {"resolve": rules, "environment": {"SSL_CERT_FILE": str(server.authority)}}


def peak_of_crawl(
    server: MockServer, path: Path, urls: Sequence[str], *, max_bytes: int = 2 * 10**9, processes: int | None = 1
) -> tuple[Crawled, int]:
    """Crawl *urls*, and return the sum of the most bytes that each of its processes had in memory at once."""
    folder = make_archive(path, urls, max_bytes=max_bytes, timeout=120, retries=0)
    process = start_crawl(folder, server, processes=processes, **reaching(server))
    peaks: Counter[int] = Counter()
    while process.poll() is None:
        for pid in (process.pid, *children(process.pid), *fetchers(process.pid)):
            # The kernel keeps the mark, so that nothing between two looks is missed.
            peaks[pid] = max(peaks[pid], _mark(pid))
        time.sleep(0.01)
    return finish_crawl(folder, process), peaks.total()


def _mark(pid: int) -> int:
    """Return the most bytes that a process had in memory; 0 where it has gone."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    return 0


@pytest.fixture(scope="module")
def peak_of_small_page(mock_server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> int:
    """What the processes of a crawl of one small page have in memory: of one that fetches and one that writes."""
    path, url = tmp_path_factory.mktemp("small") / "archive", "http://small.example/"
    crawled, peak = peak_of_crawl(mock_server, path, [url])
    assert crawled.captures[url][0].outcome == "fetched"
    return peak


@pytest.fixture(scope="module")
def crawled(mock_server: MockServer, tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    folder = make_archive(tmp_path_factory.mktemp("large") / "archive", URLS, timeout=120)
    return run_crawl(folder, mock_server, processes=1, **reaching(mock_server))


@pytest.fixture(scope="module")
def records(crawled: Crawled) -> dict[str, Kept]:
    return kept(crawled)


@pytest.mark.parametrize("url", URLS)
def test_large_body_is_kept_to_the_last_byte(
    crawled: Crawled, records: Mapping[str, Kept], mock_server: MockServer, url: str
) -> None:
    (capture,) = crawled.captures[url]
    assert (capture.outcome, len(capture.exchanges)) == ("fetched", 1), capture.error
    (seen,) = [each for each in mock_server.exchanges(url.split("/")[2]) if each.path == "/" + url.rpartition("/")[2]]
    record = records[url]
    assert (record.length, record.digest) == (seen.sent_length, seen.sent_digest)
    assert record.headers["WARC-Block-Digest"] == seen.sent_digest
    assert "WARC-Truncated" not in record.headers
    assert capture.bytes == seen.sent_length


def test_payload_digest_of_a_large_chunked_body_is_without_its_chunks(records: Mapping[str, Kept]) -> None:
    record = records["http://chunked.large.example/66"]
    assert record.headers["WARC-Payload-Digest"] == digest_of([NOISE] * 66)


def test_judges_find_every_record_right(crawled: Crawled) -> None:
    check_by_all(crawled.folder, responses=len(URLS))


def test_log_has_no_trace_of_a_bug(crawled: Crawled) -> None:
    assert crawled.traces() == ""


@pytest.mark.parametrize(
    "url", ["http://pattern.large.example/200", "https://noise.large.example/100", "http://bomb.large.example/30"]
)
def test_memory_stays_flat_for_a_large_body(
    mock_server: MockServer, tmp_path: Path, peak_of_small_page: int, url: str
) -> None:
    crawled, peak = peak_of_crawl(mock_server, tmp_path / "archive", [url])
    assert crawled.captures[url][0].outcome == "fetched"
    assert kept(crawled)[url].length > 100 * MEBIBYTE or "bomb" in url
    assert peak < peak_of_small_page + ROOM


def test_memory_stays_flat_for_a_body_beyond_the_limit_and_for_one_cut_short(
    mock_server: MockServer, tmp_path: Path, peak_of_small_page: int
) -> None:
    urls = ["http://one-chunk.large.example/90", "http://reset.large.example/66"]
    crawled, peak = peak_of_crawl(mock_server, tmp_path / "archive", urls, max_bytes=70 * MEBIBYTE)
    assert [crawled.captures[url][0].outcome for url in urls] == ["too-large", "truncated"]
    records = kept(crawled)
    assert [records[url].headers["WARC-Truncated"] for url in urls] == ["length", "disconnect"]
    assert 70 * MEBIBYTE < records[urls[0]].length < 72 * MEBIBYTE
    assert records[urls[1]].length > 66 * MEBIBYTE
    assert peak < peak_of_small_page + ROOM


def test_how_a_long_page_and_a_long_robots_txt_begin_is_obeyed(mock_server: MockServer, tmp_path: Path) -> None:
    """Both are of more bytes, once decoded, than Scrapy gets to see."""
    urls = ["http://long.example/refreshing", "http://long.example/private"]
    crawled = run_crawl(make_archive(tmp_path / "archive", urls), mock_server)
    refreshed, private = (crawled.captures[url][0] for url in urls)
    assert (refreshed.outcome, refreshed.final_url) == ("fetched", "http://long.example/end")
    assert private.outcome == "robots-denied"


def test_where_scrapy_stops_to_see_a_page_does_not_change_what_it_is_encoded_in(
    mock_server: MockServer, tmp_path: Path
) -> None:
    """In one of the two pages the preview ends within a character."""
    urls = ["http://long.example/undeclared/even", "http://long.example/undeclared/odd"]
    crawled = run_crawl(make_archive(tmp_path / "archive", urls), mock_server)
    assert [crawled.captures[url][0].final_url for url in urls] == ["http://long.example/gr%C3%B6%C3%9Fe"] * 2


def test_body_lies_in_the_folder_for_temporary_files_while_it_comes(mock_server: MockServer, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    folder = make_archive(tmp_path / "archive", ["http://reset.large.example/4"], timeout=120, retries=0)
    process = start_crawl(folder, mock_server, environment={"TMPDIR": str(temporary)})
    opened = set()
    while process.poll() is None:
        with suppress(OSError):  # what is looked at may be closed by now, and the process may have ended
            for descriptor in Path(f"/proc/{process.pid}/fd").iterdir():
                opened.add(descriptor.readlink().parent)
    crawled = finish_crawl(folder, process)
    assert crawled.captures["http://reset.large.example/4"][0].outcome == "truncated"
    assert temporary in opened
    assert list(temporary.iterdir()) == []


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["pattern", "one-chunk", "noise"])
def test_memory_stays_flat_for_a_body_of_a_gigabyte(
    mock_server: MockServer,
    tmp_path: Path,
    peak_of_small_page: int,
    kind: str,
) -> None:
    url = f"http://{kind}.large.example/1000"
    crawled, peak = peak_of_crawl(mock_server, tmp_path / "archive", [url])
    over = (peak - peak_of_small_page) // MEBIBYTE
    print(f"{kind}: a body of 1,000 MiB takes {over} MiB more memory than a small page")  # noqa: T201  # see make soak
    (seen,) = [each for each in mock_server.exchanges(f"{kind}.large.example") if each.path == "/1000"]
    record = kept(crawled)[url]
    assert (record.length, record.digest) == (seen.sent_length, seen.sent_digest)
    assert peak < peak_of_small_page + ROOM
