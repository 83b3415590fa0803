"""An audit for programs: JSON, CSV (RFC 4180), and JUnit XML as build servers read it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from archive.storable import storable
from archive.words import IN_DOUBT, LOST, Health
from sourcekeep.audit.report.values import LINK_COLUMNS, as_values, link_values
from sourcekeep.audit.wording import HEALTH
from sourcekeep.exports.csv_rows import csv_line
from sourcekeep.screen import as_json, line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.catalogue import Catalogue
    from sourcekeep.audit.auditing import Audit, AuditedLink


_SKIPPED = IN_DOUBT | {Health.UNCHECKED}


def json_report(found: Audit, catalogue: Catalogue) -> Iterator[str]:
    """Iterate over the audit as one JSON object; keys as in `docs/link-rot.md`."""
    yield as_json(as_values(found), indent=2).removesuffix("\n}") + ',\n  "links": ['
    between = "\n    "
    for link in link_values(found.links, catalogue):  # a line each: indented, so many would take seconds
        yield between + as_json(link)
        between = ",\n    "
    yield "\n  ]\n}\n"


def csv_report(found: Audit, catalogue: Catalogue) -> Iterator[str]:
    """Iterate over the links as CSV, the header first; safe to open in a spreadsheet."""
    for row in ([*LINK_COLUMNS], *(list(values.values()) for values in link_values(found.links, catalogue))):
        yield csv_line(row)


def junit_report(found: Audit, failing: frozenset[str] = frozenset(LOST)) -> Iterator[str]:
    """Iterate over the links as a test suite of JUnit, a case a link; one whose health is in *failing* fails.

    A site is a class of tests. What can't be told from here is skipped: it neither fails nor passes.
    """
    suite = Element("testsuite", name="sourcekeep audit", timestamp=found.made_at[:19])
    tags = Counter(_case(suite, link, failing) for link in found.links)
    counts = {"tests": tags.total(), "failures": tags["failure"], "skipped": tags["skipped"], "errors": 0}
    for name, number in counts.items():
        suite.set(name, str(number))
    suites = Element("testsuites")
    suites.append(suite)
    indent(suites)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _case(suite: Element, link: AuditedLink, failing: frozenset[str]) -> str | None:
    """Write a case, and return which element tells that it did not pass."""
    case = SubElement(suite, "testcase", classname=line(link.site or "no site"), name=storable(line(link.url)))
    tag = "failure" if link.health in failing else "skipped" if link.health in _SKIPPED else None
    if tag:
        said = SubElement(case, tag, message=f"{link.health}: {HEALTH[link.health]}")
        said.text = f"since {link.since}, by the rule {link.rule}; sourcekeep show --history has the evidence"
    return tag
