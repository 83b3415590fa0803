"""A TLS connection that gives all that has come at once: two ends in memory."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from mockserver.certificates import make_certificates
from OpenSSL import SSL

from crawler.trust import GatheringConnection

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = [bytes([number]) * 16_000 for number in range(3)]
"""Each fits into one TLS record (RFC 8446 5.1)."""
AT_ONCE = 2**15


@pytest.fixture
def ends(tmp_path: Path) -> tuple[SSL.Connection, GatheringConnection]:
    """Return a server's end and a client's, which have shaken hands."""
    make_certificates(tmp_path)
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_privatekey_file(str(tmp_path / "good.pem"))
    context.use_certificate_file(str(tmp_path / "good.pem"))
    server, client = SSL.Connection(context), GatheringConnection(SSL.Context(SSL.TLS_CLIENT_METHOD))
    server.set_accept_state()
    client.set_connect_state()
    for _ in range(4):
        for one, other in ((client, server), (server, client)):
            with suppress(SSL.WantReadError):
                one.do_handshake()
            carry(one, other)
    return server, client


def carry(one: SSL.Connection, other: SSL.Connection) -> None:
    """Carry over what *one* has sent."""
    with suppress(SSL.WantReadError):
        while True:
            other.bio_write(one.bio_read(2**20))


def test_all_records_come_in_one_piece(ends: tuple[SSL.Connection, GatheringConnection]) -> None:
    server, client = ends
    for record in RECORDS:
        server.sendall(record)
    carry(server, client)
    assert client.recv(AT_ONCE) == b"".join(RECORDS)
    for _ in range(2):
        with pytest.raises(SSL.WantReadError):
            client.recv(AT_ONCE)
    server.sendall(b"more")
    carry(server, client)
    assert client.recv(AT_ONCE) == b"more"


def test_orderly_end_is_told_behind_what_came_before_it(ends: tuple[SSL.Connection, GatheringConnection]) -> None:
    server, client = ends
    server.sendall(RECORDS[0])
    server.shutdown()
    carry(server, client)
    assert client.recv(AT_ONCE) == RECORDS[0]
    for _ in range(2):
        with pytest.raises(SSL.ZeroReturnError):
            client.recv(AT_ONCE)


def test_broken_record_is_told_behind_what_came_before_it(ends: tuple[SSL.Connection, GatheringConnection]) -> None:
    server, client = ends
    server.sendall(RECORDS[0])
    carry(server, client)
    client.bio_write(b"\x17\x03\x03\x00\x20" + bytes(32))  # a record whose seal is wrong
    assert client.recv(AT_ONCE) == RECORDS[0]
    with pytest.raises(SSL.Error, match=r"bad record mac|decryption failed"):
        client.recv(AT_ONCE)


def test_looking_ahead_takes_nothing(ends: tuple[SSL.Connection, GatheringConnection]) -> None:
    server, client = ends
    server.sendall(b"ahead")
    carry(server, client)
    assert client.recv(AT_ONCE, socket.MSG_PEEK) == b"ahead"
    assert client.recv(AT_ONCE) == b"ahead"
