"""`tricolor alert deliveries`: what became of messages, whom nobody told and why, what failed for good."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.routes.deliveries import alarm_shape, delivery_shape, notice_shape
from tricolor.adapters.ledger.alerts import AlertBookSql
from tricolor.adapters.ledger.deliveries import DeliveryBookSql
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.operator_alarms import OperatorAlarmsSql
from tricolor.domain.delivery import MessageState, shown_address
from tricolor.domain.errors import Refused
from tricolor.domain.intervals import iso
from tricolor.domain.notices import NoticeRow, NoticeState
from tricolor.ports_delivery import DeliveryRecord
from tricolor_cli.common import AsJson, Data, now_us, open_ledger, settings_at, who

SHOWN = 100
STATE_ZH = {
    MessageState.QUEUED: "待发", MessageState.SENDING: "发送中", MessageState.ACCEPTED: "已提交", MessageState.HANDED_OVER: "已转交",
    MessageState.DELIVERED: "已送达", MessageState.UNDELIVERED: "未送达", MessageState.DEAD: "失败", MessageState.SUPERSEDED: "已被取代",
}  # fmt: skip


def deliveries_command(
    alert: Annotated[int | None, typer.Option("--alert", min=1, help="只看这条预警 · of this alert, with attempts and who was not told")] = None,
    state: Annotated[
        str, typer.Option("--state", help="queued | sending | accepted | handed_over | delivered | undelivered | dead | superseded")
    ] = "",
    channel: Annotated[str, typer.Option("--channel", help="渠道 · only this channel, e.g. sms")] = "",
    retry: Annotated[int | None, typer.Option("--retry", min=1, metavar="ID", help="重发失败的一条 · send a dead or undelivered one again")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """消息的去向：发给谁、到没到、为什么没到 · What became of messages: to whom, whether they arrived, why not; standing operator alarms first."""
    if state and state not in list(MessageState):
        raise Refused(f"没有状态 {state} · there is no state {state!r}; one of {', '.join(MessageState)}")
    with open_ledger(settings_at(data)) as ledger:
        book = DeliveryBookSql(ledger)
        if retry is not None:
            again = book.retry(retry, who(), now_us())
            typer.echo(f"已重新排队 queued again: {again.id} {again.channel} {shown_address(again.recipient)}")
        elif alert is not None:
            AlertBookSql(ledger).get(alert)  # NotFound
            _of_alert(*book.of_alert(alert), as_json=as_json)
        else:
            _list(ledger, book.page(state, channel, SHOWN, None), as_json=as_json)


def _list(ledger: LedgerEngine, records: list[DeliveryRecord], *, as_json: bool) -> None:
    alarms = OperatorAlarmsSql(ledger).standing()
    if as_json:
        found = {"alarms": [alarm_shape(a).model_dump() for a in alarms], "deliveries": [delivery_shape(r).model_dump(mode="json") for r in records]}
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for alarm in alarms:
        Console().print(f"[red]●[/] {alarm.text_zh}\n  {alarm.text_en}", soft_wrap=True)
    if not records:
        typer.echo("没有消息 · no messages: none was due yet, or none is in that state", err=True)
        return
    Console().print(_table(records))


def _of_alert(records: list[DeliveryRecord], notices: list[NoticeRow], *, as_json: bool) -> None:
    if as_json:
        found = {
            "deliveries": [delivery_shape(r).model_dump(mode="json") for r in records], "notices": [notice_shape(n).model_dump() for n in notices]
        }  # fmt: skip
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    console = Console()
    console.print(_table(records))
    for record in records:
        for a in record.attempts:
            console.print(f"  {record.id} {_when(a.at)} {a.result} {a.kind} {a.code} {a.detail}", soft_wrap=True, markup=False)
        for r in record.receipts:
            said = "回执：已送达 delivered" if r.is_delivered else "回执：未送达 not delivered"
            console.print(f"  {record.id} {_when(r.at)} {said} {r.code} {r.detail}", soft_wrap=True, markup=False)
    untold = [n for n in notices if n.state is not NoticeState.GROUPED]
    if untold:
        table = Table("收件人 who", "渠道 channel", "级 step", "状态 state", "原因 why not", title="未发出 · not told", title_justify="left")
        for n in untold:
            table.add_row(shown_address(n.notice.to.recipient), n.notice.to.channel, str(n.notice.step), n.state.value, n.why_not)
        console.print(table)


def _table(records: list[DeliveryRecord]) -> Table:
    table = Table("编号 id", "收件人 who", "渠道 channel", "内容 title", "状态 state", "时间 at", "原因 why not")
    for r in records:
        when = r.delivered_at or r.accepted_at or r.created_at
        repeat = " (可能重复 possible repeat)" if r.is_possible_repeat else ""
        waits = f"等待 waits for {r.waits_for} → {_when(r.next_at)}" if r.waits_for and r.state is MessageState.QUEUED else r.why_not
        table.add_row(
            str(r.id), f"{shown_address(r.recipient)}\n{shown_address(r.address)}", r.channel, r.title,
            f"{STATE_ZH[r.state]} {r.state.value}{repeat}", _when(when), waits,
        )  # fmt: skip
    return table


def _when(at: int) -> str:
    return iso(at)[:19].replace("T", " ")
