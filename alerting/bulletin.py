"""The bulletin (预警通报) as a document: the same facts and sign-offs always give the same document. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from alerting import bulletin_tables as tables
from tricolor.domain.bulletin_states import Bulletin, BulletinAction, BulletinState
from tricolor.domain.bulletins import BulletinFacts, UnitLine, counted_zh
from tricolor.domain.documents import Block, Document, Heading, Paragraph, SignOff
from tricolor.domain.frozen_json import thawed
from tricolor.domain.intervals import local_day
from tricolor.domain.lights import LIGHT_CN, Light

ROLES = ("拟稿", "审核", "签发")
DRAFT_MARK = "草稿"
MARKS = {BulletinState.DRAFT: DRAFT_MARK, BulletinState.REVIEWED: "待签发", BulletinState.ISSUED: "", BulletinState.WITHDRAWN: "已撤回"}
NAMED = 6  # names in a sentence


@dataclass(frozen=True, slots=True)
class Signed:
    """Who did what, and when [YYYY-MM-DD]; "" while open."""

    drafted: tuple[str, str] = ("", "")
    reviewed: tuple[str, str] = ("", "")
    issued: tuple[str, str] = ("", "")


def document_of(bulletin: Bulletin, corrected_number: str = "") -> Document:
    """The bulletin as it now stands. corrected_number: of the one that it corrects."""
    facts = thawed(BulletinFacts, bulletin.facts)
    return compose(facts, signed_of(bulletin), bulletin.number, MARKS[bulletin.state], bulletin.digest, corrected_number)


def signed_of(bulletin: Bulletin) -> Signed:
    """The newest step of each kind; what came before the draft was returned counts no more."""
    returned = bulletin.last(BulletinAction.RETURNED)
    found = []
    for action in (BulletinAction.DRAFTED, BulletinAction.REVIEWED, BulletinAction.ISSUED):
        step = bulletin.last(action)
        is_void = step is not None and returned is not None and action is not BulletinAction.DRAFTED and step.revision < returned.revision
        found.append(("", "") if step is None or is_void else (step.who, local_day(step.at).isoformat()))
    return Signed(*found)


def compose(facts: BulletinFacts, signed: Signed, number: str, mark: str, digest: str = "", corrected_number: str = "") -> Document:
    """The whole document. number "": not issued yet; mark: printed across, "" for none; digest: of the frozen facts."""
    blocks: list[Block] = []
    if corrected_number:
        blocks.append(Paragraph(f"本通报更正{corrected_number}，原通报自本通报签发之日起停止使用。"))
    for title, part in (
        ("总体情况", _overall), ("红黄绿灯情况", tables.lights), ("能源消费变化及原因", tables.moves), ("预警及处置情况", tables.alerts),
        ("供热管网与污染物排放", tables.heat_and_pollutants), ("年底预测", tables.forecast), ("数据质量", tables.quality),
        ("工作要求", tables.measures),
    ):  # fmt: skip
        blocks += [Heading(f"{NUMERALS[sum(isinstance(b, Heading) and b.level == 1 for b in blocks)]}、{title}"), *part(facts)]
    sign_offs = tuple(SignOff(role, *said) for role, said in zip(ROLES, (signed.drafted, signed.reviewed, signed.issued), strict=True))
    return Document(
        title=title_of(facts), number=number, issuer=facts.form.issuer, to=facts.form.to, day=signed.issued[1], blocks=tuple(blocks),
        sign_offs=sign_offs, mark=mark, digest=digest, period=facts.period_name,
        head=facts.form.head, copied_to=facts.form.copied_to,
    )  # fmt: skip


NUMERALS = "一二三四五六七八九十"


def title_of(facts: BulletinFacts) -> str:
    """E.g. 钦州市2026年10月用能预警通报."""
    return f"{facts.area_name}{facts.period_name}{facts.form.title}"


def _overall(facts: BulletinFacts) -> list[Block]:
    own = facts.own
    found: list[Block] = [Paragraph("".join(_about_area(facts, own)))]
    inside = [u for u in facts.areas if u.id != facts.area]
    if inside:
        found.append(Paragraph(f"{len(inside)}个县区和园区中：{counted_zh(u.light for u in inside)}。{_named(inside, '地区')}"))
    members = facts.members
    before = counted_zh(u.before for u in members)
    found.append(Paragraph(
        f"纳入监测的{len(members)}家单位中：{counted_zh(u.light for u in members)}（{facts.period_before}末：{before}）。{_changed(members)}"
    ))  # fmt: skip
    if facts.plan.status == "illustrative":
        found.append(Paragraph(f"说明：所依目标取自“{facts.plan.name}”，为示例数据，不具约束力。"))
    if facts.provisional:
        found.append(Paragraph("以下各项为暂定：" + "；".join(facts.provisional) + "。"))
    return found


def _about_area(facts: BulletinFacts, own: UnitLine) -> list[str]:
    words = [f"{facts.period_name}末，{facts.area_name}预警等级为{LIGHT_CN[own.light]}色"]
    if facts.form.opening:
        words.append(f"，节能{facts.form.opening}" if not facts.form.opening.startswith("数据") else f"：{facts.form.opening}")
    words.append(f"。{own.reason}。")
    if own.tce is not None:
        words.append(f"本期能源消费{own.tce:,.0f}吨标准煤（等价值，扣减后）")
        words.append(f"，同比{_moved(own.tce, own.before_tce)}" if own.before_tce else "")
        words.append("；" if own.year_tce is not None else "。")
    if own.year_tce is not None:
        words.append(f"1月以来累计{own.year_tce:,.0f}吨标准煤")
        words.append(f"，同比{_moved(own.year_tce, own.year_before_tce)}" if own.year_before_tce else "")
        words.append(f"，允许增长{own.growth_allowed:.2%}。" if own.growth_allowed is not None else "。")
    return words


def _moved(now: float, before: float | None) -> str:
    if not before or before <= 0:
        return "无可比数"
    share = now / before - 1
    return "持平" if abs(share) < 5e-5 else f"{'增长' if share > 0 else '下降'}{abs(share):.2%}"


def _named(lines: Sequence[UnitLine], what: str) -> str:
    """The red and yellow ones by name."""
    found = []
    for light in (Light.RED, Light.ORANGE, Light.YELLOW):
        mine = [u.name for u in lines if u.light is light]
        if mine:
            found.append(f"{LIGHT_CN[light]}色{what}：{'、'.join(mine[:NAMED])}{'等' if len(mine) > NAMED else ''}")
    return "；".join(found) + ("。" if found else "")


def _changed(lines: Sequence[UnitLine]) -> str:
    worse, better = [u for u in lines if u.is_worse], [u for u in lines if u.is_better]
    words = [
        f"{what}{len(mine)}家（{'、'.join(f'{u.name}由{LIGHT_CN[u.before]}转{LIGHT_CN[u.light]}' for u in mine[:NAMED] if u.before)}）"
        for what, mine in (("转差", worse), ("转好", better)) if mine
    ]  # fmt: skip
    return "；".join(words) + ("。" if words else "")
