"""An audit as one HTML file: no script, nothing loaded, and nothing of a page or a record taken for markup."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from archive.words import LOST, Health
from sourcekeep.audit.report.charts import COLOURS, charts
from sourcekeep.audit.report.values import link_values
from sourcekeep.audit.risk import worst_first
from sourcekeep.audit.wording import HEALTH
from sourcekeep.screen import count, line, when

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.catalogue import Catalogue
    from sourcekeep.audit.auditing import Audit

MOST = 1000
"""Links of one health, and incidents at risk, that are listed; CSV and JSON have all."""

_ORDER = (Health.DEAD, Health.REMOVED, Health.FAILING, Health.DRIFTED, Health.MOVED, Health.UNVERIFIABLE, Health.LIVE)
_SHOWN_RISKS = 25
_WEB = ("http://", "https://")


def html_report(found: Audit, catalogue: Catalogue) -> Iterator[str]:
    """Iterate over the pieces of the page."""
    environment = Environment(
        loader=PackageLoader("sourcekeep.audit.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "line": line,
        "when": when,
        "percent": "{:.1%}".format,
        "sentence": _sentence,
        "quoted": shlex.quote,
    }
    yield from environment.get_template("audit.html.jinja").generate(**_shown(found, catalogue))


def _sentence(words: str) -> str:
    """Return *words* with a capital at their beginning, and as they are behind it."""
    return words[:1].upper() + words[1:]


def _shown(found: Audit, catalogue: Catalogue) -> dict[str, Any]:
    rates = found.tally.rates()
    return {
        "made_at": found.made_at,
        "scope": [
            f"{name} {value}"
            for name, value in (("incident", found.scope.incident), ("site", found.scope.site))
            if value
        ],
        "since": found.scope.since,
        "total": found.tally.health.total(),
        "health": [(health, found.tally.health[health], HEALTH[health]) for health in Health],
        "lost": LOST,
        "colours": {str(health): colour for health, colour in COLOURS.items()},
        "rates": rates,
        "low": rates.share(rates.rotten),
        "high": rates.share(rates.rotten + rates.in_doubt),
        "drift": rates.share(rates.drifted),
        "pew": rates.share(rates.pew),
        "pins": found.pins,
        "charts": charts(found.tally, found.made_at[:7]),
        "risks": worst_first(found.risks)[:MOST],
        "shown_risks": _SHOWN_RISKS,
        "more_risks": max(0, len(found.risks) - MOST),
        "groups": list(_groups(found, catalogue)),
        "count": count,
        "is_web": lambda url: url.lower().startswith(_WEB),
    }


def _groups(found: Audit, catalogue: Catalogue) -> Iterator[tuple[Health, str, list[dict[str, Any]], int]]:
    """Iterate over (health, what it means, its links, how many more there are)."""
    for health in (*_ORDER, Health.UNCHECKED):
        links = [link for link in found.links if link.health is health]
        if links:
            yield health, HEALTH[health], list(link_values(links[:MOST], catalogue)), max(0, len(links) - MOST)
