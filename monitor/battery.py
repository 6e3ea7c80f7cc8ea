"""When the sensor's battery is worth a word, and which."""

from __future__ import annotations

from typing import Literal

BatteryLevel = Literal["good", "low", "nearly empty"]

LOW_PERCENT, NEARLY_EMPTY_PERCENT = 20, 9
# Sensors read their battery by its voltage, which sags and recovers: a warning stays until it is well above.
RECOVERED_BY_PERCENT = 5
WARNINGS: dict[BatteryLevel, str | None] = {
    "good": None,
    "low": "The sensor's battery is low (20 % or less). Charge it before the next session.",
    "nearly empty": "The sensor's battery is below 10 %: it may not last this session. Charge it soon.",
}


def battery_level(percent: int | None, before: BatteryLevel) -> BatteryLevel:
    """Return how the battery stands, given how it stood before; unknown changes nothing."""
    if percent is None:
        return before
    if percent <= NEARLY_EMPTY_PERCENT + (RECOVERED_BY_PERCENT if before == "nearly empty" else 0):
        return "nearly empty"
    if percent <= LOW_PERCENT + (0 if before == "good" else RECOVERED_BY_PERCENT):
        return "low"
    return "good"
