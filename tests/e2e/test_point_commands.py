"""`tricolor explain` and `tricolor energy` beside a running Tricolor: it is asked over HTTP, and what goes wrong is said with what to do."""

import json
from collections.abc import Callable

import pytest

from tests.e2e.conftest import Tricolor, free_port

pytestmark = pytest.mark.e2e
READ_AT = [("08:00", 100.0), ("08:15", 101.0), ("08:30", 900_000.0), ("08:45", 103.0), ("09:00", 104.5)]


def test_a_running_tricolor_explains_and_answers_and_says_what_is_wrong(make_tricolor: Callable[..., Tricolor]) -> None:
    t = make_tricolor()
    readings = [{"point": "steel.register", "at": f"2026-11-20T{hour}:00+08:00", "value": value} for hour, value in READ_AT]
    assert t.push({"readings": readings}).status == 200
    t.wait_settled(len(readings))
    at, key = "2026-11-20T08:20:00+08:00", t.key("read")
    http = {"TRICOLOR_HTTP": t.http}
    t.environment.update(http)

    told = json.loads(t.run("explain", "steel.register", at, "--key", key, "--json").stdout)
    # 101 -> 900,000 -> 103 is 2 over half an hour: 1 of it in the quarter from 08:15
    assert (told["amount"], told["flags"]) == (1.0, ["estimated", "dip"])
    assert [r["use"] for r in told["readings"]] == ["counted", "skipped", "counted"]

    words = t.run("energy", "steel.register", "--step", "day", "--from", "2026-11-20", "--to", "2026-11-21", "--key", key, "--json")
    (day,) = json.loads(words.stdout)["cells"]
    assert (day["clock_difference"], day["read_difference"]) == (4.5, 4.5)
    assert (day["base"]["value"], day["last"]["value"]) == (100.0, 104.5)
    quarters = json.loads(t.run("energy", "steel.register", "--step", "quarter", "--from", "2026", "--to", "2027", "--key", key, "--json").stdout)
    assert [c["start"][:10] for c in quarters["cells"]] == ["2026-01-01", "2026-04-01", "2026-07-01", "2026-10-01"]

    for words_wrong, said in (
        (("explain", "steel.nothing", at, "--key", key), "steel.nothing"),
        (("explain", "steel.register", at), "--key"),
        (("explain", "steel.register", at, "--key", "tc_wrong"), "密钥"),
        (("energy", "steel.register", "--from", "noon"), "--from"),
    ):
        answer = t.run(*words_wrong, is_checked=False)
        assert answer.returncode != 0
        assert said in answer.stdout + answer.stderr
        assert "Traceback" not in answer.stderr

    t.environment["TRICOLOR_HTTP"] = f"127.0.0.1:{free_port()}"  # the stores are held, and nobody answers where they should
    answer = t.run("explain", "steel.register", at, "--key", key, is_checked=False)
    assert answer.returncode != 0
    assert "TRICOLOR_HTTP" in answer.stdout + answer.stderr
    assert "Traceback" not in answer.stderr

    t.environment.update(http)
    assert t.stop() == 0
    told_again = json.loads(t.run("explain", "steel.register", at, "--json").stdout)  # no key is needed where the folder is free
    assert told_again == told
