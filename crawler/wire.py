"""The bytes of one exchange while they come, and what they amount to at the end."""

from __future__ import annotations

import re
import tempfile
import time
from functools import lru_cache
from ipaddress import ip_address
from socket import AF_INET6, inet_ntop
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urldefrag

from OpenSSL import SSL
from scrapy.exceptions import DownloadCancelledError, DownloadConnectionRefusedError, DownloadTimeoutError
from service_identity import VerificationError
from twisted.internet import error as connection
from twisted.internet.error import ConnectionDone
from twisted.web._newclient import ParseError
from twisted.web.http import _MalformedChunkedDataError

from archive.clock import utc_now
from archive.drafts import MOST_IN_MEMORY, RecordedExchange, length_of
from archive.errors import WarcWriteError
from archive.http_message import read_head
from archive.words import Purpose

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response
    from twisted.python.failure import Failure

EXCHANGES = "exchanges"
"""Key in `Request.meta`: the list that the recorder appends each exchange to; redirects and retries share it."""
PURPOSE = "purpose"
"""Key in `Request.meta`: the `Purpose` of the exchange, `page` when left out."""
VALIDATORS = "validators"
"""Key in `Request.meta`: the `Validators` that the request is conditional with, if it is."""

_PROXY_PASSWORD = re.compile(rb"^Proxy-Authorization:[^\r\n]*\r\n", re.IGNORECASE | re.MULTILINE)


def new_exchange(request: Request) -> RecordedExchange:
    """Return an exchange for *request*; while its bytes are few, they stay in memory."""
    return RecordedExchange(
        url=urldefrag(request.url)[0],
        purpose=request.meta.get(PURPOSE, Purpose.PAGE),
        requested_at=utc_now(),
        sent=tempfile.SpooledTemporaryFile(max_size=MOST_IN_MEMORY),
        received=tempfile.SpooledTemporaryFile(max_size=MOST_IN_MEMORY),
        validators=request.meta.get(VALIDATORS),
    )


class Wire:
    """Records one exchange."""

    def __init__(self, exchange: RecordedExchange) -> None:
        self.exchange = exchange
        self._started = time.monotonic()
        self._live = True
        self._lost_badly = False
        self._waits = False
        self.certificate_problem: str | None = None
        self._cut_off = False
        self.disk_error: OSError | None = None
        self.too_large: DownloadCancelledError | None = None
        """Why it is more than is fetched, once that is known: of a body from its Content-Length, before it has come."""

    def begin(self, transport: Any, *, waits: bool) -> None:
        """Note whom the connection is with, and whether what is sent *waits* for a TLS handshake.

        Behind a proxy the host's address is not known: `WARC-IP-Address` is the one that belongs to the target's name
        (WARC 1.1, 5.10), and the proxy's is none of it.
        """
        if self.exchange.proxy is None:
            self.exchange.ip = as_written(transport.getPeer().host)
        self._waits = waits

    def goes_out(self) -> None:
        """Note that the handshake is done: what was sent is on the wire."""
        self._waits = False

    def send(self, data: bytes) -> None:
        """Keep what goes out; but not the password for a proxy, which would go wherever the archive goes."""
        self._keep(self.exchange.sent, _PROXY_PASSWORD.sub(b"", data) if self.exchange.proxy else data)

    def receive(self, data: bytes) -> None:
        """Keep what comes in."""
        self._keep(self.exchange.received, data)

    def _keep(self, stream: IO[bytes], data: bytes) -> None:
        if not self._live:
            return
        try:
            stream.write(data)
        except OSError as error:
            # Raised here it would end the connection, and look like the server's doing.
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        """Keep nothing of an exchange that is not whole for want of room: what has a gap is no evidence."""
        self._live = False
        self.disk_error = error
        self.exchange.discard()

    def _write_out(self) -> None:
        """Have what is buffered written, as it would be at the next look at it, which may be anyone's."""
        try:
            for stream in (self.exchange.sent, self.exchange.received):
                stream.flush()
        except OSError as error:
            self._give_up(error)

    def check_disk(self) -> None:
        """Raise WarcWriteError when not all could be kept."""
        self._write_out()
        if self.disk_error:
            raise WarcWriteError(
                f"temporary files cannot be written in {tempfile.gettempdir()}: {self.disk_error}; "
                "make room there, or name another folder with TMPDIR"
            ) from self.disk_error

    def cut_off(self, error: DownloadCancelledError) -> None:
        """Note that the connection is ended from here, for more has come than is fetched."""
        self.too_large = error
        self._cut_off = True

    def lost(self, reason: Failure) -> None:
        """Note how the connection ended: a body that ends with it is whole only after a clean end.

        Inside TLS that takes its closing alert (RFC 9112 9.8), or anyone on the way could have cut the page short.
        """
        self._lost_badly = self._live and not reason.check(ConnectionDone)

    def stop(self) -> None:
        """Keep nothing more; the exchange is over."""
        self._write_out()
        self._live = False
        self.exchange.is_over = True
        self.exchange.elapsed_ms = round((time.monotonic() - self._started) * 1000)

    def arrived(self, response: Response) -> DownloadCancelledError | None:
        """Note a response; a body that is not whole is marked. Return the error that counts, if one does."""
        self.exchange.http_status = response.status
        if "dataloss" in response.flags or ("partial" in response.flags and self._lost_badly):
            self.exchange.truncated = "disconnect"
            self.exchange.error = self._with_size("the connection ended before the body did")
        return self.too_large

    def failed(self, error: Exception) -> Exception:
        """Note a failure; what had come of the response until then is kept and marked. Return the error that counts.

        What is too large is that, however it ended: the next time would be no better. How it ended is noted all the
        same, and is what the record is marked with.
        """
        from_here = self._cut_off or isinstance(error, DownloadCancelledError)
        ended_by = (self.too_large if from_here else None) or error
        self.exchange.error = self._with_size(describe(ended_by))
        if self.certificate_problem:
            self.exchange.error = f"the certificate doesn't hold: {self.certificate_problem}"
        if self._waits:  # it was handed to TLS, and TLS never came about
            self.exchange.sent.seek(0)
            self.exchange.sent.truncate()
        if length_of(self.exchange.received):
            self.exchange.http_status = read_head(self.exchange.received).status or None
            self.exchange.truncated = _truncation(ended_by)
        return self.too_large or error

    def _with_size(self, ending: str) -> str:
        """Return how the exchange ended, behind what was wrong with its size."""
        return "; ".join(dict.fromkeys((describe(self.too_large), ending))) if self.too_large else ending


@lru_cache(maxsize=1024)
def as_written(address: str) -> str:
    """Return *address* as WARC wants it: dotted, or as RFC 5952 writes IPv6, which is what the system's own does."""
    parsed = ip_address(address.partition("%")[0])
    return str(parsed) if parsed.version == 4 else inet_ntop(AF_INET6, parsed.packed)  # noqa: PLR2004  # IPv4


def _truncation(error: BaseException) -> str:
    """Return the value of `WARC-Truncated` for a response that *error* ended (WARC 1.1, 5.15)."""
    if isinstance(error, DownloadCancelledError):
        return "length"
    if isinstance(error, DownloadTimeoutError):
        return "time"
    # What can't be read is not read to its end: then it was not the server that hung up.
    return "unspecified" if any(isinstance(reason, _UNREADABLE) for reason in _reasons(error)) else "disconnect"


def describe(error: BaseException) -> str:
    """Return what *error* says, or the reasons that Twisted wraps in it."""
    if isinstance(error, DownloadCancelledError):  # it says why; the reasons say only that it was cancelled
        return _in_words(error)
    return "; ".join(dict.fromkeys(map(_in_words, _reasons(error)))) or _in_words(error)


def _reasons(error: BaseException) -> list[BaseException]:
    """Return the exceptions that Twisted wraps in *error*, or in its cause."""
    wrapping = (getattr(wrapped, "reasons", None) for wrapped in (error, error.__cause__))
    return [reason.value for reasons in wrapping for reason in reasons or ()]


_UNREADABLE = (ParseError, _MalformedChunkedDataError, KeyError, ValueError)
"""What Twisted's reading of a response raises (twisted.web._newclient, twisted.web.http)."""

_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (connection.ConnectionRefusedError, "nothing answers at its port"),
    (DownloadConnectionRefusedError, "nothing answers at its port"),
    (connection.NoRouteError, "there is no way to its address"),
    (connection.TimeoutError, "it could not be reached in the time allowed"),
    (DownloadTimeoutError, "its answer was not whole in the time allowed"),
    (ConnectionDone, "it closed the connection"),
    (connection.ConnectionLost, "it broke the connection off"),
    (connection.ConnectionAborted, "the connection was ended"),
    (ParseError, "its answer is no HTTP that can be read"),
    (_MalformedChunkedDataError, "the chunks of its body can't be read"),
    (KeyError, "its transfer coding is not known"),  # Twisted has a table of those it knows
    (ValueError, "its answer is no HTTP that can be read"),
    (VerificationError, "the certificate doesn't hold: it is for another host"),
)
"""In place of the words of Twisted and Scrapy, which speak to programmers."""


def _in_words(error: BaseException) -> str:
    own = next((words for kind, words in _WORDS if isinstance(error, kind)), "")
    if isinstance(error, SSL.Error) and error.args and isinstance(error.args[0], list):
        return "TLS: " + "; ".join(str(entry[-1]) for entry in error.args[0])
    if isinstance(error, (KeyError, ValueError)):
        return f"{own}: {error}"
    if isinstance(error, DownloadCancelledError) and not str(error):  # Scrapy's, when it has counted too many bytes
        return "the body is larger than the limit"
    return own or str(error) or type(error.__cause__ or error).__name__
