"""What is known of a way to people, as data gives it: what its refusals ask of the sender, how much it lets through, and which words it carries."""

from dataclasses import dataclass

from tricolor.domain.delivery import ErrorClass

MAX_CHARS, PART_CHARS, MAX_BYTES = "max_chars", "part_chars", "max_bytes"


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """What one code asks of the sender. A code of a provider, or "http.<status>". says: the row is only for answers whose words hold this text;
    wait_s: for WAIT [s]; zh, en: what it means and what mends it."""

    code: str
    is_prefix: bool
    kind: ErrorClass
    zh: str
    en: str
    source: str
    status: str
    says: str = ""
    wait_s: float | None = None

    def fits(self, code: str, words: str) -> bool:
        """Whether the row speaks of this answer."""
        named = code.startswith(self.code) if self.is_prefix else code == self.code
        return named and self.says in words


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """The codes of one channel. otherwise: what to do at a code that stands nowhere."""

    rows: tuple[ErrorRow, ...]
    otherwise: ErrorRow

    def row(self, code: str, words: str = "") -> ErrorRow:
        """The nearest row: a whole code before a prefix, a longer prefix before a shorter, and one for certain words before one for any."""
        fitting = [row for row in self.rows if row.fits(code, words)]
        return max(fitting, key=lambda row: (not row.is_prefix, len(row.code), len(row.says)), default=self.otherwise)


@dataclass(frozen=True, slots=True)
class ChannelLimit:
    """At most `count` messages per `per_s` [s], to one address or through the whole channel; the last `red_reserve` of them are for red alone."""

    per_address: bool
    count: int
    per_s: float
    red_reserve: int
    source: str
    status: str


@dataclass(frozen=True, slots=True)
class TextRule:
    """One rule about the words of a channel, e.g. ("max_chars", 70, "character")."""

    rule: str
    value: int | bool | str
    unit: str
    source: str
    status: str
    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class TextRules:
    """The rules about words of one channel. A missing one bounds nothing."""

    rows: tuple[TextRule, ...] = ()

    def whole(self, rule: str) -> int | None:
        """The number of a rule, e.g. whole("max_chars")."""
        value = self._value(rule)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def signs(self, rule: str) -> str:
        """The signs of a rule, e.g. signs("param_forbidden"); "" when there is none."""
        value = self._value(rule)
        return value if isinstance(value, str) else ""

    def is_set(self, rule: str) -> bool:
        """Whether a rule that is true or false is true; False when it is missing."""
        return self._value(rule) is True

    def bounded(self, rule: str, value: int | None) -> "TextRules":
        """These rules with another number for one of them, as an operator's account has it; None changes nothing."""
        if value is None:
            return self
        own = TextRule(rule, value, "character", "the operator's settings", "project default")
        return TextRules((*(row for row in self.rows if row.rule != rule), own))

    def _value(self, rule: str) -> int | bool | str | None:
        return next((row.value for row in self.rows if row.rule == rule), None)


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """All that data says of one channel."""

    channel: str
    name_zh: str
    name_en: str
    errors: ErrorTable
    limits: tuple[ChannelLimit, ...]
    text: TextRules
