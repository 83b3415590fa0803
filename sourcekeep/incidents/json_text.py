"""Read JSON and JSON lines into elements that know their line."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sourcekeep.incidents.reading import ImportFormatError, quarantined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archive.records import Quarantined
    from sourcekeep.incidents.textfile import TextFile

T = TypeVar("T")

DEEPEST = 100
"""Nesting that is read; what is deeper could not be written to the catalogue, and no export has it."""
_LISTS = ("incidents", "records", "reports", "items", "results", "entries", "rows", "data")
"""Names under which exports put the list of their records."""
_MOST_DIGITS = 1000
"""A longer integer comes as text: Python would not read it, nor write it back."""
_BLANK = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Element:
    """One record of a JSON file."""

    line: int
    """Where it begins, counted from 1."""
    value: Any
    key: str | None = None
    """Its name, where the file is one object with a record under each name."""


def parse(text: str) -> Any:
    """Return the value of a JSON *text*; raises ValueError, with a reason to show, where it has none.

    Numbers that JSON has no words for (NaN, infinities) come as text, for SQLite could not read them back.
    """
    return _checked(text, lambda: _DECODER.decode(text))


def read_lines(file: TextFile) -> Iterator[Element | Quarantined]:
    """Yield the elements of JSON lines; a line that is no JSON is quarantined."""
    for number, line in enumerate(file.lines(), 1):
        if text := line.strip(" \t\r\n\ufeff"):
            try:
                yield Element(number, parse(text))
            except ValueError as error:
                yield quarantined(file.name, number, f"no JSON: {error}", line.rstrip("\r\n"))


def read_document(file: TextFile) -> list[Element]:
    """Return the elements of one JSON document; raises ImportFormatError if it is none.

    A list has its elements; an object has those of its list of records, or, where it holds nothing but
    objects, each of these with its name; any other object is one element.
    """
    with file.open() as stream:
        text = stream.read().replace("\0", "").removeprefix("\ufeff")
    try:
        return _checked(text, lambda: _elements(text))
    except json.JSONDecodeError as error:
        raise ImportFormatError(
            f"{file.name} is no valid JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from error
    except ValueError as error:
        raise ImportFormatError(f"{file.name} cannot be read as JSON: {error}") from error


def first_value(file: TextFile) -> Any:
    """Return the first value of a list, or the one object that *file* is; None if its head has neither whole."""
    text = file.head.lstrip("\ufeff \t\r\n")
    if text[:1] not in ("{", "["):
        return None
    try:
        return _checked(text, lambda: _DECODER.raw_decode(text, _skip(text, 1) if text[0] == "[" else 0)[0])
    except ValueError:
        return None


def _elements(text: str) -> list[Element]:
    start = _skip(text, 0)
    if text[start : start + 1] == "[":
        elements, end = _array(text, start, 1 + text.count("\n", 0, start))
    elif text[start : start + 1] == "{":
        elements, end = _object(text, start)
    else:
        raise json.JSONDecodeError("neither a list nor an object", text, start)
    if (end := _skip(text, end)) < len(text):
        raise json.JSONDecodeError("something stands after the end", text, end)
    return elements


def _array(text: str, start: int, line: int) -> tuple[list[Element], int]:
    elements: list[Element] = []
    before, position = start, _skip(text, start + 1)
    while text[position : position + 1] != "]":
        if elements:
            position = _skip(text, _expect(text, position, ","))
        line += text.count("\n", before, position)
        before = position
        value, position = _DECODER.raw_decode(text, position)
        elements.append(Element(line, value))
        position = _skip(text, position)
    return elements, position + 1


def _object(text: str, start: int) -> tuple[list[Element], int]:
    members: list[Element] = []
    records: list[Element] | None = None
    line = 1 + text.count("\n", 0, start)
    before, position = start, _skip(text, start + 1)
    while text[position : position + 1] != "}":
        if members:
            position = _skip(text, _expect(text, position, ","))
        if text[position : position + 1] != '"':
            raise json.JSONDecodeError("a name in quotation marks is missing", text, position)
        key, position = _DECODER.raw_decode(text, position)
        position = _skip(text, _expect(text, _skip(text, position), ":"))
        line += text.count("\n", before, position)
        before = position
        value, end = _DECODER.raw_decode(text, position)
        if records is None and key in _LISTS and isinstance(value, list):
            records, end = _array(text, position, line)
        members.append(Element(line, value, key))
        position = _skip(text, end)
    if records is None and not (members and all(isinstance(member.value, dict) for member in members)):
        value, _ = _DECODER.raw_decode(text, start)
        records = [Element(1 + text.count("\n", 0, start), value)]
    return members if records is None else records, position + 1


def _skip(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _expect(text: str, position: int, mark: str) -> int:
    if text[position : position + 1] != mark:
        raise json.JSONDecodeError(f"{mark!r} is missing", text, position)
    return position + 1


def _checked(text: str, read: Callable[[], T]) -> T:
    try:
        value = read()
    except RecursionError as error:
        raise ValueError(f"nested more than {DEEPEST} deep") from error
    if _is_deep(value):
        raise ValueError(f"nested more than {DEEPEST} deep")
    odd = "\\ud" in text or "\\uD" in text or "\\u0000" in text
    return cast("T", _storable(value)) if odd else value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner += one.values()
            elif isinstance(one, list):
                inner += one
            elif isinstance(one, Element):
                inner.append(one.value)
        if not inner:
            return False
        level = inner
    return True


def _storable(value: Any) -> Any:
    """Return *value* without lone surrogates and U+0000, which UTF-8 and SQLite cannot keep."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value).replace("\0", "")
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(one) for name, one in value.items()}
    if isinstance(value, Element):
        return Element(value.line, _storable(value.value), _storable(value.key))
    return value


def _finite(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _short(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


_DECODER = json.JSONDecoder(parse_float=_finite, parse_int=_short, parse_constant=str)
