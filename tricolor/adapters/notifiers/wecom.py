"""Channel "wecom": group robots of 企业微信. The key in the address is all the protection there is; codes come inside HTTP 200."""

from tricolor.adapters.notifiers.robots import OPEN, RobotChannel, RobotPlace, cut_bytes, link, markdown, title
from tricolor.ports import Outgoing

TEXT_MAX_BYTES = 2048  # of the type text, half of markdown's
CARD_WORDS_MAX = 112  # of a card's lower text


class WecomRobots(RobotChannel):
    """A card with a button for one matter, markdown for several; a red that names people by mobile number is text, as only text can name them."""

    channel = "wecom"

    def request(self, robot: RobotPlace, message: Outgoing, now_s: int) -> tuple[str, dict[str, object]]:
        where = link(message)
        short = str(message.payload.get("card") or "")
        if robot.at_mobiles and message.light == "red":
            words = cut_bytes(f"{title(message)}\n{message.text}", TEXT_MAX_BYTES)
            return robot.url, {"msgtype": "text", "text": {"content": words, "mentioned_mobile_list": list(robot.at_mobiles)}}
        if where and short and len(short) <= CARD_WORDS_MAX:
            return robot.url, {"msgtype": "template_card", "template_card": _card(title(message), short, where)}
        button = f"\n\n[{OPEN}]({where})" if where else ""
        return robot.url, {"msgtype": "markdown", "markdown": {"content": markdown(message, self._max_bytes - len(button.encode())) + button}}


def _card(head: str, words: str, where: str) -> dict[str, object]:
    return {
        "card_type": "text_notice",
        "source": {"desc": "红黄绿用能预警"},
        "main_title": {"title": head},
        "sub_title_text": words,
        "jump_list": [{"type": 1, "url": where, "title": OPEN}],
        "card_action": {"type": 1, "url": where},
    }
