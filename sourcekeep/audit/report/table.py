"""An audit for people, in the columns of a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archive.words import LOST, Health
from sourcekeep.audit.risk import worst_first
from sourcekeep.audit.wording import HEALTH, rule_in_words
from sourcekeep.invocation import as_typed
from sourcekeep.screen import count, line, shortened, styled, when, width, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sourcekeep.audit.auditing import Audit, AuditedLink
    from sourcekeep.audit.risk import Risk
    from sourcekeep.audit.tally import Rates

COLOURS = {
    Health.LIVE: "green",
    Health.MOVED: "cyan",
    Health.DRIFTED: "yellow",
    Health.FAILING: "yellow",
    Health.DEAD: "red",
    Health.REMOVED: "red",
}
_ORDER = (Health.DEAD, Health.REMOVED, Health.FAILING, Health.DRIFTED, Health.MOVED, Health.UNVERIFIABLE)
_BAR = 24


def print_audit(found: Audit, *, most: int) -> None:
    """Print the audit; of each health, and of incidents at risk, at most so many."""
    _print_health(found)
    _print_rates(found.tally.rates())
    for health in (*_ORDER, Health.LIVE, Health.UNCHECKED):
        _print_links(health, [link for link in found.links if link.health is health], most)
    _print_risks(found.risks, most)
    click.echo()
    click.echo(as_typed("The captures and records behind a line: `sourcekeep show URL --history`"))


def _heading(text: str) -> None:
    click.echo()
    click.echo(styled(wrapped(text), bold=True))


def _print_health(found: Audit) -> None:
    total = found.tally.health.total()
    click.echo(styled(f"{count(total, 'source')}, by what became of the link", bold=True))
    for health in Health:
        if number := found.tally.health[health]:
            bar = "█" * max(1, round(_BAR * number / total))
            name = styled(f"{health:<13}", fg=COLOURS.get(health))
            click.echo(
                f"  {name}{number:>8,}  {styled(f'{bar:<{_BAR}}', fg=COLOURS.get(health))}  {number / total:>4.0%}"
            )
    if found.pins:
        click.echo(f"  {count(found.pins, 'link')} pinned by editors; above is what was measured")


def _print_rates(rates: Rates) -> None:
    if not rates.checked:
        click.echo("no link was looked at yet")
        return
    _heading("Link rot")
    low, high = rates.share(rates.rotten), rates.share(rates.rotten + rates.in_doubt)
    click.echo(
        wrapped(
            f"between {low:.1%} (dead or removed: {rates.rotten:,} of {rates.checked:,}) and {high:.1%} (were all "
            f"{rates.in_doubt:,} that are failing or can't be verified gone as well)",
            "  ",
        )
    )
    click.echo(f"  drifted to another text: {rates.share(rates.drifted):.1%}")
    click.echo(f"  by Pew's rule (the last status alone): {rates.share(rates.pew):.1%}")


def _print_links(health: Health, links: Sequence[AuditedLink], most: int) -> None:
    if not links:
        return
    _heading(f"{health.capitalize()}: {HEALTH[health]}")
    for link in links[:most]:
        click.echo(f"  {shortened(line(link.url), width() - 2)}")
        click.echo(wrapped(_said(link), "    "))
        _print_replacement(link)
    if len(links) > most:
        click.echo(f"  … {count(len(links) - most, 'link')} more (--most {len(links)} shows all)")


def _said(link: AuditedLink) -> str:
    words = [f"{rule_in_words(link.rule)}, since {when(link.since)}"] if link.since else []
    if link.health in LOST and link.first_failed_at:
        good = f"good for the last time {when(link.last_good_at)}" if link.last_good_at else "never seen good"
        words.append(f"{good}, failing from {when(link.first_failed_at)} on")
    if link.pin:
        words.append(f"pinned by {line(link.pin.pinned_by)} ({line(link.pin.reason)}), measured as {link.measured}")
    words.append("a copy is kept" if link.is_kept else "no copy is kept")
    return "; ".join(words)


def _print_replacement(link: AuditedLink) -> None:
    if (instead := link.replacement) and instead.url:
        at = f" ({instead.kind} of {when(instead.at)})" if instead.at else ""
        click.echo(wrapped(f"cite {line(instead.url)}{at}", "    -> ", "       "))


def _print_risks(risks: Sequence[Risk], most: int) -> None:
    if not risks:
        return
    _heading(f"{count(len(risks), 'incident')} at risk")
    for risk in worst_first(risks)[:most]:
        doubt = f", {risk.in_doubt} can't be told" if risk.in_doubt else ""
        kept = f"; {count(risk.kept, 'copy', 'copies')} kept" if risk.kept else "; no copy kept"
        said = f"{risk.danger}: {risk.surviving} of {count(risk.sources, 'source')}{doubt}{kept}"
        click.echo(wrapped(f"{line(risk.incident_id)}  {said}", "  ", "    "))
    if len(risks) > most:
        click.echo(f"  … {count(len(risks) - most, 'incident')} more")
