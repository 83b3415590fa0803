"""Time-stamps of seals by an authority (RFC 3161): that a manifest existed, in just these bytes, at a time.

Beside `00001.json` lie `00001.tsq`, what the authority was asked, and `00001.tsr`, what it answered, both as they
were sent. `openssl ts -verify` reads them as well. This needs the package rfc3161-client, which comes with the extra
`timestamp`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from archive.errors import ArchiveError
from archive.seal import write_durably

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampRequest, TimeStampResponse

QUERY_SUFFIX = ".tsq"
REPLY_SUFFIX = ".tsr"

_PACKAGE = "rfc3161_client"
_SECONDS = 30.0
_MAX_REPLY = 1024 * 1024
_SHA256 = "2.16.840.1.101.3.4.2.1"
_CERTIFICATES = 0xA0
_SEQUENCE = 0x30
_INDEFINITE = 0x80


class TimestampError(ArchiveError):
    """A time-stamp could not be had, or is not what it should be."""


@dataclass(frozen=True, slots=True)
class Attested:
    """What a time-stamp says, and how far it was checked."""

    time: datetime
    signed_by: str | None
    """Whom its signature was checked back to; None when it was not, for lack of the authority's certificate."""
    trusted: bool = False
    """Whether that is a certificate which the caller gave, and not just one that came with the time-stamp."""

    def __str__(self) -> str:
        """Return it as a part of a sentence."""
        when = f"existed at {self.time.isoformat(timespec='seconds').replace('+00:00', 'Z')}"
        if self.signed_by is None:
            return f"{when}, by a time-stamp whose signature was not checked (--tsa-certificate FILE does that)"
        if self.trusted:
            return f"{when}, by a time-stamp with a signature that holds for {self.signed_by}"
        return (
            f"{when}, by a time-stamp with a signature that holds for the certificate of {self.signed_by} in it, which "
            "nobody vouched for (--tsa-certificate FILE does)"
        )


def require() -> None:
    """Raise TimestampError, saying what to install, when the package for time-stamps is not there."""
    if not is_available():
        raise TimestampError(
            f"time-stamps need a package that is not installed: {sys.executable} -m pip install rfc3161-client "
            "(or install Sourcekeep with its extra `timestamp`)"
        )


def is_available() -> bool:
    """Tell whether the package for time-stamps is installed."""
    return importlib.util.find_spec(_PACKAGE) is not None


def check_url(url: str) -> None:
    """Raise TimestampError when *url* can't be an authority's."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise TimestampError(f"a time-stamping authority has an http or https URL, and {url!r} is none")


def load_certificates(path: Path) -> list[Certificate]:
    """Read the certificates of an authority in PEM, its root among them; raises TimestampError."""
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise TimestampError(f"{path} can't be read as certificates in PEM: {error}") from error


def has_timestamp(manifest: Path) -> bool:
    """Tell whether a time-stamp lies beside *manifest*."""
    return manifest.with_suffix(REPLY_SUFFIX).exists()


def obtain(manifest: Path, url: str, roots: Sequence[Certificate] = ()) -> Attested:
    """Have the authority at *url* time-stamp *manifest*, check its answer, and keep it beside the manifest.

    Raises TimestampError, with nothing kept, when it can't be reached, refuses, or answers wrongly.
    """
    require()
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    data = manifest.read_bytes()
    request = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
    try:
        reply = _post(url, request.as_bytes())
        attested = _check(reply, data, roots, request)
    except TimestampError as error:
        raise TimestampError(
            f"the time-stamping authority {url} gave no time-stamp of {manifest.name}: {error}"
        ) from error
    try:
        manifest.with_suffix(QUERY_SUFFIX).unlink(missing_ok=True)  # of an attempt that was cut short
        write_durably(manifest.with_suffix(QUERY_SUFFIX), request.as_bytes())
        write_durably(manifest.with_suffix(REPLY_SUFFIX), reply)
    except OSError as error:
        raise TimestampError(f"the time-stamp of {manifest} cannot be written: {error}") from error
    return attested


def check(manifest: Path, roots: Sequence[Certificate] = ()) -> Attested:
    """Check the time-stamp beside *manifest* against the manifest's bytes, and its signature against *roots*.

    Without roots, the signature is checked as far as the certificates in the time-stamp allow. Raises TimestampError.
    """
    require()
    try:
        reply, data = manifest.with_suffix(REPLY_SUFFIX).read_bytes(), manifest.read_bytes()
    except OSError as error:
        raise TimestampError(f"it can't be read: {error}") from error
    return _check(reply, data, roots, None)


def _post(url: str, query: bytes) -> bytes:
    check_url(url)
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    request = urllib.request.Request(url, data=query, headers=headers)  # noqa: S310  # check_url looked at its scheme
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310
            reply: bytes = response.read(_MAX_REPLY + 1)
    except (OSError, ValueError, HTTPException) as error:
        raise TimestampError(str(error)) from error
    if len(reply) > _MAX_REPLY:
        raise TimestampError(f"its answer is longer than {_MAX_REPLY:,} bytes")
    return reply


def _check(reply: bytes, data: bytes, roots: Sequence[Certificate], request: TimeStampRequest | None) -> Attested:
    response = _parse(reply)
    if response.status != 0:
        reasons = ", ".join(response.status_string)
        raise TimestampError(f"the answer is no time-stamp: status {response.status} {reasons}".rstrip())
    try:
        said = response.tst_info
    except ValueError as error:
        raise TimestampError(f"the answer has no time-stamp in it: {error}") from error
    if said.message_imprint.hash_algorithm.dotted_string != _SHA256:
        raise TimestampError("it is of another kind of digest than SHA-256")
    if said.message_imprint.message != hashlib.sha256(data).digest():
        raise TimestampError("it is of other bytes than these")
    if request and said.nonce != request.nonce:
        raise TimestampError("it has another nonce than the question: it may be an old answer")
    if roots:
        _check_signature(reply, data, roots)
        return Attested(said.gen_time, _names(roots), trusted=True)
    own_roots = [each for each in _embedded(response) if each.issuer == each.subject]
    if own_roots:
        _check_signature(reply, data, own_roots)
    return Attested(said.gen_time, _names(own_roots) if own_roots else None)


def _check_signature(reply: bytes, data: bytes, roots: Sequence[Certificate]) -> None:
    from rfc3161_client import VerificationError, VerifierBuilder

    builder = VerifierBuilder()
    for certificate in dict.fromkeys(roots):
        builder = builder.add_root_certificate(certificate)
    try:
        builder.build().verify_message(_parse(reply), data)
    except (VerificationError, ValueError) as error:
        raise TimestampError(f"its signature doesn't hold for {_names(roots)}: {error}") from error


def _names(certificates: Sequence[Certificate]) -> str:
    return " or ".join(dict.fromkeys(each.subject.rfc4514_string() for each in certificates))


def _embedded(response: TimeStampResponse) -> list[Certificate]:
    from cryptography.x509 import load_der_x509_certificate

    try:
        return [load_der_x509_certificate(each) for each in response.signed_data.certificates]
    except ValueError as error:
        raise TimestampError(f"a certificate in it can't be read: {error}") from error


def _parse(reply: bytes) -> TimeStampResponse:
    from rfc3161_client import decode_timestamp_response

    try:
        return decode_timestamp_response(_with_sorted_certificates(reply))
    except ValueError as error:
        raise TimestampError(f"the answer is no TimeStampResp of RFC 3161: {error}") from error


def _with_sorted_certificates(reply: bytes) -> bytes:
    """Return *reply* with its certificates in the order that DER wants of a set (X.690 11.6).

    Authorities that run OpenSSL send them as they were configured, which rfc3161-client refuses. No signature covers
    this order. Raises ValueError for what is no DER.
    """
    response = _Der(reply, 0)
    token = [each for each in response.parts() if each.tag == _SEQUENCE][1:]
    for signed_data in (part for info in token for wrapped in info.parts()[1:] for part in wrapped.parts()):
        for part in signed_data.parts():
            if part.tag == _CERTIFICATES:
                ordered = b"".join(sorted(each.encoded() for each in part.parts()))
                return reply[: part.start] + ordered + reply[part.end :]
    return reply


class _Der:
    """An element of DER (X.690 8.1) within *data*; raises ValueError where there is none."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at
        self.tag = self._byte(at)
        length, self.start = self._byte(at + 1), at + 2
        if length == _INDEFINITE:
            raise ValueError("an element of it has no length")
        if length > _INDEFINITE:
            self.start += length - _INDEFINITE
            length = int.from_bytes(data[at + 2 : self.start], "big")
        self.end = self.start + length
        """Where what it holds ends."""
        if self.end > len(data):
            raise ValueError("it is cut off")

    def _byte(self, at: int) -> int:
        if at >= len(self._data):
            raise ValueError("it is cut off")
        return self._data[at]

    def encoded(self) -> bytes:
        """Return all bytes of it."""
        return self._data[self._at : self.end]

    def parts(self) -> list[_Der]:
        """Return the elements that it is made of."""
        return list(self._parts())

    def _parts(self) -> Iterator[_Der]:
        at = self.start
        while at < self.end:
            part = _Der(self._data, at)
            yield part
            at = part.end
