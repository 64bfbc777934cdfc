"""The pack says how a bulletin is headed and who gets a copy; the issuer bears the name of its city."""

import json
from dataclasses import replace

import pytest

from alerting.bulletin import Signed, compose
from alerting.bulletin_facts import full_name, gather
from alerting.bulletin_sources import Sources
from tests.bulletins.conftest import MADE_AT
from tricolor.catalogue.bulletins import Said, form_of
from tricolor.domain.bulletins import BulletinFacts
from tricolor.domain.entities import Entity, EntityKind, Registry
from tricolor.domain.errors import Problems
from tricolor.domain.frozen_json import frozen, thawed
from tricolor.domain.periods import period_of

CITY = Entity("q", EntityKind.CITY, "钦州市", "Qinzhou")
PARK = Entity("p", EntityKind.PARK, "某园区", "Park", region_id="q")


def _said(value: object) -> Said:
    return Said(value, "", "某市规定", "official")


def test_head_and_copies_of_the_pack_are_in_the_document_and_older_facts_are_read_without(sources: Sources) -> None:
    own = {"head": _said("某市发展和改革委员会文件"), "copied_to": _said(["市委办公室", "市统计局"]), "issuer": _said("某市发展和改革委员会")}
    plan = replace(sources.plan, bulletin_form=own)
    facts = gather(replace(sources, plan=plan), "town", period_of("2026-10"), MADE_AT)
    made = compose(facts, Signed(), "", "草稿")
    assert (made.head, made.copied_to, made.issuer) == ("某市发展和改革委员会文件", ("市委办公室", "市统计局"), "某市发展和改革委员会")
    text = json.loads(frozen(facts))
    for name in ("head", "copied_to"):
        del text["form"][name]  # as it was frozen before there were any
    older = compose(thawed(BulletinFacts, json.dumps(text)), Signed(), "", "草稿")
    assert (older.head, older.copied_to) == ("", ())


def test_a_form_that_cannot_be_is_refused() -> None:
    row = {"unit": "", "source": "s", "status": "official"}
    with pytest.raises(Problems) as told:
        form_of({"copied_to": {"value": "市委办公室", **row}, "head": {"value": 5, **row}}, "bulletin.toml")
    assert told.value.problems == [
        "bulletin.toml [copied_to].value: '市委办公室' is not a list of texts", "bulletin.toml [head].value: 5 is not a text",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("department", "area", "cities", "name"),
    [
        ("市发展改革委", CITY, [CITY], "钦州市发展改革委"),
        ("市发展改革委", PARK, [CITY, PARK], "钦州市发展改革委"),
        ("市发展改革委", PARK, [CITY, replace(CITY, id="n", name_cn="南宁市")], "市发展改革委"),  # of which city nobody says
        ("自治区发展改革委", CITY, [CITY], "自治区发展改革委"),
        ("市发展改革委", replace(CITY, name_cn="示范城"), [], "市发展改革委"),
    ],
)
def test_a_citys_department_is_named_with_its_city(department: str, area: Entity, cities: list[Entity], name: str) -> None:
    assert full_name(department, area, Registry(1, {e.id: e for e in cities}, {}, {}, {}, {})) == name
