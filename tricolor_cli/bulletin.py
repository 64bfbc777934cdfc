"""`tricolor bulletin`: make, list, show, review, return, issue, withdraw and export bulletins (预警通报)."""

from pathlib import Path
from typing import Annotated

import typer

from tricolor.domain.bulletin_states import BulletinAction
from tricolor_cli.common import AsJson, Data, KeyFile

bulletin_app = typer.Typer(help="预警通报 · Bulletins: draft, sign-off, issue, files", no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="ID", help="通报编号 · id of the bulletin, see `tricolor bulletin list`")]
Who = Annotated[str, typer.Option("--who", help="由谁 · who; printed in the bulletin and kept in the audit")]
Reason = Annotated[str, typer.Option("--reason", help="理由，须写明 · why; needed")]
Seen = Annotated[int | None, typer.Option("--revision", help="您所见的稿次，他人改动过则不办 · the revision you saw: refused when it is another one")]
Out = Annotated[Path | None, typer.Option("--out", help="另存文件的目录 · folder to write .docx, .pdf and .xlsx into")]
Step = Annotated[str, typer.Option("--comment", help="批注 · a comment kept with the step")]


@bulletin_app.command("make")
def make(
    period: Annotated[str, typer.Option("--period", help="期间 · month or quarter: 2026-10, 2026Q3")],
    area: Annotated[str, typer.Option("--area", help="市、县区或园区 · city, region or park; default the city")] = "",
    corrects: Annotated[int | None, typer.Option("--corrects", help="更正哪一份已签发的 · id of the issued bulletin that this one corrects")] = None,
    who: Who = "", out: Out = None, as_json: AsJson = False, key_file: KeyFile = None, data: Data = None,
) -> None:  # fmt: skip
    """拟稿：按期末口径取数 · Draft a bulletin from the facts at the period's end."""
    from tricolor_cli import bulletin_now  # noqa: PLC0415 - the whole judging, which other commands do not need

    bulletin_now.make(bulletin_now.Order(period, area, corrects, who, out), as_json, key_file, data)


@bulletin_app.command("list")
def list_bulletins(
    period: Annotated[str, typer.Option("--period", help="只列此期间 · only of this period")] = "",
    state: Annotated[str, typer.Option("--state", help="draft | reviewed | issued | withdrawn")] = "",
    as_json: AsJson = False, data: Data = None,
) -> None:  # fmt: skip
    """列出通报，新的在前 · All bulletins, newest first."""
    from tricolor_cli import bulletin_now  # noqa: PLC0415 - as above

    bulletin_now.listed(period, state, as_json, data)


@bulletin_app.command("show")
def show(number: Number, as_json: AsJson = False, data: Data = None) -> None:
    """一份通报的内容、进程和校验值 · One bulletin: what it says, every step, its digest; --json: the frozen facts."""
    from tricolor_cli import bulletin_now  # noqa: PLC0415 - as above

    bulletin_now.show(number, as_json, data)


@bulletin_app.command("refresh")
def refresh(number: Number, who: Who = "", revision: Seen = None, as_json: AsJson = False, data: Data = None) -> None:
    """草稿重新取数 · Gather a draft's facts again."""
    _step(number, BulletinAction.REFRESHED, who, "", revision, as_json, data)


@bulletin_app.command("review")
def review(number: Number, who: Who, comment: Step = "", revision: Seen = None, as_json: AsJson = False, data: Data = None) -> None:
    """审核通过 · Reviewed."""
    _step(number, BulletinAction.REVIEWED, who, comment, revision, as_json, data)


@bulletin_app.command("return")
def return_(number: Number, who: Who, reason: Reason, revision: Seen = None, as_json: AsJson = False, data: Data = None) -> None:
    """退回草稿 · Back to draft, with the reason."""
    _step(number, BulletinAction.RETURNED, who, reason, revision, as_json, data)


@bulletin_app.command("issue")
def issue(number: Number, who: Who, comment: Step = "", revision: Seen = None, as_json: AsJson = False, data: Data = None) -> None:
    """签发：编文号、定稿、存档 · Issue: number, facts and files are frozen."""
    _step(number, BulletinAction.ISSUED, who, comment, revision, as_json, data)


@bulletin_app.command("withdraw")
def withdraw(number: Number, who: Who, reason: Reason, revision: Seen = None, as_json: AsJson = False, data: Data = None) -> None:
    """撤回；文号不再使用 · Withdraw, with the reason; the number is not given again."""
    _step(number, BulletinAction.WITHDRAWN, who, reason, revision, as_json, data)


@bulletin_app.command("comment")
def comment(
    number: Number, who: Who, text: Annotated[str, typer.Argument(help="批注 · the comment")], as_json: AsJson = False, data: Data = None
) -> None:  # fmt: skip
    """批注 · Comment on it."""
    _step(number, BulletinAction.COMMENTED, who, text, None, as_json, data)


@bulletin_app.command("export")
def export(
    number: Number, out: Annotated[Path, typer.Option("--out", help="目录 · folder")] = Path(),
    only: Annotated[str, typer.Option("--format", help="docx | pdf | xlsx; default all")] = "", as_json: AsJson = False, data: Data = None,
) -> None:  # fmt: skip
    """另存 .docx .pdf .xlsx · Write the files: of an issued one those that were frozen."""
    from tricolor_cli import bulletin_now  # noqa: PLC0415 - as above

    bulletin_now.export(number, out, only, as_json, data)


def _step(number: int, action: BulletinAction, who: str, text: str, revision: int | None, as_json: bool, data: Path | None) -> None:
    from tricolor_cli import bulletin_now  # noqa: PLC0415 - as above

    bulletin_now.step(number, action, who, text, revision, as_json, data)
