"""Entering projects and cleaner-production audits, for the API, the wallboard and the command line alike."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields

from api.deps import Dependencies
from api.problems import Fault
from tricolor.catalogue.plans import Plan
from tricolor.catalogue.plans.adoption import not_adopted, rows_of
from tricolor.domain.entities import Registry
from tricolor.domain.errors import NotFound, Problems, Refused
from tricolor.domain.project_rows import audit_of, blank_audit, blank_project, project_of
from tricolor.domain.projects import CpAudit, Project, Wrong
from tricolor.ports_projects import CpAuditBook, ProjectBook

Sheet = Sequence[tuple[int, Mapping[str, object]]]  # number of a row, its cells by field
KNOWN_FIELDS = frozenset(f.name for kind in (Project, CpAudit) for f in fields(kind))


def project_book(deps: Dependencies) -> ProjectBook:
    """Refused where whoever composed the services left it out."""
    if deps.projects is None:
        raise Refused("this API was composed without the register of projects")
    return deps.projects


def cp_audit_book(deps: Dependencies) -> CpAuditBook:
    """Refused where whoever composed the services left it out."""
    if deps.cp_audits is None:
        raise Refused("this API was composed without the register of cleaner-production audits")
    return deps.cp_audits


def faults_of(problems: Iterable[str]) -> list[Fault]:
    """What a book refused, by field: "中文 · field: english"."""
    found = []
    for problem in problems:
        zh, _, rest = problem.partition(" · ")
        field, colon, en = rest.partition(": ")
        found.append(Fault(field, zh, en) if colon and field in KNOWN_FIELDS else Fault("", zh, rest or zh))
    return found


def wrongs_of(wrongs: Iterable[Wrong], index: int | None = None) -> list[Fault]:
    return [Fault(field, zh, en, index) for field, zh, en in wrongs]


def offered(plan: Plan, registry: Registry, book: ProjectBook) -> list[Project]:
    """Rows of the plan that nobody has adopted, in the plan's order."""
    return not_adopted(plan, registry, book.current(None))


def adopt(book: ProjectBook, plan: Plan, registry: Registry, person: str, ids: Iterable[str] = (), entity: str = "") -> list[Project]:
    """Take rows of the plan into the register as planned: those of the ids (with or without the plan's name before them), or all that are not there.

    entity: who answers for them, by default the area that a row names. A row that was adopted stays as it is; NotFound for an id that is none of the
    plan's, or that nobody here answers for.
    """
    rows = rows_of(plan, registry, entity)
    wanted = {identity if "/" in identity else f"{plan.id}/{identity}" for identity in ids}
    if unknown := sorted(wanted - {row.id for row in rows}):
        raise NotFound(f"规划 {plan.id} 没有项目 {'、'.join(unknown)} · the plan {plan.id} has no project {', '.join(unknown)}")
    held = {project.id: project for project in book.current(None)}
    rows = [row for row in rows if not wanted or row.id in wanted]
    new = [p for p in rows if p.id not in held]
    reason = f"纳入台账：{plan.document.number} · adopted from the plan"
    made = {p.id: p for p in (book.put_all(new, person, reason) if new else ())}
    return [made.get(p.id) or held[p.id] for p in rows]


def cells_of(form: Mapping[str, str], columns: Iterable[str], flags: Iterable[str]) -> dict[str, object]:
    """What a form of a page says of the columns; a box that is not ticked says no."""
    said: dict[str, object] = {name: form[name] for name in columns if name in form}
    return said | {name: form.get(name, "no") for name in flags}


def put_sheet(book: ProjectBook, plan: Plan, registry: Registry, rows: Sheet, person: str, reason: str) -> list[Project]:
    """Every row over what the register (or the plan's list) says already, all or none; Problems names row and field."""
    held = {p.id: p for p in (*not_adopted(plan, registry, ()), *book.current(None))}
    read = [project_of(cells, held.get(_id_of(cells), blank_project())) for _, cells in rows]
    _refuse_unread(rows, [faults for _, faults in read])
    with _placed(rows):
        return book.put_all([project for project, _ in read], person, reason)


def put_audit_sheet(book: CpAuditBook, rows: Sheet, person: str, reason: str) -> list[CpAudit]:
    """As put_sheet, of audits."""
    held = {a.id: a for a in book.current(None)}
    read = [audit_of(cells, held.get(_id_of(cells), blank_audit())) for _, cells in rows]
    _refuse_unread(rows, [faults for _, faults in read])
    with _placed(rows):
        return book.put_all([audit for audit, _ in read], person, reason)


def _id_of(cells: Mapping[str, object]) -> str:
    return blank_project().id if cells.get("id") is None else project_of({"id": cells["id"]}, blank_project())[0].id


def _refuse_unread(rows: Sheet, faults: Sequence[Sequence[Wrong]]) -> None:
    found = [f"第{rows[i][0]}行 {zh} · {field}: row {rows[i][0]}: {en}" for i, mine in enumerate(faults) for field, zh, en in mine]
    if found:
        raise Problems(found)


@contextmanager
def _placed(rows: Sheet) -> Iterator[None]:
    """What the book says of the n-th entry, said of its row in the sheet."""
    try:
        yield
    except Problems as error:
        raise Problems([_at_row(rows, problem) for problem in error.problems]) from None
    except Refused as error:  # of a sheet with one row
        raise Problems([f"第{rows[0][0]}行 {error}"]) from None


def _at_row(rows: Sheet, problem: str) -> str:
    place, closed, rest = problem.removeprefix("[").partition("] ") if problem.startswith("[") else ("0", "]", problem)
    return f"第{rows[int(place)][0]}行 {rest}" if closed and place.isdecimal() else problem
