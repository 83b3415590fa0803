"""Messages between a crawl and its fetching processes, over a socket.

A message is a pickled object. The wire of an exchange travels inside it while it is small; a large one stays in its
temporary file, and the open file itself is handed over (SCM_RIGHTS): nothing is copied, and nothing is left behind
when a process dies. Both ends are processes of one program; nobody else can write to them.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import pickle
import queue
import socket
import struct
import threading
from collections import deque
from contextlib import suppress
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, cast

from archive.drafts import MOST_IN_MEMORY, length_of

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

_HEADER = struct.Struct("!QI")
"""Bytes of the message, and how many files come with it."""
_GATHER_SECONDS = 0.05
"""How long messages are gathered that then go as one: with each, threads at both ends take their turn."""
_LOOKS = 5
"""How often it is looked meanwhile whether there is more to gather."""
_MOST_TOGETHER = 100
_FILES_AT_ONCE = 64
"""The system allows some 250 in one go (SCM_MAX_FD)."""
_CLOSE_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class Channel:
    """One end: what is posted is sent in its order from a thread of its own, so that no reactor waits for a socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._outbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._ended = False
        self.trouble: OSError | None = None
        """Why nothing can be exchanged any more, where the other end has not just gone."""
        self._arrived: deque[Any] = deque()
        self._sender = threading.Thread(target=self._send_all, name="channel-sender", daemon=True)
        self._sender.start()

    def post(self, message: object) -> None:
        """Have *message* sent, and the streams in it closed. What the other end no longer takes is dropped."""
        self._outbox.put(message)

    def listen(self, on_message: Callable[[Any], None], on_end: Callable[[], None]) -> None:
        """Call *on_message* with each message that comes, and *on_end* when no more can, from a thread of its own."""

        def receive_all() -> None:
            try:
                while (message := self.receive()) is not None:
                    on_message(message)
            except Exception:  # before *on_end*, which may end the process
                logger.exception("what the other end says can't be taken")
            finally:
                on_end()

        threading.Thread(target=receive_all, name="channel-receiver", daemon=True).start()

    def receive(self) -> Any:
        """Wait for a message and return it; None when the other end has gone."""
        if not self._arrived:
            self._arrived.extend(self._receive_gathered())
        return self._arrived.popleft() if self._arrived else None

    def _receive_gathered(self) -> list[Any]:
        files: list[int] = []
        try:
            length, count = _HEADER.unpack(self._exactly(_HEADER.size))
            while len(files) < count:
                files += self._files()
            messages: list[Any] = _Unpickler(io.BytesIO(self._exactly(length)), files).load()
        except (EOFError, OSError) as error:
            self._note(error)
            for descriptor in files:
                os.close(descriptor)
            return []
        return messages

    def close(self) -> None:
        """Send what was posted, then let the other end see the end."""
        self._outbox.put(None)
        self._closing.set()
        self._sender.join()

    def _send_all(self) -> None:
        try:
            while messages := self._gathered():
                self._send(messages)
        except OSError as error:
            self._note(error)
            while self._gathered():
                pass
        finally:  # whatever happened: an end that is silent and doesn't go would be waited for
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_WR)

    def _gathered(self) -> list[Any]:
        """Wait for messages, and return those that go together; an empty list at the end."""
        if self._ended or (message := self._outbox.get()) is None:
            return []
        gathered = [message]
        self._wait_for_more()
        while not self._outbox.empty() and len(gathered) < _MOST_TOGETHER:
            if (message := self._outbox.get()) is None:
                self._ended = True
                break
            gathered.append(message)
        return gathered

    def _wait_for_more(self) -> None:
        """Wait while messages come, and not when none does: whoever waits for the last one has waited long enough."""
        for _ in range(_LOOKS):
            size = self._outbox.qsize()
            if self._closing.wait(_GATHER_SECONDS / _LOOKS) or self._outbox.qsize() == size:
                break

    def _send(self, messages: list[Any]) -> None:
        pickled = io.BytesIO()
        pickler = _Pickler(pickled)
        pickler.dump(messages)
        data, files = pickled.getbuffer(), pickler.files
        try:
            self._connection.sendall(_HEADER.pack(len(data), len(files)))
            for start in range(0, len(files), _FILES_AT_ONCE):
                socket.send_fds(self._connection, [b"\0"], files[start : start + _FILES_AT_ONCE])
            self._connection.sendall(data)
        finally:
            for stream in pickler.streams:
                stream.close()

    def _note(self, error: EOFError | OSError) -> None:
        """Log why no message comes or goes any more; where the other end has gone, that says it by itself."""
        if not isinstance(error, (EOFError, ConnectionError)):
            self.trouble = error
            logger.error("no message can be exchanged any more: %s", error)

    def _exactly(self, length: int) -> bytes:
        pieces = []
        while length:
            piece = self._connection.recv(length, socket.MSG_WAITALL)
            if not piece:
                raise EOFError
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)

    def _files(self) -> list[int]:
        data, files, flags, _ = socket.recv_fds(self._connection, 1, _FILES_AT_ONCE, _CLOSE_ON_EXEC)
        if not data:
            raise EOFError
        if flags & socket.MSG_CTRUNC:  # no room for all of them: the rest is lost, and must not be waited for
            for descriptor in files:
                os.close(descriptor)
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return files


class _Pickler(pickle.Pickler):
    """Pickles what a message holds, and the streams in it as their bytes or as open files."""

    def __init__(self, pickled: IO[bytes]) -> None:
        super().__init__(pickled, pickle.HIGHEST_PROTOCOL)
        self.streams: list[IO[bytes]] = []
        self.files: list[int] = []
        """Descriptors of those that are large."""

    def persistent_id(self, obj: Any) -> bytes | int | None:
        if not isinstance(obj, (SpooledTemporaryFile, io.IOBase)):
            return None
        stream = cast("IO[bytes]", obj)
        self.streams.append(stream)
        if length_of(stream) > MOST_IN_MEMORY:
            self.files.append(stream.fileno())
            return len(self.files) - 1
        stream.seek(0)
        return stream.read()


class _Unpickler(pickle.Unpickler):
    def __init__(self, pickled: IO[bytes], files: list[int]) -> None:
        super().__init__(pickled)
        self._files = files

    def persistent_load(self, pid: bytes | int) -> IO[bytes]:
        return io.BytesIO(pid) if isinstance(pid, bytes) else open(self._files[pid], "r+b")  # noqa: PTH123  # a descriptor, not a path
