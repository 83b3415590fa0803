"""Pins from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archive.ledger.pins import pin as state_pin
from sourcekeep import screen
from sourcekeep.lookup import NotFoundError, near

if TYPE_CHECKING:
    from archive.folder import ArchiveFolder
    from archive.words import Health


def pin(folder: ArchiveFolder, url: str, health: Health | None, *, reason: str, by: str) -> None:
    """Pin the health of a cited URL, or take its pin away, and say so. Raises ArchiveError when nothing cites it."""
    wanted = screen.typed(url)
    with folder.catalogue() as catalogue:
        source = catalogue.sources.find(wanted)
        if source is None and catalogue.incidents.get(wanted):
            raise NotFoundError(f"{screen.line(wanted)} is an incident; pin one of the URLs that it cites")
        if source is None:
            raise NotFoundError(f"{screen.line(wanted)} is no cited URL in {folder.path}{near(catalogue, wanted)}")
        known = catalogue.pins.all().get(source.id)
    if health is None and known is None:
        click.echo(f"{screen.line(source.url)} has no pin")
        return
    state_pin(folder, source, health, reason=screen.typed(reason), by=screen.typed(by))
    said = (
        f"is pinned as {health}; measured is {source.health}"
        if health
        else f"has no pin any more; it is {source.health}"
    )
    click.echo(screen.wrapped(f"{screen.line(source.url)} {said}"))


def print_pins(folder: ArchiveFolder) -> None:
    """Print every pin beside what is measured."""
    with folder.catalogue() as catalogue:
        pins = catalogue.pins.all()
        for source_id, one in pins.items():
            source = catalogue.sources.get(source_id)
            if source:
                click.echo(f"{screen.styled(one.health, bold=True)}  {screen.line(source.url)}")
                said = f"{screen.line(one.reason)} ({screen.line(one.pinned_by)}, {screen.when(one.pinned_at)})"
                click.echo(screen.wrapped(f"{said}; measured: {source.health}", "  "))
    click.echo(screen.count(len(pins), "pin") if pins else "nothing is pinned")
