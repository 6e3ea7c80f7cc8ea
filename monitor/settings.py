"""How the patient's window is wanted: language, colours, and whether the limits have been read.

One small file in the user's data folder. What cannot be read counts as nothing said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from monitor.known_sensors import LARGEST_BYTES, replace_file

FORMAT = "eccentric settings 1"
Theme = Literal["light", "dark"]
Language = Literal["en", "de"]
Sound = Literal["voice and tones", "tones", "voice", "silent"]


class SettingsError(Exception):
    """The settings could not be kept; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Settings:
    """None: as the system has it. limits_seen: the limits of the program have been read. volume: 0-1."""

    language: Language | None = None
    theme: Theme | None = None
    limits_seen: bool = False
    sound: Sound | None = None
    volume: float | None = None


def load_settings(folder: Path) -> Settings:
    """Return what was kept; each part that cannot be used as if it had not been."""
    try:
        with _path(folder).open("rb") as file:
            found = json.loads(file.read(LARGEST_BYTES + 1).decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        return Settings()
    if not isinstance(found, dict):
        return Settings()
    data = cast("Mapping[str, Any]", found)
    if data.get("format") != FORMAT:
        return Settings()
    language, theme, sound = data.get("language"), data.get("theme"), data.get("sound")
    volume = data.get("volume")
    if not isinstance(volume, float | int) or isinstance(volume, bool) or not 0 <= volume <= 1:
        volume = None
    return Settings(
        language if language in get_args(Language) else None,
        theme if theme in get_args(Theme) else None,
        data.get("limits_seen") is True,
        sound if sound in get_args(Sound) else None,
        None if volume is None else float(volume),
    )


def keep_settings(folder: Path, settings: Settings) -> None:
    """Keep the settings in the place of those before. Raises SettingsError."""
    path = _path(folder)
    try:
        replace_file(path, {"format": FORMAT, **asdict(settings)})
    except OSError as error:
        raise SettingsError(
            f"The settings could not be kept for next time ({error.strerror}: {path})."
        ) from error


def _path(folder: Path) -> Path:
    return folder / "settings.json"
