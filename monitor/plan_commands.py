"""`eccentric plan ...`: thin shells over `monitor.plans` and `monitor.visit_store`.

Only what is light is imported here; each command imports what it needs.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from monitor.plan import Plan, Side
    from monitor.plans.plan_file import PlanFile

_side = click.option(
    "--side", type=click.Choice(["left", "right", "both"]), help="The leg that works and wears the sensor."
)
_which = click.argument("which", metavar="TEMPLATE|FILE")


@click.group()
def plan() -> None:
    """Plans to start from, to change in a file, and to give to a person.

    They are starting points after published practice, for a therapist to change: docs/plans.md.
    """


@plan.command("list")
def list_() -> None:
    """List the templates in their order."""
    from monitor.plans.templates import TEMPLATES

    for each in TEMPLATES:
        click.echo(f"{each.stage}  {each.name:18} {dose_line(each.plan)}")


@plan.command()
@_which
def show(which: str) -> None:
    """Show a template with its sources, or check a plan of your own."""
    from monitor.plans.templates import template

    chosen = plan_of(which)
    click.echo(chosen.title)
    for each in chosen.plans:
        click.echo(f"  {dose_line(each)}; side: {each.side}; pain limit {each.pain_limit} of 10")
    if chosen.source:
        click.echo(chosen.source)
    known = template(which)
    if known is not None:
        click.echo(f"What one sensor says: {known.measured}")
        click.echo(f"Before the next stage: {known.next_step or 'this is the last one.'}")


@plan.command()
@click.argument("template", metavar="TEMPLATE")
@click.option("--output", type=click.Path(path_type=Path), required=True, help="A new file to change.")
@_side
def write(template: str, output: Path, side: Side | None) -> None:
    """Write a template to a file, to change it there: numbers, names, several plans one after the other."""
    from monitor.plans.plan_file import plan_file_text

    text = plan_file_text(on_side(plan_of(template), side))
    try:
        # What a therapist has changed is not written over.
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise click.UsageError(f"{output} is there already: take another name") from error
    click.echo(f"written: {output}")


@plan.command()
@click.argument("person", metavar="CODE")
@_which
@_side
def assign(person: str, which: str, side: Side | None) -> None:
    """Make a template or a file the plan of a person from today on, in the place of the one before."""
    from monitor.visit_store import CatalogueStore, Today

    chosen = on_side(plan_of(which), side)
    CatalogueStore().choose_plan(person, Today(chosen.title, None, chosen.plans, None, chosen.source))
    click.echo(f"{person}: {chosen.title or dose_line(chosen.plans[0])}")


@plan.command()
def rule() -> None:
    """Show the numbers of the rule for pain, and in which file they are changed."""
    import json

    from monitor.visit_store import rule_path, users_rule

    click.echo(json.dumps(asdict(users_rule()), indent=2))
    path = rule_path()
    click.echo(f"{'from' if path.exists() else 'to change them, write some of this to'} {path}", err=True)


def plan_of(which: str) -> PlanFile:
    """Return the template of a name or a stage, or else what stands in a file.

    Raises PlanFileError, or OSError if the file cannot be opened.
    """
    from monitor.plans.plan_file import PlanFile, PlanFileError, read_plan_file
    from monitor.plans.templates import TEMPLATES, template

    known = template(which)
    path = Path(which)
    if known is not None and not path.is_file():
        return PlanFile((known.plan,), known.title, known.source)
    if not path.exists() and path.name == which and not path.suffix:
        names = ", ".join(each.name for each in TEMPLATES)
        raise PlanFileError(f"there is no template and no file {which}; templates: {names}")
    return read_plan_file(path)


def on_side(chosen: PlanFile, side: Side | None) -> PlanFile:
    """Return plans for one leg; None: as they are."""
    if side is None:
        return chosen
    return replace(chosen, plans=tuple(replace(each, side=side) for each in chosen.plans))


def plans_for_one_sensor(which: str, side: Side | None) -> tuple[Plan, ...]:
    """Return the plans of a template or file for a session, in which the sensor stays on one leg.

    Raises PlanFileError if they name both legs, or OSError if the file cannot be opened.
    """
    from monitor.plans.plan_file import PlanFileError

    plans = on_side(plan_of(which), side).plans
    legs = {each.side for each in plans if each.side != "both"}
    if len(legs) > 1:
        raise PlanFileError(f"{which} holds plans for both legs: one sensor is on one, so give --side")
    # Where both legs work, the one with the sensor is measured.
    return tuple(replace(each, side=leg) for each in plans for leg in legs) or plans


def dose_line(plan: Plan) -> str:
    """Return a plan in one line."""
    named = (("lift", plan.tempo.lift_s), ("hold", plan.tempo.hold_s), ("lower", plan.tempo.lower_s))
    tempo = ", ".join(f"{name} {seconds:g} s" for name, seconds in named if seconds)
    rest = f"{plan.rest_between_sets_s:g} s rest"
    often = "" if plan.sessions_per_week is None else f", {plan.sessions_per_week} sessions a week"
    return f"{plan.variant or plan.exercise}: {plan.sets} x {plan.reps}, {tempo}, {rest}{often}"
