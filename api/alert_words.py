"""An alert's moments, and why somebody was not told, in words."""

from api.board_words import WHYS, Words
from api.board_words_alerts import MUTED_BY
from tricolor.domain.alerts import Why
from tricolor.domain.entities import Registry
from tricolor.ports import AlertMoment


def moment_words(moment: AlertMoment, t: Words, registry: Registry) -> tuple[str, str]:
    """What happened, and what was said of it: of a forwarding to whom, of a deed the person's own words."""
    why = t.pair(WHYS, moment.why)
    to = str(getattr(moment, "to", ""))
    if moment.why == Why.FORWARDED and to:
        contact = registry.contacts.get(to)
        why = f"{why} → {contact.name if contact is not None else to}"
    if moment.why == Why.ACKED:
        return why, ""  # the reason stands where it was judged, above
    return why, t(moment.text_zh, moment.text_en)


def muted_words(why: str, t: Words) -> str:
    """E.g. "silence:12" as "静默 #12"; a text of another kind as it is."""
    kind, colon, number = why.partition(":")
    if kind not in MUTED_BY:
        return why
    return f"{t.pair(MUTED_BY, kind)} #{number}" if colon and number.isdigit() else t.pair(MUTED_BY, kind)
