"""What the phone page says after an act, of a form that lacks something, and where a link does not open."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Failure:
    """title, text: in Chinese and English; the text says what to do."""

    status: int
    title: tuple[str, str]
    text: tuple[str, str]


DONE: Final[Mapping[str, tuple[str, str]]] = {
    "ack": ("已记录：您已知悉。", "Recorded: you have acknowledged it."),
    "work": ("已记录：处理情况已写入经过。", "Recorded: what you are doing is in the timeline."),
    "forward": ("已转交，对方将收到消息。", "Forwarded; they will get a message."),
    "resolved": ("告警已恢复，无需再确认。", "It is resolved already; nothing to acknowledge."),
}
FAULTS: Final[Mapping[str, tuple[str, str]]] = {
    "name": ("请填写您的姓名。", "Please write your name."),
    "text": ("请写明处理情况。", "Please write what is being done."),
    "to": ("请选择转交给谁。", "Please choose whom to forward it to."),
    "long": ("文字过长，请控制在 500 字以内。", "Too long: 500 characters at most."),
}
PROBLEMS: Final[Mapping[str, Failure]] = {
    "wrong": Failure(
        404, ("链接无效", "This link is not valid"),
        ("链接可能没有复制完整。请从收到的消息中重新点开；仍打不开，请联系值班室，或在电脑上登录看板处理。",
         "It may not be complete. Open it again from the message; if that fails, call the duty desk or use the wallboard on a computer."),
    ),
    "ended": Failure(
        410, ("链接已失效", "This link has ended"),
        ("链接有有效期，更换联系人后也会失效。请打开最近一条消息中的链接，或联系值班室、在电脑上登录看板处理。",
         "Links end after some days, and when a contact changes. Open the newest message's link, call the duty desk, or use the wallboard."),
    ),
    "often": Failure(
        429, ("操作过于频繁", "Too many tries"),
        ("请等一分钟再试。", "Please wait a minute and try again."),
    ),
    "foreign": Failure(
        403, ("请求被拒绝", "Refused"),
        ("请求不是从本页面发出的。请从消息中重新打开链接，在页面上操作。", "This did not come from the page itself: open the link again and use it."),
    ),
    "gone": Failure(
        404, ("没有找到", "Not found"),
        ("所选的联系人已不在登记中。请返回重新选择。", "The chosen contact is no longer registered. Go back and choose again."),
    ),
    "over": Failure(
        409, ("现状不允许", "Not possible as things stand"),
        ("告警可能刚刚恢复或已关闭。请重新打开链接查看现状。", "It may have been resolved or closed just now. Open the link again."),
    ),
    "busy": Failure(
        503, ("暂时打不开", "Not available for the moment"),
        ("后台正忙，请一分钟后重试。您还没有留下任何记录。", "The system is busy; try again in a minute. Nothing was recorded."),
    ),
}  # fmt: skip
