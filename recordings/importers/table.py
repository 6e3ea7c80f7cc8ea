"""Text tables, a line at a time, so that the length of a file does not matter.

UTF-8 with or without a byte order mark, any line ends, quotes, and comma, semicolon or tab between the
columns. What separates them is not guessed from frequencies: it is what makes the header one that is known.
Other bytes than UTF-8 pass where nothing is read from (WitMotion writes its degree signs in GB 2312).
"""

from __future__ import annotations

import csv
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from recordings.importers.rows import FileRefusedError
from recordings.reader import is_endless

DELIMITERS: Final = ("\t", ";", ",")
# Above a header stand at most some fourteen lines (MT Manager).
PREAMBLE_LINES: Final = 60
LONGEST_LINE: Final = 65_536
# A member of an archive that claims to be larger is not a table of samples: 20 h at 400 Hz.
LARGEST_MEMBER: Final = 4 * 2**30


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or a member of an archive, that can be read from its beginning again and again."""

    path: Path
    member: str | None = None

    @property
    def name(self) -> str:
        """How an error calls it."""
        return f"{self.path}" if self.member is None else f"{self.path} ({self.member})"


def head_of(path: Path, size: int) -> bytes:
    """Return the first bytes of a file. Raises FileRefusedError where there is none to read."""
    try:
        if is_endless(path):
            raise FileRefusedError(f"{path} is a device, a pipe or a socket, not a file of samples")
        with path.open("rb") as stream:
            return stream.read(size)
    except FileNotFoundError as error:
        raise FileRefusedError(f"there is no file {path}") from error
    except (OSError, ValueError) as error:
        if isinstance(error, FileRefusedError):
            raise
        what = "is a folder, not a file" if path.is_dir() else f"cannot be read: {error}"
        raise FileRefusedError(f"{path} {what}") from error


def lines_of(source: Source) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of each line. Raises FileRefusedError where it is not text."""
    with _opened(source) as stream:
        number = 0
        while text := stream.readline(LONGEST_LINE):
            number += 1
            if len(text) == LONGEST_LINE and not text.endswith("\n"):
                raise FileRefusedError(f"{source.name}, line {number}: longer than {LONGEST_LINE} characters")
            if "\0" in text:
                raise FileRefusedError(
                    f"{source.name}, line {number}: binary data or UTF-16; save it as UTF-8"
                )
            yield number, text.rstrip("\n")


@contextmanager
def _opened(source: Source) -> Iterator[io.TextIOWrapper]:
    try:
        if source.member is None:
            with source.path.open("rb") as binary, _as_text(binary) as stream:
                yield stream
        else:
            with zipfile.ZipFile(source.path) as archive:
                info = archive.getinfo(source.member)
                if info.file_size > LARGEST_MEMBER:
                    raise FileRefusedError(f"{source.name}: {info.file_size / 2**30:.0f} GiB is too large")
                with archive.open(info) as binary, _as_text(binary) as stream:
                    yield stream
    except (OSError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, KeyError) as error:
        raise FileRefusedError(f"{source.name} cannot be read: {error}") from error
    except (RuntimeError, NotImplementedError) as error:
        # What zipfile says of a password or a method it does not know.
        if isinstance(error, RecursionError):
            raise
        raise FileRefusedError(f"{source.name} cannot be unpacked: {error}") from error


def _as_text(binary: IO[bytes]) -> io.TextIOWrapper:
    return io.TextIOWrapper(binary, encoding="utf-8-sig", errors="replace")


def split(source: Source, line: int, text: str, delimiter: str) -> list[str]:
    """Return the fields of a line without the blanks round them. Raises FileRefusedError."""
    if '"' not in text:
        fields = text.split(delimiter)
        # Most files have no blanks, and most of the time goes here.
        return [field.strip() for field in fields] if " " in text or "\t" in text else fields
    try:
        (fields,) = csv.reader([text], delimiter=delimiter, strict=True, skipinitialspace=True)
    except (csv.Error, ValueError) as error:
        raise FileRefusedError(f"{source.name}, line {line}: a quote that does not end there") from error
    return [field.strip() for field in fields]


def key_of(column: str) -> str:
    """Return a column's name in small ASCII letters without blanks: "AsX(°/s)" is "asx(/s)"."""
    return "".join(letter for letter in column if letter.isascii() and not letter.isspace()).lower()


def without_last_blank(fields: Sequence[str]) -> list[str]:
    """Return the fields of a header without the empty one that a delimiter at the end makes."""
    return list(fields[:-1]) if fields and not fields[-1] else list(fields)
