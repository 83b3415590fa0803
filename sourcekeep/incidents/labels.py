"""Read `Label: value` out of the text of a record page, where several often stand in one line.

Text taken from a page loses what stood between its fields, so that `Operator: A Developer: B` and even
`Page infoType: IncidentPublished: 2023` come as one line. What begins such a line decides: a sentence that
merely contains a colon has no labels.
"""

from __future__ import annotations

import re

from sourcekeep.incidents.names import fold

_LINE_START = re.compile(r"(?P<label>[A-Z][\w()/&'#-]*(?: [\w()/&'#-]+){0,3}):(?!//)\s*", re.ASCII)
_GLUED = re.compile(r"(?P<before>.*[a-z0-9)]{2})(?P<label>[A-Z][a-z]+)", re.ASCII | re.DOTALL)
_INNER = re.compile(r"(?:(?<=\s)|^)(?P<label>[A-Z][a-z]+(?:\(s\))?):\s", re.ASCII)
_INNER_GLUED = re.compile(r"(?<=[a-z0-9)])(?P<label>[A-Z][a-z]+):\s*", re.ASCII)
_LONGEST_VALUE = 200
"""Beyond this an unknown `Words:` at the head of a line begins a paragraph and labels nothing."""
_LONGEST_LABEL = 40
_QUOTATION_MARKS = tuple("'\"\u2018\u201c\u00ab\u201e")
_FREE_TEXT = frozenset({"title", "headline", "headlinetitle", "summary", "description", "name", "note", "quote"})
_INNER_TWO_WORDS = re.compile(
    r"(?<=\s)(?P<label>(?:(?:Media|News) trigger|System name|Incident type|Ethical issue"
    r"|(?:External|Internal) (?:harm|impact))(?:s|\(s\))?):\s"
)
_SENTENCE_END = re.compile(r"[.!?\u3002]['\"\u2019\u201d\u00bb)\]]*$")
_YEAR_IN_BRACKETS = re.compile(r"\((?:19|20)\d\d[a-z]?\)")
_FEWEST_WORDS = 4
_MANY_WORDS = 15


def labelled_values(item: str) -> list[tuple[str, str]]:
    """Return the labels of *item* with their values, in order; empty if it does not begin with a label.

    A heading that stands before the first label, with nothing between, has the value "".
    """
    start = _LINE_START.match(item)
    if not start or len(start["label"]) > _LONGEST_LABEL:
        return []
    label, value = start["label"], item[start.end() :]
    glued = _GLUED.fullmatch(label)
    if glued and not glued["before"].rpartition(" ")[2][:1].isupper():
        return [(glued["before"], ""), *_split(glued["label"], value, _INNER_GLUED)]
    free = fold(label) in _FREE_TEXT
    if not free and (len(value) > _LONGEST_VALUE or value.startswith(_QUOTATION_MARKS)):
        return []
    return [(label, value.strip())] if free else _split(label, value, _INNER, _INNER_TWO_WORDS)


def is_paragraph(item: str) -> bool:
    """Tell whether *item* reads as prose and not as a title, a button or a heading."""
    words = len(item.split())
    return words >= _MANY_WORDS or (words >= _FEWEST_WORDS and bool(_SENTENCE_END.search(item)))


def is_reference(item: str) -> bool:
    """Tell whether *item* reads as a title or a bibliographic reference."""
    return bool(_YEAR_IN_BRACKETS.search(item)) or not _SENTENCE_END.search(item)


def _split(label: str, value: str, *inner: re.Pattern[str]) -> list[tuple[str, str]]:
    """Part *value* where further labels stand in it, each after a value that is not empty."""
    marks = sorted((match.start(), match.end(), match["label"]) for one in inner for match in one.finditer(value))
    result: list[tuple[str, str]] = []
    begin = 0
    for start, end, following in marks:
        if start >= begin and value[begin:start].strip():
            result.append((label, value[begin:start].strip()))
            label, begin = following, end
    return [*result, (label, value[begin:].strip())]
