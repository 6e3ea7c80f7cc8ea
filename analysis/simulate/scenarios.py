"""Random sessions of named kinds, for benchmarks and tests: who moves, what they do, which sensor they wear.

Ranges and tempi are those measured on real people where such measurements exist (bridges: 30 people, thigh
range 7-38 deg, median 20; Nordics: control is lost at 15-55 deg of lean), and plausible elsewhere. A session
is made of: the calibration movement (or only standing, or nothing), getting down, one or two sets, getting
up. What is not a repetition surrounds them, as in a living room.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from analysis.simulate.movement import Body, Movement, SimulatedSession
from analysis.simulate.sensor import Sensor, Slip

CalibrationMovement = Literal["knee lifts", "standing", "none"]

UPRIGHT_DEG = 0.0


@dataclass(slots=True)
class _Actor:
    """A person in the middle of a script: what they are like, and where they are."""

    script: Movement
    rng: np.random.Generator
    posture: Literal["standing", "kneeling", "supine"] = "standing"
    supine_deg: float = -138.0
    kneel_deg: float = 0.0

    def uniform(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def still(self, low: float, high: float, *, resting: bool = False) -> None:
        """Stay for a while; people shift a little in longer waits."""
        self.script.still(self.uniform(low, high), resting=resting)

    def kneel(self) -> None:
        """Get into tall kneeling."""
        if self.posture == "kneeling":
            return
        if self.posture == "supine":
            self.sit_up()
        script, down = self.script, -self.uniform(0.4, 0.5)
        first_s, second_s = self.uniform(0.8, 2.0), self.uniform(0.8, 1.8)
        if self.chance(0.5):
            # This leg goes back first.
            script.move(
                self.uniform(8.0, 28.0), first_s, pivot="hip", knee_rises_m=0.6 * down, forward_m=-0.1
            )
            script.shock(self.uniform(0.5, 4.0))
            self.still(0.1, 1.5)
            script.move(self.kneel_deg, second_s, pivot="knee")
        else:
            # The other leg goes back first: this thigh comes level, then the knee goes to the floor.
            script.move(-self.uniform(60.0, 95.0), first_s, forward_m=0.05)
            self.still(0.1, 1.0)
            script.move(self.kneel_deg, second_s, pivot="hip", knee_rises_m=down)
            script.shock(self.uniform(0.5, 4.0))
        self.posture = "kneeling"
        script.mark("kneels")

    def lie_down(self) -> None:
        """Get onto the back with bent knees and flat feet."""
        script = self.script
        if self.posture == "supine":
            return
        if self.posture == "standing":
            if self.chance(0.5):
                self.kneel()
            else:
                # By way of squatting and sitting on the floor.
                script.move(-self.uniform(95.0, 115.0), self.uniform(1.2, 2.2), knee_rises_m=-0.1)
                script.move(-self.uniform(110.0, 135.0), self.uniform(0.8, 1.5), knee_rises_m=-0.1)
                script.shock(self.uniform(0.5, 3.0))
        if self.posture == "kneeling":
            script.move(-self.uniform(60.0, 85.0), self.uniform(1.0, 2.2))
            self.still(0.2, 1.0)
            script.move(-self.uniform(95.0, 115.0), self.uniform(0.8, 1.6), tilt_deg=self.uniform(-25, 25))
        self.still(0.2, 1.5)
        script.move(self.supine_deg, self.uniform(1.5, 3.0), tilt_deg=0.0)
        self.posture = "supine"
        script.mark("lies")

    def sit_up(self) -> None:
        """From lying on the back to standing."""
        script = self.script
        script.mark("gets up")
        script.move(-self.uniform(105.0, 125.0), self.uniform(1.0, 2.0), tilt_deg=self.uniform(-20.0, 20.0))
        self.still(0.1, 1.0)
        script.move(-self.uniform(80.0, 100.0), self.uniform(0.8, 1.6), tilt_deg=0.0, knee_rises_m=0.1)
        script.move(UPRIGHT_DEG, self.uniform(1.0, 2.0), knee_rises_m=0.1)
        self.posture = "standing"
        script.mark("stands")

    def stand(self) -> None:
        """Get up."""
        script = self.script
        if self.posture == "kneeling":
            script.mark("gets up")
            if self.chance(0.5):
                script.move(-self.uniform(65.0, 90.0), self.uniform(0.8, 1.6), pivot="hip", knee_rises_m=0.1)
                self.still(0.05, 0.6)
                script.move(UPRIGHT_DEG, self.uniform(0.9, 1.6))
            else:
                # The other foot steps forward; this thigh trails behind and comes up last.
                rise = self.uniform(0.4, 0.5)
                script.move(self.uniform(6.0, 24.0), self.uniform(0.8, 1.5), knee_rises_m=0.05)
                script.move(
                    -self.uniform(5.0, 25.0), self.uniform(0.7, 1.3), pivot="hip", knee_rises_m=0.8 * rise
                )
                script.move(UPRIGHT_DEG, self.uniform(0.4, 0.9), pivot="hip", knee_rises_m=0.2 * rise)
            script.mark("stands")
        elif self.posture == "supine":
            self.sit_up()
        self.posture = "standing"


def _walk(actor: _Actor, steps: int) -> None:
    script = actor.script
    step_s = actor.uniform(0.95, 1.3)
    flexion, extension = actor.uniform(18.0, 32.0), actor.uniform(8.0, 18.0)
    for _ in range(steps):
        bounce = actor.uniform(0.015, 0.035)
        turn = actor.uniform(60.0, 120.0) if actor.chance(0.1) else 0.0
        script.move(
            -flexion * actor.uniform(0.9, 1.1), 0.42 * step_s, pivot="hip", knee_rises_m=bounce, turn_deg=turn
        )
        script.shock(actor.uniform(1.0, 6.0))
        script.move(extension * actor.uniform(0.9, 1.1), 0.58 * step_s, pivot="hip", knee_rises_m=-bounce)
    script.move(UPRIGHT_DEG, 0.45, pivot="hip")


def _stairs(actor: _Actor, steps: int) -> None:
    script = actor.script
    up = actor.chance(0.5)
    for _ in range(steps):
        if up:
            script.move(-actor.uniform(45.0, 62.0), actor.uniform(0.5, 0.7), pivot="hip", knee_rises_m=0.08)
            script.move(actor.uniform(-2.0, 8.0), actor.uniform(0.5, 0.7), knee_rises_m=0.17)
        else:
            script.move(-actor.uniform(18.0, 35.0), actor.uniform(0.4, 0.6), pivot="hip", knee_rises_m=-0.1)
            script.shock(actor.uniform(2.0, 7.0))
            script.move(actor.uniform(-4.0, 6.0), actor.uniform(0.5, 0.7), pivot="hip", knee_rises_m=-0.1)
    script.move(UPRIGHT_DEG, 0.5, pivot="hip")


def _sit_down_and_up(actor: _Actor) -> None:
    script = actor.script
    level = -actor.uniform(76.0, 98.0)
    script.move(level, actor.uniform(0.75, 2.2), tilt_deg=actor.uniform(-5.0, 5.0))
    script.shock(actor.uniform(0.0, 3.0))
    actor.still(1.0, 8.0)
    if actor.chance(0.3):
        # Shifts on the chair.
        script.move(level + actor.uniform(-8.0, 8.0), 0.8, pivot="hip")
        actor.still(0.5, 2.0)
    script.move(UPRIGHT_DEG, actor.uniform(0.8, 2.0), tilt_deg=0.0)


def _pick_up(actor: _Actor) -> None:
    script = actor.script
    script.move(-actor.uniform(20.0, 46.0), actor.uniform(0.5, 1.2))
    actor.still(0.1, 0.6)
    script.move(UPRIGHT_DEG, actor.uniform(0.5, 1.2))


def _squats(actor: _Actor, count: int) -> None:
    script, depth = actor.script, actor.uniform(55.0, 105.0)
    for _ in range(count):
        script.move(-depth * actor.uniform(0.9, 1.1), actor.uniform(1.0, 3.5), forward_m=0.08)
        actor.still(0.05, 0.8)
        script.move(UPRIGHT_DEG, actor.uniform(0.8, 2.0), forward_m=-0.08)
        actor.still(0.2, 1.5)


def _lunges(actor: _Actor, count: int) -> None:
    script, front = actor.script, actor.chance(0.5)
    for _ in range(count):
        down_s, up_s = actor.uniform(1.0, 2.5), actor.uniform(0.8, 2.0)
        if front:
            script.move(-actor.uniform(60.0, 92.0), down_s, pivot="hip", knee_rises_m=-0.35, forward_m=0.4)
            actor.still(0.05, 0.6)
            script.move(UPRIGHT_DEG, up_s, pivot="hip", knee_rises_m=0.35, forward_m=-0.4)
        else:
            drop = actor.uniform(0.25, 0.42)
            script.move(actor.uniform(8.0, 30.0), down_s, pivot="hip", knee_rises_m=-drop, forward_m=0.3)
            actor.still(0.05, 0.6)
            script.move(UPRIGHT_DEG, up_s, pivot="hip", knee_rises_m=drop, forward_m=-0.3)
        actor.still(0.2, 1.2)


def _leg_raises(actor: _Actor, count: int) -> None:
    """Straight-leg raises lying on the back: the hip is the pivot."""
    script = actor.script
    flat = -actor.uniform(86.0, 93.0)
    script.move(flat, actor.uniform(1.0, 2.0), pivot="hip")
    actor.still(0.5, 2.0)
    height = actor.uniform(25.0, 60.0)
    for _ in range(count):
        script.move(flat - height * actor.uniform(0.85, 1.1), actor.uniform(0.9, 2.8), pivot="hip")
        actor.still(0.05, 1.5)
        script.move(flat, actor.uniform(0.9, 2.8), pivot="hip")
        actor.still(0.2, 1.5)
    script.move(actor.supine_deg, actor.uniform(1.0, 2.0), pivot="hip")


def _heel_slides(actor: _Actor, count: int) -> None:
    """The heel slides to and fro on the floor: the hip is the pivot."""
    script = actor.script
    far = -actor.uniform(92.0, 105.0)
    for _ in range(count):
        script.move(far, actor.uniform(1.0, 3.5), pivot="hip")
        actor.still(0.05, 1.0)
        script.move(actor.supine_deg + actor.uniform(-4.0, 4.0), actor.uniform(1.0, 3.5), pivot="hip")
        actor.still(0.1, 1.2)


def _hip_extensions(actor: _Actor, count: int) -> None:
    """Standing, the leg goes back and comes again: the hip is the pivot."""
    script = actor.script
    for _ in range(count):
        script.move(actor.uniform(12.0, 30.0), actor.uniform(1.0, 2.5), pivot="hip")
        actor.still(0.05, 0.8)
        script.move(UPRIGHT_DEG, actor.uniform(1.0, 2.5), pivot="hip")
        actor.still(0.2, 1.5)


def _hip_abductions(actor: _Actor, count: int) -> None:
    """Standing, the leg goes out to the side and comes again."""
    script, side = actor.script, 1 if actor.chance(0.5) else -1
    for _ in range(count):
        out_deg = side * actor.uniform(15.0, 35.0)
        script.move(actor.uniform(-3.0, 4.0), actor.uniform(1.0, 2.5), pivot="hip", tilt_deg=out_deg)
        actor.still(0.05, 0.8)
        script.move(UPRIGHT_DEG, actor.uniform(1.0, 2.5), pivot="hip", tilt_deg=0.0)
        actor.still(0.2, 1.5)


def _knee_rolls(actor: _Actor, count: int) -> None:
    script, side = actor.script, actor.uniform(20.0, 45.0)
    for i in range(count):
        to_deg = side if i % 2 == 0 else -side
        script.move(
            actor.supine_deg + actor.uniform(0.0, 10.0), actor.uniform(1.0, 2.5), pivot="hip", tilt_deg=to_deg
        )
        actor.still(0.1, 0.8)
    script.move(actor.supine_deg, 1.2, pivot="hip", tilt_deg=0.0)


def _roll_over(actor: _Actor) -> None:
    """Over the side onto the front and back again."""
    script, side = actor.script, 1 if actor.chance(0.5) else -1
    script.move(-110.0, actor.uniform(0.8, 1.5), tilt_deg=side * 60.0, axial_deg=side * 10.0)
    actor.still(0.3, 3.0)
    script.move(actor.supine_deg, actor.uniform(0.8, 1.6), tilt_deg=0.0, axial_deg=0.0)


def _heel_sit(actor: _Actor) -> None:
    script = actor.script
    script.move(-actor.uniform(40.0, 68.0), actor.uniform(0.8, 1.8))
    actor.still(0.5, 6.0)
    script.move(actor.kneel_deg, actor.uniform(0.8, 1.8))


def _hip_shift(actor: _Actor) -> None:
    """Moves the bottom a few centimetres between two bridges: a small lift that is none."""
    script = actor.script
    now = script.angle_deg
    script.move(now + actor.uniform(1.0, 2.5), actor.uniform(0.4, 0.8), tilt_deg=actor.uniform(-3.0, 3.0))
    script.move(now + actor.uniform(-2.0, 2.0), actor.uniform(0.4, 0.8), tilt_deg=0.0)


def _ramp(actor: _Actor, least: float, most: float) -> float | None:
    """The share of its time in which a movement speeds up; of a third of them None, which is minimum jerk."""
    ramp = actor.uniform(least, most)
    return ramp if 3 * ramp < least + 2 * most else None


def _nordic_set(actor: _Actor, kind: str) -> None:
    """3-8 Nordics of one kind from tall kneeling."""
    script, rng = actor.script, actor.rng
    actor.kneel()
    actor.still(1.0, 4.0, resting=True)
    script.mark("nordic set")
    range_deg = {"patient": (20.0, 40.0), "partial": (18.0, 34.0), "assisted": (60.0, 85.0)}.get(
        kind, (38.0, 85.0)
    )
    typical = actor.uniform(*range_deg)
    tempo = {"fast": (0.8, 2.0), "patient": (3.0, 8.0), "partial": (1.5, 6.0), "assisted": (4.0, 9.0)}.get(
        kind, (2.0, 6.0)
    )
    typical_s = actor.uniform(*tempo)
    for i in range(int(rng.integers(3, 9))):
        if i:
            wait = (0.3, 1.5) if kind == "fast" else (0.6, 5.0)
            actor.still(*wait, resting=True)
        messy = kind in ("messy", "patient")
        if messy and actor.chance(0.12):
            _heel_sit(actor)
            actor.still(0.6, 2.0, resting=True)
        if messy and actor.chance(0.15):
            script.mark("attempt")
            script.move(
                actor.kneel_deg + actor.uniform(3.0, min(10.0, 0.4 * typical)), actor.uniform(0.5, 1.5)
            )
            actor.still(0.1, 0.6)
            script.move(actor.kneel_deg, actor.uniform(0.5, 1.5))
            actor.still(0.6, 2.0, resting=True)
        lower_s = typical_s * float(np.exp(rng.normal(0.0, 0.15)))
        to_deg = max(16.0, typical * actor.uniform(0.85, 1.12))
        breaks = kind == "break" or (kind in ("messy", "std") and actor.chance(0.3))
        break_deg = None
        if breaks:
            to_deg = actor.uniform(70.0, 92.0)
            break_deg = actor.uniform(18.0, 55.0)
            lower_s = max(1.2, lower_s)
        base_deg = actor.kneel_deg + float(rng.normal(0.0, 0.8))
        script.nordic(
            lower_s=lower_s,
            to_deg=actor.kneel_deg + to_deg,
            break_deg=None if break_deg is None else actor.kneel_deg + break_deg,
            hold_s=actor.uniform(0.05, 1.2) if not breaks else actor.uniform(0.2, 1.5),
            return_s=actor.uniform(0.9, 3.2),
            pause_s=actor.uniform(0.5, 2.5) if messy and actor.chance(0.2) else 0.0,
            pause_at=actor.uniform(0.3, 0.7),
            hesitations=int(rng.integers(1, 3)) if messy and actor.chance(0.15) else 0,
            base_deg=base_deg,
            ramp=_ramp(actor, 0.08, 0.4),
            fade_s=actor.uniform(0.05, 0.35),
            arm_lower_deg=actor.uniform(4.0, 9.0) if breaks and messy and actor.chance(0.2) else 0.0,
            two_stages=messy and actor.chance(0.15),
            overshoot_deg=actor.uniform(4.0, 15.0) if messy and actor.chance(0.15) else 0.0,
            flags=frozenset({"partial"}) if to_deg < 34.0 else frozenset(),
        )
    script.mark("set ends")
    actor.still(0.6, 3.0, resting=True)


def _bridge_range_deg(actor: _Actor, kind: str) -> float:
    """Range of a person's bridges: those of real people spread log-normally about 20 deg."""
    if kind == "long":
        return actor.uniform(6.0, 13.0)
    if kind == "chair":
        return actor.uniform(28.0, 45.0)
    typical = 20.0 * float(np.exp(actor.rng.normal(0.0, 0.38)))
    if kind == "patient":
        typical *= 0.6
    if kind == "single":
        typical *= 0.85
    return float(np.clip(typical, 6.5, 42.0))


def _bridge_set(actor: _Actor, kind: str) -> None:
    """3-8 bridges of one kind from crook lying (chair: feet on a chair)."""
    script, rng = actor.script, actor.rng
    actor.supine_deg = {
        "long": -actor.uniform(108.0, 120.0),
        "chair": -actor.uniform(165.0, 182.0),
    }.get(kind, -actor.uniform(124.0, 150.0))
    actor.lie_down()
    if abs(script.angle_deg - actor.supine_deg) > 1.0:
        script.move(actor.supine_deg, actor.uniform(0.8, 1.5), pivot="hip")
    actor.still(1.0, 4.0, resting=True)
    script.mark("bridge set")
    typical = _bridge_range_deg(actor, kind)
    # The top is no higher than with the hips stretched: some 15 deg above the horizontal.
    typical = min(typical, -actor.supine_deg - 98.0) if kind != "chair" else typical
    typical = max(6.0, typical)
    tempo = {"patient": (3.0, 8.0), "messy": (0.7, 5.0), "long": (1.5, 6.0)}.get(kind, (0.8, 5.0))
    typical_s, lift_s = actor.uniform(*tempo), actor.uniform(0.8, 3.5)
    hold = {"hold": (2.5, 12.0), "patient": (0.5, 4.0)}.get(kind, (0.3, 3.5))
    typical_hold_s = actor.uniform(*hold)
    messy = kind in ("messy", "patient")
    for i in range(int(rng.integers(3, 9))):
        touch_and_go = i > 0 and kind in ("messy", "std", "single") and actor.chance(0.15)
        if i and not touch_and_go:
            actor.still(0.4, 4.0, resting=True)
        if messy and actor.chance(0.12):
            _hip_shift(actor)
            actor.still(0.6, 2.0, resting=True)
        if messy and actor.chance(0.12):
            script.mark("attempt")
            rest = script.angle_deg
            script.move(rest + actor.uniform(0.15, 0.4) * typical, actor.uniform(0.5, 1.2))
            actor.still(0.05, 0.5)
            script.move(rest, actor.uniform(0.5, 1.2))
            actor.still(0.6, 2.0, resting=True)
        rise = max(5.0, typical * float(np.exp(rng.normal(0.0, 0.08))))
        hold_s = typical_hold_s * actor.uniform(0.6, 1.4)
        script.bridge(
            lift_s=lift_s * float(np.exp(rng.normal(0.0, 0.15))),
            hold_s=hold_s,
            lower_s=max(0.5, typical_s * float(np.exp(rng.normal(0.0, 0.18)))),
            rise_deg=rise,
            creep_deg=-min(2.4, 0.6 * hold_s, 0.06 * rise * abs(float(rng.normal()))),
            bounce_deg=min(4.0, 0.25 * rise) if messy and actor.chance(0.15) else 0.0,
            pause_s=actor.uniform(0.5, 2.0) if messy and actor.chance(0.15) else 0.0,
            ramp=_ramp(actor, 0.1, 0.45),
            skew=actor.uniform(-0.35, 0.35),
            base_shift_deg=float(rng.normal(0.0, 0.03 * rise)),
            tilt_deg=actor.uniform(-3.0, 3.0) * (2.0 if kind == "single" else 1.0),
            touchdown_mps2=actor.uniform(0.0, 3.0),
            flags=frozenset({"touch and go"}) if touch_and_go else frozenset(),
        )
    script.mark("set ends")
    actor.still(0.6, 3.0, resting=True)
    actor.supine_deg = -actor.uniform(125.0, 148.0)


def _slider_set(actor: _Actor) -> None:
    """3-6 sliders from crook lying."""
    script, rng = actor.script, actor.rng
    actor.lie_down()
    actor.still(1.0, 3.0, resting=True)
    script.mark("slider set")
    for _ in range(int(rng.integers(3, 7))):
        script.slider(
            top_deg=-actor.uniform(108.0, 118.0),
            lift_s=actor.uniform(0.8, 2.0),
            out_deg=-actor.uniform(92.0, 99.0),
            lower_s=actor.uniform(1.5, 5.0),
            hold_s=actor.uniform(0.2, 0.8),
            sink_s=actor.uniform(0.5, 1.0),
            return_s=actor.uniform(0.9, 2.0),
        )
        actor.still(0.5, 2.0, resting=True)
    script.mark("set ends")


def _everyday_walk(actor: _Actor) -> None:
    for _ in range(int(actor.rng.integers(1, 4))):
        _walk(actor, int(actor.rng.integers(8, 40)))
        actor.still(0.5, 4.0)
        if actor.chance(0.4):
            _stairs(actor, int(actor.rng.integers(4, 14)))
            actor.still(0.5, 3.0)


def _everyday_sitting(actor: _Actor) -> None:
    for _ in range(int(actor.rng.integers(2, 7))):
        _sit_down_and_up(actor)
        actor.still(0.4, 4.0)
        if actor.chance(0.4):
            _pick_up(actor)
            actor.still(0.5, 2.0)
        if actor.chance(0.3):
            _walk(actor, int(actor.rng.integers(3, 10)))


def _on_the_floor(actor: _Actor) -> None:
    actor.lie_down()
    for _ in range(int(actor.rng.integers(2, 5))):
        actor.still(1.0, 8.0)
        if actor.chance(0.5):
            _roll_over(actor)
        else:
            _knee_rolls(actor, int(actor.rng.integers(2, 7)))
    if actor.chance(0.5):
        actor.stand()
        actor.still(0.5, 2.0)
        actor.lie_down()
        actor.still(0.5, 3.0)


def _kneeling(actor: _Actor) -> None:
    for _ in range(int(actor.rng.integers(1, 4))):
        actor.kneel()
        actor.still(0.5, 6.0)
        for _ in range(int(actor.rng.integers(0, 3))):
            _heel_sit(actor)
            actor.still(0.5, 3.0)
        actor.stand()
        actor.still(0.5, 3.0)
        if actor.chance(0.4):
            _walk(actor, int(actor.rng.integers(3, 12)))


def _gym(actor: _Actor) -> None:
    doings: list[Callable[[_Actor, int], None]] = [_squats, _lunges, _leg_raises, _heel_slides]
    for i in actor.rng.permutation(4)[: int(actor.rng.integers(1, 4))].tolist():
        if i >= 2:
            actor.lie_down()
            actor.still(0.5, 2.0)
        else:
            actor.stand()
        doings[i](actor, int(actor.rng.integers(3, 9)))
        actor.still(0.5, 3.0)


def _standing_hip(actor: _Actor) -> None:
    doings: list[Callable[[_Actor, int], None]] = [_hip_extensions, _hip_abductions]
    for i in actor.rng.permutation(2)[: int(actor.rng.integers(1, 3))].tolist():
        doings[i](actor, int(actor.rng.integers(5, 11)))
        actor.still(0.5, 3.0)


def _mixed(actor: _Actor) -> None:
    _nordic_set(actor, "std")
    actor.still(0.5, 3.0)
    _bridge_set(actor, "std")


def _sets(of: Callable[[_Actor, str], None], kind: str) -> Callable[[_Actor], None]:
    return lambda actor: of(actor, kind)


_PLAYS: dict[str, Callable[[_Actor], None]] = {
    "nordic_std": _sets(_nordic_set, "std"),
    "nordic_break": _sets(_nordic_set, "break"),
    "nordic_fast": _sets(_nordic_set, "fast"),
    "nordic_messy": _sets(_nordic_set, "messy"),
    "nordic_patient": _sets(_nordic_set, "patient"),
    "nordic_partial": _sets(_nordic_set, "partial"),
    "nordic_assisted": _sets(_nordic_set, "assisted"),
    "bridge_std": _sets(_bridge_set, "std"),
    "bridge_hold": _sets(_bridge_set, "hold"),
    "bridge_single": _sets(_bridge_set, "single"),
    "bridge_long": _sets(_bridge_set, "long"),
    "bridge_chair": _sets(_bridge_set, "chair"),
    "bridge_messy": _sets(_bridge_set, "messy"),
    "bridge_patient": _sets(_bridge_set, "patient"),
    "mixed": _mixed,
    "walk": _everyday_walk,
    "sit_stand": _everyday_sitting,
    "floor": _on_the_floor,
    "kneel": _kneeling,
    "gym": _gym,
    "slider": _slider_set,
    "standing_hip": _standing_hip,
}

SCENARIOS = tuple(_PLAYS)
"""Names of everything that can be simulated."""

NEGATIVE = ("walk", "sit_stand", "floor", "kneel", "gym", "standing_hip")
"""Scenarios in which nothing is an exercise."""

DEFAULT_MIX = tuple(name for name in SCENARIOS if name not in ("slider", "standing_hip"))
"""What the default mix of the benchmarks takes in turn."""


def random_sensor(seed: int, **overrides: object) -> Sensor:
    """A sensor with random errors at a random place, mounted any way; overrides replace its fields."""
    rng = np.random.default_rng([seed, 1])
    site = float(rng.choice([0.0, 90.0, -90.0, 180.0]) + rng.normal(0.0, 12.0))
    in_plane = float(rng.choice([0.0, 90.0, 180.0, 270.0]) + rng.normal(0.0, 8.0))
    flipped = 180.0 * float(rng.random() < 0.15)
    sensor = Sensor(
        rate_hz=float(rng.choice([50.0, 100.0, 100.0, 200.0])),
        mount_deg=(-site, in_plane, flipped + float(rng.normal(0.0, 6.0))),
        site_deg=site,
        height_m=float(rng.uniform(0.15, 0.30)),
        depth_m=float(rng.uniform(0.05, 0.09)),
        bias_dps=float(np.clip(np.abs(rng.normal(0.0, 1.3)), 0.0, 4.0)),
        drift_dps=float(rng.uniform(0.01, 0.1)),
        acc_bias_mps2=float(np.abs(rng.normal(0.0, 0.2))),
        gyr_noise_dps=float(rng.uniform(0.03, 0.14)),
        acc_noise_mps2=float(rng.uniform(0.01, 0.05)),
        scale_error=0.008,
        clock_error=float(rng.uniform(-0.02, 0.02)),
        jitter_s=float(rng.uniform(0.0, 0.003)),
        loss=float(rng.choice([0.0, 0.0, 0.0, 0.01])),
        soft_tissue=float(rng.uniform(0.2, 1.0)),
    )
    return replace(sensor, **overrides)


def simulate(
    scenario: str,
    seed: int,
    *,
    calibration: CalibrationMovement = "knee lifts",
    sensor: Sensor | None = None,
    unsteadiness: float = 1.0,
    slip: bool = False,
) -> SimulatedSession:
    """A random session of a named kind; the same arguments give the same samples.

    calibration: what the person does first: stands still and lifts the knee twice, only stands still, or
    neither (the recording may then begin anywhere, in mid-repetition too). sensor: None takes
    `random_sensor(seed)`. slip: the strap gives way somewhere in the middle. Raises ValueError for a
    scenario that does not exist.
    """
    if scenario not in _PLAYS:
        raise ValueError(f"unknown scenario {scenario!r}: one of {', '.join(SCENARIOS)}")
    rng = np.random.default_rng([seed, 2])
    body = Body(
        thigh_m=float(rng.uniform(0.37, 0.47)),
        knee_shift_m=(float(rng.uniform(-0.001, 0.001)), float(rng.uniform(-0.0006, 0.0004))),
        sway_deg=float(rng.uniform(0.25, 0.9)),
        tremor_deg=float(rng.uniform(0.0, 0.12)) * (2.5 if rng.random() < 0.1 else 1.0),
        sideways=float(rng.normal(0.0, 0.04)),
    )
    script = Movement(seed=seed, unsteadiness=unsteadiness, body=body)
    actor = _Actor(
        script,
        rng,
        supine_deg=float(-rng.uniform(125.0, 150.0)),
        kneel_deg=float(np.clip(rng.normal(1.0, 3.5), -8.0, 9.0)),
    )
    _begin(actor, calibration, scenario)
    _PLAYS[scenario](actor)
    if actor.chance(0.6):
        actor.stand()
        if actor.chance(0.5):
            _walk(actor, int(rng.integers(3, 12)))
    actor.still(0.6, 2.5)
    chosen = random_sensor(seed) if sensor is None else sensor
    if slip:
        turn = float(rng.uniform(10.0, 35.0) * rng.choice([-1.0, 1.0]))
        tip = float(rng.uniform(3.0, 12.0) * rng.choice([-1.0, 1.0]))
        at_s = float(rng.uniform(0.4, 0.7)) * script.now_s
        chosen = replace(chosen, slip=Slip(at_s, (turn, tip, 0.0)))
    return script.session(chosen, scenario=scenario)


def _begin(actor: _Actor, calibration: CalibrationMovement, scenario: str) -> None:
    script, rng = actor.script, actor.rng
    if calibration == "none":
        kind = scenario.split("_")[0]
        if kind in ("nordic", "bridge") and actor.chance(0.2):
            # Switched on when the person is already in place.
            actor.posture = "kneeling" if kind == "nordic" else "supine"
            script.start_deg = actor.kneel_deg if kind == "nordic" else actor.supine_deg
            actor.still(0.1, 2.0)
            return
        actor.still(0.1, 1.5)
        if actor.chance(0.7):
            _walk(actor, int(rng.integers(2, 14)))
        actor.still(0.1, 3.0)
        return
    actor.still(2.6, 4.5)
    if calibration == "knee lifts":
        script.mark("knee lifts")
        height, seconds = actor.uniform(55.0, 92.0), actor.uniform(0.55, 1.1)
        for _ in range(2):
            script.move(
                -height * actor.uniform(0.92, 1.08),
                seconds,
                pivot="hip",
                tilt_deg=float(rng.normal(0.0, 4.0)),
            )
            actor.still(0.05, 0.5)
            script.move(
                float(rng.normal(0.0, 1.2)), seconds * actor.uniform(0.8, 1.2), pivot="hip", tilt_deg=0.0
            )
            actor.still(0.2, 0.6)
        script.mark("calibrated")
    if actor.chance(0.5):
        _walk(actor, int(rng.integers(2, 10)))
    actor.still(0.4, 2.0)
