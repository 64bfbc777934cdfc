"""Messages about alerts: their words, whom they go to, and how long to wait before trying again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tricolor.domain.alerts import WHY_CN, WHY_EN, Why
from tricolor.domain.intervals import from_us
from tricolor.domain.lights import LIGHT_CN, Light

SHORT_MAX: Final = 69  # an SMS of one part holds 70 characters
MAX_ATTEMPTS: Final = 40  # with the waits below about a day and a half
FIRST_WAIT_S: Final = 5.0
LONGEST_WAIT_S: Final = 3600.0
DUTY: Final = "duty"  # the built-in recipient: a red reaches somebody even where no contact is registered


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody (or something) that can be told. address: what the channel needs (a contact's id, a URL); name: who that is."""

    channel: str
    address: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it has a place in the outbox."""

    to: Recipient
    title: str
    text: str
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Matter:
    """What a message is about, in both languages. light: the level now (green when resolved); step: of the escalation, with the words of its
    level (e.g. "分管领导"); since: unanswered since then [µs]; by, note: who forwarded or closed it, and what was said of it; value, limit: as people
    read them, with their unit, "" where they are not known."""

    alert_id: int
    why: Why
    light: Light
    entity: str
    name_zh: str
    name_en: str
    rule: str
    rule_zh: str
    rule_en: str
    indicator: str
    reason_zh: str
    reason_en: str
    at: int
    link: str
    step: int = 0
    step_zh: str = ""
    step_en: str = ""
    since: int | None = None
    by: str = ""
    note: str = ""
    value: str = ""
    limit: str = ""


def title(matter: Matter) -> str:
    """E.g. "红色预警·升级：浦北县 能耗强度进度"."""
    colour = "预警" if matter.why is Why.RESOLVED else f"{LIGHT_CN[matter.light]}色预警"
    return f"{colour}·{WHY_CN[matter.why]}：{matter.name_zh} {matter.rule_zh}"


def short_zh(matter: Matter) -> str:
    """The message as an SMS carries it: under 70 characters, cut with an ellipsis where the reason is longer."""
    text = f"[{LIGHT_CN[matter.light]}]{matter.name_zh}{WHY_CN[matter.why]}：{matter.reason_zh}"
    return text if len(text) <= SHORT_MAX else f"{text[: SHORT_MAX - 1]}…"


def body(matter: Matter) -> str:
    """The whole message: why, the reason in Chinese and in English, when, and where to look."""
    return "\n".join(
        (
            f"{matter.name_zh}（{matter.name_en}） {matter.rule_zh}：{WHY_CN[matter.why]} / {matter.rule_en}: {WHY_EN[matter.why]}",
            matter.reason_zh,
            matter.reason_en,
            f"{from_us(matter.at):%Y-%m-%d %H:%M} (UTC+8)  {matter.link}",
        )
    )


def payload(matter: Matter) -> dict[str, object]:
    """What machines get (webhook): the event, the alert, the light, the words in both languages, the link."""
    return {
        "event": matter.why.value,
        "at": from_us(matter.at).isoformat(),
        "alert": {
            "id": matter.alert_id, "entity": matter.entity, "name": {"zh": matter.name_zh, "en": matter.name_en},
            "rule": matter.rule, "indicator": matter.indicator,
        },
        "light": matter.light.value,
        "text": {"zh": matter.reason_zh, "en": matter.reason_en},
        "short": short_zh(matter),
        "link": matter.link,
    }  # fmt: skip


def draft(matter: Matter, to: Recipient) -> Draft:
    return Draft(to, title(matter), body(matter), payload(matter))


def wait_s(attempts: int, jitter: float) -> float:
    """Seconds to wait after the attempts made so far: 5 s doubled each time, at most an hour, of which jitter (0..1) takes up to half away."""
    if attempts < 1:
        raise ValueError("nothing was attempted yet")
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(attempts - 1, 20))
    return longest * (1.0 - 0.5 * min(max(jitter, 0.0), 1.0))
