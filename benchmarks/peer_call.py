"""Time one peer on the samples of an .npz file: run by `benchmarks.peers` in the environment of that peer.

    python peer_call.py PEER FILE

Needs nothing but that peer, NumPy and Python. Prints JSON: the shortest of three calls in CPU seconds (the
first one may compile), and how much it found, so that nobody times a call that did nothing.
"""

import json
import sys
import time

import numpy as np

STANDARD_GRAVITY_MPS2 = 9.80665
CALLS = 3


def rate_of(t_s):
    return 1 / float(np.median(np.diff(t_s)))


def sit_to_stand(t_s, acc_mps2, _gyr_radps):
    """scikit-digital-health: sit-to-stand transfers from the accelerometer (Adamowicz et al. 2020)."""
    from skdh.sit2stand import Sit2Stand

    detector = Sit2Stand()
    time_s = 1.7e9 + t_s  # seconds since 1970
    acc_g = acc_mps2 / STANDARD_GRAVITY_MPS2
    return lambda: len(detector.predict(time=time_s, accel=acc_g)["Duration"])


def turns(t_s, acc_mps2, gyr_radps):
    """mobgap: turns, by El-Gohary et al. 2014, without any orientation filter.

    It looks for turns about the vertical; here the axis that turns most is called that, so that it finds
    some.
    """
    from mobgap.turning import TdElGohary

    detector = TdElGohary()
    return _mobgap(detector, t_s, acc_mps2, gyr_radps)


def turns_with_orientation(t_s, acc_mps2, gyr_radps):
    """mobgap: the same after its own orientation filter, by Madgwick."""
    from mobgap.orientation_estimation import MadgwickAHRS
    from mobgap.turning import TdElGohary

    detector = TdElGohary(orientation_estimation=MadgwickAHRS())
    return _mobgap(detector, t_s, acc_mps2, gyr_radps)


def _mobgap(detector, t_s, acc_mps2, gyr_radps):
    import pandas as pd

    rate_hz = rate_of(t_s)
    order = np.argsort(-gyr_radps.std(axis=0))
    data = pd.DataFrame(
        np.hstack([acc_mps2[:, order], np.degrees(gyr_radps)[:, order]]),
        columns=["acc_is", "acc_ml", "acc_pa", "gyr_is", "gyr_ml", "gyr_pa"],
    )
    return lambda: len(detector.clone().detect(data, sampling_rate_hz=rate_hz).turn_list_)


def orientation(t_s, acc_mps2, gyr_radps):
    """imufusion: orientation sample by sample, as its Python package offers it."""
    import imufusion

    ahrs = imufusion.Ahrs()
    ahrs.set_settings(imufusion.AhrsSettings(sample_rate=rate_of(t_s)))
    gyr_dps, acc_g = np.degrees(gyr_radps), acc_mps2 / STANDARD_GRAVITY_MPS2

    def run():
        for gyr, acc in zip(gyr_dps, acc_g, strict=True):
            ahrs.update_no_magnetometer(gyr, acc)
        return int(np.isfinite(ahrs.get_gravity()).all()) * len(t_s)

    return run


PEERS = {
    "sit_to_stand": sit_to_stand,
    "turns": turns,
    "turns_with_orientation": turns_with_orientation,
    "orientation": orientation,
}


def main():
    name, path = sys.argv[1:]
    samples = np.load(path)
    call = PEERS[name](samples["t_s"], samples["acc_mps2"], samples["gyr_radps"])
    seconds, found = [], 0
    for _ in range(CALLS):
        start = time.process_time()
        found = call()
        seconds.append(time.process_time() - start)
    print(json.dumps({"seconds": min(seconds), "found": found}))


if __name__ == "__main__":
    main()
