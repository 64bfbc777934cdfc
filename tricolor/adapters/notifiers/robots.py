"""What the group robots of WeCom, DingTalk and Feishu share: addresses by name, an answer whose body holds the code, words cut to their size."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tricolor.adapters.notifiers.http_post import Posted, client, failed, post, secrets_in
from tricolor.domain.channel_facts import ErrorTable
from tricolor.domain.delivery import Accepted, Answer, ErrorClass, Failed
from tricolor.domain.intervals import SECOND_US
from tricolor.domain.markdown_words import harmless
from tricolor.ports import Outgoing

REFERENCE: Final = "robot:"
REPEAT: Final = "（可能重复）"
OPEN: Final = "查看并知悉"
TITLE_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class RobotPlace:
    """One robot. url: whole, with its key; secret: of the signature, "" for none; at_mobiles: who is named in a red message."""

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    at_mobiles: tuple[str, ...] = ()
    timeout_s: float = 5.0


class RobotChannel(ABC):
    """Channel over the robots of one kind. A message's address is "robot:<name>" (or the name alone) as the settings have it."""

    channel: str
    code_key: str = "errcode"
    words_key: str = "errmsg"

    def __init__(self, robots: Mapping[str, RobotPlace], errors: ErrorTable, max_bytes: int, clock: Callable[[], int]) -> None:
        self._robots, self._errors, self._max_bytes, self._clock = dict(robots), errors, max_bytes, clock
        self._clients = {name: client(robot.timeout_s) for name, robot in self._robots.items()}

    def send(self, message: Outgoing) -> Answer:
        """Accepted when the body's code is 0. A refusal inside HTTP 200 is Failed; an unreadable answer is UNKNOWN."""
        name = message.address.removeprefix(REFERENCE)
        robot = self._robots.get(name)
        if robot is None:
            return Failed(
                ErrorClass.FINAL, "address", f"没有 {self.channel} 机器人 {name[:64]!r}，检查 TRICOLOR_CHANNELS 的 [robots.…] · no such robot"
            )
        secrets = secrets_of(robot)
        url, body = self.request(robot, message, self._clock() // SECOND_US)
        answer = post(self._clients[name], url, json.dumps(body, ensure_ascii=False).encode(), {}, secrets)
        return answer if isinstance(answer, Failed) else self._judge(answer, secrets)

    @abstractmethod
    def request(self, robot: RobotPlace, message: Outgoing, now_s: int) -> tuple[str, dict[str, object]]:
        """The signed address and the body; now_s: seconds since 1970."""

    def close(self) -> None:
        for one in self._clients.values():
            one.close()

    def _judge(self, answer: Posted, secrets: tuple[str, ...]) -> Answer:
        said = _object(answer.body)
        code = said.get(self.code_key)
        words = str(said.get(self.words_key) or "")
        is_said = isinstance(code, int) and not isinstance(code, bool)
        if is_said and code != 0:
            return failed(self._errors, str(code), words, secrets, answer.wait_s)
        if not 200 <= answer.status < 300:
            return failed(self._errors, f"http.{answer.status}", words, secrets, answer.wait_s)
        if is_said:
            return Accepted(f"{self.code_key} 0")
        return Failed(ErrorClass.UNKNOWN, "answer", f"答复中没有 {self.code_key}，不知是否送达 · the answer holds no {self.code_key}")


def secrets_of(robot: RobotPlace) -> tuple[str, ...]:
    """What must stand in no word: address, key and secret."""
    key = robot.url.rpartition("=")[2] if "=" in robot.url else robot.url.rpartition("/")[2]
    return tuple(s for s in (*secrets_in(robot.url), robot.secret, key) if s)


def markdown(message: Outgoing, max_bytes: int) -> str:
    """The message's markdown (its plain text, with no sign in force, where it has none), marked when it may be a repeat, cut to the size."""
    text = str(message.payload.get("markdown") or "\n\n".join(harmless(line) for line in message.text.splitlines()))
    return cut_bytes(f"{REPEAT}\n\n{text}" if message.is_possible_repeat else text, max_bytes)


def title(message: Outgoing) -> str:
    text = f"{REPEAT}{message.title}" if message.is_possible_repeat else message.title
    return text if len(text) <= TITLE_MAX else f"{text[: TITLE_MAX - 1]}…"


def link(message: Outgoing) -> str:
    found = message.payload.get("link")
    return found if isinstance(found, str) and found.startswith(("http://", "https://")) else ""


def cut_bytes(text: str, max_bytes: int) -> str:
    """At most so many bytes of UTF-8, cut between characters, with an ellipsis."""
    raw = text.encode()
    return text if len(raw) <= max_bytes else raw[: max(0, max_bytes - 3)].decode(errors="ignore") + "…"


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
