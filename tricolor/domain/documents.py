"""A document as its parts, for writers of .docx, .pdf and .xlsx alike: headings, paragraphs, tables, charts; words and numbers, no layout."""

from dataclasses import dataclass, field
from enum import StrEnum

from tricolor.domain.lights import Light

Cell = str | float | int | Light | None  # None: not known


class ColumnKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    SHARE = "share"  # a fraction, 0.125; printed as per cent, 12.50%
    LIGHT = "light"


@dataclass(frozen=True, slots=True)
class DocumentColumn:
    """decimals: of a printed number or per cent; the sheet keeps full precision. unit: printed below the name, "" when none."""

    name: str
    kind: ColumnKind = ColumnKind.TEXT
    unit: str = ""
    decimals: int = 2


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: int = 1  # 1: 一、 2: （一）


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class DocumentTable:
    """title: printed above; name: of the sheet, at most 31 characters; empty: the sentence instead of a table without rows; note: below it."""

    name: str
    title: str
    columns: tuple[DocumentColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = "无"
    note: str = ""


class ChartKind(StrEnum):
    LIGHTS = "lights"  # stacked bars of counts: one series a light
    BARS = "bars"  # months; further series are lines
    LINES = "lines"
    BAND = "band"  # lines; the series "low" and "high" bound a band


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """role: bar | line | target | last_year | low | high | a light's name; values: None where not known."""

    name: str
    role: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class DocumentChart:
    name: str
    title: str
    kind: ChartKind
    categories: tuple[str, ...]
    series: tuple[ChartSeries, ...]
    unit: str = ""
    note: str = ""


Block = Heading | Paragraph | DocumentTable | DocumentChart


@dataclass(frozen=True, slots=True)
class SignOff:
    """A line under the document: role (拟稿, 审核, 签发), who, when YYYY-MM-DD; both "" while open."""

    role: str
    who: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """number: e.g. "能预警〔2026〕10号"; issuer: who it is from; to: whom it is sent to (主送); day: YYYY-MM-DD, "" before it is issued; mark:
    printed across while it is none yet, e.g. "草稿"; digest: of the frozen facts, printed small at the end; head: of the first page in red
    (发文机关标志) once it is issued, the issuer when ""; period: that it is about, as people say it, e.g. "2026年10月"; copied_to: 抄送."""

    title: str
    number: str
    issuer: str
    to: tuple[str, ...]
    day: str
    blocks: tuple[Block, ...]
    sign_offs: tuple[SignOff, ...] = ()
    mark: str = ""
    digest: str = ""
    attachments: tuple[str, ...] = field(default=())
    head: str = ""
    period: str = ""
    copied_to: tuple[str, ...] = ()
