"""A small town for routing: two departments, a park with two mills, people on a roster."""

from datetime import date

from tricolor.catalogue.chain import load_chain
from tricolor.catalogue.workdays import kind_of
from tricolor.domain.entities import Contact, Department, Entity, EntityKind, Registry
from tricolor.domain.intervals import parse_us
from tricolor.domain.lights import Light
from tricolor.domain.roster import Address, On, QuietHours, Shift, Weekly, hours_of, weekdays_of
from tricolor.domain.routing import Ask, Chain, Directory, Duty, Route, Watch, directory
from tricolor.domain.suppression import SilenceRow, Subject

AT = parse_us("2026-11-20T10:00:00+08:00")  # a Friday
REFORM = Duty("reform", "市发展改革委", "Development and Reform Commission", "第一篇第四章一")
INDUSTRY = Duty("industry", "市工业和信息化局", "Industry Bureau")


def entity(identity: str, kind: EntityKind, zh: str, region: str = "", park: str = "") -> Entity:
    return Entity(identity, kind, zh, identity.title(), region_id=region, park_id=park)


ENTITIES = {
    e.id: e
    for e in (
        entity("town", EntityKind.CITY, "示例市"),
        entity("north", EntityKind.REGION, "北区"),
        entity("park", EntityKind.PARK, "示例园区", region="north"),
        entity("mill", EntityKind.ENTERPRISE, "示例造纸厂", park="park"),
        entity("works", EntityKind.ENTERPRISE, "示例水泥厂", region="south"),
    )
}
CONTACTS = (
    Contact("reform-duty", "reform", "值班员A", "值班员", "000-0000-0001", "reform@example.invalid"),
    Contact("reform-lead", "reform", "负责人A", "分管领导", "000-0000-0002"),
    Contact("industry-1", "industry", "联系人B", "科员", "000-0000-0003"),
    Contact("industry-2", "industry", "联系人C", "科员"),
    Contact("mill-1", "mill", "联络员D", "能源管理员", "000-0000-0004"),
)


class Town:
    """What a test says of people; everything else is the default."""

    def __init__(self) -> None:
        self.contacts: tuple[Contact, ...] = CONTACTS
        self.addresses: list[Address] = []
        self.shifts: list[Shift] = []
        self.weekly: list[Weekly] = []
        self.quiet: list[QuietHours] = []
        self.silences: list[SilenceRow] = []
        self.chain: Chain = load_chain()

    @property
    def registry(self) -> Registry:
        departments = {d: Department(d, d, d) for d in ("reform", "industry")}
        return Registry(1, ENTITIES, {}, {}, departments, {c.id: c for c in self.contacts})

    def directory(self) -> Directory:
        return directory(self.registry, kind_of, self.addresses, self.shifts, self.weekly, self.quiet, self.silences)

    def route(
        self, at: int = AT, light: Light = Light.RED, rule: str = "pace", entity: str = "mill", steps: tuple[int, ...] = (0,),
        duties: tuple[Duty, ...] = (REFORM, INDUSTRY), bureau: Duty | None = REFORM, standing: tuple[Subject, ...] = (), *, is_of_data: bool = False,
    ) -> Route:  # fmt: skip
        ask = Ask(Subject(1, rule, entity, "", light), "能耗强度", "energy intensity", steps, is_of_data)
        return Watch(self.directory(), self.chain, at).route(ask, duties, bureau, standing)

    def people(self, *args: object, **named: object) -> list[str]:
        """Ids of the contacts told, in order, each once."""
        return list(dict.fromkeys(each.to.recipient for each in self.route(*args, **named).told))  # type: ignore[arg-type]


def weekly(owner: str, contact: str, hours: str, weekdays: str = "", on: str = "any", role: str = "", valid_to: str = "") -> Weekly:
    until = date.fromisoformat(valid_to) if valid_to else None
    return Weekly(owner, contact, hours_of(hours, weekdays_of(weekdays), On(on)), date(2026, 1, 1), until, role)
