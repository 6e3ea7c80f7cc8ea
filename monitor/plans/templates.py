"""Plans to start from, in the order in which practice builds up to Nordics after a hamstring tendinopathy.

The order follows the stages that Goom et al. 2016 describe for proximal hamstring tendinopathy (isometric,
then slow work with little bend in the hip, then more) and what clinics publish for bridges. No trial has
tested this order, these tempos or these doses for that condition. What each template takes from where, and
what is this program's own proposal, stands in it; a therapist is meant to change every number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from monitor.plan import Plan, Side, Tempo

PAIN_LIMIT = 3
"""Practice for proximal hamstring tendinopathy calls 0-3 of 10 tolerable, more too much load (clinic pages);
Silbernagel 2007 allows 5 for the Achilles tendon."""

LIMIT_SOURCE = (
    "Pain limit 3: clinics for this condition; 5 is allowed for the Achilles tendon (Silbernagel 2007)."
)


@dataclass(frozen=True, slots=True)
class Template:
    """A plan to start from.

    name: for the command line. stage: its place in the order, from 1. one_leg: one leg works at a time, so
    that a side has to be chosen. published: what is taken from where. proposed: what is not. measured: what
    one sensor on the thigh says about it. next_step: what to reach before the next one, None at the end.
    """

    name: str
    stage: int
    title: str
    plan: Plan
    one_leg: bool
    published: str
    proposed: str
    measured: str
    next_step: str | None

    @property
    def source(self) -> str:
        """Where it comes from, and what of it is only proposed."""
        return f"{self.published} {LIMIT_SOURCE} {self.proposed}"

    def for_side(self, side: Side) -> Plan:
        """Return its plan for the leg that works and wears the sensor."""
        return replace(self.plan, side=side)


def _template(
    name: str,
    title: str,
    plan: Plan,
    *,
    one_leg: bool = False,
    published: str,
    proposed: str,
    measured: str,
    next_step: str | None,
) -> Template:
    if plan.stage is None:
        raise ValueError(f"the template {name} has no stage")
    return Template(name, plan.stage, title, plan, one_leg, published, proposed, measured, next_step)


TEMPLATES: tuple[Template, ...] = (
    _template(
        "isometric-bridge",
        "Isometric bridge",
        Plan("bridge", "both", 5, 1, Tempo(3.0, 45.0, 3.0), 120.0, PAIN_LIMIT, "Isometric bridge", 1),
        published=(
            "Published: 5 holds of 45 s (also 4 x 45 s or 3-4 x 20-40 s), once or twice a day, the hip bent "
            "20-30 degrees at most (pages of four clinics; stage 1 in Goom 2016)."
        ),
        proposed="Proposed here: 3 s up, 3 s down, 2 min of rest.",
        measured=(
            "One repetition is one bridge that is held, for up to about 54 s. Measured are the seconds the "
            "thigh stays up and those of the lift and the lowering; the verdict and the dose are about the "
            "lowering alone. How hard the muscles work while nothing moves is not measured, nor a hip that "
            "sags while the thigh stays."
        ),
        next_step="Published for this: pain stays at 3 of 10 or less, and has settled within 24 h.",
    ),
    _template(
        "double-leg-bridge",
        "Slow bridge on both legs",
        Plan("bridge", "both", 3, 12, Tempo(4.0, 2.0, 4.0), 90.0, PAIN_LIMIT, "Slow bridge on both legs", 2),
        published=(
            "Published: 4 s up, 2 s hold, 4 s down, 3-5 sets, 2-3 times a week, until 12-15 repetitions are "
            "easy (a clinic's page); other clinics lower for 3 s, 3 x 12 (stage 2 in Goom 2016: from about "
            "15 to 8 repetitions maximum, little bend in the hip)."
        ),
        proposed="Proposed here: 3 sets of 12 to begin with, 90 s of rest.",
        measured=(
            "Measured are lift, hold and lowering of the thigh with the sensor; not how the legs share the "
            "load."
        ),
        next_step="Published for this: 12-15 repetitions are easy.",
    ),
    _template(
        "two-up-one-down",
        "Two up, one down",
        Plan("bridge", "both", 3, 12, Tempo(3.0, 1.0, 2.0), 90.0, PAIN_LIMIT, "Two up, one down", 3),
        one_leg=True,
        published=(
            "Published: up on both legs, shift, lower for 3 s on the painful one; 3 x 12, later 3 x 15-20 "
            "(two clinics' pages; within stage 2 in Goom 2016)."
        ),
        proposed="Proposed here: 2 s up, 1 s to shift, 90 s of rest.",
        measured=(
            "The sensor is on the leg that lowers. Measured is its lowering; that the other leg is off the "
            "floor is not seen."
        ),
        next_step="Published for this: 3 sets of 15-20.",
    ),
    _template(
        "single-leg-bridge",
        "Single-leg bridge",
        Plan("bridge", "both", 3, 8, Tempo(3.0, 0.0, 3.0), 120.0, PAIN_LIMIT, "Single-leg bridge", 4),
        one_leg=True,
        published=(
            "Published: 3 s up, 3 s down, 3-4 sets of 6-15, effort 7-8 of 10, two days apart (an open "
            "program that cites Goom 2016); the order double, two up one down, single, long lever (pages of "
            "four clinics)."
        ),
        proposed="Proposed here: 3 sets of 8; 2 min of rest as in heavy slow training of other tendons.",
        measured=(
            "The sensor is on the leg that works. Measured are its lift and lowering; the lifted leg, and a "
            "pelvis that tilts, are not."
        ),
        next_step="Published for bridges: 12-15 repetitions are easy.",
    ),
    _template(
        "long-lever-bridge",
        "Single-leg bridge, long lever",
        Plan(
            "bridge",
            "both",
            3,
            6,
            Tempo(3.0, 0.0, 3.0),
            120.0,
            PAIN_LIMIT,
            "Single-leg bridge, long lever",
            5,
        ),
        one_leg=True,
        published=(
            "Published: comes after the single-leg bridge (pages of four clinics); the straighter the knee, "
            "the more the biceps femoris works (Ho 2020)."
        ),
        proposed=(
            "Proposed here: sets, repetitions and tempo, after the single-leg bridge; the knee at 40-60 "
            "degrees."
        ),
        measured=(
            "Measured are lift and lowering. The thigh moves by 8-13 degrees only (computed from body "
            "proportions), so that each time has a larger error; with the knee almost straight it moves by 3 "
            "degrees, too little to be counted."
        ),
        next_step=(
            "Published for this: enough strength first; a Nordic on a gym ball is a common way in (clinics, "
            "Goom)."
        ),
    ),
    _template(
        "assisted-nordic",
        "Assisted Nordic",
        Plan("nordic", "both", 2, 5, Tempo(5.0), 120.0, PAIN_LIMIT, "Assisted Nordic", 6),
        published=(
            "Published: 2 x 5 once in the first week (Oslo Sports Trauma Research Center); 4-5 s down (a "
            "home program); help from a band, partner or ball because the full range is too hard for most "
            "(Sconce 2015, Alt 2023)."
        ),
        proposed="Proposed here: 5 s down, 2 min of rest, and help before the full Nordic.",
        measured=(
            "Measured are lean and lowering. How much the band or the partner helps is not, and with help "
            "there may be no break point. Bent hips are not seen."
        ),
        next_step="Published: the way down is slow and steady. Proposed here: little help is needed.",
    ),
    _template(
        "nordic",
        "Nordic",
        Plan("nordic", "both", 2, 5, Tempo(4.0), 120.0, PAIN_LIMIT, "Nordic", 7),
        published=(
            "Published: 2 x 5 once in the first week, built up to 3 x 12-10-8 three times a week over ten "
            "(Oslo Sports Trauma Research Center, Petersen 2011; in athletes without this condition); 4-5 s "
            "down (a home program)."
        ),
        proposed="Proposed here: 4 s down, 2 min of rest (1 min was enough for trained men).",
        measured=(
            "Measured are lean, lowering, and where the fall begins (30-50 degrees in healthy people). "
            "Force, the share of each leg and bent hips are not."
        ),
        next_step=None,
    ),
)


def template(name: str) -> Template | None:
    """Return the template of a name, or of a stage in digits; None if there is none."""
    return next((each for each in TEMPLATES if name in (each.name, str(each.stage))), None)


def of_stage(stage: int | None) -> Template | None:
    """Return the template of a stage; None if there is none."""
    return next((each for each in TEMPLATES if each.stage == stage), None)
