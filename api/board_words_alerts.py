"""How pages say what happens to alerts, notices and messages."""

from collections.abc import Mapping
from typing import Final

ALERT_WHYS: Final[Mapping[str, tuple[str, str]]] = {
    "OPENED": ("告警产生", "Opened"),
    "WORSENED": ("升级加重", "Worsened"),
    "EASED": ("有所缓解", "Eased"),
    "RESOLVED": ("恢复正常", "Resolved"),
    "STALE": ("数据中断，等级保留", "Data gone, level kept"),
    "FRESH": ("数据恢复", "Data back"),
    "ACKED": ("已知悉", "Acknowledged"),
    "UNACKED": ("知悉过期，仍未恢复", "Acknowledgement expired"),
    "REPEATED": ("再次提醒", "Reminded"),
    "ESCALATED": ("逐级上报", "Escalated"),
    "COMMENTED": ("处理说明", "Comment"),
    "FORWARDED": ("转交", "Forwarded"),
    "CLOSED": ("人工关闭", "Closed by hand"),
    "CORRECTED": ("数据更正", "Corrected"),
    "RECOVERING": ("恢复观察中", "Recovering"),
    "RELAPSED": ("再次越限", "Bad again"),
}
MESSAGE_STATES: Final[Mapping[str, tuple[str, str]]] = {
    "queued": ("待发送", "queued"),
    "sending": ("发送中", "sending"),
    "accepted": ("已受理", "accepted"),
    "handed_over": ("已交出", "handed over"),
    "delivered": ("已送达", "delivered"),
    "undelivered": ("未送达", "not delivered"),
    "dead": ("发送失败", "given up"),
    "superseded": ("已被取代", "superseded"),
}
NOTICE_STATES: Final[Mapping[str, tuple[str, str]]] = {
    "waiting": ("等待中", "waiting"),
    "muted": ("已静默", "muted"),
    "superseded": ("已被取代", "superseded"),
    "dropped": ("不再发送", "dropped"),
    "grouped": ("已并入消息", "in a message"),
}
ALERT_CHANNELS: Final[Mapping[str, tuple[str, str]]] = {
    "inbox": ("手机", "phone"),
    "webhook": ("网络回调", "webhook"),
    "duty": ("值班室", "Duty desk"),
    "sms": ("短信", "SMS"),
    "aliyun_sms": ("短信（阿里云）", "SMS (Aliyun)"),
    "tencent_sms": ("短信（腾讯云）", "SMS (Tencent)"),
    "wecom": ("企业微信", "WeCom"),
    "dingtalk": ("钉钉", "DingTalk"),
    "feishu": ("飞书", "Feishu"),
    "mail": ("邮件", "mail"),
    "mqtt": ("MQTT", "MQTT"),
    "voice": ("语音电话", "voice call"),
    "apprise": ("其他渠道", "other channel"),
}
CONDITIONS: Final[Mapping[str, tuple[str, str]]] = {
    "pending": ("持续观察", "pending"),
    "firing": ("告警中", "firing"),
    "recovering": ("恢复观察", "recovering"),
    "resolved": ("已恢复", "resolved"),
}
MUTED_BY: Final[Mapping[str, tuple[str, str]]] = {
    "silence": ("静默", "silence"),
    "maintenance": ("检修窗口", "maintenance window"),
    "inhibited": ("被同一单位更重的告警抑制，告警", "inhibited by alert"),
    "storm": ("消息过多，已汇总", "storm, summed up"),
    "quota": ("当日条数已满", "quota used up"),
    "quiet": ("免打扰时段", "quiet hours"),
}
