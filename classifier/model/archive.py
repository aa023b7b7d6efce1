"""The parameters of a model as an npz archive, whose headers are checked before memory is taken.

An npz archive is a zip file of npy arrays. What it may hold follows from the manifest (labels and
features), so names, sizes, types and shapes are compared with that before anything is unpacked.
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
from typing import IO, Any

import numpy as np

from classifier.analysis import Float
from classifier.errors import BundleError
from classifier.model.context import context_names
from classifier.model.hashing import Hashing

#: Expected arrays; W and V = own_width and page_width of Hashing, K = context features, L = labels.
#: All float32 or float64.
SHAPES = {
    "coef": ("W", "L"),
    "intercept": ("L",),
    "page_coef": ("V", "L"),
    "page_intercept": ("L",),
    "context_coef": ("K", "L"),
    "context_intercept": ("L",),
    "calibration": ("L", 2),
    "page_calibration": ("L", 3),
}
#: Numbers in all arrays together, 256 MB in memory: 22 bits of columns with 7 labels, or 18 with 100.
MOST_NUMBERS = 2**25
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


def shapes(features: Mapping[str, Any], labels: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """The shape of each array that a checked manifest implies.

    Raises
    ------
    BundleError
        If they hold more than ``MOST_NUMBERS`` numbers together.
    """
    hashing = Hashing(**features)
    sizes: dict[str | int, int] = {
        "W": hashing.own_width,
        "V": hashing.page_width,
        "K": len(context_names(labels)),
        "L": len(labels),
        2: 2,
        3: 3,
    }
    found = {name: tuple(sizes[s] for s in symbols) for name, symbols in SHAPES.items()}
    numbers = sum(math.prod(shape) for shape in found.values())
    if numbers > MOST_NUMBERS:
        raise BundleError(
            f"{len(labels)} labels and 2 ** {hashing.own_bits} hashed columns make {numbers} "
            f"parameters; a bundle holds at most {MOST_NUMBERS}: lower own_bits"
        )
    return found


def largest_archive(expected: Mapping[str, tuple[int, ...]]) -> int:
    """Bytes that an archive of these shapes has at most; deflate adds 5 for every 16,000."""
    raw = sum(8 * math.prod(shape) for shape in expected.values())
    return raw + raw // 1000 + len(expected) * (LARGEST_HEADER + 2 * _LARGEST_ENTRY) + _END.size


def read_archive(
    content: bytes, expected: Mapping[str, tuple[int, ...]], path: Path
) -> dict[str, Float]:
    """The arrays of an archive, in float64; ``path`` is named in errors.

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
            for name, shape in expected.items():
                if entries[name].file_size > 8 * math.prod(shape) + LARGEST_HEADER:
                    raise _Unexpected(f"array '{name}' is too large, expected float{shape}")
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


def _array(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, shape: tuple[int, ...]
) -> Float:
    """Unpack one array whose size was checked."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _Unexpected(f"array '{name}' is compressed in an unknown way")
    with archive.open(entry) as stream:
        found, fortran, dtype = _header(stream, name)
        if dtype.hasobject:
            raise _Unexpected(f"array '{name}' cannot be read: it holds Python objects")
        if dtype.kind != "f" or dtype.itemsize not in (4, 8) or found != shape:
            raise _Unexpected(f"array '{name}' is {dtype}{found}, expected float{shape}")
        size = math.prod(shape) * dtype.itemsize
        data = stream.read(size)
        if len(data) != size or stream.read(1):  # the last read also checks the CRC
            raise _Unexpected(f"array '{name}' is shorter or longer than its header says")
    array = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
    if not np.isfinite(array).all():
        raise _Unexpected(f"array '{name}' holds numbers that are not finite")
    if array.size and max(float(array.max()), -float(array.min())) > LARGEST_NUMBER:
        raise _Unexpected(f"array '{name}' holds numbers beyond {LARGEST_NUMBER:g}")
    return array.astype(np.float64)


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
