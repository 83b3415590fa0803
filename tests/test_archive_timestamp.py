"""Time-stamps of seals, by `openssl ts` as a real authority: what holds is kept, what doesn't is refused."""

from __future__ import annotations

import socket
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from timestamp_authority import Authority

from archive import timestamp
from archive.timestamp import TimestampError, check, check_url, has_timestamp, load_certificates, obtain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cryptography.x509 import Certificate


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with Authority(tmp_path_factory.mktemp("authority")) as made:
        yield made


@pytest.fixture(autouse=True)
def _honest(authority: Authority) -> Iterator[None]:
    yield
    authority.change_query = authority.change_reply = bytes
    authority.status = 200


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "00001.json"
    path.write_bytes(b'{"a seal": 1}\n')
    return path


@pytest.fixture(scope="module")
def roots(authority: Authority) -> list[Certificate]:
    return load_certificates(authority.root)


def kept(manifest: Path) -> list[str]:
    return sorted(path.name for path in manifest.parent.iterdir())


def test_time_stamp_is_kept_and_holds(authority: Authority, manifest: Path, roots: list[Certificate]) -> None:
    attested = obtain(manifest, authority.url, roots)
    assert abs(attested.time - datetime.now(UTC)) < timedelta(minutes=1)
    assert (attested.signed_by, attested.trusted) == ("CN=Root", True)
    assert kept(manifest) == ["00001.json", "00001.tsq", "00001.tsr"]
    assert has_timestamp(manifest)
    assert check(manifest, roots) == attested
    assert (manifest.parent / "00001.tsq").read_bytes() == authority.queries[-1]


def test_openssl_agrees(authority: Authority, manifest: Path) -> None:
    obtain(manifest, authority.url)
    command = f"openssl ts -verify -in 00001.tsr -data 00001.json -CAfile {authority.root}"
    verified = subprocess.run(command.split(), cwd=manifest.parent, capture_output=True, text=True, check=False)
    assert "Verification: OK" in verified.stdout + verified.stderr
    manifest.write_bytes(b"other")
    verified = subprocess.run(command.split(), cwd=manifest.parent, capture_output=True, text=True, check=False)
    assert verified.returncode != 0


def test_every_question_has_a_nonce_of_its_own(authority: Authority, manifest: Path, tmp_path: Path) -> None:
    other = tmp_path / "00002.json"
    other.write_bytes(manifest.read_bytes())
    obtain(manifest, authority.url)
    obtain(other, authority.url)
    assert authority.queries[-1] != authority.queries[-2]


def test_without_the_authoritys_certificate_it_is_said_that_the_signature_was_not_checked(
    authority: Authority, manifest: Path
) -> None:
    attested = obtain(manifest, authority.url)
    assert attested.signed_by is None
    assert "whose signature was not checked" in str(attested)
    assert attested.time.isoformat(timespec="seconds").removesuffix("+00:00") in str(attested)


def test_chain_that_came_along_is_checked_and_said_to_be_nobodys(tmp_path: Path, manifest: Path) -> None:
    """OpenSSL sends three certificates as they are configured, and DER wants them in order."""
    with Authority(tmp_path / "authority", with_root=True) as authority:
        attested = obtain(manifest, authority.url)
    assert (attested.signed_by, attested.trusted) == ("CN=Root", False)
    assert "which nobody vouched for" in str(attested)
    assert check(manifest) == attested


def test_manifest_that_was_changed_is_refused(authority: Authority, manifest: Path, roots: list[Certificate]) -> None:
    obtain(manifest, authority.url)
    manifest.write_bytes(manifest.read_bytes().replace(b"1", b"2"))
    for given_roots in (roots, []):
        with pytest.raises(TimestampError, match="of other bytes than these"):
            check(manifest, given_roots)


def test_time_stamp_that_was_changed_is_refused(authority: Authority, manifest: Path, roots: list[Certificate]) -> None:
    obtain(manifest, authority.url)
    path = manifest.with_suffix(".tsr")
    reply = path.read_bytes()
    at = reply.rindex(b"Z", 0, 400)  # in the time, somewhere in the signed part
    for changed in (at - 1, len(reply) - 5):
        path.write_bytes(reply[:changed] + bytes([reply[changed] ^ 1]) + reply[changed + 1 :])
        with pytest.raises(TimestampError, match="signature doesn't hold"):
            check(manifest, roots)


def test_signature_of_another_authority_is_refused(authority: Authority, manifest: Path, tmp_path: Path) -> None:
    others = load_certificates(Authority(tmp_path / "other").root)
    with pytest.raises(TimestampError, match="signature doesn't hold for CN=Root"):
        obtain(manifest, authority.url, others)
    assert kept(manifest) == ["00001.json", "other"]


def test_answer_to_another_question_is_refused(authority: Authority, manifest: Path, roots: list[Certificate]) -> None:
    obtain(manifest, authority.url)
    old = manifest.with_suffix(".tsr").read_bytes()
    manifest.with_suffix(".tsr").unlink()
    authority.change_reply = lambda _: old
    with pytest.raises(TimestampError, match="another nonce"):
        obtain(manifest, authority.url, roots)
    assert not has_timestamp(manifest)


def test_answer_about_other_bytes_is_refused(authority: Authority, manifest: Path) -> None:
    def other_digest(query: bytes) -> bytes:
        at = query.index(b"\x04\x20") + 2
        return query[:at] + bytes(32) + query[at + 32 :]

    authority.change_query = other_digest
    with pytest.raises(TimestampError, match="of other bytes than these"):
        obtain(manifest, authority.url)
    assert kept(manifest) == ["00001.json"]


def test_refusal_is_said_in_the_authoritys_words(tmp_path: Path, manifest: Path) -> None:
    with Authority(tmp_path / "authority", digests="sha512") as authority, pytest.raises(TimestampError) as raised:
        obtain(manifest, authority.url)
    assert authority.url in str(raised.value)
    assert "status 2" in str(raised.value)
    assert not has_timestamp(manifest)


@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda _: b"<html>not here</html>",
        lambda _: bytes(2_000_000),
        lambda reply: reply[:-1],
        lambda reply: reply[:40],
        lambda reply: b"\x30\x80" + reply[4:],
        lambda _: b"\x30\x05\x30\x03\x02\x01\x00",
    ],
    ids=["nothing", "html", "too long", "cut by one", "cut", "no length", "granted without a token"],
)
def test_answer_that_is_none_is_refused(authority: Authority, manifest: Path, change: Callable[[bytes], bytes]) -> None:
    authority.change_reply = change
    with pytest.raises(TimestampError, match=r"gave no time-stamp of 00001\.json"):
        obtain(manifest, authority.url)
    assert kept(manifest) == ["00001.json"]


def test_authority_with_an_error_is_named(authority: Authority, manifest: Path) -> None:
    authority.status = 503
    with pytest.raises(TimestampError, match=f"{authority.url} gave no time-stamp.*503"):
        obtain(manifest, authority.url)


def test_authority_that_is_not_there_is_named(manifest: Path) -> None:
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody_listens.getsockname()[1]}/"
        with pytest.raises(TimestampError, match=f"{url} gave no time-stamp"):
            obtain(manifest, url)


def test_authority_that_never_answers_is_given_up(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timestamp, "_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(TimestampError, match="timed out"):
            obtain(manifest, f"http://127.0.0.1:{silent.getsockname()[1]}/")


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "ftp://tsa.example/", "tsa.example", "http://", "http:///x"])
def test_what_can_be_no_authority_is_refused(manifest: Path, url: str) -> None:
    with pytest.raises(TimestampError, match="http or https"):
        check_url(url)
    with pytest.raises(TimestampError, match="http or https"):
        obtain(manifest, url)


def test_attempt_that_was_cut_short_is_in_nobodys_way(authority: Authority, manifest: Path) -> None:
    manifest.with_suffix(".tsq").write_bytes(b"of an attempt that a power cut ended")
    obtain(manifest, authority.url)
    check(manifest)


def test_missing_package_is_said_with_how_to_install_it(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timestamp, "_PACKAGE", "rfc3161_client_that_nobody_has")
    refusing: list[Callable[[], object]] = [lambda: obtain(manifest, "http://tsa.example/"), lambda: check(manifest)]
    for refused in refusing:
        with pytest.raises(TimestampError, match=r"pip install rfc3161-client.*extra `timestamp`"):
            refused()


def test_certificates_that_are_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "root.pem"
    with pytest.raises(TimestampError, match=r"root\.pem can't be read"):
        load_certificates(path)
    path.write_bytes(b"no PEM")
    with pytest.raises(TimestampError, match=r"root\.pem can't be read as certificates in PEM"):
        load_certificates(path)


@given(st.binary(max_size=300))
def test_any_answer_is_refused_or_read(reply: bytes) -> None:
    with pytest.raises(TimestampError):
        timestamp._check(reply, b"data", [], None)


@pytest.fixture(scope="module")
def reply(authority: Authority) -> bytes:
    subprocess.run(
        ["openssl", "ts", "-query", "-data", str(authority.root), "-sha256", "-cert", "-out", f"{authority.root}.tsq"],
        check=True,
        capture_output=True,
    )
    return authority.reply((authority.root.parent / "root.pem.tsq").read_bytes())


def test_answer_with_any_byte_changed_is_never_a_crash(
    authority: Authority, reply: bytes, roots: list[Certificate]
) -> None:
    data = authority.root.read_bytes()
    assert timestamp._check(reply, data, roots, None).trusted
    refused = 0
    for at in range(0, len(reply), 7):
        try:
            timestamp._check(reply[:at] + bytes([reply[at] ^ 0xFF]) + reply[at + 1 :], data, roots, None)
        except TimestampError:
            refused += 1
    assert refused > len(reply) // 7 / 3
