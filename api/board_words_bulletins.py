"""How bulletins are said to people."""

from typing import Final

BULLETIN_STATES: Final[dict[str, tuple[str, str]]] = {
    "draft": ("草稿", "draft"),
    "reviewed": ("已审核", "reviewed"),
    "issued": ("已签发", "issued"),
    "withdrawn": ("已撤回", "withdrawn"),
}
BULLETIN_ACTIONS: Final[dict[str, tuple[str, str]]] = {
    "drafted": ("拟稿", "drafted"),
    "refreshed": ("重新取数", "facts gathered again"),
    "reviewed": ("审核", "reviewed"),
    "returned": ("退回", "returned"),
    "issued": ("签发", "issued"),
    "withdrawn": ("撤回", "withdrawn"),
    "commented": ("批注", "commented"),
}
BULLETIN_ASKS: Final[dict[str, tuple[str, str]]] = {  # buttons
    "refreshed": ("重新取数", "Gather the facts again"),
    "reviewed": ("审核通过", "Reviewed"),
    "returned": ("退回草稿", "Return to draft"),
    "issued": ("签发", "Issue"),
    "withdrawn": ("撤回", "Withdraw"),
    "commented": ("批注", "Comment"),
}
BULLETIN_DONE: Final[dict[str, tuple[str, str]]] = {
    "drafted": ("已拟稿，请核对后审核。", "Drafted; look through it, then review it."),
    "refreshed": ("已重新取数。", "The facts were gathered again."),
    "reviewed": ("已审核，待签发。", "Reviewed; it waits to be issued."),
    "returned": ("已退回草稿。", "Returned to draft."),
    "issued": ("已签发，内容与文件不再改动。", "Issued; facts and files never change again."),
    "withdrawn": ("已撤回，记录保留。", "Withdrawn; the record stays."),
    "commented": ("批注已记下。", "The comment is kept."),
}
