"""Laws of the messages' words and waits. Those of the alert's state machine are in tests/alertmachine."""

from hypothesis import given
from hypothesis import strategies as st

from tricolor.domain.alerts import Why
from tricolor.domain.lights import Light
from tricolor.domain.notifications import LONGEST_WAIT_S, Matter, Recipient, body, draft, short_zh, title, wait_s


def matter(reason_zh: str = "差距4.5%", why: Why = Why.OPENED, light: Light = Light.RED) -> Matter:
    return Matter(
        7, why, light, "pubei", "浦北县", "Pubei", "pace", "能耗强度进度", "Intensity pace", "basic", reason_zh, "short", 0, "http://h/alerts/7"
    )


@given(st.text(max_size=300), st.sampled_from(list(Why)))
def test_the_short_form_fits_one_sms(reason, why):
    assert len(short_zh(matter(reason, why))) < 70


def test_the_words_say_who_what_why_and_where():
    assert title(matter()) == "红色预警·新预警：浦北县 能耗强度进度"
    assert title(matter(why=Why.RESOLVED, light=Light.GREEN)) == "预警·解除：浦北县 能耗强度进度"
    assert short_zh(matter()) == "[红]浦北县新预警：差距4.5%"
    text = body(matter())
    assert "差距4.5%" in text and "short" in text and "http://h/alerts/7" in text and "1970-01-01 08:00" in text
    sent = draft(matter(), Recipient("inbox", "li", "li"))
    assert sent.payload["event"] == "OPENED" and sent.payload["alert"]["id"] == 7 and sent.payload["text"] == {"zh": "差距4.5%", "en": "short"}


@given(st.integers(1, 1000), st.floats(0, 1))
def test_waits_grow_to_an_hour_and_no_further(attempts, jitter):
    wait = wait_s(attempts, jitter)
    assert 2.5 <= wait <= LONGEST_WAIT_S and wait <= wait_s(attempts + 1, 0.0)
    assert [wait_s(n, 0.0) for n in (1, 2, 3, 10, 11)] == [5, 10, 20, 2560, 3600]
