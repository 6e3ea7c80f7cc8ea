"""The tables of other programs, by their headers.

Sources, and what each settles (looked up in November 2026; docs/importing.md says which layouts are known
from files and which only from the programs or their manuals):

- Movella DOT (Xsens DOT) app and server: the lines above the header ("sep=,", "DeviceTag:",
  "FirmwareVersion:", "AppVersion:", ...) and the columns of each measurement mode are those of
  `XsensDotLogger` of the maker's Android SDK; rows may end in a comma. SampleTimeFine: 1 MHz, wraps at 2**32
  (user manual XD0502P, 4.2.5). Acceleration m/s2, angular rate deg/s (XD0506P, as in
  `drivers/movella_dot.py`).
- MT Manager (MTw Awinda, MTi): lines of "//" with "Update Rate: 100.0Hz", then "PacketCounter SampleTimeFine
  Acc_X ..." (older: "Counter"), tabs; SampleTimeFine is mostly empty. The counter wraps at 65535,
  acceleration m/s2, angular rate rad/s (MTw Awinda user manual, table of exported data). Known from scripts
  that write and read such files (Neura Sparse dataset, IMoVE, Al Borno et al. 2022).
- WitMotion: three generations. "time DeviceName ChipTime() AccX(g) ... AsX(°/s)" and "Time, Device name, Chip
  Time(), Acceleration X(g), ... Angular velocity X(°/s)" (WitMotion apps and PC software; telemetry-parser,
  wavedave and other readers), "Time(s) ChipTime ax(g) ... wx(deg/s)" (MiniIMU) and "Chiptime ax(g) ..." (the
  maker's Python examples). g and deg/s stand in the names.
- Movesense Showcase app (Android): "Timestamp (ms),X: (m/s^2),..." for the acceleration, "(degree per
  second)" for the gyroscope, "Timestamp,AccX,...,MagnZ" for IMU6 and IMU9, where rows of IMU6 have seven
  fields under ten names (ImuActivity.java, AngularVelocityActivity.java,
  LinearAccelerationTestActivity.java).
- Polar Sensor Logger: "Phone timestamp;sensor timestamp [ns];X [mg];Y [mg];Z [mg]", "[dps]" for the gyroscope
  (Polar's examples write the same; files in the wild carry a "timestamp [ms]" besides).
- phyphox: "Time (s)","Acceleration x (m/s^2)",... and "Gyroscope x (rad/s)",... in one of five forms: comma,
  tab or semicolon, decimal point or comma (ExperimentExport.swift, DataExport.java).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from recordings.importers.rows import AccUnit, GyrUnit

Three = tuple[str, str, str]
ClockUnit = Literal["s", "ms", "us", "ns", "counter", "text"]


@dataclass(frozen=True, slots=True)
class Clock:
    """A column of times. wraps_at: where its numbers begin again at zero."""

    column: str
    unit: ClockUnit
    wraps_at: int | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A table of a program, its columns as `table.key_of` writes them.

    clocks: in the order in which they are tried; one whose first row is empty is passed over.
    above: words of which one must stand at the beginning of a line above the header. device: the column that
    tells sensors apart. short: the fields of rows that are allowed to be shorter than the header.
    """

    program: str
    clocks: tuple[Clock, ...]
    acc: Three | None
    gyr: Three | None
    acc_unit: AccUnit | None = None
    gyr_unit: GyrUnit | None = None
    above: tuple[str, ...] = ()
    device: str | None = None
    short: int | None = None

    @property
    def needed(self) -> frozenset[str]:
        """The columns without which a table is not of this layout."""
        return frozenset((self.acc or ()) + (self.gyr or ()))


def _three(pattern: str) -> Three:
    return (pattern.replace("?", "x"), pattern.replace("?", "y"), pattern.replace("?", "z"))


_WIT_CLOCKS = (
    Clock("chiptime()", "text"),
    Clock("chiptime", "text"),
    Clock("time", "text"),
    Clock("time(s)", "s"),
)

_MOVESENSE_CLOCKS = (Clock("timestamp(ms)", "ms", 2**32), Clock("timestamp(h:m:s)", "text"))

LAYOUTS: Final = (
    Layout(
        "Movella DOT export",
        (Clock("sampletimefine", "us", 2**32),),
        _three("acc_?"),
        _three("gyr_?"),
        "mps2",
        "dps",
        above=("devicetag:", "appversion:", "firmwareversion:"),
    ),
    Layout(
        "Xsens MT Manager export",
        (Clock("packetcounter", "counter", 2**16), Clock("counter", "counter", 2**16)),
        _three("acc_?"),
        _three("gyr_?"),
        "mps2",
        "radps",
        above=("//",),
    ),
    Layout(
        "WitMotion export", _WIT_CLOCKS, _three("acc?(g)"), _three("as?(/s)"), "g", "dps", (), "devicename"
    ),
    Layout(
        "WitMotion export",
        _WIT_CLOCKS,
        _three("acceleration?(g)"),
        _three("angularvelocity?(/s)"),
        "g",
        "dps",
        (),
        "devicename",
    ),
    Layout("WitMotion export", _WIT_CLOCKS, _three("a?(g)"), _three("w?(deg/s)"), "g", "dps", (), "address"),
    Layout(
        "Movesense Showcase IMU log",
        (Clock("timestamp", "ms", 2**32),),
        _three("acc?"),
        _three("gyro?"),
        "mps2",
        "dps",
        short=7,
    ),
    Layout(
        "Movesense Showcase acceleration log",
        _MOVESENSE_CLOCKS,
        _three("?:(m/s^2)"),
        None,
        "mps2",
    ),
    Layout(
        "Movesense Showcase gyroscope log",
        _MOVESENSE_CLOCKS,
        None,
        _three("?:(degreepersecond)"),
        gyr_unit="dps",
    ),
    Layout(
        "Polar Sensor Logger acceleration",
        (Clock("sensortimestamp[ns]", "ns"),),
        _three("?[mg]"),
        None,
        "mg",
    ),
    Layout(
        "Polar Sensor Logger gyroscope",
        (Clock("sensortimestamp[ns]", "ns"),),
        None,
        _three("?[dps]"),
        gyr_unit="dps",
    ),
    Layout("phyphox acceleration", (Clock("time(s)", "s"),), _three("acceleration?(m/s^2)"), None, "mps2"),
    Layout(
        "phyphox gyroscope", (Clock("time(s)", "s"),), None, _three("gyroscope?(rad/s)"), gyr_unit="radps"
    ),
)

# Names that only the Showcase app puts beside AccX, AccY ...: without them the units are anybody's guess.
MOVESENSE_ONLY: Final = frozenset(_three("magn?"))

# What a header that fits no layout may still say: a column, and the sentence.
NEARLY: Final = (
    (
        "freeacc_x",
        "holds acceleration without gravity, which cannot be measured with: record in the mode 'Rate "
        "quantities' "
        "or 'Custom mode 5'",
    ),
    (
        "dv[1]",
        "holds velocity increments, which cannot be measured with: record in the mode 'Rate quantities' or "
        "'Custom mode 5'",
    ),
    (
        "linearaccelerationx(m/s^2)",
        "holds acceleration without gravity, which cannot be measured with: record 'Acceleration (with g)'",
    ),
    (
        "acc_x",
        "has the columns of Movella DOT and of MT Manager, whose angular rates differ in unit: keep the "
        "lines "
        "above the header, or name columns and units with --columns",
    ),
)
