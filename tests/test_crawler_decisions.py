"""What the crawler decides without a network: outcomes, retries, what can be fetched, what is due."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    UnsupportedURLSchemeError,
)
from service_identity import VerificationError
from twisted.internet import error as connection
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed

from archive.catalogue import Catalogue
from archive.drafts import RecordedExchange
from archive.errors import ArchiveError
from archive.records import CitedLink, Incident
from archive.urls import url_key
from archive.words import Outcome, Purpose
from crawler.connect import NameLookupError
from crawler.frontier import Selection
from crawler.guard import AddressForbiddenError
from crawler.outcomes import (
    HostClosedError,
    RedirectLoopError,
    RobotsDeniedError,
    fetchable,
    is_passing,
    outcome_of_error,
    outcome_of_status,
    own_failure,
)
from crawler.retries import back_off, retry_after

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def exchange(**changes: Any) -> RecordedExchange:
    return RecordedExchange("http://a/", Purpose.PAGE, "", io.BytesIO(b"GET"), io.BytesIO(), ip="192.0.2.1", **changes)


def wrapped(inner: Exception) -> Exception:
    """Return *inner* as Scrapy gives it: inside Twisted's list of reasons, behind an error of its own."""
    outer = DownloadFailedError("failed")
    outer.__cause__ = ResponseFailed([Failure(inner)])
    return outer


# Outcomes


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "fetched"), (204, "fetched"), (206, "truncated"), (299, "fetched")]
    + [(status, "http-error") for status in (101, 199, 300, 302, 304, 305, 400, 404, 410, 451, 500, 503, 600, 999)],
)
def test_outcome_of_a_status(status: int, outcome: str) -> None:
    assert outcome_of_status(status, conditional=False) == outcome
    assert outcome_of_status(status, conditional=True) == ("not-modified" if status == 304 else outcome)


OUTCOMES = [
    (RobotsDeniedError("no", {"rule": "robots-disallow"}), Outcome.ROBOTS_DENIED),
    (RedirectLoopError("20"), Outcome.REDIRECT_LOOP),
    (HostClosedError("tomorrow"), Outcome.HTTP_ERROR),
    (AddressForbiddenError("10.0.0.1"), Outcome.ADDRESS_FORBIDDEN),
    (NameLookupError("a", passing=True), Outcome.DNS_FAILED),
    (CannotResolveHostError("a"), Outcome.DNS_FAILED),
    (connection.DNSLookupError("a"), Outcome.DNS_FAILED),
    (UnsupportedURLSchemeError("ftp"), Outcome.UNSUPPORTED_SCHEME),
    (DownloadTimeoutError("60 s"), Outcome.TIMEOUT),
    (connection.TCPTimedOutError(), Outcome.TIMEOUT),
    (wrapped(SSL.Error([("SSL routines", "", "certificate verify failed")])), Outcome.TLS_FAILED),
    (wrapped(VerificationError(errors=[])), Outcome.TLS_FAILED),
    (DownloadCancelledError("too large"), Outcome.TOO_LARGE),
    (DownloadConnectionRefusedError("111"), Outcome.REFUSED),
    (connection.NoRouteError(), Outcome.REFUSED),
    (wrapped(connection.ConnectionLost()), Outcome.RESET),
    (wrapped(ValueError("what the server sent makes no sense")), Outcome.RESET),
    (ValueError("a bug"), Outcome.RESET),
    (RuntimeError("another bug"), Outcome.RESET),
]


@pytest.mark.parametrize(("error", "outcome"), OUTCOMES, ids=lambda value: type(value).__name__)
def test_outcome_of_an_error(error: Exception, outcome: Outcome) -> None:
    assert outcome_of_error(error, exchange()) is outcome


@pytest.mark.parametrize(
    "error",
    [
        connection.ConnectBindError(24, "Too many open files"),
        connection.ConnectError(105, "No buffer space available"),
        OSError(24, "Too many open files"),
        wrapped(OSError(12, "Cannot allocate memory")),
    ],
)
def test_what_this_machine_refuses_is_no_outcome_of_a_source(error: Exception) -> None:
    own = own_failure(error)
    assert isinstance(own, ArchiveError)
    assert "ulimit -n" in str(own)


@pytest.mark.parametrize(
    "error", [connection.ConnectionRefusedError(111, "Connection refused"), OSError(113, "No route")]
)
def test_what_a_host_refuses_is_its_outcome(error: Exception) -> None:
    assert own_failure(error) is None


def test_error_behind_a_response_leaves_the_outcome_to_the_wire() -> None:
    error = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "odd")
    assert outcome_of_error(error, exchange(http_status=200)) is Outcome.FETCHED
    assert outcome_of_error(error, exchange(http_status=404)) is Outcome.HTTP_ERROR
    assert outcome_of_error(error, exchange(http_status=200, truncated="disconnect")) is Outcome.TRUNCATED


def test_url_is_invalid_only_when_nothing_was_sent_for_it() -> None:
    assert outcome_of_error(UnicodeError("label too long"), None) is Outcome.INVALID_URL
    assert outcome_of_error(UnicodeError("label too long"), exchange()) is not Outcome.INVALID_URL


@pytest.mark.parametrize(
    ("outcome", "status", "passing"),
    [
        (Outcome.FETCHED, 200, False),
        (Outcome.HTTP_ERROR, 404, False),
        (Outcome.HTTP_ERROR, 410, False),
        (Outcome.HTTP_ERROR, 429, True),
        (Outcome.HTTP_ERROR, 503, True),
        (Outcome.HTTP_ERROR, 501, False),
        (Outcome.TIMEOUT, None, True),
        (Outcome.RESET, None, True),
        (Outcome.REFUSED, None, True),
        (Outcome.TRUNCATED, 200, True),
        (Outcome.TOO_LARGE, 200, False),
        (Outcome.TLS_FAILED, None, False),
        (Outcome.REDIRECT_LOOP, 302, False),
        (Outcome.ADDRESS_FORBIDDEN, None, False),
        (Outcome.INVALID_URL, None, False),
    ],
)
def test_which_failures_pass(outcome: Outcome, status: int | None, passing: bool) -> None:
    assert is_passing(None, outcome, status) is passing


def test_name_that_is_not_there_does_not_come_back_but_a_silent_name_server_does() -> None:
    assert is_passing(NameLookupError("a", passing=True), Outcome.DNS_FAILED, None)
    assert not is_passing(NameLookupError("a", passing=False), Outcome.DNS_FAILED, None)


def test_host_that_asked_for_more_than_the_crawl_waits_is_left_alone() -> None:
    assert not is_passing(HostClosedError("tomorrow"), Outcome.HTTP_ERROR, 503)


def test_robots_denial_holds_and_an_unreachable_robots_txt_may_pass() -> None:
    denied = RobotsDeniedError("no", {"rule": "robots-disallow"})
    down = RobotsDeniedError("503", {"rule": "robots-unreachable"})
    assert not is_passing(denied, Outcome.ROBOTS_DENIED, None)
    assert is_passing(down, Outcome.ROBOTS_DENIED, None)


# Retries


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("  7 ", 7),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 13:00:30 +0100", 30),
        ("Monday, 23-Nov-26 12:00:30 GMT", 30),
        ("Mon Nov 23 12:00:30 2026", 30),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("9" * 5000, 10**9),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str, seconds: float) -> None:
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "soon",
        "-5",
        "1.5",
        "+3",
        "²",
        "1e3",
        "Mon, 99 Nov 2026 12:00:30 GMT",
        "23 Nov 99999 12:00:00 GMT",
        "Mon, 23 Nov 2026 12:00:30 +99999999999",
        "Mon, 23 Nov 2026 12:00:30 +9999",
        "Mon, 23 Nov 2026 99:99:99 GMT",
        "\x00",
        ",",
        ", ,",
        "GMT",
    ],
)
def test_retry_after_that_is_neither_asks_for_nothing(value: str | None) -> None:
    assert retry_after(value, NOW) is None


@given(st.one_of(st.text(max_size=40), st.text(alphabet="Mon, 23Nov2601:GMT+-", max_size=40)))
def test_any_retry_after_is_read(value: str) -> None:
    seconds = retry_after(value, NOW)
    assert seconds is None or seconds >= 0


@given(st.datetimes(timezones=st.builds(timezone, st.integers(-12, 14).map(lambda hours: timedelta(hours=hours)))))
def test_any_date_is_read(moment: datetime) -> None:
    seconds = retry_after(format_datetime(moment), NOW)
    expected = max(0.0, (moment.replace(microsecond=0) - NOW).total_seconds())
    assert seconds == expected or moment.year < 1000


def test_waits_double_give_or_take_a_quarter() -> None:
    for attempt, wait in [(1, 5.0), (2, 10.0), (3, 20.0)]:
        waits = [back_off(attempt, 5.0) for _ in range(200)]
        assert wait * 0.75 <= min(waits) < wait < max(waits) <= wait * 1.25


def test_wait_has_an_end_however_often_was_tried() -> None:
    assert back_off(100, 5.0) <= 24 * 3600


# What can be fetched


@pytest.mark.parametrize(
    ("cited", "url"),
    [
        ("http://a.example/", "http://a.example/"),
        ("  https://a.example/x?y#z \n", "https://a.example/x?y#z"),
        ("HTTP://A.Example/", "HTTP://A.Example/"),
        ("www.a.example/x", "http://www.a.example/x"),
        ("WWW.a.example", "http://WWW.a.example"),
        ("http://münchen.example/straße", "http://münchen.example/straße"),
        ("http://a_b.example/", "http://a_b.example/"),
        ("http://a.example./", "http://a.example./"),
        ("http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080/"),
        ("http://user:pass@a.example/", "http://user:pass@a.example/"),
        ("http://a.example:8080", "http://a.example:8080"),
        ("\ufeffhttp://a.example/", "http://a.example/"),
        ("http://a.example/\u200b", "http://a.example/"),
        ("\u00a0http://a.example/\u00a0", "http://a.example/"),
        ("http://a.example/long\npath", "http://a.example/longpath"),
    ],
)
def test_url_is_fetched_as_browsers_read_it(cited: str, url: str) -> None:
    assert fetchable(cited) == (url, None)


@pytest.mark.parametrize(
    "cited",
    [
        "",
        "   ",
        "nonsense",
        "/path",
        "//a.example/",
        "a.example/x",
        "http:",
        "http:///",
        "http://",
        "http://:80/",
        "http://:bad",
        "http://a.example:port/",
        "http://a.example:99999/",
        "http://[::1/",
        "http://[x]/",
        "http://..",
        "http://a..b/",
        "http://a b.example/",
        "http://a\x00b/",
        "http://" + "a" * 64 + ".example/",
        "http://" + "a." * 130 + "example/",
        "http://a%20b/",
        "http://,/",
        "http://<a>.example/",
        "1http://a.example/",
    ],
)
def test_what_is_no_url_is_said_to_be_none(cited: str) -> None:
    outcome, reason = fetchable(cited)
    assert outcome is Outcome.INVALID_URL
    assert reason


@pytest.mark.parametrize(
    "cited",
    [
        "mailto:a@b.example",
        "ftp://a.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "chrome-extension://x/y",
        "urn:isbn:1",
        "tel:+1",
    ],
)
def test_other_schemes_are_not_fetched(cited: str) -> None:
    outcome, reason = fetchable(cited)
    assert outcome is Outcome.UNSUPPORTED_SCHEME
    assert reason
    assert reason.startswith(cited.partition(":")[0])


@given(
    st.one_of(
        st.text(), st.text().map("http://".__add__), st.text(alphabet="ab.:/@[]%? é\x00東").map("http://".__add__)
    )
)
def test_any_citation_is_a_url_or_has_an_outcome(cited: str) -> None:
    url, reason = fetchable(cited)
    if isinstance(url, Outcome):
        assert reason
    else:
        assert reason is None
        assert url_key(url) == url_key(cited)


# Which sources


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with Catalogue(tmp_path / "catalogue.db") as opened:
        with opened.transaction():
            for name, links in (("1", "ab"), ("2", "ba"), ("3", "")):
                cited = tuple(CitedLink(f"http://{letter}.example/") for letter in links)
                opened.incidents.put(Incident(name, "test", links=cited))
        yield opened


@pytest.mark.parametrize(
    ("selection", "hosts", "trigger"),
    [
        (Selection(), "ab", "due"),
        (Selection(all=True), "ab", "all"),
        (Selection(incident="2"), "ba", "incident"),
        (Selection(incident="3"), "", "incident"),
        (Selection(urls=("https://www.b.example", "http://b.example/#x")), "b", "url"),
    ],
)
def test_selection_takes_what_was_asked_for(
    catalogue: Catalogue, selection: Selection, hosts: str, trigger: str
) -> None:
    assert "".join((source.host or "")[0] for source in selection.sources(catalogue)) == hosts
    assert selection.trigger() == trigger


@pytest.mark.parametrize("selection", [Selection(incident="9"), Selection(urls=("http://z.example/",))])
def test_selection_of_what_is_not_there_is_an_error(catalogue: Catalogue, selection: Selection) -> None:
    with pytest.raises(ArchiveError, match=r"no incident|there is no"):
        selection.sources(catalogue)
