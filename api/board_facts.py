"""What the wallboard knows at one instant, read from the ports once for a page: registry, standing verdicts, open alerts, counts, newest readings."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from api.board_standing import Standing, light_since
from api.board_views import LIGHT_ORDER, AlertGroup, AlertLine, Count, Handling, Health, Judged, Unit
from api.board_words import Words, number
from api.board_words_data import DATA_EVIDENCE
from api.board_words_evidence import BESIDE, CODES, MORE_EVIDENCE, UNSAID
from api.board_words_rules import ENERGY_EVIDENCE, HIDDEN
from api.deps import Dependencies
from api.routes.intake import sees_source
from api.security import View
from tricolor.catalogue.benchmarks import benchmark
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.intervals import DAY_US, SECOND_US, from_us
from tricolor.domain.lights import SEVERITY, Light, overall
from tricolor.ports import AlertRecord, SourceFigures, StandingVerdict
from tricolor.ports_judging import UnitLight

MAX_OPEN_ALERTS = 500
COUNTED = (EntityKind.REGION, EntityKind.ENTERPRISE, EntityKind.NETWORK, EntityKind.BUILDING)
SORTS = ("light", "name", "place", "industry", "since")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the first page needs, restricted to what the reader may see. standing: read when a page asks for it; lights: by entity; open_alerts:
    newest first; latest: point key -> µs."""

    now: int
    view: View
    registry: Registry
    standing: Standing
    lights: Mapping[str, UnitLight]
    open_alerts: tuple[AlertRecord, ...]
    sources: tuple[SourceFigures, ...]
    latest: Mapping[int, int]
    silent_after_s: float
    has_orange: bool = False  # the plan's wording has four colours
    alerts_by_entity: Mapping[str, Sequence[AlertRecord]] = field(default_factory=dict)  # the open ones


def look(deps: Dependencies, view: View, now: int) -> Snapshot:
    """Read the ports. A reader bound to an entity gets its part only."""
    registry = seen_registry(view)
    standing = Standing(deps, view)
    sees = sees_source(view, deps)
    open_alerts = alerts_of(deps, view, "open", MAX_OPEN_ALERTS, None)
    of_entities: dict[str, list[AlertRecord]] = {}
    for alert in open_alerts:
        of_entities.setdefault(alert.entity, []).append(alert)
    return Snapshot(
        now=now,
        view=view,
        registry=registry,
        standing=standing,
        lights=standing.lights(),
        open_alerts=tuple(open_alerts),
        alerts_by_entity=of_entities,
        sources=tuple(s for s in deps.figures.sources() if sees(s.counts.source)),
        latest=deps.readings.latest(),
        silent_after_s=deps.plan.rules.silent.yellow_after_s,
        has_orange=deps.plan.thresholds_of("pace").get("scheme") == "completion",
    )


def seen_registry(view: View) -> Registry:
    """The registry as far as the reader may see it."""
    if not view.is_bound:
        return view.registry
    whole = view.registry
    points = {k: p for k, p in whole.points.items() if p.entity_id in view}
    return replace(
        whole,
        entities={k: e for k, e in whole.entities.items() if k in view},
        meters={k: m for k, m in whole.meters.items() if m.entity_id in view},
        points=points,
        contacts={k: c for k, c in whole.contacts.items() if c.of in view},
        by_key={p.key: p for p in points.values()},
    )


def alerts_of(deps: Dependencies, view: View, state: str, limit: int, before_id: int | None) -> list[AlertRecord]:
    """Alerts the reader may see; an empty list of entities would mean every one, so a bound reader without any gets none."""
    wanted = sorted(view.ids) if view.is_bound else []
    if view.is_bound and not wanted:
        return []
    return deps.alerts.page(state, wanted, limit, before_id)


def entity_name(registry: Registry, entity_id: str, t: Words) -> str:
    found = registry.entities.get(entity_id)
    return t(found.name_cn, found.name_en) if found else entity_id


def judged_line(item: StandingVerdict, t: Words, registry: Registry | None = None) -> Judged:
    """With its evidence in words, for a page of its own."""
    return replace(listed_line(item, t, registry), evidence=evidence_lines(item.verdict.evidence, t, registry))


def listed_line(item: StandingVerdict, t: Words, registry: Registry | None = None) -> Judged:
    """Without the evidence, of which lists show nothing."""
    v = item.verdict
    name = t.rule(v.rule, v.indicator if v.rule in SPLIT_RULES else "")
    if v.rule == "indicator":
        name = t(str(v.evidence.get("name_zh") or name), str(v.evidence.get("name_en") or name))
    return Judged(
        v.rule, v.indicator if v.rule in ("pace", "forecast") else "", name, v.light, v.value, v.limit, v.unit,
        t(v.reason_zh, v.reason_en), v.period, item.since, item.judged_at, v.coverage, (), v.counts,
    )  # fmt: skip


SPLIT_RULES = ("pace", "heat_loss", "forecast", "completeness", "report_duty")  # whose verdicts are told apart by their indicator: a target, a branch
EVIDENCE: Mapping[str, tuple[str, str, str]] = {  # key -> zh, en, unit ("share": 0..1 printed as a percentage)
    "months": ("比较月份", "months compared", ""),
    "energy_now_tce": ("能源消费（本期）", "energy now", "tce"),
    "energy_base_tce": ("能源消费（上年同期）", "energy a year before", "tce"),
    "excluded_now_tce": ("扣减（本期）", "excluded now", "tce"),
    "excluded_base_tce": ("扣减（上年同期）", "excluded a year before", "tce"),
    "r_gross": ("同比降幅（扣减前）", "fall before exclusions", "share"),
    "activity_now_cny_10k": ("地区生产总值（本期）", "activity now", "1e4CNY"),
    "activity_base_cny_10k": ("地区生产总值（上年同期）", "activity a year before", "1e4CNY"),
    "e_now_tce_per_cny_10k": ("能耗强度（本期）", "intensity now", "tce/1e4CNY"),
    "e_base_tce_per_cny_10k": ("能耗强度（上年同期）", "intensity a year before", "tce/1e4CNY"),
    "price_year_now": ("价格基期（本期）", "price year now", "year"),
    "price_year_base": ("价格基期（上年）", "price year before", "year"),
    "r": ("同比下降率", "fall against last year", "share"),
    "finished_years": ("规划期已过年份下降率", "falls of finished plan years", ""),
    "reduction_achieved": ("累计下降率", "fall since the plan began", "share"),
    "reduction_required": ("当期应降", "required by now", "share"),
    "reduction_target": ("规划期目标", "target of the plan", "share"),
    "plan_year": ("规划第几年", "plan year", "year"),
    "plan_years": ("规划年数", "years of the plan", "year"),
    "fed_in_gj": ("输入热量", "heat fed in", "GJ"),
    "delivered_gj": ("供出热量", "heat delivered", "GJ"),
    "stored_gj": ("管内存热变化", "heat held back in the pipes", "GJ"),
    "loss_gj": ("热损失", "heat lost", "GJ"),
    "known_share": ("热量表有数时间", "time the heat meters are known", "share"),
    "yellow_rate": ("黄灯限值", "yellow above", "share"),
    "red_rate": ("红灯限值", "red above", "share"),
    "return_c": ("回水温度", "return temperature", "degC"),
    "red_below_k": ("再低多少为红灯", "red when colder by", "K"),
    "missing": ("缺数热量表", "meters without data", ""),
    "progress": ("目标完成进度", "progress to the target", "share"),
    "remaining_annual_need": ("其余各年每年应降", "fall needed in each year left", "share"),
    "not_reported": ("未报送月份", "months not reported", ""),
    "faults": ("数据缺陷", "faults of the data", ""),
    "factor_ids": ("所用系数", "factors used", ""),
    "document": ("依据文件", "document", ""),
    "is_illustrative": ("示例目标", "illustrative target", ""),
    "product": ("产品", "product", ""),
    "energy_tce": ("能源消费（当量值）", "energy (calorific)", "tce"),
    "output": ("产量", "output", ""),
    "output_unit": ("产量单位", "unit of output", ""),
    "benchmark": ("标杆水平", "benchmark level", ""),
    "baseline": ("基准水平", "baseline level", ""),
    "source": ("来源", "source", ""),
    "status": ("状态", "status", ""),
}


def evidence_lines(evidence: Mapping[str, object], t: Words, registry: Registry | None = None) -> tuple[tuple[str, str], ...]:
    """Named numbers in words; what is empty or said elsewhere is left out, an unknown name stands as it is. registry: for the names of ids."""
    lines = []
    for key, value in evidence.items():
        if value is None or value in ("", [], {}, ()) or key in HIDDEN or key in UNSAID:
            continue
        beside = next((words for (own, other), words in BESIDE.items() if own == key and other in evidence), None)
        known = beside or EVIDENCE.get(key) or ENERGY_EVIDENCE.get(key) or DATA_EVIDENCE.get(key) or MORE_EVIDENCE.get(key, (key, key, ""))
        lines.append((t(*known[:2]), _evidence_text(value, known[2], t, registry)))
    return tuple(lines)


def _evidence_text(value: object, unit: str, t: Words, registry: Registry | None) -> str:
    if isinstance(value, bool):
        return t("是", "yes") if value else t("否", "no")
    if isinstance(value, (int, float)):
        return _number_text(value, unit, t)
    if isinstance(value, Mapping):
        return "; ".join(f"{_said(str(k), t, registry)}: {_evidence_text(v, unit, t, registry)}" for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_evidence_text(v, "", t, registry) for v in value[:24]) + (" …" if len(value) > 24 else "")
    return _said(str(value), t, registry)


def _number_text(value: float, unit: str, t: Words) -> str:
    if unit == "year":
        return f"{value:g}"
    if unit == "s":
        return t.quantity(float(value), unit)
    if unit in ("share", "chances"):
        return f"{number(float(value) * 100)} %"
    if unit == "us":
        return f"{from_us(int(value)):%Y-%m-%d %H:%M}"
    if not unit and float(value).is_integer():  # a count
        return f"{value:,.0f}"
    return f"{number(float(value), 5)} {t.unit(unit)}".strip()


def _said(text: str, t: Words, registry: Registry | None) -> str:
    """A code in words, an id as the registry names it; any other text as it is."""
    if registry is not None and (found := registry.entities.get(text) or registry.points.get(text)) is not None:
        return t(found.name_cn, found.name_en) or text
    if (product := benchmark(text)) is not None:
        return t(product.name_cn, product.name_en)
    return " / ".join(t.pair(CODES, part) for part in text.split(" / "))


def unit_of(snapshot: Snapshot, entity: Entity, t: Words, line: Callable[[StandingVerdict, Words, Registry | None], Judged] = judged_line) -> Unit:
    """line: how a verdict is put into words."""
    items = sorted(
        (i for i in snapshot.standing.get(entity.id, ()) if i.verdict.rule != "project" or i.verdict.is_binding),  # single ones: /projects
        key=lambda i: (not i.verdict.counts, -SEVERITY[i.verdict.light], i.verdict.rule, i.verdict.indicator),
    )
    judged = tuple(line(i, t, snapshot.registry) for i in items)
    mine = snapshot.alerts_by_entity.get(entity.id, ())
    alert = max(mine, key=lambda a: (a.handling != "acked", a.level == "red", -a.opened_at), default=None)
    place = entity.park_id or entity.region_id
    return Unit(
        id=entity.id,
        kind=entity.kind.value,
        name=t(entity.name_cn, entity.name_en),
        place=entity_name(snapshot.registry, place, t) if place in snapshot.registry.entities else "",
        place_id=place,
        industry=entity.industry_cn,
        is_key_user=entity.is_key_user,
        is_two_high=entity.is_two_high,
        light=overall(i.verdict for i in items),
        reason=judged[0].reason if judged and judged[0].is_binding else _unjudged(entity, t),
        since=light_since(items),
        judged=judged,
        handling=Handling(alert.id, alert.handling == "acked", alert.acked_by) if alert else None,
    )


def _unjudged(entity: Entity, t: Words) -> str:
    if entity.kind is EntityKind.PARK:
        return t("园区没有单独的目标，见其中各单位", "a park has no target of its own, see its members")
    return t("尚无判定", "not judged yet")


def units_of(snapshot: Snapshot, t: Words, wanted: Collection[str] | None = None) -> dict[str, Unit]:
    """The wanted entities (None: every one) as units for lists, in plan order."""
    every = snapshot.registry.entities
    found = [every[i] for i in wanted if i in every] if wanted is not None else list(every.values())
    snapshot.standing.fetch([e.id for e in found])
    return {e.id: unit_of(snapshot, e, t, listed_line) for e in sorted(found, key=lambda e: (e.order, e.id))}


def bare_units(snapshot: Snapshot, t: Words) -> list[Unit]:
    """Every entity with its light and when it began, in plan order, without what is said of it: enough for counting and sorting."""
    places = snapshot.registry.entities
    found: list[Unit] = []
    for e in sorted(places.values(), key=lambda e: (e.order, e.id)):
        place, lit = e.park_id or e.region_id, snapshot.lights.get(e.id)
        at = entity_name(snapshot.registry, place, t) if place in places else ""
        found.append(
            Unit(
                e.id, e.kind.value, t(e.name_cn, e.name_en), at, place, e.industry_cn, e.is_key_user,
                Light.GREY if lit is None else lit.light, "", None if lit is None else lit.since, (), None, e.is_two_high,
            )
        )  # fmt: skip
    return found


def counts_of(units: Sequence[Unit], now: int, has_orange: bool = False) -> tuple[Count, ...]:
    """Units by light, over areas, enterprises and heat networks. has_orange: the plan's wording has four colours; else orange is left out while
    no unit shows it."""
    counted = [u for u in units if u.kind in COUNTED]
    has_orange = has_orange or any(u.light is Light.ORANGE for u in counted)
    return tuple(
        Count(
            light,
            sum(u.light is light for u in counted),
            sum(u.light is light and u.since is not None and now - u.since < DAY_US for u in counted),
        )
        for light in LIGHT_ORDER
        if light is not Light.ORANGE or has_orange
    )


def sorted_units(units: Sequence[Unit], sort: str) -> tuple[Unit, ...]:
    """By light (worst first, the longest standing first), name, place, industry or start."""
    far = 2**62
    keys = {
        "light": lambda u: (-SEVERITY[u.light], u.since or far, u.name),
        "name": lambda u: (u.name,),
        "place": lambda u: (u.place, -SEVERITY[u.light], u.name),
        "industry": lambda u: (u.industry, -SEVERITY[u.light], u.name),
        "since": lambda u: (u.since or far, u.name),
    }
    return tuple(sorted(units, key=keys.get(sort, keys["light"])))


def alert_line(alert: AlertRecord, snapshot: Snapshot, t: Words) -> AlertLine:
    registry = snapshot.registry
    entity = registry.entities.get(alert.entity)
    standing = next((s for s in snapshot.standing.get(alert.entity, ()) if s.verdict.fingerprint == alert.fingerprint), None)
    at_level = alert.condition != "resolved" and standing is not None and standing.verdict.light.value == alert.level
    return AlertLine(
        id=alert.id,
        entity_id=alert.entity,
        entity=entity_name(registry, alert.entity, t),
        place=entity_name(registry, entity.region_id, t) if entity and entity.region_id in registry.entities else "",
        rule=t.rule(alert.rule, alert.indicator if alert.rule in SPLIT_RULES else ""),
        light=Light.GREEN if alert.condition == "resolved" else Light(alert.level),
        is_open=alert.condition != "resolved",
        is_stale=alert.is_stale,
        is_acked=alert.handling == "acked",
        acked_by=alert.acked_by,
        # as it is now: the alert's own words are those of the step that opened it
        reason=t(standing.verdict.reason_zh, standing.verdict.reason_en)
        if standing is not None and at_level
        else t(alert.reason_zh, alert.reason_en),
        since=standing.since if standing is not None and at_level else alert.changed_at,
        opened_at=alert.opened_at,
        changed_at=alert.changed_at,
        resolved_at=alert.resolved_at,
        rule_id=alert.rule,
    )


def sorted_alerts(alerts: Sequence[AlertRecord], snapshot: Snapshot, t: Words) -> tuple[AlertLine, ...]:
    """Red before orange before yellow, unanswered before answered, the oldest first."""
    snapshot.standing.fetch({a.entity for a in alerts})
    lines = [alert_line(a, snapshot, t) for a in alerts]
    return tuple(sorted(lines, key=lambda a: (-SEVERITY[a.light], a.is_acked, a.since, a.id)))


def grouped(alerts: Sequence[AlertLine]) -> tuple[AlertGroup, ...]:
    """One entry a unit, in the order of its first alert."""
    by_unit: dict[str, list[AlertLine]] = {}
    for alert in alerts:
        by_unit.setdefault(alert.entity_id, []).append(alert)
    return tuple(AlertGroup(mine[0], len(mine) - 1) for mine in by_unit.values())


def health_of(snapshot: Snapshot) -> Health:
    """Sums of the ledger over the sources, and how many points are heard from (within their interval's tolerance)."""
    counts = [s.counts for s in snapshot.sources]
    points = [p for p in snapshot.registry.points.values() if p.is_valid_at(snapshot.now)]
    heard = {p.key: snapshot.latest[p.key] for p in points if p.key in snapshot.latest}
    silent = sum(p.key not in heard or snapshot.now - heard[p.key] > (snapshot.silent_after_s + p.plate.interval_s) * SECOND_US for p in points)
    return Health(
        received=sum(c.received for c in counts),
        stored=sum(c.stored for c in counts),
        duplicate=sum(c.duplicate for c in counts),
        quarantined=sum(c.quarantined for c in counts),
        unwritten=sum(s.unwritten for s in snapshot.sources),
        unsettled=sum(s.unsettled for s in snapshot.sources),
        last_reading_at=max(heard.values(), default=None),
        points=len(points),
        silent_points=silent,
    )
