"""Words of a registry file, months and plans that the stories share."""

import json
from functools import cache

from tricolor.catalogue.plans import Plan
from tricolor.catalogue.plans.beside import load_plan_beside, names_in


def unit(identity: str, kind: str, name: str, **more: object) -> str:
    """TOML of an entity."""
    fields = {"id": identity, "kind": kind, "name_cn": name, **more}
    return "[[entities]]\n" + "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in fields.items())


def scale(entity: str, since: str, point: str = "", carrier: str = "raw_coal", **more: object) -> str:
    """TOML of a meter with one register of the entity, of coal unless said otherwise."""
    name = point or f"{entity}.coal"
    fields = {"id": name, "meter": f"{name}-m", "carrier": carrier, "unit": "t", "kind": "register", "role": "purchased", "valid_from": since, **more}
    return f'[[meters]]\nid = "{name}-m"\nentity = "{entity}"\nname_cn = "{name}"\n[[points]]\n' + "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in fields.items()
    )


QINBEI = unit("qinzhou", "city", "钦州市") + unit("qinbei", "region", "钦北区")
MONTHS = tuple(f"{number:02d}" for number in range(1, 13))


def year_of(year: int, value: float, months: tuple[str, ...] = MONTHS) -> dict[str, float]:
    """The same value every month."""
    return {f"{year}-{month}": value for month in months}


@cache
def plan_of(plan: str, beside: str) -> Plan:
    """As the services load it; read once for all stories under it."""
    return load_plan_beside(plan, names_in(beside))
