"""Where the recordings of an archive are: below a folder, in a list, or in an object store."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any

from recordings.edits_file import edits_path
from recordings.encryption import ENCRYPTED_SUFFIX
from recordings.format import LIVE_SUFFIX, SUFFIX, RecordingError
from recordings.salvage import salvaged_name


@dataclass(frozen=True, slots=True)
class Item:
    """A recording of an archive.

    name: in the tables. place: its path or address. state: changes when the recording or the corrections
    beside it do; "" where it cannot be found.
    """

    name: str
    place: str
    state: str


def is_recording(path: PurePath) -> bool:
    """Tell by its name whether a file is a recording: finished or not, plain or encrypted."""
    return path.name.lower().endswith((SUFFIX, SUFFIX + LIVE_SUFFIX, ENCRYPTED_SUFFIX))


def find_recordings(folder: Path) -> list[Path]:
    """Return all recordings below a folder, finished or not, in the order of their names.

    An unfinished one is left out where there is what was salvaged from it: that holds the same repetitions.
    """
    # Unlike Path.is_file, this is no error where a folder may be listed but nothing in it looked at.
    return _recordings(Path(root, name) for root, _, names in os.walk(folder) for name in names)


def find_items(source: str) -> list[Item]:
    """Return the recordings of a source: a folder, a text file with a path or an address a line, an address.

    Paths in a list count from the list; what stands there twice counts once. Raises RecordingError where the
    source is none of them or a package for it is missing, and OSError.
    """
    if is_address(source):
        return _items_at(source)
    path = Path(source)
    if path.is_dir():
        return [
            Item(_text(each.relative_to(path).as_posix()), str(each), _state(each))
            for each in find_recordings(path)
        ]
    if is_recording(path):
        raise RecordingError(f"{path} is one recording: `eccentric analyse {path}` measures it")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise RecordingError(f"{path} is no list of recordings: it is not a text in UTF-8") from error
    named = dict.fromkeys(line.strip() for line in lines)
    return [_listed(name, path.parent) for name in named if name and not name.startswith("#")]


def is_address(source: str) -> bool:
    """Tell an address (s3://bucket/folder) from a path."""
    return "://" in source


@contextmanager
def on_this_machine(item: Item) -> Iterator[Path]:
    """Yield where a recording can be read until the block ends, with the corrections beside it.

    One at an address is copied into a private temporary folder. Raises RecordingError and OSError.
    """
    if not is_address(item.place):
        yield Path(item.place)
        return
    system, remote = _file_system(item.place)
    with TemporaryDirectory(prefix="eccentric-") as folder:
        copy = Path(folder, PurePath(remote).name)
        system.get_file(remote, str(copy))
        with suppress(FileNotFoundError):
            beside = edits_path(copy)
            system.get_file(str(edits_path(Path(remote)).as_posix()), str(beside))
        yield copy


def _recordings(paths: Iterable[Path]) -> list[Path]:
    found = {path for path in paths if is_recording(path)}
    return sorted(path for path in found if not (path.suffix == LIVE_SUFFIX and salvaged_name(path) in found))


def _state(path: Path) -> str:
    def of(each: Path) -> str:
        try:
            known = each.stat()
        except (OSError, ValueError):
            return ""
        return f"{known.st_size}-{known.st_mtime_ns}"

    corrections = of(edits_path(path))
    return f"{of(path)} {corrections}".strip()


def _listed(name: str, folder: Path) -> Item:
    if not is_address(name):
        path = folder / name
        return Item(_text(name), str(path), _state(path))
    system, remote = _file_system(name)
    try:
        state = _remote_state(remote, {remote: system.info(remote)})
    except OSError:
        state = ""
    return Item(name, name, state)


def _items_at(address: str) -> list[Item]:
    system, root = _file_system(address)
    found: Mapping[str, Mapping[str, Any]] = system.find(root, detail=True)
    if not found:
        raise RecordingError(f"there is nothing at {address}")
    return [
        Item(
            _text(path.as_posix().removeprefix(root).lstrip("/")),
            system.unstrip_protocol(path.as_posix()),
            _remote_state(path.as_posix(), found),
        )
        for path in _recordings(map(Path, found))
    ]


def _remote_state(remote: str, found: Mapping[str, Mapping[str, Any]]) -> str:
    def of(name: str) -> str:
        info = found.get(name)
        if info is None:
            return ""
        # What changes with the content has another name in each kind of store.
        mark = next((info[key] for key in ("ETag", "etag", "mtime", "LastModified") if key in info), "")
        return f"{info.get('size')}-{mark}"

    return f"{of(remote)} {of(edits_path(Path(remote)).as_posix())}".strip()


def _file_system(address: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs

        return url_to_fs(address)
    except ImportError as error:
        kind = address.split("://", maxsplit=1)[0]
        package = {"s3": " s3fs", "gs": " gcsfs"}.get(kind, "")
        raise RecordingError(
            f"{kind}:// needs other packages: pip install 'eccentric-monitor[archive]'{package} ({error})"
        ) from error
    except ValueError as error:
        raise RecordingError(f"{address} is no address that can be read ({error})") from error


def _text(name: str) -> str:
    """Return a name that any file of text can hold, also where the system's is none."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
