"""What the demo web answers: the files under `web/<host>/`, and `answers.toml` for what is no plain 200."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeVar

DEMO_DIR = Path(__file__).parent
WEB_DIR = DEMO_DIR / "web"
ANSWERS_FILE = DEMO_DIR / "answers.toml"

Framing = Literal["length", "chunked", "close"]
Fault = Literal["cut", "reset", "silent"]

# Not asked of the system, whose own table would make the bytes differ from machine to machine.
_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".htm": "text/html",
    ".txt": "text/plain; charset=utf-8",
    ".pdf": "application/pdf",
    ".png": "image/png",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to one URL; the fields are the keys of `answers.toml`."""

    at: str
    """The URL without its scheme: host, path and query."""
    file: str | None = None
    """The body's file, relative to the folder of the host."""
    filler: int = 0
    """Without a file: so many bytes of body that mean nothing."""
    status: int = 200
    headers: tuple[str, ...] = ()
    """Header lines as they go out, in ISO 8859-1, after those of the host."""
    gzip: bool = False
    framing: Framing = "length"
    delay: float = 0.0
    """Seconds before the answer starts."""
    fault: Fault | None = None
    """`cut`: the connection ends amid the body; `reset`: at once, with RST; `silent`: no answer ever."""
    cookie: str | None = None
    """Given only to a request that has this cookie (`name=value`)."""
    times: int | None = None
    """Given only to so many requests; then the URL's next answer has its turn."""

    @property
    def host(self) -> str:
        """The host that this URL is on."""
        return self.at.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Host:
    """What all answers of one host have in common."""

    headers: tuple[str, ...] = ()
    gzip: bool = False
    framing: Framing = "length"
    handshake: bool = True
    """False: the TLS handshake ends in an alert."""
    listening: bool = True
    """False: the host has an address, and nothing answers at its ports."""


@dataclass(frozen=True, slots=True)
class Web:
    """The whole demo web."""

    hosts: dict[str, Host]
    answers: dict[str, tuple[Answer, ...]]
    """By URL without scheme; the first whose conditions hold is given."""
    root: Path = field(default=WEB_DIR)

    def body(self, answer: Answer) -> bytes:
        """Return the body of *answer* before any content coding."""
        if answer.file is None:
            return b"0123456789abcde\n" * (answer.filler // 16)
        return (self.root / answer.host / answer.file).read_bytes()


def load_web(answers_file: Path = ANSWERS_FILE, root: Path = WEB_DIR) -> Web:
    """Read the manifest and find the files.

    Every file answers at its own path, `index.html` at its folder's, unless the manifest puts it elsewhere.
    Raises ValueError when an answer names a host or a file that is not there.
    """
    manifest = tomllib.loads(answers_file.read_text(encoding="utf-8"))
    hosts = {name: _built(Host, row) for name, row in manifest["hosts"].items()}
    answers: dict[str, tuple[Answer, ...]] = {}
    for row in manifest["answers"]:
        answer = _with_host_defaults(row, hosts)
        if answer.file is not None and not (root / answer.host / answer.file).is_file():
            raise ValueError(f"{answers_file}: {answer.at} has no file {answer.file}")
        answers[answer.at] = (*answers.get(answer.at, ()), answer)
    placed = {(answer.host, answer.file) for rows in answers.values() for answer in rows}
    for path in sorted(root.rglob("*")):
        host, _, file = path.relative_to(root).as_posix().partition("/")
        if path.is_file() and (host, file) not in placed:
            at = f"{host}/{file.removesuffix('index.html')}"
            answers.setdefault(at, (_with_host_defaults({"at": at, "file": file}, hosts),))
    return Web(hosts, answers, root)


def _with_host_defaults(row: dict[str, Any], hosts: dict[str, Host]) -> Answer:
    name = row["at"].partition("/")[0]
    if name not in hosts:
        raise ValueError(f"{row['at']}: the host {name} is not among the hosts of the manifest")
    host = hosts[name]
    headers = [*host.headers, *row.get("headers", [])]
    if "file" in row and not any(header.lower().startswith("content-type:") for header in headers):
        headers.append(f"Content-Type: {_MEDIA_TYPES[PurePosixPath(row['file']).suffix]}")
    return _built(Answer, {"gzip": host.gzip, "framing": host.framing, **row, "headers": headers})


_Kind = TypeVar("_Kind", Answer, Host)


def _built(kind: type[_Kind], row: dict[str, Any]) -> _Kind:
    known = {one.name for one in fields(kind)}
    if unknown := sorted(row.keys() - known):
        raise ValueError(f"the manifest has an unknown key {unknown[0]!r} in {row}")
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return kind(**values)
