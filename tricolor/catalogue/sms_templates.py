"""The SMS templates that are to be registered at a provider: messages/sms_templates.toml, and how each provider writes them."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tricolor.domain.errors import Misconfigured
from tricolor.domain.sms_text import ALERT, VARIABLE, SmsTemplate, variables_in

FILE = Path(__file__).parent / "messages" / "sms_templates.toml"
WITH_LINK = "alert_link"


@dataclass(frozen=True, slots=True)
class SmsText:
    """A text to register. zh, en: what it is for; example: values for the provider's reviewer."""

    kind: str
    text: str
    zh: str
    en: str
    example: Mapping[str, str]

    @property
    def variables(self) -> tuple[str, ...]:
        return variables_in(self.text)

    @property
    def for_tencent(self) -> str:
        """With {1}, {2}… for the variables, as Tencent has them."""
        order = {name: str(place) for place, name in enumerate(self.variables, start=1)}
        return VARIABLE.sub(lambda found: "{" + order[found.group(1)] + "}", self.text)


@cache
def sms_texts() -> Mapping[str, SmsText]:
    """The texts by kind, in the file's order."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {kind: SmsText(kind, table["text"], table["zh"], table["en"], table["example"]) for kind, table in tables.items()}


def sms_templates(codes: Mapping[str, str], variables: Mapping[str, Sequence[str]]) -> dict[str, SmsTemplate]:
    """The templates that the settings name: kind -> code at the provider. variables: of kinds whose registered text is another one than ours;
    with link_key among those of "alert", it is our text with the link. Misconfigured for a kind or a variable that no message has."""
    texts, known = sms_texts(), {name for text in sms_texts().values() for name in text.variables}
    kinds = [kind for kind in texts if kind != WITH_LINK]
    if ALERT not in codes:
        raise Misconfigured(f'[sms] templates: a code for "{ALERT}" is missing; it serves every message that has no template of its own')
    found: dict[str, SmsTemplate] = {}
    for kind, code in codes.items():
        if kind not in kinds:
            raise Misconfigured(f"[sms] templates: there is no kind {kind!r}; there are: {', '.join(kinds)}")
        own = tuple(variables.get(kind, ()))
        strange = [name for name in own if name not in known]
        if strange:
            raise Misconfigured(f"[sms] variables.{kind}: no message has {', '.join(strange)}; there are: {', '.join(sorted(known))}")
        ours = texts[kind] if not own else next((each for each in texts.values() if each.variables == own), None)
        found[kind] = SmsTemplate(kind, code, ours.text if ours else "", own or texts[kind].variables)
    missing = [kind for kind in variables if kind not in codes]
    if missing:
        raise Misconfigured(f"[sms] variables: {', '.join(missing)} has no code in templates")
    return found
