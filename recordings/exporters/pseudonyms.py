"""Exports that say nothing of who was measured, when, and with which sensor.

Everything hangs on one secret key that stays on this computer: with the key, the same person, session and
sensor get the same pseudonyms in every export; without it nobody gets back. Codes and serial numbers become
keyed hashes (HMAC-SHA-256); all times of one person are moved by one offset that the key makes of the code,
so that the time between two sessions stays true. As Brain Imaging Data Structure asks of moved dates, they
lie before 1925, so that nobody takes them for true ones.

The measured movement itself is not changed. Whoever has other recordings of the same person or sensor may
recognise both by it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from drivers.source import SensorInfo
from recordings.durable import sync
from recordings.exporters.session import ExportedSession
from recordings.format import RecordingError

KEY_NAME: Final = "pseudonyms.key"
KEY_BYTES: Final = 32
# Counted back from any time of this program: the years 1891-1905 for recordings of 2026.
_LEAST_DAYS: Final = round(125 * 365.25)
_SPREAD_DAYS: Final = round(10 * 365.25)
# The time of day moves by an hour at least.
_LEAST_S: Final = 3600
_SPREAD_S: Final = 22 * 3600
_NAME_CHARACTERS: Final = 12


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Pseudonyms under one secret key of `KEY_BYTES` bytes."""

    key: bytes

    def of(self, kind: str, original: str) -> str:
        """Return the pseudonym of a code or number: hexadecimal digits, of each kind other ones."""
        return self._digest(kind, original).hex()[:_NAME_CHARACTERS]

    def shift(self, person: str) -> timedelta:
        """Return by how much the times of a person are moved back."""
        drawn = int.from_bytes(self._digest("shift", person), "big")
        drawn, days = divmod(drawn, _SPREAD_DAYS)
        return timedelta(days=_LEAST_DAYS + days, seconds=_LEAST_S + drawn % _SPREAD_S)

    def session(self, original: ExportedSession) -> ExportedSession:
        """Return a session under pseudonyms. One without a person is a person of its own."""
        person = original.person or f"session {original.session_id}"
        return replace(
            original,
            session_id=self.of("session", original.session_id),
            person=None if original.person is None else self.of("person", original.person),
            started=original.started and self._moved(original.started, person),
            sensor=self._sensor(original.sensor),
            # Free text may say anything.
            placement=None,
        )

    def _moved(self, started: datetime, person: str) -> datetime:
        # The offset from UTC would tell the country.
        return (started.astimezone(UTC) - self.shift(person)).replace(microsecond=0)

    def _sensor(self, sensor: SensorInfo) -> SensorInfo:
        """Hash the number; leave out the name, which in many sensors ends in the number too."""
        number = sensor.serial
        told = number is not None and number.casefold() in sensor.model.casefold()
        model = sensor.driver if told else sensor.model
        hashed = None if number is None else self.of("serial", number)
        return replace(sensor, serial=hashed, name=model, model=model, battery_percent=None)

    def _digest(self, kind: str, text: str) -> bytes:
        return hmac.new(self.key, f"{kind}\0{text}".encode(), hashlib.sha256).digest()


def local_pseudonyms(folder: Path) -> Pseudonyms:
    """Return the pseudonyms of this computer, whose key is in a folder; the first time it is made there.

    Raises RecordingError if the key is damaged, OSError if it cannot be read or kept.
    """
    path = folder / KEY_NAME
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f".{KEY_NAME}-{secrets.token_hex(4)}"
    if not path.exists():
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(KEY_BYTES) + "\n")
                file.flush()
                sync(file.fileno())
            # Whoever comes second takes the key of the first.
            with suppress(FileExistsError):
                os.link(made, path)
        finally:
            made.unlink(missing_ok=True)
    text = path.read_text(encoding="ascii", errors="replace").strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise RecordingError(f"the key of the pseudonyms in {path} is damaged: bring it back from a backup")
    return Pseudonyms(key)
