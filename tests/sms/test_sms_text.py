"""Words of an SMS: one message with its signature, no sign that gateways refuse, names shortened by meaning and no number cut in two."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tricolor.catalogue.channels import channel_facts
from tricolor.catalogue.sms_templates import sms_templates, sms_texts
from tricolor.domain.channel_facts import TextRules
from tricolor.domain.errors import Misconfigured
from tricolor.domain.sms_text import Fit, SmsTemplate, fits, fitted, mainland_mobile, plain, shortened, variables_in

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "alerts-sms.md"
ALIYUN, TENCENT = channel_facts("aliyun_sms").text, channel_facts("tencent_sms").text
CODES = {"alert": "A", "resolved": "R", "group": "G"}
LONG = {
    "unit": "广西钦州市某某化工新材料（钦州港）股份有限公司", "rule": "单位产品综合能耗比上年同期下降率", "light": "红色", "why": "逐级上报",
    "value": "1234567.891 tce", "limit": "1000000 tce", "count": "2000", "red": "1999", "yellow": "1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("length", "signature", "fit"),
    [  # 【钦州节能】 is 6 characters; over 70 there are parts of 67
        (64, "钦州节能", Fit(70, 1)),
        (65, "钦州节能", Fit(71, 2)),
        (128, "钦州节能", Fit(134, 2)),
        (129, "钦州节能", Fit(135, 3)),
        (154, "钦州节能", Fit(160, 3)),  # Aliyun's own example: 160 are 67, 67 and 26
    ],
)
def test_the_length_counts_the_signature_with_its_brackets(length: int, signature: str, fit: Fit) -> None:
    assert fits("字" * length, signature, ALIYUN) == fit


@pytest.mark.parametrize(
    ("value", "most", "short"),
    [
        ("浦北县", 6, "浦北县"),
        ("钦州某某锰业有限责任公司", 6, "钦州某某锰业"),  # the legal form goes first
        ("某某化工新材料（钦州港）股份有限公司", 7, "某某化工新材料"),
        ("广西钦州市某某化工新材料有限公司", 7, "某某化工新材料"),  # then province and city
        ("第一热电厂2025号锅炉", 8, "第一热电厂…"),  # 2025 is not cut to 20
        ("某某厂ABC123线", 6, "某某厂…"),
        ("1（备用）3号锅炉房", 7, "1 3号锅炉房"),  # not the thirteenth
        ("12345.678 tce", 9, "12346tce"),  # decimals go before the unit
        ("12345.678 tce", 7, "12345.7"),
        ("12345.678", 8, "12345.68"),
        ("12345.678", 6, "12346"),  # "12345.7" is seven
        ("1234567", 6, "123.5万"),
        ("-1234567", 6, "-123万"),
        ("123456789012", 6, "1235亿"),
        ("99999999999999", 4, "见平台"),
        ("12.3456%", 6, "12.35%"),
        ("-12.3456%", 6, "-12.3%"),
        ("123.4%", 3, "见平台"),  # 123 without its % would be another number
        ("123456%", 5, "见平台"),
    ],
)
def test_a_value_is_shortened_by_what_it_means(value: str, most: int, short: str) -> None:
    assert shortened(value, most) == short
    assert len(short) <= most


@given(st.text(alphabet="浦北县锰业12345.,-% ABm（）有限公司市", max_size=30), st.integers(1, 20))
def test_no_number_is_ever_cut_in_two(value: str, most: int) -> None:
    short = shortened(value, most)
    assert len(short) <= max(most, 0)
    if re.fullmatch(r"[-+<>≤≥]?\d[\d,]*(\.\d+)?\s*\D{0,12}", value) is None:  # those are rounded, which is told by their size
        assert set(re.findall(r"[0-9.]+", short)) <= set(re.findall(r"[0-9.]+", value)) | {""}


@given(st.floats(-1e12, 1e12, allow_nan=False), st.sampled_from(["", "%", " tce", "t/h"]), st.integers(4, 12))
def test_a_number_keeps_its_sign_and_size(number: float, unit: str, most: int) -> None:
    value = f"{number:.3f}{unit}"
    short = shortened(value, most)
    found = re.fullmatch(r"(-?[\d.]+)(万|亿)?\D*", short)
    if found is None:
        assert short == "见平台"
        return
    scale = {"万": 1e4, "亿": 1e8}.get(found[2] or "", 1.0)
    assert float(found[1]) * scale == pytest.approx(number, rel=0.05, abs=0.51)


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        ("12 m²", "12 平方米"),
        ("①号→②号", "1号到2号"),
        ("【急】炉", "(急)炉"),
        ("1#炉", "1号炉"),
        ("●红 ▲黄", "红 黄"),
        ("好👍🏽啊❤️", "好啊"),
        ("见 https://example.org/a?b=1 处", "见 见平台 处"),
        ("a\nb\t c", "a b c"),
        ("★", "-"),  # providers refuse an empty variable
        ("", "-"),
    ],
)
def test_signs_that_gateways_refuse_are_said_in_words(value: str, clean: str) -> None:
    assert plain(value, ALIYUN) == clean


@given(st.text(max_size=60))
def test_no_refused_sign_passes_and_nothing_is_empty(value: str) -> None:
    for rules in (ALIYUN, TENCENT):
        clean = plain(value, rules)
        assert clean and not set(clean) & set(rules.signs("param_forbidden"))
        assert all(ord(sign) <= 0xFFFF for sign in clean)
        assert plain(clean, rules) == clean


def test_a_channel_without_rules_carries_everything() -> None:
    assert plain("【急】 m² ① #", TextRules()) == "【急】 m² ① #"
    assert fits("字" * 500, "签名", TextRules()) == Fit(500, 1)


@pytest.mark.parametrize("rules", [ALIYUN, TENCENT], ids=["aliyun", "tencent"])
@pytest.mark.parametrize("kind", ["alert", "resolved", "group"])
def test_every_template_is_one_message_with_the_longest_values_and_an_eight_letter_signature(kind: str, rules: TextRules) -> None:
    template = sms_templates(CODES, {})[kind]
    values = fitted(template, LONG, "钦州市节能监察", rules)
    text = template.filled(values)
    assert fits(text, "钦州市节能监察", rules).is_one, text
    assert list(values) == list(template.variables)
    longest = rules.whole("param_max_chars")
    assert longest is not None and all(0 < len(value) <= longest for value in values.values())


GOLDEN = {
    ("alert", "aliyun"): "【钦州节能】浦北县的能耗强度：红色预警，新预警。当前1.20%，限值-3.30%，请及时查看并确认。",
    ("resolved", "aliyun"): "【钦州节能】浦北县的能耗强度预警已解除，当前-3.60%，限值-3.30%，无需处理。",
    ("group", "aliyun"): "【钦州节能】您有7项预警：红色2项，黄色5项，最重的是浦北县的能耗强度，请登录平台查看并确认。",
    ("alert_link", "aliyun"): "【钦州节能】浦北县红色预警，能耗强度1.20%，详见SITE/a/abcdefgh.ABCDEFGHIJKLMNOP",
    ("alert", "tencent"): "【钦州节能】浦北县的能耗强度：红色预警，新预警。当前1.20%，限值-3.30%，请及时查看并确认。",
    ("resolved", "tencent"): "【钦州节能】浦北县的能耗强度预警已解除，当前-3.60%，限值-3.30%，无需处理。",
    ("group", "tencent"): "【钦州节能】您有7项预警：红色2项，黄色5项，最重的是浦北县的能耗强度，请登录平台查看并确认。",
}


@pytest.mark.parametrize(("kind", "provider"), list(GOLDEN))
def test_the_examples_read_as_written(kind: str, provider: str) -> None:
    text = sms_texts()[kind]
    template = SmsTemplate(kind, "C", text.text, text.variables)
    rules = ALIYUN if provider == "aliyun" else TENCENT
    assert f"【钦州节能】{template.filled(fitted(template, text.example, '钦州节能', rules))}" == GOLDEN[kind, provider]


@pytest.mark.parametrize("kind", list(sms_texts()))
def test_templates_keep_the_rules_of_the_providers(kind: str) -> None:
    text = sms_texts()[kind].text
    variables = variables_in(text)
    assert len(re.findall(r"\$\{", text)) == len(variables), "each variable stands once"
    assert all(re.fullmatch(r"[a-z][a-z_]{0,24}", name) and name not in {"email", "mobile", "id", "nick", "site"} for name in variables)
    fixed = re.sub(r"\$\{\w+\}", "", text)
    for rules in (ALIYUN, TENCENT):
        assert not set(fixed) & set(rules.signs("param_forbidden"))
    if kind != "alert_link":
        assert "}${" not in text, "two variables touch"


def test_tencents_text_counts_its_variables() -> None:
    assert sms_texts()["resolved"].for_tencent == "{1}的{2}预警已{3}，当前{4}，限值{5}，无需处理。"


@pytest.mark.parametrize(
    ("codes", "variables", "words"),
    [
        ({"group": "G"}, {}, '"alert" is missing'),
        ({"alert": "A", "recovery": "R"}, {}, "no kind 'recovery'"),
        ({"alert": "A"}, {"alert": ["unit", "colour"]}, "no message has colour"),
        ({"alert": "A"}, {"group": ["unit"]}, "group has no code"),
    ],
)
def test_settings_that_no_message_fits_are_named(codes: dict[str, str], variables: dict[str, list[str]], words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        sms_templates(codes, variables)


def test_an_operators_own_text_is_bounded_by_its_variables_alone() -> None:
    template = sms_templates({"alert": "A"}, {"alert": ["unit", "light"]})["alert"]
    assert (template.text, template.variables) == ("", ("unit", "light"))
    assert fitted(template, LONG, "签名", TENCENT) == {"unit": "某某化工新…", "light": "红色"}
    ours: Any = sms_templates({"alert": "A"}, {"alert": list(sms_texts()["alert_link"].variables)})["alert"]
    assert ours.text == sms_texts()["alert_link"].text


@pytest.mark.parametrize("text", ["10000000001", "+8610000000001", "008610000000001", "86 100 0000 0001", "100-0000-0001", "(+86) 100-0000-0001"])
def test_a_mobile_number_is_read_however_it_is_written(text: str) -> None:
    assert mainland_mobile(text) == "10000000001"


@pytest.mark.parametrize("text", ["", "1000000000", "100000000011", "20000000001", "+85200000000", "１００００００００１１", "1000000000a"])
def test_anything_else_is_no_mobile_number(text: str) -> None:
    with pytest.raises(ValueError, match="11 digits"):
        mainland_mobile(text)


def test_the_document_has_the_texts_as_the_data_has_them() -> None:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    for kind, text in sms_texts().items():
        if kind == "alert_link":
            assert any(f"`{text.text}`" in line for line in lines)
            continue
        assert f"| `{kind}` | {text.en} | `{text.text}` | `{text.for_tencent}` |" in lines
