"""Every template rendered for every why, for a group and for a storm, in both languages, as it was looked at.

After a change of words, `python -m tests.messages.test_message_goldens --update` writes the files anew; look at the difference before you keep it.
"""

import json
import sys
from functools import cache
from pathlib import Path

import pytest

from alerting.messages import render
from tests.messages.matters import LINK, OF_WHY, matter, several
from tricolor.domain.notifications import Draft, Recipient

GOLDEN = Path(__file__).parent / "golden"
CHANNELS = ("inbox", "dingtalk", "wecom", "feishu", "mail", "sms", "voice", "webhook", "mqtt", "apprise")
SHOWN = ("markdown", "card", "spoken", "template", "params")


def drafts(channel: str, lang: str) -> dict[str, Draft]:
    to = Recipient(channel, "x", "x")
    found = {why.value: render(channel, [matter(why=why, **more)], to, LINK, lang=lang, signature="某市发改委") for why, more in OF_WHY.items()}
    found["group of 3"] = render(channel, several(3), to, LINK, lang=lang, signature="某市发改委")
    found["group of 13"] = render(channel, several(13), to, LINK, lang=lang, signature="某市发改委")
    found["storm of 60"] = render(channel, several(60), to, "", lang=lang, signature="某市发改委")
    found["test"] = render(channel, [matter()], to, "", lang=lang, signature="某市发改委", is_test=True)
    return found


def written(channel: str, lang: str) -> str:
    parts = []
    for name, draft in drafts(channel, lang).items():
        said = [f"======== {name}", f"title: {draft.title}", draft.text]
        said += [f"---- {key}\n{_said(draft.payload[key])}" for key in SHOWN if key in draft.payload]
        if channel in ("webhook", "mqtt") and name in ("ESCALATED", "group of 3"):
            said.append(f"---- payload\n{json.dumps(draft.payload, ensure_ascii=False, indent=1, sort_keys=True)}")
        parts.append("\n".join(said))
    return "\n\n".join(parts) + "\n"


def pages(lang: str) -> dict[str, str]:
    found = drafts("mail", lang)
    return {f"mail.{lang}.one.html": str(found["ESCALATED"].payload["html"]), f"mail.{lang}.group.html": str(found["group of 13"].payload["html"])}


@cache
def all_files() -> dict[str, str]:
    found = {f"{channel}.{lang}.txt": written(channel, lang) for channel in CHANNELS for lang in ("zh", "en")}
    for lang in ("zh", "en"):
        found |= {name: page + "\n" for name, page in pages(lang).items()}
    return found


def _said(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


@pytest.mark.parametrize("name", sorted(all_files()))
def test_the_words_are_those_that_were_looked_at(name: str) -> None:
    assert (GOLDEN / name).read_text(encoding="utf-8") == all_files()[name]


def test_no_golden_file_is_of_a_template_that_is_no_more() -> None:
    assert sorted(path.name for path in GOLDEN.iterdir()) == sorted(all_files())


if __name__ == "__main__" and "--update" in sys.argv:
    for name, text in all_files().items():
        (GOLDEN / name).write_text(text, encoding="utf-8")
