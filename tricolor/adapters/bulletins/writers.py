"""All writers of the bulletin's files, .docx, .pdf and .xlsx; typst, python-docx and matplotlib are loaded when first used."""

from pathlib import Path

from tricolor.adapters.bulletins.docx import BulletinDocx
from tricolor.adapters.bulletins.pdf import BulletinPdf
from tricolor.adapters.bulletins.xlsx import BulletinXlsx
from tricolor.ports_bulletins import BulletinWriter

__all__ = ["BulletinDocx", "BulletinPdf", "BulletinXlsx", "bulletin_writers"]


def bulletin_writers(fonts: Path | None = None) -> tuple[BulletinWriter, ...]:
    """All three. fonts: TRICOLOR_FONTS, the system's when None."""
    return BulletinDocx(fonts), BulletinPdf(fonts), BulletinXlsx()
