"""Arrow over numpy's own memory, made without pyarrow.array: that imports pandas, which the intake alone has no use for (60 MB)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def table(columns: Mapping[str, NDArray[Any]]) -> pa.Table:
    """The columns as a table; nothing is copied unless a column has gaps in memory."""
    return pa.Table.from_arrays([_column(column) for column in columns.values()], names=list(columns))


def _column(column: NDArray[Any]) -> pa.Array:
    whole = np.ascontiguousarray(column)
    return pa.Array.from_buffers(pa.from_numpy_dtype(whole.dtype), len(whole), [None, pa.py_buffer(whole)])


def columns(rows: pa.Table) -> dict[str, NDArray[Any]]:
    """The table's columns, none of which holds a null, as numpy arrays; without ChunkedArray.to_numpy, which imports pandas as well."""
    return {name: _joined(rows.column(name)) for name in rows.column_names}


def _joined(column: pa.ChunkedArray) -> NDArray[Any]:
    dtype = np.dtype(column.type.to_pandas_dtype())
    parts = [_plain(chunk, dtype) for chunk in column.chunks if len(chunk)]
    if not parts:
        return np.empty(0, dtype=dtype)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _plain(chunk: pa.Array, dtype: np.dtype[Any]) -> NDArray[Any]:
    if chunk.null_count:
        raise ValueError("a column of the store holds a null")
    return np.frombuffer(chunk.buffers()[1], dtype=dtype, count=len(chunk), offset=chunk.offset * dtype.itemsize)
