"""The server as a proxy: what it answers to CONNECT, and where its tunnels lead.

Requests in absolute form it answers by itself, as if it had fetched them.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from mockserver.certificates import KINDS
from mockserver.steps import Answer, Close, Pause, respond

if TYPE_CHECKING:
    from collections.abc import Mapping

USER = "operator:pass word"
"""Whom the port `password-proxy` lets through."""

_ESTABLISHED: Answer = (b"HTTP/1.1 200 Connection established\r\n\r\n",)
_ANSWERS: dict[str, Answer] = {
    "no-way.proxy.example": (respond(status=b"502 Bad Gateway", body=b"no such host"),),
    "forbidden.proxy.example": (respond(status=b"403 Forbidden", body=b"not from here"),),
    "hangs-up.proxy.example": (Close(),),
    "no-http.proxy.example": (b"220 mail.proxy.example ESMTP\r\n\r\n", Close()),
    "silent.proxy.example": (Pause(20),),
    "endless.proxy.example": (b"HTTP/1.1 200 OK\r\n" + b"X-Filler: and so on\r\n" * 10_000, Pause(20)),
    # As some proxies do: another version, fields, and not all at once.
    "odd.secure.example": (b"HTTP/1.0 200 \r\nVia: 1.1 ", Pause(0.05), b"proxy\r\nContent-Length: 0\r", b"\n\r\n"),
    "accepted.secure.example": (b"HTTP/1.1 202 Accepted\n\n",),
}


def tunnel_to(target: str, ports: Mapping[str, int]) -> tuple[Answer, int | None]:
    """Return the answer to `CONNECT target`, and the port that the tunnel leads to where there is one."""
    host = target.rpartition(":")[0]
    answer = _ANSWERS.get(host, _ESTABLISHED)
    if host.endswith(".proxy.example"):
        return answer, None
    kind = host.partition(".")[0]
    return answer, ports[kind if kind in KINDS else "tunnel"]


def ask_for_password(request: bytes) -> Answer | None:
    """Return the answer to a request that says not, or wrongly, who asks."""
    said = b"\r\nProxy-Authorization: Basic " + base64.b64encode(USER.encode()) + b"\r\n"
    return None if said in request else (respond(b'Proxy-Authenticate: Basic realm="x"', status=b"407 Who are you"),)
