"""Energy budgets as the API takes and answers them."""

from pydantic import ConfigDict, Field

from api.schemas import Shape
from tricolor.domain.budgets import FIRST_YEAR, LAST_YEAR, MAX_DOCUMENT, MAX_TCE
from tricolor.domain.intervals import iso
from tricolor.domain.submissions import Budget

MAX_AT_ONCE = 5_000


class BudgetOrder(Shape):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    entity: str = Field(min_length=1, max_length=128, examples=["qz-paper-01"])
    year: int = Field(ge=FIRST_YEAR, le=LAST_YEAR, examples=[2026])
    tce: float = Field(ge=0, le=MAX_TCE, description="equal value [tce]; 0 takes the budget back", examples=[120_000.0])
    profile: list[float] = Field(
        default_factory=list, description="twelve shares of the months that add up to 1; empty: as last year's months, else by days"
    )
    document: str = Field("", max_length=MAX_DOCUMENT)


class BudgetsOrder(Shape):
    """All or none."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    budgets: list[BudgetOrder] = Field(min_length=1, max_length=MAX_AT_ONCE)
    by: str = Field("", max_length=64, description="the person; the key is kept beside the name")


class BudgetShape(Shape):
    """profile empty: spread as last year's months, else by days."""

    entity: str
    year: int
    tce: float
    profile: list[float]
    document: str
    author: str
    revision: int
    submitted_at: str


class BudgetsAnswer(Shape):
    unit: str
    budgets: list[BudgetShape]


def budget_of(order: BudgetOrder) -> Budget:
    return Budget(order.entity, order.year, order.tce, tuple(order.profile), order.document)


def budget_shape(budget: Budget) -> BudgetShape:
    return BudgetShape(
        entity=budget.entity, year=budget.year, tce=budget.tce, profile=list(budget.profile), document=budget.document, author=budget.author,
        revision=budget.revision, submitted_at=iso(budget.submitted_at),
    )  # fmt: skip
