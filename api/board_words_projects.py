"""How projects and cleaner-production audits are said to people."""

from typing import Final

STATES: Final[dict[str, tuple[str, str]]] = {
    "planned": ("拟建", "planned"),
    "approved": ("已立项", "approved"),
    "building": ("在建", "under construction"),
    "commissioned": ("已投产", "commissioned"),
    "verified": ("已核定", "verified"),
    "stopped": ("已停止", "stopped"),
}
STEPS: Final[dict[str, tuple[str, str]]] = {
    "listed": ("已列入名单", "listed"),
    "started": ("已启动", "started"),
    "reported": ("已提交报告", "reported"),
    "assessed": ("已通过评估", "assessed"),
    "accepted": ("已通过验收", "accepted"),
    "withdrawn": ("已移出名单", "withdrawn"),
}
FIELDS: Final[dict[str, tuple[str, str]]] = {
    "id": ("编号", "id"),
    "entity": ("责任单位", "unit"),
    "name_cn": ("项目名称", "name"),
    "name_en": ("英文名称", "English name"),
    "plan": ("规划", "plan"),
    "section": ("类别", "section"),
    "due": ("拟建成投产", "due"),
    "expected_tce": ("预计节能量", "expected saving"),
    "investment_cny_10k": ("总投资", "investment"),
    "state": ("状态", "state"),
    "commissioned": ("投产日期", "commissioned on"),
    "needs_monitoring": ("同步在线监测", "online monitoring"),
    "saving_entity": ("计量单位", "whose energy is compared"),
    "baseline_tce": ("基准能耗", "baseline"),
    "verified_tce": ("核定节能量", "verified saving"),
    "is_mandatory": ("强制性", "mandatory"),
    "listed_on": ("名单公布", "listed on"),
    "started_on": ("启动", "started on"),
    "reported_on": ("报告", "reported on"),
    "assessed_on": ("评估", "assessed on"),
    "accepted_on": ("验收", "accepted on"),
    "document": ("文号", "document"),
    "note": ("备注", "note"),
    "author": ("姓名", "your name"),
    "reason": ("理由", "reason"),
}
DONE: Final[dict[str, tuple[str, str]]] = {
    "kept": ("已记入台账，判定将在片刻后按此更新。", "Entered into the register. Lights follow within moments."),
    "adopted": ("已按规划纳入台账。", "Taken over from the plan."),
    "imported": ("表格已全部收下，判定将在片刻后按此更新。", "The whole sheet is taken. Lights follow within moments."),
}
NO_SECTION: Final = ("其他项目", "Other projects")
