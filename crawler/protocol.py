"""HTTP/1.1 with both directions recorded: the tee sits between Twisted's protocol and its transport."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, cast

from scrapy.core.downloader.handlers.http11 import (
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from scrapy.exceptions import DownloadCancelledError
from twisted.internet.interfaces import IHandshakeListener, ISSLTransport
from twisted.internet.protocol import connectionDone
from twisted.web._newclient import HEADER, STATUS, ParseError
from twisted.web.http_headers import InvalidHeaderName
from zope.interface import implementer

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IAddress
    from twisted.python.failure import Failure
    from twisted.web._newclient import Request as TxRequest
    from twisted.web.iweb import IResponse

    from crawler.wire import Wire

MAX_HEAD_BYTES = 2 * 1024 * 1024
"""A response whose head, interim responses included, passes this is cut off: it may never end."""

_STATUS_CODE = re.compile(rb"[0-9]{3}")

logger = logging.getLogger(__name__)


class _PatientParser(_LenientHTTPClientParser):
    """Reads what browsers read: longer header lines than Twisted's 16 KiB, and names that are none are left out."""

    MAX_LENGTH = 512 * 1024

    def statusReceived(self, status: bytes) -> None:
        """Take the status line; its number has three digits (RFC 9112 4), whatever else Python takes for one."""
        if not _STATUS_CODE.fullmatch(status.split(b" ")[1] if b" " in status else b""):
            raise ParseError("no status code", status)
        super().statusReceived(status)

    def headerReceived(self, name: bytes, value: bytes) -> None:
        try:
            super().headerReceived(name.rstrip(), value)
        except InvalidHeaderName:
            logger.debug("a header line with the name %r is left out", name)


@implementer(IHandshakeListener)
class RecordingProtocol(_LenientHTTP11ClientProtocol):
    """Scrapy's HTTP/1.1 protocol, with a tee on both directions."""

    _wire: Wire | None = None
    _head_bytes = 0
    _secret = True
    """Whether what is written waits for a TLS handshake, and is not on the wire yet."""

    def record(self, wire: Wire) -> None:
        """Show *wire* everything from here on."""
        self._wire = wire
        self._head_bytes = 0
        wire.begin(self.transport, waits=self._secret)

    def request(self, request: TxRequest) -> Deferred[IResponse]:
        """Send *request*; its answer is read by the patient parser."""
        answer = super().request(request)
        if self._parser is not None:
            # As Scrapy does for its own: Twisted has no other way to another parser.
            self._parser.__class__ = _PatientParser
        return answer

    def makeConnection(self, transport: Any) -> None:
        """Stand between the protocol and *transport*."""
        self._secret = ISSLTransport.providedBy(transport)
        super().makeConnection(_TeeTransport(transport, self))

    def handshakeCompleted(self) -> None:
        """Note that what was written goes out now (IHandshakeListener)."""
        self._secret = False
        if self._wire:
            self._wire.goes_out()

    def certificate_refused(self, problem: str) -> None:
        """Note why the server's certificate doesn't hold."""
        if self._wire:
            self._wire.certificate_problem = problem

    def dataReceived(self, data: bytes) -> None:
        """Record *data*, then read it."""
        wire = self._wire
        if wire:
            wire.receive(data)
        super().dataReceived(data)
        # Where these bytes ended an answer, the next request may have begun, and none of them are of its answer.
        if wire and wire is self._wire and self._parser is not None and self._parser.state in (STATUS, HEADER):
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                wire.cut_off(DownloadCancelledError(f"the head is larger than {MAX_HEAD_BYTES:,} bytes"))
                cast("Any", self.transport).abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Record how the connection ended, then act on it."""
        if self._wire:
            self._wire.lost(reason)
        super().connectionLost(reason)

    def sending(self, data: bytes) -> None:
        """Record what is about to be written."""
        if self._wire:
            self._wire.send(data)


class RecordingFactory(_LenientHTTP11ClientFactory):
    """Makes recording protocols for the connection pool."""

    def buildProtocol(self, addr: IAddress | None) -> RecordingProtocol:
        """Return a protocol for a new connection."""
        return RecordingProtocol(self._quiescentCallback)


class RecordingPool:
    """The shared connection pool, as one request sees it: each connection it gets is recorded."""

    def __init__(self, pool: Any, wire: Wire) -> None:
        self._pool = pool
        self._wire = wire
        self.persistent = pool.persistent

    def getConnection(self, key: Any, endpoint: Any) -> Deferred[RecordingProtocol]:
        """Return a kept or a new connection, recorded from here on."""
        connection: Deferred[RecordingProtocol] = self._pool.getConnection(key, endpoint)
        return connection.addCallback(self._attach)

    def _attach(self, protocol: RecordingProtocol) -> RecordingProtocol:
        protocol.record(self._wire)
        return protocol


class _TeeTransport:
    """A transport that shows its protocol what is written; all else is the real one's."""

    def __init__(self, transport: Any, protocol: RecordingProtocol) -> None:
        self._transport = transport
        self._protocol = protocol

    def write(self, data: bytes) -> None:
        self._protocol.sending(data)
        self._transport.write(data)

    def writeSequence(self, pieces: Any) -> None:
        self.write(b"".join(pieces))

    def getPeerCertificate(self) -> None:
        """Return none: it was checked (`crawler.trust`), and Scrapy would make objects of it that nobody looks at."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
