"""All tests run without a display."""

import asyncio
import os
import selectors
import time

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# How quickly inputs are made says how busy the computer is.
settings.register_profile("any computer", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any computer")


class VirtualClock:
    """Seconds that pass only where an event loop would have waited."""

    def __init__(self):
        self.now_s = time.monotonic()

    def monotonic(self):
        return self.now_s

    def monotonic_ns(self):
        return round(self.now_s * 1e9)


class JumpingSelector:
    """Looks for input without waiting for it: the clock jumps to when the next timer is due instead."""

    # Nothing takes no time at all, and a loop that polls gets on.
    ROUND_S = 1e-6

    def __init__(self, clock):
        self.clock = clock
        self.real = selectors.DefaultSelector()

    def __getattr__(self, name):
        return getattr(self.real, name)

    def select(self, timeout=None):
        # Without a timer only another thread or process can go on.
        ready = self.real.select(0 if timeout is not None else None)
        self.clock.now_s += self.ROUND_S + (timeout if timeout and not ready else 0.0)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Runs timers one after the other, as fast as the computer can."""

    def __init__(self, clock):
        super().__init__(JumpingSelector(clock))
        self.time = clock.monotonic


@pytest.fixture(scope="module")
def virtual_time():
    """Let everything that waits in an event loop happen in virtual time.

    A busy computer then neither lengthens a wait nor makes a time limit expire, and nobody waits. For what
    talks to other threads or processes only where these are waited for without a limit of time.
    """
    clock = VirtualClock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", clock.monotonic)
        patch.setattr(time, "monotonic_ns", clock.monotonic_ns)
        # Where `asyncio.run` gets its loop from.
        patch.setattr(asyncio.events, "new_event_loop", lambda: VirtualTimeLoop(clock))
        yield clock
