"""Simulated sessions, analysed and scored: one job is one session, and gives one small record."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis import Analysis, ImuSamples, Pipeline, analyse
from analysis.calibration import Calibration
from analysis.results import Exercise, PhaseEnded, PhaseStarted, RepCompleted
from analysis.simulate import DEFAULT_MIX, SCENARIOS, SimulatedSession, random_sensor, simulate
from benchmarks.scoring import LiveScore, SessionScore, compare, compare_phases, match

TEST_SEEDS = 1_000_000
"""Seeds from here on are for the figures. Whatever is tuned is tuned on seeds below."""

PACKET = 4
OUTSIDE_THE_MIX = tuple(name for name in SCENARIOS if name not in DEFAULT_MIX)


@dataclass(frozen=True, slots=True)
class Setting:
    """What is special about a group of sessions.

    sensor: fields of the random sensor that are set. told: the program is told the exercise. live: the
    session is also measured live, packet by packet. number keeps the seeds of the groups apart.
    """

    name: str
    number: int
    scenarios: tuple[str, ...] = DEFAULT_MIX
    calibration: Any = "knee lifts"
    sensor: dict[str, Any] = field(default_factory=dict[str, Any])
    slip: bool = False
    told: bool = False
    live: bool = False

    def jobs(self, sessions: int, first_seed: int) -> list[Job]:
        """Take the scenarios in turn, a new seed for every session."""
        return [
            Job(self, self.scenarios[i % len(self.scenarios)], first_seed + 20_000 * self.number + i)
            for i in range(sessions)
        ]


@dataclass(frozen=True, slots=True)
class Job:
    setting: Setting
    scenario: str
    seed: int


def score_all(jobs: Sequence[Job], processes: int) -> list[SessionScore]:
    """Score sessions in a few processes; in the order of the jobs."""
    scores: list[SessionScore] = []
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for score in pool.imap(score_session, jobs, chunksize=4):
            scores.append(score)
            if len(scores) % 100 == 0 and sys.stderr.isatty():
                print(f"\r{len(scores)} of {len(jobs)} sessions", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    return scores


def score_session(job: Job) -> SessionScore:
    """Simulate a session, analyse it, live too if asked, and compare with its truth."""
    setting = job.setting
    session = simulate(
        job.scenario,
        job.seed,
        calibration=setting.calibration,
        sensor=random_sensor(job.seed, **setting.sensor),
        slip=setting.slip,
    )
    exercise = _exercise_told(session, job.seed) if setting.told else None
    found = analyse(session.samples, exercise)
    calibration = found.calibration
    turned = _axis_cosine(calibration, session.calibration) if calibration else None
    return SessionScore(
        setting=setting.name,
        scenario=job.scenario,
        seed=job.seed,
        hours=float(session.samples.t_s[-1] - session.samples.t_s[0]) / 3600,
        counted=compare(found.reps, session.reps),
        method=calibration.method if calibration else None,
        sign_confidence=calibration.sign_confidence if calibration else None,
        sign_wrong=None if turned is None else turned < 0,
        axis_error_deg=None if turned is None else float(np.degrees(np.arccos(min(1.0, abs(turned))))),
        warnings=found.warnings,
        live=_score_live(session, found, exercise) if setting.live else None,
    )


def _exercise_told(session: SimulatedSession, seed: int) -> Exercise:
    """The exercise of the session; where there is none, each in turn."""
    return session.reps[0].exercise if session.reps else ("nordic", "bridge")[seed % 2]


def _axis_cosine(found: Calibration, true: Calibration) -> float:
    return float(np.dot(found.lateral_axis, true.lateral_axis))


def _score_live(session: SimulatedSession, found: Analysis, exercise: Exercise | None) -> LiveScore:
    """Feed the session in packets to a pipeline that knows the calibration, as in a supervised set."""
    pipeline = Pipeline(exercise, found.calibration or session.calibration)
    samples = session.samples
    events = [event for packet in packets(samples) for event in pipeline.step(packet)]
    events += pipeline.finish()
    completed = [event for event in events if isinstance(event, RepCompleted)]
    reps = [event.rep for event in completed]
    return LiveScore(
        compare(reps, session.reps),
        compare_phases(
            [event for event in events if isinstance(event, PhaseStarted)],
            [event for event in events if isinstance(event, PhaseEnded)],
            session.reps,
            session.rests,
        ),
        tuple(completed[i].emitted_s - session.reps[j].end_s for j, i in match(reps, session.reps).items()),
    )


def packets(samples: ImuSamples) -> list[ImuSamples]:
    return [samples[i : i + PACKET] for i in range(0, len(samples), PACKET)]
