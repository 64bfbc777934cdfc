"""Shapes of the pages of lights: a verdict with the moment it speaks of, and the earlier words that it corrects."""

from typing import Any

from pydantic import Field

from api import schemas
from tricolor.domain.intervals import iso
from tricolor.domain.lights import Light, Verdict
from tricolor.ports import StandingVerdict
from tricolor.ports_judging import Word


class EarlierLight(schemas.Shape):
    """A word on a closed period that was corrected later."""

    light: Light
    value: float | None
    limit: float | None
    unit: str
    reason: schemas.Words
    judged_at: str


class LightWord(schemas.LightShape):
    as_of: str = Field(description="the moment that its facts speak of: of a correction, the end of the period")
    is_current: bool = Field(description="whether it is in force now; a past period's is not")
    corrected: list[EarlierLight] = Field(description="what was said of the same closed period before late data changed it, the newest first")


class LightList(schemas.Shape):
    lights: list[LightWord]
    next: str | None


def word_shape(word: Word) -> dict[str, Any]:
    return {
        **schemas.light_shape(StandingVerdict(word.verdict, word.since, word.judged_at)), "as_of": iso(word.as_of), "is_current": word.is_current,
        "corrected": [_earlier(w.verdict, w.judged_at) for w in word.corrected],
    }  # fmt: skip


def _earlier(v: Verdict, judged_at: int) -> dict[str, Any]:
    return {
        "light": v.light, "value": v.value, "limit": v.limit, "unit": v.unit, "reason": schemas.words(v.reason_zh, v.reason_en),
        "judged_at": iso(judged_at),
    }  # fmt: skip
