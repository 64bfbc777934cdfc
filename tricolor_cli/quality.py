"""`tricolor quality`: whose data is silent, incomplete or doubtful."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tricolor.adapters.ledger.quality import QualityLedgerSql
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.analysis.quality_report import QualityReport, quality_report
from tricolor.analysis.quality_words import percent, reason
from tricolor.catalogue.plans import load_plan
from tricolor.catalogue.quality import quality_limits
from tricolor.domain.entities import Registry
from tricolor.domain.errors import Misconfigured, NotFound
from tricolor.domain.intervals import iso, local_day
from tricolor.domain.quality import ORDER, PointQuality, badness
from tricolor_cli.common import AsJson, Data, now_us, open_ledger, settings_at

SHOWN = 40  # points of the table; --json has all


def quality_command(
    entity: Annotated[str, typer.Option("--entity", help="只看这个单位及其辖内 · only this entity and what lies inside it")] = "",
    on: Annotated[str, typer.Option("--day", help="哪一天，默认今天 · which day, 2026-11-20; default today")] = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """数据质量：谁中断、不完整、可疑 · Whose data is silent, incomplete or doubtful; the worst first. Works while Tricolor runs."""
    settings = settings_at(data)
    _needs_ledger(settings.ledger_url, settings.data)
    now = now_us()
    try:
        asked = date.fromisoformat(on) if on else local_day(now)
    except ValueError as error:
        raise Misconfigured(f"--day is {on!r}: write it like 2026-11-20") from error
    with open_ledger(settings) as ledger:
        registry = RegistryBookSql(ledger).load()
        if entity and entity not in registry.entities:
            raise NotFound(f"没有单位 {entity!r} · there is no entity {entity!r}")
        wanted = [e.id for e in (registry.members(entity) if entity else registry.entities.values())]
        limits = quality_limits(load_plan(settings.plan).rules.thresholds)
        found = quality_report(QualityLedgerSql(ledger), registry, wanted, asked, asked, now, limits, {})
    if as_json:
        typer.echo(json.dumps(_members(registry, found), ensure_ascii=False, indent=2))
    else:
        _show(registry, found)


def _needs_ledger(url: str, folder: Path) -> None:
    if not url and not (folder / "ledger.sqlite").exists():
        raise Misconfigured(f"there is no ledger in {folder}: name the folder with --data or TRICOLOR_DATA")


def _members(registry: Registry, found: QualityReport) -> dict[str, Any]:
    """As /v1/quality says it, with the points in one list."""
    ranked = sorted(found.entities.values(), key=lambda q: (badness(q), q.entity))
    return {
        "day": str(found.first),
        "entities": [
            {
                "entity": q.entity, "points": q.points, "heard": q.heard, "silent": q.silent, "unknown": q.unknown, "completeness": q.completeness,
                "estimated_share": q.estimated_share, "faults": {f.value: n for f, n in q.faults.items()},
            }
            for q in ranked
        ],
        "points": [
            {
                "point": registry.by_key[key].id, "entity": registry.by_key[key].entity_id, "heard": q.heard, "completeness": q.completeness,
                "since": None if q.since is None else iso(q.since), "estimated_share": q.estimated_share,
                "findings": [{"fault": f.fault.value, "value": f.value, "reason": {"zh": reason(f)[0], "en": reason(f)[1]}} for f in q.findings],
            }
            for key, q in sorted(found.points.items())
        ],
    }  # fmt: skip


def _show(registry: Registry, found: QualityReport) -> None:
    console = Console(highlight=False)
    if not found.points:
        console.print("没有测点，请先导入登记表 · there are no points: import a registry file first")
        return
    if not any(q.known for q in found.points.values()):
        console.print(f"{found.first} 还没有检查结果（核算服务在运行吗？） · nothing has been looked at for {found.first} yet (does accounting run?)")
        return
    table = Table("单位 entity", "完整率 complete", "有数/全部 heard/all", "未查 unknown", "问题 faults")
    for q in sorted(found.entities.values(), key=lambda q: (badness(q), q.entity)):
        if q.points:
            faults = ", ".join(f"{f.value} {n}" for f, n in q.faults.items())
            table.add_row(q.entity, _share(q.completeness), f"{q.heard}/{q.points}", str(q.unknown), faults or ("" if q.unknown else "无 none"))
    console.print(table)
    bad = sorted((q for q in found.points.values() if q.findings), key=lambda q: (_worst(q), q.point))
    for each in bad[:SHOWN]:
        said = "; ".join(f"{zh} · {en}" for zh, en in map(reason, each.findings))
        console.print(f"[yellow]▲[/] [bold]{escape(registry.by_key[each.point].id)}[/]  {escape(said)}", soft_wrap=True)
    if len(bad) > SHOWN:
        console.print(f"另有 {len(bad) - SHOWN} 个测点，见 --json · {len(bad) - SHOWN} more points: see --json")


def _worst(q: PointQuality) -> int:
    return min(ORDER[f.fault] for f in q.findings)


def _share(value: float | None) -> str:
    return "? 未知" if value is None else percent(value)
