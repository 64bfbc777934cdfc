"""The ways to people that are set: whether an address can be told at all. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

INBOX: Final = "inbox"
# the table of the channel settings that brings each channel into being
TABLES: Final[Mapping[str, str]] = {
    "sms": "[sms]", "mail": "[mail]", "wecom": "[robots.NAME]", "dingtalk": "[robots.NAME]", "feishu": "[robots.NAME]",
    "webhook": "[webhooks.NAME]", "mqtt": "[mqtt_notify]", "voice": "[voice]", "apprise": "[apprise.NAME]",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ways:
    """named: by channel the names that an address may have there, None where any address will do; the inbox is always there."""

    named: Mapping[str, frozenset[str] | None] = field(default_factory=dict)

    @property
    def channels(self) -> tuple[str, ...]:
        return (INBOX, *sorted(self.named))

    def reaches(self, channel: str, address: str) -> bool:
        if channel == INBOX:
            return True
        names = self.named.get(channel, frozenset())
        return names is None or "://" in address or _name(address) in names  # a whole URL: of before there were names, the channel knows it

    def fault(self, channel: str, address: str) -> tuple[str, str]:
        """Why nobody can be told there and what mends it, in Chinese and English; ("", "") where somebody can."""
        if self.reaches(channel, address):
            return "", ""
        there = "、".join(self.channels)
        if channel not in TABLES:
            return f"没有渠道 {channel}，已配置的有：{there}", f"there is no channel {channel!r}; configured: {there}"
        names = self.named.get(channel)
        table = TABLES[channel]
        if names is None:
            return (
                f"渠道 {channel} 没有配置：在 TRICOLOR_CHANNELS 的文件中写 {table} 并重启，或换一个渠道（已配置：{there}）",
                f"channel {channel} is not configured: write {table} into the file of TRICOLOR_CHANNELS and restart, or choose another of {there}",
            )
        known = "、".join(sorted(names))
        return (
            f"渠道 {channel} 中没有 {address}，有：{known}（TRICOLOR_CHANNELS 的 {table}）",
            f"channel {channel} has no {address!r}; it has {known} ({table} of TRICOLOR_CHANNELS)",
        )


def _name(address: str) -> str:
    """Without what stands before the name: robot:, webhook:, apprise:."""
    return address.partition(":")[2] or address
