"""Orientation of the thigh as an OpenSim storage file (.sto), as OpenSense reads them.

One row a sample whose thigh angle is known: time and a quaternion "w,x,y,z" that turns vectors of the thigh
(x to the front, y medio-lateral, z from the knee to the hip) into a world with z up. OpenSim's world has y
up: its own setting for that, `sensor_to_opensim_rotations` = (-1.5707963, 0, 0), turns these too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from analysis.thigh_orientation import thigh_orientation
from recordings.exporters.session import ExportedSession
from recordings.exporters.whole_file import whole_file
from recordings.format import RecordingError

VERSION: Final = "4.5"
"""Of OpenSim, whose form the file has; read by OpenSim 4.6."""

COLUMNS: Final = {"left": "femur_l_imu", "right": "femur_r_imu", None: "femur_imu"}
"""OpenSense finds the bone by the name of the column."""


def write_orientation(session: ExportedSession, path: Path) -> int:
    """Write the orientation of the thigh and return the number of rows.

    Raises RecordingError if it is not known at any time, or a recording stands there, and OSError.
    """
    quaternions = np.full((len(session.samples), 4), np.nan)
    if session.calibration is not None:
        quaternions = thigh_orientation(session.samples, session.thigh_angle_deg, session.calibration)
    known = ~np.isnan(quaternions[:, 0])
    if not known.any():
        raise RecordingError("the orientation of the thigh is not known at any time: nothing was calibrated")
    rate_hz = 1.0 / float(np.median(np.diff(session.samples.t_s)))
    head = (
        f"DataRate={rate_hz:.6f}",
        "DataType=Quaternion",
        "version=3",
        f"OpenSimVersion={VERSION}",
        "endheader",
        f"time\t{COLUMNS[session.side]}",
    )
    with whole_file(path) as part, part.open("w", encoding="ascii", newline="\n") as file:
        file.write("\n".join(head) + "\n")
        for t_s, (w, x, y, z) in zip(
            session.times_s[known].tolist(), quaternions[known].tolist(), strict=True
        ):
            file.write(f"{t_s:.9f}\t{w:.12f},{x:.12f},{y:.12f},{z:.12f}\n")
    return int(known.sum())
