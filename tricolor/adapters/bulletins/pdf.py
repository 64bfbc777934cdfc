"""The bulletin as .pdf by typst: the look of an official notice (bulletin.typ), the document handed over as JSON, fonts embedded, PDF/A-2a."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from tricolor.adapters.bulletins.charts import chart_svg
from tricolor.adapters.bulletins.fonts import BulletinFonts, bulletin_fonts, library
from tricolor.domain.document_print import (
    LIGHT_COLOUR,
    addressees,
    chinese_day,
    described,
    head_of,
    light_of,
    numbered,
    open_day,
    plain,
    printed,
    shape,
    signed,
)
from tricolor.domain.documents import Block, Cell, ColumnKind, Document, DocumentChart, DocumentColumn, DocumentTable, Heading, Paragraph
from tricolor.domain.errors import Misconfigured

TEMPLATE = "bulletin.typ"
ARCHIVE = "a-2a"  # ISO 19005-2; it asks for the day, which a draft has not
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # stands in the file of a document without a day, as no clock may


class BulletinPdf:
    """BulletinWriter of .pdf. fonts: folder of the fonts, the system's when None."""

    suffix = "pdf"
    media_type = "application/pdf"

    def __init__(self, fonts: Path | None = None) -> None:
        self._folder = fonts

    def write(self, document: Document) -> bytes:
        """Misconfigured: typst or a font with Chinese is missing."""
        return self._made(document, "pdf")[0]

    def pages(self, document: Document, ppi: float = 110) -> list[bytes]:
        """The pages as PNG pictures, as they print."""
        return self._made(document, "png", ppi)

    def _made(self, document: Document, form: str, ppi: float = 144) -> list[bytes]:
        typst = library("typst")
        fonts = bulletin_fonts(self._folder)
        day = _date(document.day)
        at = datetime(day.year, day.month, day.day, tzinfo=UTC) if day else EPOCH
        source = (files("tricolor.adapters.bulletins") / TEMPLATE).read_bytes()
        inputs = {"document": json.dumps(payload(document, fonts), ensure_ascii=False, allow_nan=False)}
        how = {
            "format": form,
            "ppi": ppi,
            "font_paths": fonts.book,
            "ignore_system_fonts": True,
            "sys_inputs": inputs,
            "timestamp": int(at.timestamp()),
        }
        try:
            made = _archived(typst, source, how) if form == "pdf" and day else typst.compile(source, **how)
        except typst.TypstError as error:
            hints = "; ".join(error.hints) or error.message
            raise Misconfigured(f"typst 未能生成 PDF：{error.message} · typst could not make the PDF: {hints}") from error
        return made if isinstance(made, list) else [made]


def _archived(typst: Any, source: bytes, how: Mapping[str, object]) -> Any:
    """PDF/A-2a; a plain PDF where a name holds a sign that no font has, which the archive's form forbids: it prints as a box."""
    try:
        return typst.compile(source, **how, pdf_standards=ARCHIVE)
    except typst.TypstError:
        return typst.compile(source, **how)


def payload(document: Document, fonts: BulletinFonts) -> Mapping[str, object]:
    """What the template prints: strings all through, but for sizes."""
    day = _date(document.day)
    substitute = ["字体：以Noto Serif CJK SC代方正小标宋、仿宋、楷体、宋体，以Noto Sans CJK SC代黑体"] if fonts.substitutes else []
    return {
        "title": plain(document.title),
        "issuer": plain(document.issuer),
        "head": head_of(document),
        "red-head": not document.mark and bool(document.number),
        "number": plain(document.number),
        "keywords": [plain(word) for word in (document.number, document.period, document.digest) if word] + substitute,
        "date": {"year": day.year, "month": day.month, "day": day.day} if day else None,
        "day": chinese_day(document.day) if document.day else open_day(),
        "printed": f"{chinese_day(document.day)}印发" if document.day else "",
        "mark": plain(document.mark),
        "to": addressees(document.to),
        "copied": f"抄送：{'，'.join(plain(name) for name in document.copied_to)}。" if document.copied_to else "",
        "blocks": [shown for block in numbered(document.blocks) for shown in _block(block, fonts)],
        "attachments": [plain(name) for name in document.attachments],
        "sign-offs": [signed(line) for line in document.sign_offs],
        "digest": plain(document.digest),
        "fonts": dict(fonts.families),
    }


def _block(block: Block, fonts: BulletinFonts) -> list[Mapping[str, object]]:
    if isinstance(block, Heading):
        return [{"kind": "heading", "level": 1 if block.level <= 1 else 2, "words": plain(block.text)}]
    if isinstance(block, Paragraph):
        return [{"kind": "paragraph", "words": line} for line in plain(block.text).split("\n") if line.strip()]
    if isinstance(block, DocumentTable):
        return [_table(block)]
    return [_chart(block, fonts)]


def _table(table: DocumentTable) -> Mapping[str, object]:
    stands = shape(table)
    return {
        "kind": "table",
        "title": plain(table.title),
        "columns": [
            {"name": name, "unit": plain(c.unit), "number": c.kind in (ColumnKind.NUMBER, ColumnKind.SHARE)}
            for name, c in zip(stands.heads, table.columns, strict=True)
        ],
        "widths": stands.widths,
        "below": stands.has_below,
        "size": stands.size,
        "rows": [[_cell(cell, column) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows],
        "empty": plain(table.empty),
        "note": plain(table.note),
    }


def _cell(cell: Cell, column: DocumentColumn) -> Mapping[str, str]:
    light = light_of(cell, column)
    return {"words": printed(cell, column), "colour": LIGHT_COLOUR[light] if light else ""}


def _chart(chart: DocumentChart, fonts: BulletinFonts) -> Mapping[str, object]:
    return {"kind": "chart", "title": plain(chart.title), "svg": chart_svg(chart, fonts), "alt": described(chart), "note": plain(chart.note)}


def _date(day: str) -> date | None:
    try:
        return date.fromisoformat(day)
    except ValueError:
        return None
