"""Print what a recorded hour costs, beside other formats in the same run: `recorded_hour.py` does it.

    python benchmarks/recordings.py [--seconds 3600] [--no-peers]

A script hides packages of its own name: its folder goes behind them first.
"""

import runpy
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    sys.path[:] = [*(place for place in sys.path if Path(place).resolve() != HERE), str(HERE)]
    runpy.run_path(str(HERE / "recorded_hour.py"), run_name="__main__")
