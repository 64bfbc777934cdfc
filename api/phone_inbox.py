"""Links inside the messages of the built-in phone: they act in a contact's name, so only who may act sees them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from api.security import View
from tricolor.domain.access import KeyKind
from tricolor.ports import InboxItem

_LINK: Final = re.compile(r"[^\s\"'<>（）]*(/a/[A-Za-z0-9_-]{8,23}\.[A-Za-z0-9_-]{16})", re.ASCII)

FOREIGN: Final = "消息涉及其他单位，仅收件人可见 · tells of other units too: for its recipient only"

_ASKED: Final = re.compile(rf"(?:查看并知悉|查看详情|Look and acknowledge:|Look:)?\s*{_LINK.pattern}", re.ASCII)  # words: tricolor/catalogue/messages


def link_in(text: str) -> str:
    """The path of the page that a message's text leads to; "" where it has none."""
    found = _LINK.search(text)
    return found[1] if found is not None else ""


def seen_text(text: str, view: View) -> str:
    """The text as the reader may have it: a reading key looks and acts for nobody, so it gets no link, its own unit's neither."""
    return text if view.caller.kind is KeyKind.ADMIN else without_link(text)


def seen_items(items: Sequence[InboxItem], view: View) -> list[InboxItem]:
    """The messages as the reader may have them. What tells of units beyond those of a bound key, as after a forwarding or of somebody who is on a
    department's roster too, is for its recipient alone: the key learns that it came, and opens nothing by it."""
    return [i if not view.is_bound or all(unit in view for unit in i.units) else replace(i, title=FOREIGN, text=FOREIGN) for i in items]


def without_link(text: str) -> str:
    return _ASKED.sub("", text).rstrip()
