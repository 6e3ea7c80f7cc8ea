"""Write and open an hour with another format: run by `recorded_hour.py` in an environment of its own.

    python recording_peers.py hdf5|parquet HOUR.npz FILE

Needs nothing but NumPy and that format's package. Prints JSON: bytes, CPU ms per second of data to append,
and the shortest of some times to open everything into arrays.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

TIMES = 7
NAMES = ("t_s", "acc", "gyr", "host_ns", "payloads")


def write_hdf5(hour, path, rate):
    import h5py

    n = len(hour["t_s"])
    appended = 0.0
    with h5py.File(path, "w") as file:
        tables = {
            name: file.create_dataset(
                name,
                shape=(0, *hour[name].shape[1:]),
                maxshape=(None, *hour[name].shape[1:]),
                chunks=(rate, *hour[name].shape[1:]),
                dtype=hour[name].dtype,
                compression="gzip",
                compression_opts=1,
                shuffle=True,
                fletcher32=True,
            )
            for name in NAMES
        }
        for start in range(0, n, rate):
            begun = time.process_time()
            for name, table in tables.items():
                table.resize(start + rate, axis=0)
                table[start : start + rate] = hour[name][start : start + rate]
            file.flush()
            appended += time.process_time() - begun
    return appended


def open_hdf5(path):
    import h5py

    with h5py.File(path) as file:
        return [file[name][:] for name in NAMES]


def _schema():
    import pyarrow as pa

    fields = [("t_s", pa.float64()), ("host_ns", pa.int64())]
    fields += [(f"{name}{axis}", pa.float64()) for name in ("acc", "gyr") for axis in range(3)]
    return pa.schema([*fields, ("payloads", pa.binary(20))])


def write_parquet(hour, path, rate):
    import pyarrow as pa
    import pyarrow.parquet as pq

    n, part = len(hour["t_s"]), 10 * rate
    appended = 0.0
    options = {"compression": "zstd", "write_page_checksum": True, "use_dictionary": False}
    with pq.ParquetWriter(path, _schema(), **options) as writer:
        for start in range(0, n, part):
            begun = time.process_time()
            rows = {name: hour[name][start : start + part] for name in NAMES}
            count = len(rows["t_s"])
            payloads = pa.FixedSizeBinaryArray.from_buffers(
                pa.binary(20), count, [None, pa.py_buffer(np.ascontiguousarray(rows["payloads"]))]
            )
            columns = [rows["t_s"], rows["host_ns"]]
            columns += [
                np.ascontiguousarray(rows[name][:, axis]) for name in ("acc", "gyr") for axis in range(3)
            ]
            writer.write_table(pa.table([*map(pa.array, columns), payloads], schema=_schema()))
            appended += time.process_time() - begun
    return appended


def open_parquet(path):
    import pyarrow.parquet as pq

    table = pq.read_table(path, page_checksum_verification=True)
    arrays = {name: table[name].to_numpy() for name in table.column_names if name != "payloads"}
    stacked = [np.column_stack([arrays[f"{name}{axis}"] for axis in range(3)]) for name in ("acc", "gyr")]
    payloads = b"".join(chunk.buffers()[1] for chunk in table["payloads"].chunks)
    return [arrays["t_s"], *stacked, arrays["host_ns"], np.frombuffer(payloads, np.uint8)]


FORMATS = {"hdf5": (write_hdf5, open_hdf5), "parquet": (write_parquet, open_parquet)}


def main():
    name, data, path = sys.argv[1:]
    with np.load(data) as file:
        hour = {name: file[name] for name in file.files}
    rate = int(hour["rate_hz"])
    write, open_ = FORMATS[name]
    appended = write(hour, path, rate)
    found, durations = [], []
    for _ in range(TIMES):
        start = time.perf_counter()
        found = open_(path)
        durations.append(time.perf_counter() - start)
    for kept, array in zip(found, (hour[name] for name in NAMES), strict=True):
        assert np.array_equal(kept.ravel(), array.ravel()), "what was read is not what was written"
    seconds = len(hour["t_s"]) / rate
    told = {
        "bytes": Path(path).stat().st_size,
        "append_ms": 1e3 * appended / seconds,
        "open_ms": 1e3 * min(durations),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
