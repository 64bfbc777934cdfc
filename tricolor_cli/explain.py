"""`tricolor explain POINT AT`: why a 15-minute cell holds what it holds."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tricolor.analysis.explain import Explanation, explain, explain_virtual
from tricolor.analysis.explain_words import as_members
from tricolor.config import Settings
from tricolor.domain.errors import Misconfigured
from tricolor.domain.intervals import parse_us
from tricolor_cli.point_source import PointSource, from_api, from_store


def explain_command(
    point: Annotated[str, typer.Argument(metavar="POINT", help="Id of the point, e.g. qz-refinery-01.elec.")],
    at: Annotated[str, typer.Argument(metavar="AT", help="Any instant of the cell, with its offset: 2026-11-20T08:00:00+08:00.")],
    key: Annotated[str, typer.Option("--key", envvar="TRICOLOR_KEY", help="Key for the API, where Tricolor is running.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    data: Annotated[Path | None, typer.Option("--data", help="Folder of the embedded stores; default TRICOLOR_DATA or ./data.")] = None,
) -> None:
    """某 15 分钟能耗的来历 · Which readings, steps, rules and plate values a cell is made from. Asks the Tricolor that runs on the folder, if any."""
    settings = Settings() if data is None else Settings(data=data)
    try:
        instant = parse_us(at)
    except ValueError as error:
        raise Misconfigured(f"AT is {at!r}: {error}") from error
    found = from_store(settings, point, lambda known: as_members(_explained(known, instant)))
    if found is None:
        found = from_api(settings, f"/v1/points/{point}/explain", {"at": at}, key)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _show(found)


def _explained(known: PointSource, instant: int) -> Explanation:
    if known.point.formula:
        return explain_virtual(known.registry, known.point, instant, known.energy)
    return explain(known.point, instant, known.store, known.facts, known.siblings)


def _show(found: dict[str, Any]) -> None:
    console = Console(highlight=False)
    amount = "未知 not known" if found["amount"] is None else f"{found['amount']:.6g} {found['unit']}"
    console.print(f"[bold]{found['point']}[/]  {found['start'][:16]} … {found['end'][11:16]}  [bold]{amount}[/]  {', '.join(found['flags'])}")
    if found["formula"]:
        _show_formula(console, found)
        return
    plate = found["plate"]
    said = {name: plate[name] for name in ("capacity", "max_rate", "resolution", "multiplier")}
    console.print(
        "铭牌 plate  " + " · ".join(f"{name} {'?' if value is None else f'{value:g}'}" for name, value in said.items()) + f" · {plate['unit']}"
    )
    steps = Table("从 from", "到 to", "量 amount", "占 share", "类别 kind", "规则 rule")
    for s in found["steps"]:
        whole = "?" if s["amount"] is None else f"{s['amount']:.6g}"
        steps.add_row(s["start"][:19], s["end"][:19], whole, f"{s['share']:.0%}", s["kind"], f"{s['rule_zh']}\n{s['rule_en']}")
    console.print(steps)
    readings = Table("时间 at", "读数 value", "质量 quality", "用途 use")
    for r in found["readings"]:
        readings.add_row(r["at"][:19], f"{r['value']:.10g}", r["quality"], r["use"])
    console.print(readings)
    for e in found["exchanges"]:
        console.print(f"换表 exchange  {e['at'][:19]}  {e['final']:g} → {e['start']:g}")
    for m in found["multipliers"]:
        console.print(f"倍率 multiplier  {m['valid_from'][:19]}  × {m['multiplier']:g}")
    for c in found["confirmed"]:
        counted = "原值 as it is" if c["amount"] is None else f"{c['amount']:g} {found['unit']}"
        console.print(
            f"人工核实 confirmed  {c['start'][:19]} … {c['end'][:19]}  {counted}  {c['person']}: {c['reason']} (#{c['decision']})", markup=False
        )
    if (s := found["substitute"]) is not None:
        console.print(
            f"人工替代 substituted  {s['start'][:19]} … {s['end'][:19]}  {s['amount']:g} {found['unit']}  {s['person']}: {s['reason']} "
            f"(#{s['decision']})", markup=False,
        )  # fmt: skip


def _show_formula(console: Console, found: dict[str, Any]) -> None:
    console.print(f"公式 formula  {found['formula']}", markup=False)
    for i in found["inputs"]:
        amount = "未知 not known" if i["amount"] is None else f"{i['amount']:.6g} {i['unit']}"
        console.print(f"  {i['point']}  {amount}  {i['coverage']:.0%}  {', '.join(i['flags'])}", markup=False)
