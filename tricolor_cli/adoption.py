"""From unknown points in the quarantine to a stub of the registry: sample values, and what they suggest."""

import json
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from tricolor.adapters.codecs.csv_v1 import CsvV1
from tricolor.adapters.codecs.hj212 import Hj212
from tricolor.adapters.codecs.json_v1 import JsonV1
from tricolor.adapters.ledger.quarantine import QuarantineBookSql
from tricolor.catalogue.pollutants import all_pollutants, current_codes
from tricolor.domain.errors import TricolorError
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.quarantine import UnknownPoint
from tricolor.domain.readings import Frame
from tricolor.ports import Codec

MAX_READINGS = 200_000
_GUESSES = (  # what a name suggests: carrier, unit
    ("elec", "electricity", "kWh"), ("kwh", "electricity", "kWh"), ("steam", "heat", "GJ"), ("heat", "heat", "GJ"),
    ("gas", "natural_gas", "m3"), ("coal", "raw_coal", "t"),
)  # fmt: skip
_USUAL_S = (60, 300, 600, 900, 1800, 3600, 86_400)
Samples = list[tuple[int, float]]


def samples_of(book: QuarantineBookSql, point: UnknownPoint) -> Samples:
    """(time [µs], value) of readings of the point that are held, in the order of time; from its newest messages."""
    codecs: dict[str, Codec] = {"application/json": JsonV1(MAX_READINGS), "text/csv": CsvV1(MAX_READINGS),
                                "application/x-hj212": Hj212(MAX_READINGS, current_codes())}  # fmt: skip
    found: dict[int, float] = {}
    for entry in point.samples:
        try:
            item, payload = book.raw(entry)
            decoded = codecs[item.content_type].decode(Frame(item.topic, payload, item.received_at, item.source, 0, item.content_type))
        except (TricolorError, KeyError):
            continue  # its bytes were dropped meanwhile, or only an older decoder could read them
        found |= {at: value for name, at, value in zip(decoded.point, decoded.at, decoded.value, strict=True) if name == point.point}
    return sorted(found.items())


def stub_of(points: Sequence[tuple[UnknownPoint, Samples]]) -> str:
    """Registry TOML to append to the registry's file: one meter an entity, and each point with what its values suggest."""
    lines = ["# 补全后并入登记表，导入，再执行 · Complete it, append it to your registry file, import that, then run:",
             "#   tricolor quarantine replay --reason unknown_point",
             "# 猜测的各项须核对 · kind, unit, carrier and interval_s are guesses from names and values: check each against the meter."]  # fmt: skip
    for entity in sorted({p.enterprise for p, _ in points}):
        meter = f"{entity or 'entity'}-new"
        lines += ["", "[[meters]]", f"id = {_text(meter)}", f"entity = {_text(entity)}", 'name_cn = "待补"', 'name_en = "to be named"']
        for point, samples in points:
            if point.enterprise == entity:
                lines += _point(point, meter, samples)
    return "\n".join(lines)


def _point(point: UnknownPoint, meter: str, samples: Samples) -> list[str]:
    carrier, unit = next(((c, u) for word, c, u in _GUESSES if word in point.point.lower()), ("electricity", "kWh"))
    if emission := _emission(point, meter, samples):
        return emission
    values = ", ".join(f"{value:g}" for _, value in samples[-5:])
    is_rising = len(samples) > 2 and all(a[1] <= b[1] for a, b in pairwise(samples)) and samples[0][1] < samples[-1][1]
    return [
        "", "[[points]]", f"# {point.readings} 个读数 readings, 最近 last {values}", f"id = {_text(point.point)}", f"meter = {_text(meter)}",
        f'carrier = "{carrier}"', f'unit = "{unit}"', f'kind = "{"register" if is_rising else "delta"}"', 'role = "purchased"',
        f"interval_s = {_interval(samples)}",
    ]  # fmt: skip


def _emission(point: UnknownPoint, meter: str, samples: Samples) -> list[str]:
    """The stub of a factor of HJ 212 (`mn.factor.field` or `mn.factor.period.field`): its unit is the standard's; [] for any other point."""
    parts = point.point.split(".")
    known = all_pollutants().get(parts[1]) if len(parts) in (3, 4) else None
    if known is None:
        return []
    period = {"minute": 600, "hour": 3600, "day": 86_400}.get(parts[2], _interval(samples))
    values = ", ".join(f"{value:g}" for _, value in samples[-5:])
    return [
        "", "[[points]]", f"# {point.readings} 个读数 readings, 最近 last {values}", f"id = {_text(point.point)}", f"meter = {_text(meter)}",
        f"name_cn = {_text(known.name_cn)}", f"name_en = {_text(known.name_en)}", f"unit = {_text(known.unit_of(parts[-1]) or known.unit)}",
        f'kind = "{"delta" if parts[-1] == "cou" else "gauge"}"', 'role = "none"', f"interval_s = {period}",
    ]  # fmt: skip


def _interval(samples: Samples) -> int:
    if len(samples) < 2:
        return 900
    typical = median(b[0] - a[0] for a, b in pairwise(samples)) / SECOND_US
    return min(_USUAL_S, key=lambda usual: abs(usual - typical))


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a TOML basic string is written like a JSON one
