"""Arrays of plain numbers in an npz archive, whose headers are checked before memory is taken.

An npz archive is a zip file of npy arrays. What it may hold is known beforehand, so names, sizes, types
and shapes are compared with that before anything is unpacked.
"""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from classifier.errors import BundleError

#: Coefficients beyond this say nothing that a probability could show, and their products overflow.
LARGEST_NUMBER = 1e9
#: Bytes of an npy header; numpy writes 128 for any array of ours.
LARGEST_HEADER = 1024
#: A zip file's last record (APPNOTE 4.3.16), bytes of its entry in the directory, and the mark of zip64.
_END = struct.Struct("<4s4H2LH")
_LARGEST_ENTRY = 256
#: The start of an npy array, and its header as numpy writes it (numpy.lib.format, version 1.0).
_START = struct.Struct("<6sBBH")
_HEADER = re.compile(
    r"\{'descr': '(?P<type>[<>|=]?[a-zA-Z]\d*)', 'fortran_order': (?P<fortran>True|False), "
    r"'shape': \((?P<shape>[\d, ]*)\), \} *\n",
    re.ASCII,
)
_ZIP64_LOCATOR, _LOCATOR_SIZE = b"PK\x06\x07", 20


class Expected(NamedTuple):
    """What an array must be: its shape, and ``f`` for float32 or float64, or ``i1`` for int8."""

    shape: tuple[int, ...]
    kind: str = "f"


def largest_archive(expected: Mapping[str, Expected]) -> int:
    """Bytes that an archive of these arrays has at most; deflate adds 5 for every 16,000."""
    raw = sum(8 * math.prod(array.shape) for array in expected.values())
    return raw + raw // 1000 + len(expected) * (LARGEST_HEADER + 2 * _LARGEST_ENTRY) + _END.size


def read_archive(content: bytes, expected: Mapping[str, Expected], path: Path) -> dict[str, Any]:
    """The arrays of an archive; ``path`` is named in errors.

    Raises
    ------
    BundleError
        If it is no archive of exactly these arrays, or a number is not finite or too large.
    """
    try:
        _check_end(content, len(expected))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
            if set(entries) != set(expected) or len(archive.infolist()) != len(expected):
                raise _Unexpected(
                    f"holds arrays {[name[:50] for name in sorted(entries)]} instead of "
                    f"{sorted(expected)}"
                )
            for name, array in expected.items():
                if entries[name].file_size > 8 * math.prod(array.shape) + LARGEST_HEADER:
                    raise _Unexpected(f"array '{name}' is too large, expected {_shown(array)}")
            return {name: _array(archive, entries[name], name, expected[name]) for name in expected}
    except _Unexpected as error:
        raise BundleError(f"{path}: {error}") from None
    except _DAMAGED as error:
        raise BundleError(f"{path}: cannot be read: {error}") from None


class _Unexpected(Exception):
    """What an archive holds is not what the manifest implies."""


#: What zipfile, zlib and numpy raise for a damaged archive; ``RuntimeError`` for an encrypted one.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, TypeError,
    RuntimeError,
)  # fmt: skip


def _check_end(content: bytes, entries: int) -> None:
    """Bound the zip directory before it is read: zipfile makes an object for each entry."""
    if len(content) < _END.size:
        raise zipfile.BadZipFile("the archive is cut short")
    end = _END.unpack(content[-_END.size :])
    signature, _, _, _, number, size, _, comment = end
    locator = content[-_END.size - _LOCATOR_SIZE :][:4]
    if signature != b"PK\x05\x06" or comment or locator == _ZIP64_LOCATOR:
        raise zipfile.BadZipFile("the archive does not end as numpy writes it")
    if size > max(number, entries) * _LARGEST_ENTRY or number > 4 * entries:
        raise zipfile.BadZipFile(f"the archive lists {number} files in {size} bytes")


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, expected: Expected) -> Any:
    """Unpack one array whose size was checked."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _Unexpected(f"array '{name}' is compressed in an unknown way")
    with archive.open(entry) as stream:
        found, fortran, dtype = _header(stream, name)
        if dtype.hasobject:
            raise _Unexpected(f"array '{name}' cannot be read: it holds Python objects")
        fits = dtype.str[1:] in (("f4", "f8") if expected.kind == "f" else (expected.kind,))
        if not fits or found != expected.shape:
            raise _Unexpected(f"array '{name}' is {dtype}{found}, expected {_shown(expected)}")
        size = math.prod(found) * dtype.itemsize
        data = stream.read(size)
        if len(data) != size or stream.read(1):  # the last read also checks the CRC
            raise _Unexpected(f"array '{name}' is shorter or longer than its header says")
    array = np.frombuffer(data, dtype).reshape(found, order="F" if fortran else "C")
    if not np.isfinite(array).all():
        raise _Unexpected(f"array '{name}' holds numbers that are not finite")
    if array.size and max(float(array.max()), -float(array.min())) > LARGEST_NUMBER:
        raise _Unexpected(f"array '{name}' holds numbers beyond {LARGEST_NUMBER:g}")
    return array


def _shown(expected: Expected) -> str:
    return f"{'float' if expected.kind == 'f' else 'int8'}{expected.shape}"


def _header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, column order and type of an npy array, which the stream is at the start of.

    Only what numpy writes for a plain array is understood. numpy's own reader parses the header as
    Python source, which fails in many ways on text that someone made up.
    """
    start = stream.read(_START.size)
    magic, major, minor, length = _START.unpack(start)
    if magic != b"\x93NUMPY" or (major, minor) != (1, 0) or length > LARGEST_HEADER:
        raise _Unexpected(f"array '{name}' cannot be read: it is no npy array of version 1.0")
    header = _HEADER.fullmatch(stream.read(length).decode("latin-1"))
    if header is None:
        raise _Unexpected(f"array '{name}' cannot be read: its header is not of a plain array")
    shape = tuple(int(size) for size in header["shape"].replace(" ", "").split(",") if size)
    return shape, header["fortran"] == "True", np.dtype(header["type"])
