"""The robots of WeCom, DingTalk and Feishu: signatures, shapes, and what their codes ask of the sender."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.channels.far_side import LINK, NOW, HttpFarSide, as_dingtalk, as_feishu, as_wecom, message, query_of
from tricolor.adapters.notifiers.dingtalk import DingtalkRobots, signed
from tricolor.adapters.notifiers.feishu import FeishuRobots, sign
from tricolor.adapters.notifiers.robots import RobotChannel, RobotPlace, cut_bytes
from tricolor.adapters.notifiers.wecom import WecomRobots
from tricolor.catalogue.channels import channel_facts
from tricolor.domain.delivery import Accepted, ErrorClass, Failed

MOBILES = ("000-0000-0001", "000-0000-0002")
SECRETS = {"wecom": "", "dingtalk": "SECabcdef0123456789", "feishu": "feishu-secret-01"}
PATHS = {
    "wecom": "/cgi-bin/webhook/send?key=wecom-key-0001", "dingtalk": "/robot/send?access_token=ding-token-0001",
    "feishu": "/open-apis/bot/v2/hook/feishu-key-0001",
}  # fmt: skip
MADE: dict[str, type[RobotChannel]] = {"wecom": WecomRobots, "dingtalk": DingtalkRobots, "feishu": FeishuRobots}


@pytest.fixture
def far() -> Iterator[HttpFarSide]:
    made = HttpFarSide()
    yield made
    made.close()


def robot(far: HttpFarSide, kind: str, mobiles: tuple[str, ...] = (), now: int = NOW, secret: str | None = None) -> RobotChannel:
    far.judge = {"wecom": as_wecom, "dingtalk": as_dingtalk, "feishu": as_feishu}[kind]
    facts = channel_facts(kind)
    place = RobotPlace(far.url + PATHS[kind], SECRETS[kind] if secret is None else secret, mobiles)
    return MADE[kind]({"duty": place}, facts.errors, facts.text.whole("max_bytes") or 0, lambda: now)


def sent(far: HttpFarSide) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(far.taken[-1][2])
    return found


def test_the_signature_of_dingtalk_is_that_of_openssl() -> None:
    # printf '1795132800000\nSECabcdef0123456789' | openssl dgst -sha256 -hmac 'SECabcdef0123456789' -binary | base64
    address = signed("https://h/send?access_token=t", "SECabcdef0123456789", 1_795_132_800_000)
    assert query_of(address) == {"access_token": "t", "timestamp": "1795132800000", "sign": "N2hY+qRhMhsB5p6dKLjJM7ZWSfLDM7ZUE2CiYIvh784="}
    assert "+" not in address.rpartition("sign=")[2]  # a bare + would be read as a space


def test_the_signature_of_feishu_is_that_of_openssl() -> None:
    # printf '' | openssl dgst -sha256 -mac HMAC -macopt hexkey:<'1795132800\nfeishu-secret-01' in hex> -binary | base64
    assert sign("feishu-secret-01", 1_795_132_800) == "LrMG6p9wwTL3A5Hc90fvBLBlZ/RALe2YMQRT3yJxLEU="


@pytest.mark.parametrize("kind", ["dingtalk", "feishu"])
def test_a_wrong_secret_is_refused_inside_http_200_and_is_final(far: HttpFarSide, kind: str) -> None:
    answer = robot(far, kind, secret="another-secret").send(message(kind, "robot:duty"))
    assert isinstance(answer, Failed) and answer.kind is ErrorClass.FINAL and "secret" in answer.detail
    assert far.taken == []


def test_a_clock_that_is_off_is_tried_again_as_it_can_be_set(far: HttpFarSide) -> None:
    answer = robot(far, "dingtalk", now=NOW + 2 * 3600 * 1_000_000).send(message("dingtalk", "robot:duty"))
    assert isinstance(answer, Failed) and answer.kind is ErrorClass.RETRY and "时钟" in answer.detail


@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu"])
def test_the_button_opens_the_signed_page(far: HttpFarSide, kind: str) -> None:
    assert isinstance(robot(far, kind).send(message(kind, "robot:duty")), Accepted)
    body = sent(far)
    if kind == "wecom":
        assert body["template_card"]["jump_list"] == [{"type": 1, "url": LINK, "title": "查看并知悉"}]
        assert body["template_card"]["card_action"] == {"type": 1, "url": LINK}
    elif kind == "dingtalk":
        assert (body["actionCard"]["singleTitle"], body["actionCard"]["singleURL"]) == ("查看并知悉", LINK)
    else:
        button = body["card"]["elements"][1]["actions"][0]
        assert (button["text"]["content"], button["url"], body["card"]["header"]["template"]) == ("查看并知悉", LINK, "red")


def test_only_a_red_names_people_by_their_mobiles(far: HttpFarSide) -> None:
    wecom = robot(far, "wecom", MOBILES)
    wecom.send(message("wecom", "duty"))
    assert sent(far)["text"]["mentioned_mobile_list"] == list(MOBILES)
    wecom.send(message("wecom", "duty", light="yellow"))
    assert sent(far)["msgtype"] == "template_card"
    ding = robot(far, "dingtalk", MOBILES)
    ding.send(message("dingtalk", "duty"))
    assert sent(far)["at"] == {"atMobiles": list(MOBILES), "isAtAll": False} and "@000-0000-0001" in sent(far)["markdown"]["text"]
    assert LINK in sent(far)["markdown"]["text"]
    ding.send(message("dingtalk", "duty", light="yellow"))
    assert sent(far)["msgtype"] == "actionCard"


@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu"])
def test_a_message_too_long_for_the_robot_is_cut_and_keeps_its_button(far: HttpFarSide, kind: str) -> None:
    long = {"markdown": '预警"\n' * 9_000, "link": LINK}
    assert isinstance(robot(far, kind).send(message(kind, "duty", payload=long)), Accepted)
    raw = far.taken[-1][2]
    assert len(raw) <= 20_480 and LINK.encode() in raw and "…".encode() in raw


def test_words_are_cut_between_characters() -> None:
    assert cut_bytes("预警预警", 12) == "预警预警" and cut_bytes("预警预警", 11) == "预警…"  # 3 bytes each, 3 for the ellipsis


@pytest.mark.parametrize(
    ("kind", "status", "said", "expected", "wait_s"),
    [
        ("wecom", 200, '{"errcode":45009,"errmsg":"api freq out of limit"}', ErrorClass.WAIT, 60.0),
        ("wecom", 200, '{"errcode":-1,"errmsg":"system busy"}', ErrorClass.RETRY, None),
        ("wecom", 200, '{"errcode":93000,"errmsg":"invalid webhook url"}', ErrorClass.FINAL, None),
        ("wecom", 200, '{"errcode":12345,"errmsg":"new one"}', ErrorClass.RETRY, None),
        ("dingtalk", 200, '{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}', ErrorClass.WAIT, 600.0),
        ("dingtalk", 200, '{"errcode":310000,"errmsg":"keywords not in content"}', ErrorClass.FINAL, None),
        ("dingtalk", 200, '{"errcode":310000,"errmsg":"invalid timestamp"}', ErrorClass.RETRY, None),
        ("feishu", 200, '{"code":11232,"msg":"frequency limited"}', ErrorClass.WAIT, 60.0),
        ("feishu", 400, '{"code":99991400,"msg":"request trigger frequency limit"}', ErrorClass.WAIT, 60.0),
        ("feishu", 200, '{"code":19024,"msg":"Key Words Not Found"}', ErrorClass.FINAL, None),
        ("feishu", 200, "<html>a gateway of somebody's</html>", ErrorClass.UNKNOWN, None),
        ("feishu", 200, "{}", ErrorClass.UNKNOWN, None),
        ("wecom", 200, '{"errcode":false}', ErrorClass.UNKNOWN, None),
        ("wecom", 503, "", ErrorClass.RETRY, None),
        ("wecom", 504, "", ErrorClass.UNKNOWN, None),
        ("dingtalk", 404, "", ErrorClass.FINAL, None),
        ("dingtalk", 302, "", ErrorClass.FINAL, None),
    ],
)
def test_what_a_robots_answer_asks_of_the_sender(
    far: HttpFarSide, kind: str, status: int, said: str, expected: ErrorClass, wait_s: float | None
) -> None:
    channel = robot(far, kind)
    far.answers = [(status, said.encode())]
    answer = channel.send(message(kind, "duty"))
    assert isinstance(answer, Failed) and (answer.kind, answer.wait_s) == (expected, wait_s)


def test_feishus_own_word_of_how_long_to_wait_counts(far: HttpFarSide) -> None:
    channel = robot(far, "feishu")
    far.answers, far.headers = [(429, b'{"code":99991400,"msg":"limit"}')], {"x-ogw-ratelimit-reset": "52"}
    answer = channel.send(message("feishu", "duty"))
    assert isinstance(answer, Failed) and (answer.kind, answer.wait_s) == (ErrorClass.WAIT, 52.0)
