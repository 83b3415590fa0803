"""Files that are a zip of XML parts (office files, EPUB), read within bounds and with nothing expanded or fetched."""

from __future__ import annotations

import io
import lzma
import posixpath
import re
import struct
import zipfile
import zlib
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PART = 16 * 1024 * 1024
"""Bytes read of one part; lxml takes up to ten times as much for its tree."""
MAX_PARTS = 32 * 1024 * 1024
"""Bytes read of all parts of a file."""
MAX_TAGS = 1_000_000
"""Tags read of all parts of a file: each element takes a microsecond or two, however short."""
MAX_DIRECTORY = 4 * 1024 * 1024
"""Bytes of a zip's directory; each part takes 46 and its name."""
_END_RECORD = struct.Struct("<4s4H2LH")
_END_REACH = _END_RECORD.size + 0xFFFF
# References to halves of surrogate pairs: libxml2 takes them while it passes over damage, and lxml fails at them.
_SURROGATE = re.compile(
    rb"&#(?:x0*d[89a-f][\da-f]{2}|0*(?:5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]));", re.IGNORECASE
)
_ENCRYPTED = 1
_TAG = re.compile(b"<")
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, RuntimeError, struct.error, KeyError,
)  # fmt: skip


class PackageError(Exception):
    """A file can't be read as a package; its text is the reason."""


class Package:
    """The parts of a zip file by name."""

    def __init__(self, body: bytes) -> None:
        """Open *body*; raises PackageError where it is no zip file, or one that is made to take long."""
        self.cut: set[str] = set()
        """The parts that were not read to their end."""
        self._left, self._tags_left = MAX_PARTS, MAX_TAGS
        try:
            if _directory_size(body) > MAX_DIRECTORY:
                raise PackageError("too-many-parts")
            self._zip = zipfile.ZipFile(io.BytesIO(body))
        except _UNREADABLE as error:
            raise PackageError(f"damaged: {error}") from error
        self._names = {info.filename.lstrip("/").lower(): info for info in self._zip.infolist()}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._names

    def names(self) -> Iterator[str]:
        """Iterate over the names of all parts."""
        for info in self._names.values():
            yield info.filename.lstrip("/")

    def read(self, name: str) -> bytes:
        """Return a part, or as much of it as the bounds allow; empty where there is none.

        Raises PackageError where it is encrypted or damaged.
        """
        info = self._names.get(name.lower())
        if info is None:
            return b""
        if info.flag_bits & _ENCRYPTED:
            raise PackageError("encrypted")
        limit = min(MAX_PART, self._left * 3 // 4)
        try:
            with self._zip.open(info) as part:
                content = part.read(limit + 1)
        except _UNREADABLE as error:
            raise PackageError(f"damaged: {error}") from error
        if len(content) > limit:
            self.cut.add(name)
        self._left -= min(len(content), limit)
        return content[:limit]

    def xml(self, name: str) -> etree._Element | None:
        """Return the root of a part that is XML, or None where there is none."""
        whole = self.read(name)
        content = within_tags(whole, self._tags_left * 3 // 4)  # so that no part leaves nothing for the rest
        if len(content) < len(whole):
            self.cut.add(name)
        self._tags_left -= content.count(b"<")
        return parse_xml(content)

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """Return what a part of an Open Packaging file refers to, by id: the relation's kind and the part's name."""
        folder, base = posixpath.split(name)
        root = self.xml(f"{folder}/_rels/{base}.rels".lstrip("/"))
        if root is None:
            return {}
        return {
            relation.get("Id", ""): (
                relation.get("Type", "").rsplit("/", 1)[-1],
                resolved(name, relation.get("Target", "")),
            )
            for relation in root.iter("{*}Relationship")
            if relation.get("TargetMode") != "External"
        }


def resolved(base: str, target: str) -> str:
    """Return the name of the part that *target* names in the part *base*."""
    try:
        path = unquote(urlsplit(target).path)
    except ValueError:
        return ""
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(base), path)).lstrip("/")


def parse_xml(content: bytes) -> etree._Element | None:
    """Return the root of *content*, or None; entities stay unexpanded, nothing is fetched, damage is passed over."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(_SURROGATE.sub(b"", content), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def within_tags(content: bytes, most: int = MAX_TAGS) -> bytes:
    """Return *content* up to its tag number *most*."""
    if content.count(b"<") <= most:
        return content
    return content[: next(islice(_TAG.finditer(content), most, None)).start()]


def local_name(element: etree._Element) -> str:
    """Return the name of *element* without its namespace; damaged XML has names that are none."""
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def _directory_size(body: bytes) -> int:
    """Return the size that a zip file's end record gives for the directory (APPNOTE 4.3.16)."""
    at = body.rfind(b"PK\x05\x06", max(0, len(body) - _END_REACH))
    if at < 0:
        raise PackageError("damaged: its end is missing")
    size: int = _END_RECORD.unpack_from(body, at)[5]
    return size
