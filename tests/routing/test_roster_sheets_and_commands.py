"""Roster sheets as offices keep them, and the commands: what they say, that the same twice changes nothing, how faults are told."""

import json
from datetime import date, datetime

import pytest
from openpyxl import Workbook
from typer.testing import CliRunner

from tests.routing.routing_town import ENTITIES
from tricolor.adapters.ledger.registry import RegistryBookSql
from tricolor.adapters.register_sheets import read_rows
from tricolor.adapters.registry_files.model import RegistryFile
from tricolor.config import Settings
from tricolor.domain.entities import Contact, Department
from tricolor.domain.errors import Problems
from tricolor.domain.intervals import parse_us
from tricolor.domain.lights import Light
from tricolor.domain.roster import Hours, On, QuietHours, Shift, Weekly
from tricolor.domain.roster_rows import COLUMNS, entries_of
from tricolor_cli.common import open_ledger
from tricolor_cli.main import app

TODAY = date(2026, 11, 20)
HEAD = "类别,部门或单位,联系人,开始,结束,时段,星期,日期类型,岗位,免打扰级别,备注\n"
SHEET = HEAD + (
    "班次,reform,dr-duty,2026-10-01 08:00,2026-10-02 08:00,,,,带班领导,,国庆\n"
    "周班,reform,dr-duty,,,18:00-08:00,1-5,工作日,,,夜班\n"
    "#免打扰示例,,,,,,,,,,\n"
    "免打扰,,mill-1,,,22:00-07:00,,,,橙,\n"
)


def test_a_sheet_in_chinese_becomes_shifts_patterns_and_quiet_hours():
    assert entries_of(read_rows(SHEET.encode("gb18030"), COLUMNS, "kind"), TODAY) == [
        Shift("reform", "dr-duty", parse_us("2026-10-01T08:00:00+08:00"), parse_us("2026-10-02T08:00:00+08:00"), "带班领导", "国庆"),
        Weekly("reform", "dr-duty", Hours(1080, 480, (1, 2, 3, 4, 5), On.WORKDAY), TODAY, None, "", "夜班"),
        QuietHours("mill-1", Hours(1320, 420), Light.ORANGE),
    ]


def test_a_workbook_with_real_dates_reads_the_same(tmp_path):
    book = Workbook()
    book.active.append(["类别", "部门或单位", "联系人", "开始", "结束"])
    book.active.append(["班次", "reform", "dr-duty", datetime(2026, 10, 1, 8), datetime(2026, 10, 2, 8)])
    book.save(tmp_path / "roster.xlsx")
    rows = read_rows((tmp_path / "roster.xlsx").read_bytes(), COLUMNS, "kind")
    assert entries_of(rows, TODAY) == [Shift("reform", "dr-duty", parse_us("2026-10-01T08:00:00+08:00"), parse_us("2026-10-02T08:00:00+08:00"))]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("换班,reform,dr-duty,,,,,,,,", "kind '换班'"),
        ("班次,reform,,2026-10-01,2026-10-02,,,,,,", "contact is missing"),
        ("班次,reform,dr-duty,10/1,2026-10-02,,,,,,", "'10/1' is not a time"),
        ("周班,reform,dr-duty,,,8-18,,,,,", "'8' is not a time of the day"),
        ("周班,reform,dr-duty,,,08:00-18:00,0,,,,", "are no weekdays"),
        ("周班,reform,dr-duty,,,08:00-18:00,,春节,,,", "days '春节'"),
        ("免打扰,reform,,,,22:00-07:00,,,,红,", "red is never held"),
    ],
)
def test_a_fault_is_told_with_its_row(row, fault):
    with pytest.raises(Problems) as told:
        entries_of(read_rows((HEAD + row).encode(), COLUMNS, "kind"), TODAY)
    assert "row 2" in str(told.value) and fault in str(told.value)


@pytest.fixture
def run(tmp_path):
    """run(*words) -> what the command said, on a folder with a small registry; fails where the exit code is another one."""
    with open_ledger(Settings(data=tmp_path)) as ledger:
        people = (Contact("dr-duty", "reform", "值班员A", "值班员", "000-0000-0001"), Contact("mill-1", "mill", "联络员D", "能源管理员"))
        RegistryBookSql(ledger).replace_from(RegistryFile(tuple(ENTITIES.values()), (), (), (Department("reform", "r", "r"),), people), "test", 1)

    def command(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, [*words, "--data", str(tmp_path)])
        assert result.exit_code == code, (result.output, result.exception)
        return result.output if code == 0 else str(result.exception)

    return command


def test_a_sheet_is_imported_whole_and_the_same_again_is_unchanged(run, tmp_path):
    file = tmp_path / "值班.csv"
    file.write_text(SHEET, encoding="utf-8")
    assert "3 条" in run("alert", "roster", "import", str(file), "--check")
    assert "unchanged" not in run("alert", "roster", "import", str(file))
    assert "unchanged" in run("alert", "roster", "import", str(file))
    shown = json.loads(run("alert", "roster", "show", "--owner", "reform", "--at", "2026-10-01 09:00", "--json"))
    assert shown["on_duty"][0]["leaders"] == ["值班员A"] and {e["kind"] for e in shown["entries"]} == {"shift", "weekly"}
    run("alert", "roster", "end", "weekly", "1")
    assert "weekly" not in run("alert", "roster", "show", "--owner", "reform", "--json")
    file.write_text(HEAD + "班次,nowhere,dr-duty,2026-10-01,2026-10-02,,,,,,\n", encoding="utf-8")
    assert "no department or entity 'nowhere'" in run("alert", "roster", "import", str(file), code=1)


def test_a_silence_is_entered_shown_by_the_preview_and_ended(run):
    entered = run(
        "alert", "silence", "add", "--entity", "park", "--for", "8h", "--up-to", "red", "--reason", "检修", "--maintenance", "--who", "值班员A"
    )
    assert "maintenance:1" in entered
    told = json.loads(run("alert", "route", "--rule", "pace", "--entity", "mill", "--step", "0", "--json"))["steps"][0]["told"]
    assert [(t["recipient"], t["muted"]) for t in told] == [("mill-1", "maintenance:1")]
    assert "值班员A" in run("alert", "silence", "list", "--json")
    run("alert", "silence", "end", "1", "--reason", "完成")
    assert json.loads(run("alert", "silence", "list", "--json")) == [] and "完成" in run("alert", "silence", "list", "--all", "--json")


def test_what_cannot_be_is_refused_in_words(run):
    assert "name a rule, an entity" in run("alert", "silence", "add", "--for", "8h", "--reason", "x", code=1)
    assert "say how long" in run("alert", "silence", "add", "--entity", "mill", "--reason", "x", code=1)
    assert "there is no rule 'nosuch'" in run("alert", "route", "--rule", "nosuch", "--entity", "mill", code=1)
    assert "there is no entity 'ghost'" in run("alert", "route", "--rule", "pace", "--entity", "ghost", code=1)
    assert "there is no contact 'ghost'" in run("contact", "address", "add", "ghost", "--channel", "inbox", code=1)
    assert "needs --address" in run("contact", "address", "add", "mill-1", "--channel", "wecom", code=1)


def test_an_address_is_entered_listed_and_removed(run):
    refused = run("contact", "address", "add", "dr-duty", "--channel", "sms", code=1)
    assert "channel sms is not configured: write [sms] into the file of TRICOLOR_CHANNELS" in refused and "--anyway" in refused
    assert "there is no channel 'sns'; configured: inbox" in run("contact", "address", "add", "dr-duty", "--channel", "sns", "--address", "1", code=1)
    assert json.loads(run("contact", "address", "list", "--json")) == []
    run("contact", "address", "add", "dr-duty", "--channel", "sms", "--from-light", "red", "--anyway")
    (held,) = json.loads(run("contact", "address", "list", "dr-duty", "--json"))
    assert (held["address"], held["from_light"], held["is_on"]) == ("@phone", "red", True)
    run("contact", "address", "remove", "1")
    assert json.loads(run("contact", "address", "list", "--json")) == []


def test_the_simulated_city_gets_its_roster_once(sqlite_ledger):
    from simulators.script import CITY
    from tricolor.adapters.ledger.routing import RoutingBookSql
    from tricolor_cli.city_routing import put_city_routing
    from tricolor_cli.registry import import_registry_file

    import_registry_file(sqlite_ledger, CITY / "registry.toml", "test", 1)
    for _ in range(2):
        put_city_routing(sqlite_ledger, CITY, "test", parse_us("2026-11-20T00:00:00+08:00"))
        assert RoutingBookSql(sqlite_ledger).version() == 13  # 10 rows of the roster, 3 addresses
