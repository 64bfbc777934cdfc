"""Channel "feishu": group robots of 飞书, signed in the body: time [s] and base64(HMAC-SHA256(time + newline + secret, nothing))."""

import base64
import hashlib
import hmac
import json

from tricolor.adapters.notifiers.robots import OPEN, RobotChannel, RobotPlace, link, markdown, title
from tricolor.ports import Outgoing

COLOURS = {"red": "red", "orange": "orange", "yellow": "yellow", "green": "green"}


class FeishuRobots(RobotChannel):
    """An interactive card whose head has the light's colour, with one button."""

    channel = "feishu"
    code_key, words_key = "code", "msg"

    def request(self, robot: RobotPlace, message: Outgoing, now_s: int) -> tuple[str, dict[str, object]]:
        proof: dict[str, object] = {"timestamp": str(now_s), "sign": sign(robot.secret, now_s)} if robot.secret else {}
        room = min(self._max_bytes, len(markdown(message, self._max_bytes).encode()))
        while True:  # the bound is on the whole body, so the words give way; escapes of JSON may double them, hence more than one round
            body: dict[str, object] = {**proof, "msg_type": "interactive", "card": _card(message, room)}
            over = len(json.dumps(body, ensure_ascii=False).encode()) - self._max_bytes
            if over <= 0 or room < 256:
                return robot.url, body
            room = max(room // 2, room - over) if room - over > 0 else room // 2


def sign(secret: str, now_s: int) -> str:
    """The key of the HMAC is time and secret together, and it is taken over nothing: Feishu's way, not DingTalk's."""
    return base64.b64encode(hmac.new(f"{now_s}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def _card(message: Outgoing, room: int) -> dict[str, object]:
    where = link(message)
    elements: list[dict[str, object]] = [{"tag": "div", "text": {"tag": "lark_md", "content": markdown(message, room)}}]
    if where:
        button = {"tag": "button", "text": {"tag": "plain_text", "content": OPEN}, "type": "primary", "url": where}
        elements.append({"tag": "action", "actions": [button]})
    head = {"title": {"tag": "plain_text", "content": title(message)}, "template": COLOURS.get(message.light, "grey")}
    return {"config": {"wide_screen_mode": True}, "header": head, "elements": elements}
