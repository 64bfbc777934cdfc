"""Energy budgets on the wallboard: the burn-down on the page of a unit, and the page where they are set."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool

from api.board_access import preferences
from api.board_charts import Chart, Line, Slot, bars
from api.board_desk import Desk, Shown
from api.board_facts import Snapshot, entity_name, judged_line
from api.board_forms import MAX_DECISION_BYTES, amount_in, form_of, known_name, name_in, remember
from api.board_views import Judged
from api.board_words import Words, number
from api.deps import Dependencies
from api.meter_facts import author
from api.routes.budgets import budget_book
from tricolor.domain.access import KeyKind
from tricolor.domain.accounts import MonthEnergy
from tricolor.domain.budgets import MAX_DOCUMENT, Left, Spread, burn_down, months_of, shares_of
from tricolor.domain.errors import NotFound, Problems
from tricolor.domain.intervals import local_day, month_text
from tricolor.domain.submissions import Budget
from tricolor.ports import StandingVerdict

log = structlog.get_logger("api.board")
DONE = {"set": ("预算已设定，片刻后按此判定。", "The budget is set; it is judged by within moments.")}
SPREADS: Mapping[Spread, tuple[str, str]] = {
    Spread.OWN: ("按下达的月度分解", "by its own months"),
    Spread.LAST_YEAR: ("按上年各月用能分解", "spread as last year's months"),
    Spread.DAYS: ("按日历天数分解", "spread by days"),
}
LINES = 500


@dataclass(frozen=True, slots=True)
class BudgetPart:
    """The year's budget of a unit. judged: its standing verdict, None before one; rows: months so far and to come."""

    budget: Budget
    spread: str
    rows: tuple[Left, ...]
    chart: Markup
    judged: Judged | None


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """A budget in the list; projected [tce]: None where it is not judged."""

    budget: Budget
    name: str
    judged: Judged | None
    projected: float | None
    revisions: tuple[Budget, ...] = ()


@dataclass(frozen=True, slots=True)
class BudgetsPage:
    year: int
    years: tuple[int, ...]
    lines: tuple[BudgetLine, ...]
    total: int
    may_act: bool
    who: str
    entered: dict[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    units: tuple[tuple[str, str], ...] = ()


def budget_part(deps: Dependencies, snapshot: Snapshot, entity_id: str, energy: Mapping[str, MonthEnergy], t: Words) -> BudgetPart | None:
    """None where the unit has no budget of this year. energy: of the unit by month."""
    found = _burnt(deps, entity_id, energy, snapshot.now)
    if found is None:
        return None
    held, spread, rows = found
    judged = _judged(_standing(snapshot, entity_id), snapshot, t)
    return BudgetPart(held, t(*SPREADS[spread]), rows, bars(burn_down_figure(held, rows, snapshot.now, t)), judged)


def burn_down_of(deps: Dependencies, entity_id: str, energy: Mapping[str, MonthEnergy], now: int, t: Words) -> Chart | None:
    """The burn-down of this year's budget; None where the unit has none. energy: of the unit by month."""
    found = _burnt(deps, entity_id, energy, now)
    return None if found is None else burn_down_figure(found[0], found[2], now, t)


def _burnt(deps: Dependencies, entity_id: str, energy: Mapping[str, MonthEnergy], now: int) -> tuple[Budget, Spread, tuple[Left, ...]] | None:
    held = None if deps.budgets is None else next((b for b in deps.budgets.current([entity_id]) if b.year == int(month_text(now)[:4])), None)
    if held is None:
        return None
    before = {m: e.tce_equivalent for m in months_of(held.year - 1) if (e := energy.get(m)) is not None and e.is_complete}
    shares = shares_of(held, {m: value for m, value in before.items() if value is not None})
    used = [energy[m].tce_equivalent if m in energy else None for m in months_of(held.year)]
    return held, shares.spread, burn_down(held.tce, held.year, shares.values, used)


def burn_down_figure(budget: Budget, rows: tuple[Left, ...], at: int, t: Words) -> Chart:
    """What is left at each month's end as bars, what the plan leaves as a line; months that are over and not known are gaps."""
    day = local_day(at)
    today = day.month - 1 + (day.day - 1) / monthrange(day.year, day.month)[1]
    slots = [_slot(row, month_text(at), t) for row in rows]
    line = Line(t("计划剩余", "left by plan"), [row.planned_tce for row in rows], "basic")
    desc = t(f"{budget.year}年预算 {budget.tce:,.0f} 吨标准煤的月末剩余", f"left at each month's end of {budget.tce:,.0f} tce for {budget.year}")
    return Chart(t("预算燃尽图", "Budget burn-down"), desc, "tce", slots, (line,), today=(today, t("今天", "today")))


def _slot(row: Left, now: str, t: Words) -> Slot:
    label = t(f"{int(row.month[5:])}月", row.month[5:])
    plan = t("计划剩余 ", "left by plan ") + f"{number(row.planned_tce)} tce"
    if row.month > now:
        return Slot(label, None, tip=plan, future=True)
    if row.left_tce is None:
        return Slot(label, None, tip=f"{row.month} {t('无数据', 'no data')}")
    tip = f"{row.month} " + t("剩余 ", "left ") + f"{number(row.left_tce)} tce" + t("，", ", ") + plan
    return Slot(label, row.left_tce, tip=tip, running=True)  # light, so that the plan's line shows over it


def _standing(snapshot: Snapshot, entity_id: str) -> StandingVerdict | None:
    return next((item for item in snapshot.standing.get(entity_id, ()) if item.verdict.rule == "budget"), None)


def _judged(found: StandingVerdict | None, snapshot: Snapshot, t: Words) -> Judged | None:
    return None if found is None else judged_line(found, t, snapshot.registry)


def _line(snapshot: Snapshot, budget: Budget, revisions: tuple[Budget, ...], t: Words) -> BudgetLine:
    found = _standing(snapshot, budget.entity)
    if found is not None and found.verdict.period != str(budget.year):
        found = None
    projected = None if found is None else found.verdict.evidence.get("projected_tce")
    return BudgetLine(
        budget, entity_name(snapshot.registry, budget.entity, t), _judged(found, snapshot, t), projected if isinstance(projected, float) else None,
        revisions,
    )  # fmt: skip


def budgets_shown(
    desk: Desk, request: Request, year: int | None, entered: Mapping[str, str], faults: tuple[str, ...] = (), done: str = ""
) -> Response:  # fmt: skip
    """The budgets of a year that the reader may see, and the form."""
    snapshot, t = desk.snapshot(request), preferences(request).t
    book, this = budget_book(desk.deps), int(month_text(snapshot.now)[:4])
    held = book.current([e.id for e in snapshot.view.entities()])
    chosen = year or this
    mine = sorted((b for b in held if b.year == chosen), key=lambda b: (snapshot.registry.entities[b.entity].order, b.entity))
    shown = [_line(snapshot, b, tuple(book.history(b.entity, b.year)) if b.revision > 1 else (), t) for b in mine[:LINES]]
    entity = entered.get("entity", "")
    blank = {"entity": "", "year": str(chosen), "tce": "", "profile": "", "document": "", "who": ""}
    current = next((b for b in mine if b.entity == entity), None)
    if current is not None and "tce" not in entered:
        blank |= {"tce": f"{current.tce:g}", "profile": ", ".join(f"{s:g}" for s in current.profile), "document": current.document}
    view = BudgetsPage(
        chosen, tuple(sorted({b.year for b in held} | {this}, reverse=True)), tuple(shown), len(mine),
        snapshot.view.caller.kind is KeyKind.ADMIN, known_name(request), blank | dict(entered), faults,
        tuple((e.id, entity_name(snapshot.registry, e.id, t)) for e in snapshot.view.entities()),
    )  # fmt: skip
    notice = t(*DONE[done]) if done in DONE else ""
    title = t("用能预算", "Energy budgets")
    return desk.page(request, snapshot, Shown("budgets.html", "budgets", title, view, notice=notice), 422 if faults else 200)


def add_budget_pages(router: APIRouter, desk: Desk) -> None:
    @router.get("/budgets")
    def shown(request: Request, year: int | None = None, entity: str = "", done: str = "") -> Response:
        return budgets_shown(desk, request, year, {"entity": entity[:128]} if entity else {}, done=done)

    @router.post("/budgets")
    async def put(request: Request) -> Response:
        form = await form_of(request, MAX_DECISION_BYTES)
        return await run_in_threadpool(_set, desk, request, form)


def _set(desk: Desk, request: Request, form: dict[str, str]) -> Response:
    caller, t = desk.access.actor(request), preferences(request).t
    form = {k: v.strip() for k, v in form.items() if k in ("entity", "year", "tce", "profile", "document", "who")}
    who, entity = name_in(form), form.get("entity", "")
    if entity and entity not in desk.snapshot(request).view:
        raise NotFound(f"entity {entity}")
    budget, faults = _read(form, t)
    if not who:
        faults.append(t("请写明您的姓名或岗位", "say who you are"))
    if budget is not None and not faults:
        try:
            (kept,) = budget_book(desk.deps).set([budget], author(caller.key_id, who))
        except Problems as error:
            faults = [line.removeprefix("[0] ") for line in error.problems]
        else:
            log.info("budget set", entity=kept.entity, year=kept.year, tce=kept.tce, revision=kept.revision, who=who)
            response = RedirectResponse(f"/budgets?year={kept.year}&done=set", 303)
            remember(response, who)
            return response
    year = int(form["year"]) if form.get("year", "").isdigit() and len(form["year"]) == 4 else None
    return budgets_shown(desk, request, year, form, tuple(faults))


def _read(form: Mapping[str, str], t: Words) -> tuple[Budget | None, list[str]]:
    """The budget of a form, or why there is none."""
    faults, year = [], form.get("year", "")
    tce = amount_in(form.get("tce", ""))
    if not form.get("entity"):
        faults.append(t("请选单位", "choose the unit"))
    if not (year.isdigit() and len(year) == 4):
        faults.append(t("年度请写四位数，如 2026", "write the year in four digits, e.g. 2026"))
    if tce is None:
        faults.append(t("预算量应为数字（吨标准煤）", "the budget must be a number [tce]"))
    parts = form.get("profile", "").replace("，", " ").replace("、", " ").replace(",", " ").replace("%", "").split()
    shares = [amount_in(part) for part in parts]
    if any(share is None for share in shares):
        faults.append(t("各月比例应为 12 个数字，或留空", "the shares of the months must be twelve numbers, or none"))
    if faults or tce is None:
        return None, faults
    profile = [share or 0.0 for share in shares]
    if sum(profile) > 2:  # typed as percentages
        profile = [share / 100 for share in profile]
    return Budget(form["entity"], int(year), tce, tuple(profile), form.get("document", "")[: MAX_DOCUMENT + 1]), []
