"""What the text is held to, beside what came out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Target:
    """A figure, and what it must be; `value` is None where it was not measured."""

    what: str
    value: float | None
    target: float
    at_most: bool = False

    @property
    def reached(self) -> bool | None:
        """Whether the figure is at least the target, or at most where less is better."""
        if self.value is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON wants it."""
        return {**asdict(self), "reached": self.reached}


def print_targets(targets: list[Target]) -> None:
    """Print a line for each."""
    click.echo("\n figure     target")
    for target in targets:
        value = "-" if target.value is None else _form(target.value)
        sign = "<=" if target.at_most else ">="
        verdict = {True: "reached", False: "NOT reached", None: "not measured"}[target.reached]
        click.echo(f"{value:>7}  {sign} {_form(target.target):>6}   {target.what}: {verdict}")


def _form(figure: float) -> str:
    return str(figure) if isinstance(figure, int) else f"{figure:.3f}"
