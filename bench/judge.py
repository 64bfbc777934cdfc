"""How fast a city of 10,000 entities is judged by 12 rules that all apply to everybody, and what one changed submission costs.

    python bench/judge.py             from material to verdicts, one submission, the ledger, pages of lights
    python bench/judge.py --profile   with the twenty functions that take the most time

Prints seconds and ratios to building the same number of plain Verdict objects; exit code 1 when a bound of the issue is missed.
"""

import argparse
import cProfile
import gc
import pstats
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from alerting.books import News
from alerting.judging import Engine, RuleFile, rules_of
from alerting.material import DataQuality, Input, Material, PlanIndex
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.light_pages import LightPagesSql
from tricolor.analysis.month_sums import Insides
from tricolor.catalogue.benchmarks import all_benchmarks
from tricolor.catalogue.plans import ENERGY_INTENSITY, Plan, load_plan
from tricolor.catalogue.plans.model import Level, Target
from tricolor.catalogue.plans.register import Direction, Indicator, Kind
from tricolor.catalogue.plans.register import Path as Way
from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.activities import Activity, ActivityKind
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.exclusions import months_between
from tricolor.domain.intervals import DAY_US, local_day, month_of, parse_us
from tricolor.domain.lights import Light, Verdict
from tricolor.domain.meters import Plate, Point, PointKind, Role
from tricolor.domain.projects import AuditState, CpAudit, Project, ProjectState
from tricolor.domain.quality import PointDay
from tricolor.domain.submissions import ANNUAL_TCE, REPORTED_TCE, Budget, Statistic
from tricolor.ports_judging import LightsWanted

ENTITIES, REGIONS = 10_000, 20
JUDGED_S, PAGE_S = 2.0, 0.1
NOW = parse_us("2026-11-20T08:00:00+08:00")
MONTHS = months_between("2025-01", "2026-11")
# twelve that say something of an enterprise
RULES = (
    "pace", "benchmark", "budget", "completeness", "connected", "implausible", "indicator", "project", "reported", "stuck", "too_smooth", "watch",
)  # fmt: skip


def city() -> Registry:
    made = {"city": Entity("city", EntityKind.CITY, "市", "City")}
    made |= {f"r{n}": Entity(f"r{n}", EntityKind.REGION, f"{n}区", f"Region {n}") for n in range(REGIONS)}
    product = next(b.product for b in all_benchmarks() if b.benchmark is not None and b.baseline is not None and b.unit == "kgce/t")
    for n in range(ENTITIES - len(made)):
        made[f"e{n}"] = Entity(
            f"e{n}", EntityKind.ENTERPRISE, f"企业{n}", f"Works {n}", f"r{n % REGIONS}", is_key_user=True, product=product, is_two_high=True
        )  # fmt: skip
    start = parse_us("2024-01-01T00:00:00+08:00")
    points = {
        f"{e}.elec": Point(
            key, f"{e}.elec", f"{e}.m", e, "进线", "main", "electricity", "energy", "kWh", Plate(PointKind.REGISTER), Role.PURCHASED, start, None
        )
        for key, e in enumerate(made)
    }  # fmt: skip
    return Registry(1, made, {}, points, {}, {}, {p.key: p for p in points.values()})


def plan_of(registry: Registry) -> Plan:
    """The shipped illustrative plan with a target and an indicator for everybody."""
    base = load_plan("illustrative-2026-2030")
    targets = tuple(
        Target(e, e, e, ENERGY_INTENSITY, Level.BASIC, 0.135, "%", "down", 2025, 2030, "doc", "place", "illustrative") for e in registry.entities
    )
    indicators = tuple(
        Indicator(
            f"reuse-{e}", e, "1", "工业用水重复利用率", "Reuse of water", "", "", "%", Direction.UP, Way.LINEAR, Kind.LEVEL, 2025, 80.0, "80", 2030,
            95.0, "95%以上", False, True, "quarter", "", (), "doc", "place", "illustrative",
        )
        for e in registry.entities
    )  # fmt: skip
    return replace(base, targets=targets, indicators=indicators, projects=(), _target_by_key={t.key: t for t in targets}, beside=())


def material(registry: Registry, plan: Plan) -> Material:
    energy, figures, statistics, quality = {}, {}, {}, {}
    days = [local_day(NOW - (8 - n) * DAY_US).isoformat() for n in range(1, 8)]
    for n, (e, entity) in enumerate(registry.entities.items()):
        size = 1.0 + n % 97
        energy[e] = {
            m: MonthEnergy(m, 100.0 * size * (0.9 + n % 7 / 40 if m > "2026" else 1.0), 80.0 * size, s := month_of(m).length_us / 1e6, s, 0,
                           month_of(m).end <= NOW, (), ("gbt2589:electricity",))
            for m in MONTHS
        }  # fmt: skip
        money = ActivityKind.GDP if entity.kind is not EntityKind.ENTERPRISE else ActivityKind.VALUE_ADDED
        figures[e] = [Activity(e, money, m, 50.0 * size, "1e4CNY", 2020) for m in MONTHS[:-1]]
        figures[e] += [Activity(e, ActivityKind.OUTPUT, m, 300.0 * size, "t", None, entity.product) for m in MONTHS[:-1]]
        statistics[e] = [
            Statistic(e, f"reuse-{e}", "2026-Q3", 80.0 + n % 9, "%"), Statistic(e, REPORTED_TCE, "2026-10", 95.0 * size, "tce"),
            Statistic(e, ANNUAL_TCE, "2025", 1_200.0 * size, "tce"),
        ]  # fmt: skip
        rows = tuple(
            PointDay(n, d, NOW, 96, 96, 96 - n % 5, cells=96, deltas=90, equal_share=0.1, variation=0.3, digits=50.0, last_at=NOW) for d in days
        )
        quality[e] = DataQuality(days[0], days[-1], rows, ())
    names = registry.entities
    return Material(
        registry, plan, NOW, energy, {}, {}, figures, {}, statistics,
        {e: [Budget(e, 2026, 1_250.0)] for e in names},
        {e: [Project(f"p-{e}", "", e, "余热利用", due="2027-06", expected_tce=50.0, state=ProjectState.BUILDING)] for e in names},
        {e: [CpAudit(f"a-{e}", e, True, AuditState.STARTED, "2026-03-01", "2026-04-01")] for e in names},
        quality, {}, insides=Insides(registry), index=PlanIndex(plan),
    )  # fmt: skip


def timed(work: Callable[[], object]) -> float:
    """Processor time [s]: on a shared machine the clock on the wall measures the neighbours too."""
    started = time.process_time()
    work()
    return time.process_time() - started


def plain(number: int) -> list[Verdict]:
    """So many verdicts with a reason of two sentences, and nothing else."""
    return [
        Verdict(f"e{n}", "rule", "", "2026", Light.GREEN, n / 7, 1.0, "%", f"企业{n}为{n / 7:.2f}%", f"works {n} is at {n / 7:.2f}%", 1.0, {"n": n})
        for n in range(number)
    ]


def by_rule(of: Material, rules: Sequence[RuleFile]) -> None:
    """Each rule by itself, the slowest first."""
    found = []
    for rule in rules:
        engine = Engine([rule])
        found.append((timed(lambda engine=engine: engine.judge(of, News(is_everything=True))), rule.name, len(engine.verdicts)))  # type: ignore[misc]
    for seconds, name, number in sorted(found, reverse=True):
        print(f"  {name:<14}{seconds:6.2f} s  {number:>6} verdicts")


def submission(of: Material, engine: Engine) -> bool:
    """One enterprise reports another value: who is looked at again, and how long it takes."""
    changed = dict(of.statistics)
    changed["e7"] = [replace(s, value=(s.value or 0.0) * 0.9) for s in changed["e7"]]
    news = News()
    assert of.insides is not None
    news.add(Input.STATISTICS, of.insides.expanded(["e7"]))
    before = engine.serial
    seconds = timed(lambda: engine.judge(replace(of, statistics=changed), news))
    print(f"one submission: {engine.looked} pairs (rule, entity) looked at, {engine.judged} judged, {seconds * 1000:.1f} ms")
    return engine.serial > before and engine.judged < 20


def ledger(verdicts: Sequence[Verdict]) -> bool:
    """Writing them all (without alerts), comparing them all, writing one, and pages."""
    with tempfile.TemporaryDirectory() as folder:
        engine = LedgerEngine(f"sqlite:///{Path(folder) / 'ledger.sqlite'}")
        engine.migrate()
        book, pages, rules = AlertBookSql(engine), LightPagesSql(engine), sorted({v.rule for v in verdicts})

        def follow(said: Sequence[Verdict], whole: Sequence[str], at: int) -> float:
            return timed(lambda: book.follow(said, whole, at, lambda _: False, lambda *_: [], confirmed=rules))

        first, again = follow(verdicts, rules, NOW), follow(verdicts, rules, NOW + DAY_US)
        other = replace(verdicts[7], light=Light.RED if verdicts[7].light is not Light.RED else Light.YELLOW)
        one = follow([other], [], NOW + DAY_US)
        print(f"ledger: {len(verdicts)} verdicts first {first:.1f} s, compared again {again:.1f} s, one changed {one * 1000:.1f} ms")
        wanted = {
            "all": LightsWanted(), "red": LightsWanted(light=Light.RED), "one rule": LightsWanted(rule="watch"),
            "one entity": LightsWanted(entities=frozenset({"e77"})), "one period": LightsWanted(period="2026-01..2026-10"),
            "one light of a rule": LightsWanted(rule="pace", light=Light.GREEN),
        }  # fmt: skip
        slowest = 0.0
        for name, each in wanted.items():
            page = pages.page(each, 101, None)
            deep = page
            for _ in range(30):
                deep = pages.page(each, 101, deep[99].id) if len(deep) > 100 else deep
            seconds = max(timed(partial(pages.page, each, 101, None)), timed(partial(pages.page, each, 101, deep[0].id if deep else None)))
            slowest = max(slowest, seconds)
            print(f"  page of 100, {name:<20}{seconds * 1000:7.1f} ms")
        engine.close()
    return slowest <= PAGE_S


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--no-ledger", action="store_true")
    parser.add_argument("--only-ledger", action="store_true")
    asked = parser.parse_args()
    if asked.only_ledger:
        return 0 if ledger([replace(v, rule=RULES[n % 12], entity=f"e{n // 12}") for n, v in enumerate(plain(12 * ENTITIES))]) else 1
    registry = city()
    plan = plan_of(registry)
    of, rules = material(registry, plan), [r for r in rules_of(plan) if r.name in RULES]
    engine = Engine(rules)
    if asked.profile:
        profile = cProfile.Profile()
        profile.runcall(Engine(rules).judge, of, News(is_everything=True))
        pstats.Stats(profile).sort_stats("tottime").print_stats(20)
    seconds = timed(lambda: engine.judge(of, News(is_everything=True)))
    number = len(engine.verdicts)
    gc.disable()  # as the engine does
    base = timed(lambda: plain(number))
    gc.enable()
    print(f"{len(registry.entities)} entities x {len(rules)} rules: {number} verdicts in {seconds:.2f} s")
    print(f"{seconds / base:.1f} x building as many plain objects ({base:.2f} s)")
    by_rule(of, rules)
    is_good = submission(of, engine) and seconds <= JUDGED_S
    if not asked.no_ledger:
        is_good = ledger(engine.verdicts) and is_good
    return 0 if is_good else 1


if __name__ == "__main__":
    raise SystemExit(main())
