"""Channel "dingtalk": group robots of 钉钉, signed (加签): time [ms] and base64(HMAC-SHA256(secret, time + newline + secret)) in the address."""

import base64
import hashlib
import hmac
from urllib.parse import quote_plus

from tricolor.adapters.notifiers.robots import OPEN, RobotChannel, RobotPlace, link, markdown, title
from tricolor.ports import Outgoing


class DingtalkRobots(RobotChannel):
    """An action card with one button; markdown where people are named by mobile number, as cards name nobody."""

    channel = "dingtalk"

    def request(self, robot: RobotPlace, message: Outgoing, now_s: int) -> tuple[str, dict[str, object]]:
        return signed(robot.url, robot.secret, now_s * 1000), self._body(robot, message)

    def _body(self, robot: RobotPlace, message: Outgoing) -> dict[str, object]:
        where, text = link(message), markdown(message, self._max_bytes)
        if where and not (robot.at_mobiles and message.light == "red"):
            card = {"title": title(message), "text": text, "singleTitle": OPEN, "singleURL": where}
            return {"msgtype": "actionCard", "actionCard": card}
        named = robot.at_mobiles if message.light == "red" else ()
        people = "\n\n" + " ".join(f"@{mobile}" for mobile in named) if named else ""
        button = f"\n\n[{OPEN}]({where})" if where else ""
        content = {"title": title(message), "text": text + button + people}
        return {"msgtype": "markdown", "markdown": content, "at": {"atMobiles": list(named), "isAtAll": False}}


def signed(url: str, secret: str, now_ms: int) -> str:
    """The address with time and signature; as it is without a secret."""
    if not secret:
        return url
    digest = hmac.new(secret.encode(), f"{now_ms}\n{secret}".encode(), hashlib.sha256).digest()
    return f"{url}{'&' if '?' in url else '?'}timestamp={now_ms}&sign={quote_plus(base64.b64encode(digest))}"
