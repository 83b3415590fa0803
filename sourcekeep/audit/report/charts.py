"""The charts of an audit, as SVG that needs neither a script nor a network: Vega-Lite by Altair and vl-convert."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import altair as alt
import vl_convert
from markupsafe import Markup

from archive.words import Health

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sourcekeep.audit.tally import Tally

COLOURS = {
    Health.LIVE: "#3d8f5f",
    Health.MOVED: "#7fb8d6",
    Health.DRIFTED: "#e0b93f",
    Health.UNVERIFIABLE: "#b4b4b4",
    Health.FAILING: "#e58a3c",
    Health.DEAD: "#b3362f",
    Health.REMOVED: "#6d2f63",
}
"""Told apart also by those who don't see red and green as others do: by lightness, and always with a legend."""

_WIDTH, _HEIGHT = 460, 240
_MOST_SITES = 15
_LONGEST_NAME = 28
_TICKS = 8
_FEW_MONTHS = 2  # no area has any width between so few
_MANY_YEARS = 12  # more of them would stand in each other's way
_NOT_MOVED = alt.Axis(labelFlush=False)  # else the first and the last move towards their neighbours
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
_CONFIG = {
    "background": "transparent",
    "font": _FONT,
    "axis": {"labelFontSize": 13, "titleFontSize": 13, "gridColor": "#e6e6e6", "labelColor": "#333"},
    "legend": {"labelFontSize": 13, "titleFontSize": 13, "orient": "bottom", "columns": 4, "symbolType": "square"},
    "view": {"stroke": None},
}
_SIZE = re.compile(r'(<svg\b[^>]*?) width="[\d.]+" height="[\d.]+"')


class Chart(NamedTuple):
    """One chart with what it shows, in words."""

    title: str
    about: str
    svg: Markup
    """Escaped by what draws it."""


def charts(tally: Tally, until: str) -> list[Chart]:
    """Return the charts for which there is anything to show, up to the month *until*."""
    return [chart for chart in (_over_time(tally, until), _by_site(tally), _by_year(tally), _survival(tally)) if chart]


def _over_time(tally: Tally, until: str) -> Chart | None:
    rows = [
        {"month": f"{month}-01", "health": str(health), "order": _ORDER[health], "sources": number}
        for month, counts in tally.over_time(until)
        for health, number in counts.items()
    ]
    if not rows:
        return None
    is_long = len({row["month"] for row in rows}) > _FEW_MONTHS
    base = alt.Chart(_data(rows))
    drawn = base.mark_area(interpolate="step-after") if is_long else base.mark_bar(size=60)
    x = alt.X("yearmonth(month):T" if is_long else "yearmonth(month):O", title=None, axis=_NOT_MOVED)
    chart = drawn.encode(x=x, y=alt.Y("sources:Q", title="sources"), color=_COLOUR, order="order:Q")
    return Chart("Health over time", "Sources by what their link was at the end of each month.", _svg(chart))


def _by_site(tally: Tally) -> Chart | None:
    sites = sorted(tally.by_site.items(), key=lambda pair: (-pair[1].total(), pair[0]))
    named = [(_short(site) or "no site", counts) for site, counts in sites[:_MOST_SITES]]
    if not named:
        return None
    most = named[0][1].total()
    chart = (
        alt.Chart(_data(_counted(named)))
        .mark_bar()
        .encode(
            y=alt.Y("name:N", title=None, sort=[name for name, _ in named], axis=alt.Axis(labelLimit=200)),
            x=alt.X("sources:Q", title="sources", axis=alt.Axis(format="d", tickCount=min(_TICKS, most))),
            color=_COLOUR,
            order="order:Q",
        )
    )
    about = (
        f"The {len(named)} sites with the most sources, of {len(sites):,}." if len(sites) > len(named) else "All sites."
    )
    return Chart("By site", about, _svg(chart, height=max(80, 22 * len(named))))


def _by_year(tally: Tally) -> Chart | None:
    if not tally.by_year:
        return None
    years = [(str(year), counts) for year, counts in sorted(tally.by_year.items())]
    chart = (
        alt.Chart(_data(_counted(years)))
        .mark_bar()
        .encode(
            x=alt.X("name:O", title=None, axis=alt.Axis(labelAngle=-90 if len(years) > _MANY_YEARS else 0)),
            y=alt.Y("sources:Q", title="share of sources", stack="normalize", axis=alt.Axis(format="%")),
            color=_COLOUR,
            order="order:Q",
        )
    )
    return Chart("By year cited", "By the year of the first incident that cites a source.", _svg(chart))


def _survival(tally: Tally) -> Chart | None:
    curve = tally.survival()
    if not curve[0][2] or curve[-1][0] < 1:
        return None
    chart = (
        alt.Chart(_data([{"days": days, "share": share} for days, share, _ in curve]))
        .mark_line(interpolate="step-after", color=COLOURS[Health.DEAD], strokeWidth=2.5)
        .encode(
            x=alt.X("days:Q", title="days since a link was first seen good", axis=_NOT_MOVED),
            y=alt.Y("share:Q", title="still there", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")),
        )
    )
    about = (
        f"The share of {curve[0][2]:,} links that is still there so long after it was first seen good (Kaplan–Meier)."
    )
    return Chart("How long links last", about, _svg(chart))


_ORDER = {health: number for number, health in enumerate(COLOURS)}
_COLOUR = alt.Color(
    "health:N",
    title=None,
    scale=alt.Scale(domain=[str(health) for health in COLOURS], range=list(COLOURS.values())),
)


def _counted(named: Iterable[tuple[str, Mapping[Health, int]]]) -> list[dict[str, Any]]:
    return [
        {"name": name, "health": str(health), "order": _ORDER[health], "sources": number}
        for name, counts in named
        for health, number in counts.items()
        if number
    ]


def _data(rows: Sequence[dict[str, Any]]) -> alt.InlineData:
    return alt.InlineData(values=list(rows))


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _svg(chart: alt.Chart, height: int = _HEIGHT) -> Markup:
    """Return *chart* as SVG that is as wide as what it stands in."""
    drawn = chart.properties(width=_WIDTH, height=height, config=_CONFIG)
    svg: str = vl_convert.vegalite_to_svg(drawn.to_dict(), vl_version="6.1")
    return Markup(_SIZE.sub(r"\1", svg, count=1))  # noqa: S704  # the one place; names are escaped in it
