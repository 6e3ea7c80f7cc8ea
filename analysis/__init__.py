"""Pure measurement: sample arrays in, dataclasses out. No files, clocks, Bluetooth or Qt."""
