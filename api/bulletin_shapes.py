"""Bulletins (预警通报) as they travel over HTTP."""

from typing import Literal

from pydantic import Field

from api.schemas import Order, Shape
from tricolor.domain.bulletin_states import MAX_NAME, MAX_TEXT, Bulletin
from tricolor.domain.intervals import iso

State = Literal["draft", "reviewed", "issued", "withdrawn"]


class BulletinOrder(Order):
    area: str = Field(min_length=1, max_length=128, description="city, region or park", examples=["qinzhou"])
    period: str = Field(min_length=4, max_length=16, description="month or quarter that is over", examples=["2026-10", "2026-Q3"])
    by: str = Field(min_length=1, max_length=MAX_NAME, description="who drafts it; printed", examples=["示例甲"])
    corrects: int | None = Field(None, ge=1, le=2**62, description="the issued bulletin of the same area and period that this one corrects")


class BulletinStepOrder(Order):
    action: Literal["refreshed", "reviewed", "returned", "issued", "withdrawn", "commented"]
    by: str = Field(min_length=1, max_length=MAX_NAME, description="who; printed for reviewed and issued", examples=["示例乙"])
    revision: int = Field(ge=1, le=2**31, description="of the bulletin as you saw it; 409 when it is another one by now")
    text: str = Field("", max_length=MAX_TEXT, description="reason or comment; needed for returned, withdrawn, commented")


class BulletinStepShape(Shape):
    at: str
    action: str
    who: str
    text: str
    revision: int


class BulletinFileShape(Shape):
    format: str = Field(description="docx | pdf | xlsx")
    name: str
    media_type: str
    bytes: int
    sha256: str


class BulletinShape(Shape):
    id: int
    area: str
    period: str
    edition: int = Field(description="of the area and period, from 1 on")
    state: State
    revision: int
    number: str = Field(description='e.g. 能预警〔2026〕10号; "" before it is issued')
    corrects: int | None
    digest: str = Field(description="SHA-256 of the facts (canonical JSON)")
    made_at: str
    changed_at: str
    issued_at: str | None


class BulletinList(Shape):
    bulletins: list[BulletinShape]
    next: str | None


class BulletinDetail(BulletinShape):
    title: str
    steps: list[BulletinStepShape]
    files: list[BulletinFileShape] = Field(description="frozen when it was issued; none before")


def bulletin_values(b: Bulletin) -> dict[str, object]:
    """What the list and the one have alike."""
    return {
        "id": b.id, "area": b.area, "period": b.period, "edition": b.edition, "state": str(b.state), "revision": b.revision, "number": b.number,
        "corrects": b.corrects, "digest": b.digest, "made_at": iso(b.made_at), "changed_at": iso(b.changed_at),
        "issued_at": None if b.issued_at is None else iso(b.issued_at),
    }  # fmt: skip
