"""Messages between processes: captures with all that they hold, large wires as open files, and an end that is seen."""

from __future__ import annotations

import errno
import os
import queue
import resource
import socket
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, cast

import pytest

from archive.drafts import CaptureDraft, RecordedExchange
from archive.errors import CaptureRefusedError
from archive.records import Source
from archive.words import Health, Outcome, Purpose
from crawler.errands import Errand
from crawler.processes.channel import Channel
from crawler.processes.messages import Captured, Ended, Refused, Written
from crawler.processes.remote_store import RemoteStore
from crawler.processes.shares import divide, processes_for

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL, LARGE = b"small " * 10, os.urandom(3_000_000)


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Channel(ours), Channel(theirs), ours


def stream(content: bytes) -> IO[bytes]:
    spooled = SpooledTemporaryFile(max_size=1024 * 1024)  # noqa: SIM115  # the channel's to close
    spooled.write(content)
    return cast("IO[bytes]", spooled)


def draft(*received: bytes) -> CaptureDraft:
    exchanges = [
        RecordedExchange("http://a.example/", Purpose.PAGE, "2026-01-01T00:00:00Z", stream(b"GET"), stream(body))
        for body in received
    ]
    return CaptureDraft(7, "http://a.example/", "2026", Outcome.FETCHED, "2026", exchanges=exchanges)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_capture_arrives_with_its_wire(ends: tuple[Channel, Channel, socket.socket]) -> None:
    sender, receiver, _ = ends
    sent = draft(SMALL, LARGE, b"")
    ids = [exchange.response_id for exchange in sent.exchanges]
    sender.post(Captured(3, sent))
    message = receiver.receive()
    assert (message.number, message.draft.source_id, message.draft.outcome) == (3, 7, Outcome.FETCHED)
    assert [exchange.response_id for exchange in message.draft.exchanges] == ids
    for exchange, body in zip(message.draft.exchanges, (SMALL, LARGE, b""), strict=True):
        exchange.received.seek(0)
        assert exchange.received.read() == body
        exchange.close()
    sender.close()
    assert all(exchange.received.closed for exchange in sent.exchanges)  # they were given away


def test_more_open_files_than_go_at_once(ends: tuple[Channel, Channel, socket.socket]) -> None:
    sender, receiver, _ = ends
    sender.post(Captured(1, draft(*[LARGE[:1_100_000]] * 150)))
    exchanges = receiver.receive().draft.exchanges
    assert len(exchanges) == 150
    for exchange in exchanges:
        exchange.received.seek(0)
        assert exchange.received.read(5) == LARGE[:5]
        exchange.close()


def test_large_wire_leaves_no_open_file_behind_when_the_other_end_dies(
    ends: tuple[Channel, Channel, socket.socket],
) -> None:
    sender, receiver, connection = ends
    before = open_files()
    body = stream(LARGE)
    connection.sendall((5000).to_bytes(8) + (1).to_bytes(4))  # a message that is cut off behind its file
    socket.send_fds(connection, [b"\0"], [body.fileno()])
    connection.shutdown(socket.SHUT_WR)
    assert receiver.receive() is None
    body.close()
    assert open_files() == before
    sender.close()


def test_order_is_kept_and_the_end_is_seen(ends: tuple[Channel, Channel, socket.socket]) -> None:
    sender, receiver, _ = ends
    heard: queue.Queue[Any] = queue.Queue()
    receiver.listen(heard.put, lambda: heard.put("end"))
    for number in range(500):
        sender.post(Written(number, None))
    sender.post(Ended("finished"))
    sender.close()
    assert [heard.get(timeout=10).number for _ in range(500)] == list(range(500))
    assert heard.get(timeout=10) == Ended("finished")
    assert heard.get(timeout=10) == "end"


def test_message_that_cannot_be_taken_is_logged_before_the_end_is_told(
    ends: tuple[Channel, Channel, socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    sender, receiver, _ = ends
    sender.post(Written(1, 1))
    logged: queue.SimpleQueue[str] = queue.SimpleQueue()
    store = RemoteStore(receiver, 1)  # to which no capture was handed over
    receiver.listen(store.heard, on_end=lambda: logged.put(caplog.text))
    assert "KeyError: 1" in logged.get(timeout=10)


def test_store_at_the_other_end_settles_each_capture(ends: tuple[Channel, Channel, socket.socket]) -> None:
    sender, receiver, _ = ends
    store = RemoteStore(sender, 4)
    sender.listen(store.heard, lambda: None)
    first, second = store.submit(draft(SMALL)), store.submit(draft(SMALL))
    numbers = [receiver.receive().number for _ in range(2)]
    receiver.post(Refused(numbers[1], CaptureRefusedError("no")))
    receiver.post(Written(numbers[0], 12))
    assert first.result(timeout=10) == 12
    assert isinstance(second.exception(timeout=10), CaptureRefusedError)


def errands(*sites: str) -> list[Errand]:
    return [errand(number, f"www.{site}", site) for number, site in enumerate(sites)]


def errand(number: int, host: str | None, site: str | None) -> Errand:
    url = f"https://{host}/{number}"
    return Errand(Source(number, url, f"{number}", host, site, Health.UNCHECKED, None, None, None))


def test_sites_are_divided_whole_and_evenly() -> None:
    cited = errands(*"aaaaaabbbccd")
    first, second = divide(cited, 2)
    assert {each.site for each in first} == {"a"}
    assert {each.site for each in second} == {"b", "c", "d"}
    assert [each.source.id for each in second] == sorted(each.source.id for each in second)


def test_sources_without_a_site_go_anywhere_and_none_is_lost() -> None:
    cited = [*errands("a", "b"), errand(8, None, None), errand(9, "localhost", None)]
    divided = divide(cited, 3)
    assert sorted(each.source.id for share in divided for each in share) == [0, 1, 8, 9]
    assert len(divide(cited, 9)) == 9


@pytest.mark.parametrize(
    ("count", "wanted", "processors", "expected"),
    [
        (49, 0, 8, 1),
        (50, 0, 8, 2),
        (5000, 0, 2, 2),
        (5000, 0, 64, 4),
        (5000, 0, None, 1),
        (5000, 9, 2, 9),
        (60, 9, 2, 2),
        (5000, 1, 8, 1),
        (1, 8, 8, 1),
    ],
)
def test_number_of_processes(count: int, wanted: int, processors: int | None, expected: int) -> None:
    assert processes_for(count, wanted, processors) == expected


def test_files_for_which_there_is_no_room_end_the_channel_and_are_not_waited_for(
    ends: tuple[Channel, Channel, socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    sender, receiver, _ = ends
    sent = [Captured(number, draft(LARGE)) for number in range(3)]
    before = open_files()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        for message in sent:
            sender.post(message)
        assert receiver.receive() is None
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert open_files() <= before
    assert os.strerror(errno.EMFILE) in caplog.text
    assert receiver.trouble
    assert receiver.trouble.errno == errno.EMFILE
