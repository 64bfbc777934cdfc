"""What rows say of each other, and of what the ledger already holds."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from tricolor.adapters.registry_files.cells import suggestion
from tricolor.adapters.registry_files.model import Fault
from tricolor.domain.entities import EntityKind, Registry
from tricolor.domain.units import dimension

KIND_CN: Mapping[str, str] = {"city": "城市", "region": "地区", "park": "园区", "enterprise": "企业", "network": "供热管网", "building": "公共建筑"}
# which references an entity of a kind may carry
PLACED_BY: Mapping[str, tuple[str, ...]] = {
    "city": (),
    "region": (),
    "park": ("region",),
    "enterprise": ("region", "park"),
    "network": ("region", "park"),
    "building": ("region", "park"),
}


class Row(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def values(self) -> Mapping[str, Any]: ...


class References:
    """Everything that can be referred to: the ledger's, overlaid by the file's. A row with an unreadable cell still counts as there."""

    def __init__(self, rows: Mapping[str, Sequence[Row]], existing: Registry, word: str, faults: list[Fault]) -> None:
        self._rows, self._existing, self._word, self._faults = rows, existing, word, faults
        held: dict[str, Mapping[str, Any]] = {
            e.id: {"id": e.id, "kind": e.kind.value, "region": e.region_id, "park": e.park_id} for e in existing.entities.values()
        }
        self._entities = held | _by_id(rows["entities"])
        meters: dict[str, Mapping[str, Any]] = {
            m.id: {"id": m.id, "entity": m.entity_id, "gateway": m.gateway, "parent": m.parent_id} for m in existing.meters.values()
        }
        self._meters = meters | _by_id(rows["meters"])
        self._departments = {*existing.departments, *_by_id(rows["departments"])}

    def _tell(self, sheet: str, row: int | None, column: str, zh: str, en: str) -> None:
        self._faults.append(Fault(sheet, row, column, zh, en, self._word))

    def region_of(self, values: Mapping[str, Any]) -> str:
        """The region an entity names, else that of its park, else ""."""
        park = self._entities.get(values.get("park") or "", {})
        return str(values.get("region") or park.get("region") or "")

    def owner_of(self, meter: str) -> tuple[str, str]:
        """Entity and gateway of a meter."""
        return self._meters[meter]["entity"], self._meters[meter]["gateway"]

    def quantity_of(self, unit: str) -> str:
        return dimension(unit)

    def check_entities(self, products: Collection[str] | None) -> None:
        """Places exist and are of the right kind, there is one city, products are known, and what the ledger holds still fits."""
        for row in self._rows["entities"]:
            self._check_place(row)
            self._check_clash(row)
            product = row.values.get("product")
            if product and products is not None and product not in products:
                zh, en = suggestion(product, products)
                self._tell(
                    "entities", row.number, "product", f'产品 "{product}" 不在能效目录中{zh}', f'product "{product}" is not in the catalogue{en}'
                )
        self._check_city()
        self._check_dependants()

    def _check_place(self, row: Row) -> None:
        kind = row.values.get("kind")
        if kind is None:
            return
        for column in ("region", "park"):
            target = row.values.get(column)
            if not target:
                continue
            if column not in PLACED_BY[kind]:
                self._tell("entities", row.number, column, f"{KIND_CN[kind]}不填此列，请留空", f"a {kind} has no {column}: leave it blank")
            else:
                self._check_entity_ref("entities", row.number, column, target, column)
        park = self._entities.get(row.values.get("park") or "", {})
        region = row.values.get("region")
        if region and park.get("region") and park["region"] != region:
            zh, en = f"与所在园区的地区 {park['region']} 不一致，可留空", f"differs from {park['region']}, the region of its park; may be blank"
            self._tell("entities", row.number, "region", zh, en)

    def _check_entity_ref(self, sheet: str, row: int, column: str, target: str, kind: str | None) -> None:
        found = self._entities.get(target)
        if found is None:
            zh, en = suggestion(target, [e for e, v in self._entities.items() if kind is None or v.get("kind") == kind])
            self._tell(sheet, row, column, f'单位 "{target}" 不存在{zh}', f'unit "{target}" does not exist{en}')
        elif kind is not None and found.get("kind", kind) != kind:
            is_cn = KIND_CN[found["kind"]]
            self._tell(sheet, row, column, f'"{target}" 是{is_cn}，此处应为{KIND_CN[kind]}', f'"{target}" is of kind {found["kind"]}, not {kind}')

    def _check_clash(self, row: Row) -> None:
        identity = row.values.get("id")
        if identity in self._departments:
            zh, en = (
                f'编号 "{identity}" 已用于部门，联系人将无法区分',
                f'id "{identity}" is also that of a department: contacts could not tell them apart',
            )
            self._tell("entities", row.number, "id", zh, en)

    def _check_city(self) -> None:
        cities = [identity for identity, values in self._entities.items() if values.get("kind") == EntityKind.CITY]
        rows = [row for row in self._rows["entities"] if row.values.get("kind") == EntityKind.CITY]
        if len(cities) > 1:
            for row in rows:
                others = ", ".join(city for city in cities if city != row.values.get("id"))
                self._tell(
                    "entities", row.number, "kind", f"全部登记只能有一个城市，另有 {others}", f"there may be one city in all; there is also {others}"
                )
        elif not cities and not any("kind" not in row.values for row in self._rows["entities"]):
            self._tell("entities", None, "", "缺少城市：应有且只有一行的类别为 city", "there is no city: exactly one row must be of kind city")

    def _check_dependants(self) -> None:
        """A row of the file may not pull the ground from under what the ledger holds and the file does not name."""
        rows = {row.values["id"]: row for row in self._rows["entities"] if "id" in row.values}
        for entity in self._existing.entities.values():
            if entity.id in rows:
                continue
            for column, target in (("region", entity.region_id), ("park", entity.park_id)):
                row = rows.get(target)
                if row is not None and row.values.get("kind", column) != column:
                    zh = f"已登记的 {entity.id} 以它为{KIND_CN[column]}，类别不能改"
                    self._tell("entities", row.number, "kind", zh, f"{entity.id} of the ledger names it as its {column}: its kind cannot change")
            park = rows.get(entity.park_id)
            if park is not None and park.values.get("region") and entity.region_id and park.values["region"] != entity.region_id:
                zh = f"已登记的 {entity.id} 在此园区而地区为 {entity.region_id}，请把它一并写入文件"
                en = f"{entity.id} of the ledger is in this park but in region {entity.region_id}: put it into the file as well"
                self._tell("entities", park.number, "region", zh, en)

    def check_meters(self) -> None:
        for row in self._rows["meters"]:
            if (target := row.values.get("entity")) is not None:
                self._check_entity_ref("meters", row.number, "entity", target, None)
            self._check_parent(row)

    def _check_parent(self, row: Row) -> None:
        """The parent exists, and following parents upwards never comes back."""
        target = row.values.get("parent")
        if not target:
            return
        if target not in self._meters:
            zh, en = suggestion(target, self._meters)
            self._tell("meters", row.number, "parent", f'上级表计 "{target}" 不存在{zh}', f'parent meter "{target}" does not exist{en}')
            return
        chain = [str(row.values.get("id", ""))]
        above = str(target)
        while above and above not in chain:
            chain.append(above)
            above = str(self._meters.get(above, {}).get("parent") or "")
        if above == chain[0] and above:
            circle = " → ".join([*chain, above])
            self._tell(
                "meters",
                row.number,
                "parent",
                f"上级表计成环：{circle}，请把其中一个留空",
                f"the parents go round in a circle: {circle}; leave one of them blank",
            )

    def check_meter_of(self, row: int, values: Mapping[str, Any]) -> None:
        target = values.get("meter")
        if target is not None and target not in self._meters:
            zh, en = suggestion(target, self._meters)
            self._tell("points", row, "meter", f'表计 "{target}" 不存在{zh}', f'meter "{target}" does not exist{en}')

    def check_contacts(self) -> None:
        known = {*self._departments, *self._entities}
        for row in self._rows["contacts"]:
            target = row.values.get("of")
            if target is not None and target not in known:
                zh, en = suggestion(target, sorted(known))
                self._tell("contacts", row.number, "of", f'部门或单位 "{target}" 不存在{zh}', f'department or unit "{target}" does not exist{en}')


def _by_id(rows: Sequence[Row]) -> dict[str, Mapping[str, Any]]:
    return {row.values["id"]: row.values for row in rows if "id" in row.values}
