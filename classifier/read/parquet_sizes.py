"""How large the values of a Parquet file become, found before they are made.

A file of kilobytes can hold gigabytes: a text that stands once in a dictionary is repeated by an index
of a few bits, and pages are compressed. Terms are those of the Parquet format.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Rows read at a time, at most.
_BATCH = 256
#: Bytes that a batch may take because values are repeated from dictionaries.
_BUDGET = 1 << 26
#: Bytes that a dictionary may have. Writers give up a dictionary at 1 MiB.
_DICTIONARY = 1 << 28
#: A column of a row group that unpacks to more bytes, or lists to more values, than the first, and to
#: more than the second for each byte on disk, is a bomb.
_LARGE, _RATIO = 1 << 26, 1000
#: Bytes of a page header that are read; its first three fields take at most eighteen.
_HEADER = 32
#: Value of the field ``type`` in a page header.
_DICTIONARY_PAGE = 2
#: Bytes behind the footer: how long it is, and a mark.
_TAIL = 8

#: Levels of structures that a footer may have; the format's own has seven.
_DEEPEST = 20
#: Bytes of the kinds of value that have a fixed number: booleans in lists, bytes, floats, UUIDs.
_WIDTHS = {1: 1, 2: 1, 3: 1, 7: 8, 13: 16}

#: Fields of a Thrift structure by their number.
Fields = dict[int, Any]


class Chunk(NamedTuple):
    """A column of a row group: its values and bytes, unpacked and packed, and where its pages begin."""

    values: int
    unpacked: int
    packed: int
    data: int
    dictionary: int


class RowGroup(NamedTuple):
    """What the footer says of a row group."""

    rows: int
    chunks: tuple[Chunk, ...]


def row_groups(stream: BinaryIO) -> list[RowGroup]:
    """Read the footer of a file.

    Arrow is not asked, because it ends the process (Arrow 26) where what the footer says of a column
    contradicts itself.

    Raises
    ------
    ValueError
        The footer is no Thrift structure.
    """
    stream.seek(-_TAIL, io.SEEK_END)
    size = int.from_bytes(stream.read(4), "little")
    stream.seek(-_TAIL - size, io.SEEK_END)
    footer = _Compact(stream.read(size)).fields()
    return [
        RowGroup(max(0, _whole(group, 3)), tuple(map(_chunk, _structures(group, 1))))
        for group in _structures(footer, 4)
    ]


def _chunk(column: Fields) -> Chunk:
    described = column.get(3)
    fields = described if isinstance(described, dict) else {}
    return Chunk(*(_whole(fields, number) for number in (5, 6, 7, 9, 11)))


def _whole(fields: Fields, number: int) -> int:
    """A field that is a number; one of another type is none, as for Arrow."""
    value = fields.get(number)
    return value if isinstance(value, int) else 0


def _structures(fields: Fields, number: int) -> list[Fields]:
    values = fields.get(number)
    return [v for v in values if isinstance(v, dict)] if isinstance(values, list) else []


def batch_size(stream: BinaryIO, group: RowGroup, lengths: Iterable[int]) -> int:
    """Rows of a row group that can be read at a time.

    Parameters
    ----------
    stream
        The file.
    group
        One of ``row_groups``.
    lengths
        Bytes of each value of a column, where its type fixes them; else 0.

    Raises
    ------
    ValueError
        The row group is made to exhaust memory.
    """
    widest = 1 + sum(lengths)
    for chunk in group.chunks:
        claimed = max(chunk.unpacked, chunk.values - group.rows)
        if claimed > max(_LARGE, _RATIO * chunk.packed):
            raise ValueError(f"{claimed:,} values or bytes packed into {chunk.packed:,} bytes")
        dictionary = _dictionary_size(stream, chunk)
        if dictionary > _DICTIONARY:
            raise ValueError(f"a dictionary of {dictionary:,} bytes")
        widest += dictionary
    return max(1, min(_BATCH, _BUDGET // widest))


def _dictionary_size(stream: BinaryIO, chunk: Chunk) -> int:
    """Bytes of a column's dictionary, unpacked; no value in it is longer. 0 where there is none."""
    stream.seek(max(0, chunk.dictionary if 0 < chunk.dictionary < chunk.data else chunk.data))
    header = _Compact(stream.read(_HEADER)).fields(2)
    return _whole(header, 2) if _whole(header, 1) == _DICTIONARY_PAGE else 0


class _Compact:
    """Reads values of Thrift's compact protocol; only of what it was given.

    Raises
    ------
    ValueError
        The bytes end too early, or are none of the protocol.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def fields(self, last: int | None = None, depth: int = 0) -> Fields:
        """The fields of a structure by their number, no further than ``last``."""
        found: Fields = {}
        number = 0
        if depth > _DEEPEST:
            raise ValueError("its footer nests too deep")
        while (head := self._byte()) and (last is None or number < last):
            number = number + (head >> 4) if head >> 4 else self._number()
            kind = head & 15
            found[number] = kind == 1 if kind in (1, 2) else self._value(kind, depth)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        if kind in (4, 5, 6):
            return self._number()
        if kind == 8:
            return self._bytes(self._varint())
        if kind in _WIDTHS:
            return self._bytes(_WIDTHS[kind])
        if kind == 12:
            return self.fields(depth=depth + 1)
        if kind in (9, 10):
            head = self._byte()
            size = head >> 4 if head >> 4 < 15 else self._varint()
            return [self._value(head & 15, depth + 1) for _ in range(size)]
        if kind == 11:
            size = self._varint()
            kinds = self._byte() if size else 0
            pair = (kinds >> 4, kinds & 15)
            return [[self._value(one, depth + 1) for one in pair] for _ in range(size)]
        raise ValueError(f"its footer has a value of type {kind}")

    def _number(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise ValueError("its footer has a number of more than 64 bits")

    def _byte(self) -> int:
        return self._bytes(1)[0]

    def _bytes(self, size: int) -> bytes:
        self._at += size
        if self._at > len(self._data):
            raise ValueError("its footer ends too early")
        return self._data[self._at - size : self._at]


def pieces(batch: Any, limit: int) -> Iterator[tuple[int, int, bool]]:
    """Cut a batch into runs of rows of at most ``limit`` bytes together.

    Yields
    ------
    begin, end
        Rows, half open.
    fits
        False for a single row that is longer than that.
    """
    sizes = sum((_sizes(column) for column in batch.columns), np.zeros(batch.num_rows, np.int64))
    begin, total = 0, 0
    for row, size in enumerate(sizes.tolist()):
        if row > begin and total + size > limit:
            yield begin, row, total <= limit
            begin, total = row, 0
        total += size
    if batch.num_rows:
        yield begin, batch.num_rows, total <= limit


def _sizes(array: Any) -> NDArray[np.int64]:
    """Bytes of each value, at least one; of what is repeated, each time."""
    sizes: NDArray[np.int64] = np.ones(len(array), np.int64) + _more(array)
    return sizes


def _more(array: Any) -> Any:
    """Bytes of each value, or of every one, but for one."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return _more(array.storage)
    if kinds.is_dictionary(kind):
        sizes = np.append(_sizes(array.dictionary), 0)  # the last one is that of a null
        null = len(array.dictionary)
        places = array.indices.cast(pa.int64())
        valid = places.drop_null().to_numpy()
        if valid.min(initial=0) < 0 or valid.max(initial=-1) >= null:
            raise ValueError("an index that is not in its dictionary")
        return sizes[places.fill_null(null).to_numpy()]
    if kinds.is_struct(kind):
        return sum(_sizes(part) for part in array.flatten())
    if kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_map(kind):
        ends = np.concatenate([[0], np.cumsum(_sizes(array.values))])
        return np.diff(ends[array.offsets.to_numpy()])
    if kinds.is_fixed_size_list(kind):
        width = kind.list_size
        inner = _sizes(array.values.slice(array.offset * width, len(array) * width))
        return inner.reshape(len(array), width).sum(axis=1)
    if kind in (pa.string(), pa.binary(), pa.large_string(), pa.large_binary()):
        return pc.binary_length(array).fill_null(0).to_numpy(zero_copy_only=False)
    return array.nbytes // max(1, len(array))
