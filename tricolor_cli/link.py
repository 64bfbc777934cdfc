"""`tricolor link`: the secret behind the links that messages carry to phones."""

from typing import Annotated

import typer

from tricolor.adapters.ledger.link_keys import LinkKeysSql
from tricolor.domain.errors import TricolorError
from tricolor_cli.common import Data, now_us, open_ledger, settings_at, who

link_app = typer.Typer(help="手机链接 · The signed links in messages: renew their secret.", no_args_is_help=True)


@link_app.callback()
def _links() -> None:
    """手机链接 · The signed links in messages."""


@link_app.command("rotate")
def rotate(
    drop: Annotated[
        bool, typer.Option("--drop", help="已发出的链接立即失效 · links that are out die at once (a phone was lost, a log leaked)")
    ] = False,
    data: Data = None,
) -> None:
    """Sign new links with a new secret. Services that run take it up at once; the secret is never shown."""
    try:
        with open_ledger(settings_at(data)) as ledger:
            keys = LinkKeysSql(ledger)
            if drop:
                keys.revoke(now_us(), who())
                typer.echo("已更换，此前发出的链接全部失效 · renewed; every link sent before is dead")
            else:
                keys.rotate(now_us(), who())
                typer.echo("已更换，此前发出的链接到期前仍可打开 · renewed; links sent before open until they expire")
    except TricolorError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
