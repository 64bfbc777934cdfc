"""Errors, sorted by what the caller can do about them."""


class TricolorError(Exception):
    """Base of every error that Tricolor raises on purpose."""


class Unreadable(TricolorError):
    """The bytes cannot be understood: quarantine them.

    reason: a stable code of `tricolor.domain.readings.Reject`, e.g. "not_json".
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Implausible(TricolorError):
    """Understood, but not believable: flag it."""


class TryAgain(TricolorError):
    """The other side is down or busy: keep the work and try again."""


class Refused(TricolorError):
    """The other side will never take this: park it for a person."""


class RowsRefused(Refused):
    """The store took everything but these readings, and never will take them: (point key, at [µs]) -> its reason."""

    def __init__(self, refused: "dict[tuple[int, int], str]", words: str) -> None:
        super().__init__(words)
        self.refused = refused


class Misconfigured(TricolorError):
    """The operator must mend a setting; the message names it and says how."""


class NotFound(TricolorError):
    """The thing asked for does not exist (or is not the caller's to see)."""


class Problems(TricolorError):
    """Input with one or more faults; every fault is listed, nothing was done."""

    def __init__(self, problems: "list[str]") -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
