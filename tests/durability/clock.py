"""A clock that is wrong, for a process and those it forks: every name by which a module got hold of it is exchanged."""

from __future__ import annotations

import datetime as dt
import mmap
import struct
import sys
import time
from datetime import datetime, tzinfo
from typing import Self

jumps: dict[int, float] = {}
"""By how many seconds the clock is off from the so-many-th acknowledged capture on."""

_OFF = struct.Struct("d")
_off = mmap.mmap(-1, _OFF.size)
"""By how many seconds the clock is off; shared with the processes that are forked."""
_true_time = time.time
_true_time_ns = time.time_ns


def jump(seconds: float) -> None:
    """Let the clock be off by *seconds* from now on."""
    _OFF.pack_into(_off, 0, seconds)


def install(when: dict[int, float]) -> None:
    """Exchange the clock in every module that is there."""
    jumps.update(when)
    jump(when.get(0, 0.0))
    exchanged = {id(_true_time): _time, id(_true_time_ns): _time_ns, id(datetime): _WrongDatetime}
    for module in list(sys.modules.values()):
        if module is sys.modules[__name__] or module is dt:
            continue
        for name, value in list(vars(module).items()) if hasattr(module, "__dict__") else ():
            if id(value) in exchanged:
                setattr(module, name, exchanged[id(value)])


def _time() -> float:
    return _true_time() + _seconds_off()


def _time_ns() -> int:
    return _true_time_ns() + int(_seconds_off() * 1e9)


def _seconds_off() -> float:
    seconds: float = _OFF.unpack_from(_off)[0]
    return seconds


class _WrongDatetime(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.fromtimestamp(_time(), tz)

    @classmethod
    def utcnow(cls) -> Self:
        return cls.now(dt.UTC).replace(tzinfo=None)
