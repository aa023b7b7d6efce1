"""How large the values of a Parquet file become, found before they are made.

A file of kilobytes can hold gigabytes: a text that stands once in a dictionary is repeated by an index
of a few bits, and pages are compressed. Terms are those of the Parquet format.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

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
#: Page types and the bytes that begin a page header, which is a Thrift structure in the compact
#: protocol: fields 1 to 3 (type, size unpacked, size packed), each a 32 bit number.
_DICTIONARY_PAGE, _FIELD = 2, 0x15
#: Bytes that the first three fields take at most.
_HEADER = 18


def batch_size(stream: BinaryIO, file: Any, group: int) -> int:
    """Rows of a row group that can be read at a time.

    Raises
    ------
    ValueError
        The row group is made to exhaust memory.
    """
    chunks = file.metadata.row_group(group)
    widest = 1
    for place in range(chunks.num_columns):
        chunk, leaf = chunks.column(place), file.schema.column(place)
        listed = max(0, chunk.num_values - chunks.num_rows)
        claimed = max(chunk.total_uncompressed_size, listed)
        if claimed > max(_LARGE, _RATIO * chunk.total_compressed_size):
            packed = chunk.total_compressed_size
            raise ValueError(f"{claimed:,} values or bytes packed into {packed:,} bytes")
        dictionary = _dictionary_size(stream, chunk)
        if dictionary > _DICTIONARY:
            raise ValueError(f"a dictionary of {dictionary:,} bytes")
        widest += max(dictionary, leaf.length)
    return max(1, min(_BATCH, _BUDGET // widest))


def _dictionary_size(stream: BinaryIO, chunk: Any) -> int:
    """Bytes of a column's dictionary, unpacked; no value in it is longer. 0 where there is none."""
    start = min(filter(None, (chunk.dictionary_page_offset, chunk.data_page_offset)), default=0)
    stream.seek(max(0, start))
    header = iter(stream.read(_HEADER))
    kind, size = _number(header), _number(header)
    return size if kind == _DICTIONARY_PAGE else 0


def _number(header: Iterator[int]) -> int:
    """The next field of a page header, a zigzag varint; 0 where there is none."""
    if next(header, 0) != _FIELD:
        return 0
    value = 0
    for shift, byte in zip(range(0, 35, 7), header, strict=False):
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
    return value >> 1


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
        places = array.indices.fill_null(0).to_numpy(zero_copy_only=False)
        return _sizes(array.dictionary)[places] if len(array.dictionary) else 0
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
