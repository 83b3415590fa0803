"""Root without its privileges: it stays the owner of its files, and permissions hold for it (capabilities(7))."""

from __future__ import annotations

import ctypes
import os

_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def drop() -> None:
    """Give up every capability, in this thread and those that it starts (capset(2)); raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    nothing = (_Data * 2)()
    if libc.capset(ctypes.byref(_Header(_VERSION_3, 0)), nothing):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
