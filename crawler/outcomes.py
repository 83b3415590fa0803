"""What an exception or a status means as an outcome: the one place that knows."""

from __future__ import annotations

import errno
import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from OpenSSL import SSL
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from service_identity import VerificationError
from service_identity.exceptions import CertificateError
from twisted.internet import error as connection
from twisted.web.client import ResponseFailed

from archive.errors import ArchiveError
from archive.urls import fetchable as without_surroundings
from archive.urls import host_of
from archive.words import Outcome
from crawler.connect import NameLookupError
from crawler.guard import AddressForbiddenError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy import Request

    from archive.drafts import RecordedExchange


logger = logging.getLogger(__name__)

ROBOTS_UNREACHABLE = "robots-unreachable"
ROBOTS_DISALLOW = "robots-disallow"


class RobotsError(IgnoreRequest):
    """robots.txt keeps this URL from being fetched; `evidence` says which rule, and names the record."""

    def __init__(self, message: str, evidence: dict[str, object]) -> None:
        super().__init__(message)
        self.evidence = evidence


class RobotsDeniedError(RobotsError):
    """It was answered, and the answer is a denial."""


class RobotsUnreachableError(RobotsError):
    """It could not be had at all; why is the `__cause__`, and decides on the outcome."""


class RedirectLoopError(IgnoreRequest):
    """A chain of redirects did not end."""


class HostPausedError(IgnoreRequest):
    """A host asked to be left alone for a while (Retry-After); *request* may be made in so many *seconds*."""

    def __init__(self, request: Request, host: str, seconds: float) -> None:
        super().__init__(f"{host} asked to be left alone for {seconds:.0f} more seconds (Retry-After)")
        self.request = request
        self.seconds = seconds


class HostClosedError(IgnoreRequest):
    """A host asked to be left alone for longer than this crawl waits; no request was made."""


class CrawlStoppingError(IgnoreRequest):
    """The crawl is being stopped; this request was not made, and its source stays due."""


# What the system refuses to whoever asks: no host had a say in it.
_OWN_SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EBADF})

_TLS_ERRORS = (SSL.Error, VerificationError, CertificateError)

_OUTCOMES: tuple[tuple[tuple[type[BaseException], ...], Outcome], ...] = (
    ((RobotsDeniedError,), Outcome.ROBOTS_DENIED),
    ((RedirectLoopError,), Outcome.REDIRECT_LOOP),
    ((HostClosedError,), Outcome.HTTP_ERROR),
    ((AddressForbiddenError,), Outcome.ADDRESS_FORBIDDEN),
    ((NameLookupError, CannotResolveHostError, connection.DNSLookupError), Outcome.DNS_FAILED),
    ((UnsupportedURLSchemeError,), Outcome.UNSUPPORTED_SCHEME),
    ((DownloadTimeoutError, connection.TimeoutError, connection.TCPTimedOutError), Outcome.TIMEOUT),
    (_TLS_ERRORS, Outcome.TLS_FAILED),
    ((DownloadCancelledError,), Outcome.TOO_LARGE),
    ((DownloadConnectionRefusedError, connection.ConnectionRefusedError), Outcome.REFUSED),
    # No route, network unreachable: the connection was refused, though not by the host itself.
    ((connection.ConnectError,), Outcome.REFUSED),
)

# What the wire says decides on these: reset without a response, truncated within one.
_ENDINGS = (
    connection.ConnectionDone,
    connection.ConnectionLost,
    connection.ConnectionAborted,
    ResponseFailed,  # also for a head that can't be read
    ResponseDataLossError,
)

PASSING = frozenset({Outcome.REFUSED, Outcome.RESET, Outcome.TIMEOUT, Outcome.TRUNCATED})
_PARTIAL_CONTENT = 206
PASSING_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
"""Statuses that say of themselves, or are known, to pass (RFC 9110 15.5, 15.6; Cloudflare's 52x)."""


def outcome_of_status(status: int, *, conditional: bool) -> Outcome:
    """Return the outcome of a response that came whole; a 304 means something only to a *conditional* request."""
    if status == 304 and conditional:  # noqa: PLR2004  # RFC 9110 15.4.5
        return Outcome.NOT_MODIFIED
    if status == _PARTIAL_CONTENT:  # no range was asked for, and what came is none the less a part
        return Outcome.TRUNCATED
    return Outcome.FETCHED if 200 <= status < 300 else Outcome.HTTP_ERROR  # noqa: PLR2004  # the class of success


def outcome_of_error(error: BaseException, exchange: RecordedExchange | None) -> Outcome:
    """Return the outcome of a fetch that raised *error*; *exchange* is the last one made, if any was."""
    for cause in _causes(error):
        for kinds, outcome in _OUTCOMES:
            if isinstance(cause, kinds):
                return outcome
    if not any(isinstance(cause, _ENDINGS) for cause in _causes(error)):
        logger.warning("%s has no outcome of its own", type(error).__name__, exc_info=error)
    if exchange is None or exchange.proof() is None:  # not one byte was sent: the URL itself was refused
        return Outcome.INVALID_URL if isinstance(error, ValueError) else Outcome.RESET
    if exchange.http_status is None:
        return Outcome.RESET
    if exchange.truncated:
        return Outcome.TRUNCATED
    # The response came whole, and something made of it failed: what the wire did is the outcome.
    return outcome_of_status(exchange.http_status, conditional=exchange.validators is not None)


def own_failure(error: BaseException) -> CrawlStoppingError | ArchiveError | None:
    """Return what says that *error* is this crawl's own doing, and no outcome of the source; None where it is one."""
    for cause in _causes(error):
        if isinstance(cause, (CrawlStoppingError, ArchiveError)):
            return cause
        if _number(cause) in _OWN_SHORTAGES:
            return ArchiveError(
                f"this machine lets the crawl open no more connections ({cause}); lower --concurrency, or raise the "
                "limit of open files (ulimit -n)"
            )
    return None


def _number(error: BaseException) -> int | None:
    """Return the system's number of *error* (errno(3)), which Twisted keeps by a name of its own."""
    number = getattr(error, "osError", None) if isinstance(error, connection.ConnectError) else None
    return number if isinstance(number, int) else getattr(error, "errno", None)


def is_passing(error: BaseException | None, outcome: Outcome, status: int | None) -> bool:
    """Tell whether the same fetch may go well in a while."""
    if outcome is Outcome.DNS_FAILED:
        return any(isinstance(cause, NameLookupError) and cause.passing for cause in _causes(error))
    if isinstance(error, HostClosedError):
        return False
    if isinstance(error, RobotsDeniedError):
        return error.evidence["rule"] == ROBOTS_UNREACHABLE
    if status == _PARTIAL_CONTENT and error is None:
        return False
    return outcome in PASSING or (outcome is Outcome.HTTP_ERROR and status in PASSING_STATUSES)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Iterate over *error*, what caused it, and the reasons that Twisted wraps, outermost first."""
    while error is not None:
        yield error
        for reason in getattr(error, "reasons", None) or ():
            yield from _causes(reason.value)
        error = error.__cause__


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")


def fetchable(cited: str) -> tuple[str, None] | tuple[Outcome, str]:
    """Return the URL to fetch for one as it was *cited*, or the outcome and the reason why there is none.

    It is read as its comparison key reads it: without what sheets and pages leave around a URL, `www.` being http.
    """
    url = without_surroundings(cited)
    scheme = _SCHEME.match(url)
    if not scheme:
        return Outcome.INVALID_URL, "it has no scheme such as https:"
    if scheme[1].lower() not in ("http", "https"):
        return Outcome.UNSUPPORTED_SCHEME, f"{scheme[1]}: is not fetched, only http: and https:"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return Outcome.INVALID_URL, "its host or its port is malformed"
    if problem := _host_problem(url, host):
        return Outcome.INVALID_URL, problem
    return url, None


def _host_problem(url: str, host: str) -> str | None:
    if not host:
        return "it names no host"
    if host_of(url) is None:
        return f"{host!r} is no host name"
    return None
