"""The example bulletin in its three files, made once."""

import re
from collections.abc import Iterable, Iterator
from io import BytesIO

import pytest
from pdfminer.high_level import extract_pages
from pdfminer.layout import LAParams, LTChar, LTContainer, LTTextContainer, LTTextLine

from tests.bulletinfiles.example_bulletin import example
from tricolor.adapters.bulletins.writers import BulletinDocx, BulletinPdf, BulletinXlsx


def letters(holder: Iterable[object]) -> Iterator[str]:
    """Letters in the order in which they are drawn, which in a tagged file is the order of reading."""
    for thing in holder:
        if isinstance(thing, LTChar):
            yield thing.get_text()
        elif isinstance(thing, LTContainer):
            yield from letters(thing)


def pages_of(data: bytes) -> list[str]:
    """What is printed on each page, without spaces and line ends, as these depend on where a line breaks."""
    return [re.sub(r"\s+", "", "".join(letters(page))) for page in extract_pages(BytesIO(data), laparams=None)]


def columns_of(data: bytes) -> str:
    """The lines that begin at the same distance from the left edge, one below the other: a cell's text in one piece."""
    found: list[str] = []
    for page in extract_pages(BytesIO(data), laparams=LAParams(char_margin=0.3, boxes_flow=None)):
        lines = [line for box in page if isinstance(box, LTTextContainer) for line in box if isinstance(line, LTTextLine)]
        found += [line.get_text() for line in sorted(lines, key=lambda line: (round(line.x0), -line.y0))]
    return re.sub(r"\s+", "", "".join(found))


@pytest.fixture(scope="session")
def example_pdf() -> bytes:
    return BulletinPdf().write(example())


@pytest.fixture(scope="session")
def example_pages(example_pdf: bytes) -> list[str]:
    return pages_of(example_pdf)


@pytest.fixture(scope="session")
def example_docx() -> bytes:
    return BulletinDocx().write(example())


@pytest.fixture(scope="session")
def example_xlsx() -> bytes:
    return BulletinXlsx().write(example())
