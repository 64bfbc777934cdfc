"""Steps of energy as an Arrow stream: for programs that put many of them into a frame."""

from collections.abc import Sequence

import pyarrow as pa

from tricolor.analysis.rollup import StepCell

MEDIA_TYPE = "application/vnd.apache.arrow.stream"
_LOCAL = pa.timestamp("us", tz="Asia/Shanghai")
_COLUMNS = [
    ("start", _LOCAL), ("end", _LOCAL), ("amount", pa.float64()), ("coverage", pa.float64()), ("estimated", pa.bool_()),
    ("flags", pa.list_(pa.string())),
]  # fmt: skip


def steps_stream(point: str, unit: str, step: str, cells: Sequence[StepCell]) -> bytes:
    """One table of the steps; the schema's metadata name the point, the unit of `amount` and the step. amount is null where nothing is known."""
    schema = pa.schema(_COLUMNS, metadata={"point": point, "unit": unit, "step": step})
    columns = [[getattr(cell, name) for cell in cells] for name, _ in _COLUMNS]
    arrays = [
        pa.array(values, pa.int64()).cast(kind) if kind == _LOCAL else pa.array(values, kind)
        for values, (_, kind) in zip(columns, _COLUMNS, strict=True)
    ]
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, schema) as writer:
        writer.write_table(pa.table(arrays, schema=schema))
    return bytes(out.getvalue())
