"""Sheets, receipts and documents that are made to hurt: bounded, refused in words, printed as they are; and how many silences there may be."""

import io
import re
import tracemalloc
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from openpyxl import Workbook

from tests.bulletinfiles.conftest import pages_of
from tests.bulletinfiles.example_bulletin import example
from tricolor.adapters.bulletins.docx import BulletinDocx
from tricolor.adapters.bulletins.pdf import BulletinPdf
from tricolor.adapters.bulletins.xlsx import BulletinXlsx
from tricolor.adapters.ledger import silences
from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.receipts import ReceiptBookSql
from tricolor.adapters.ledger.silences import SilenceDeskSql
from tricolor.adapters.notifiers.aliyun_sms import AliyunReceipts
from tricolor.adapters.notifiers.tencent_sms import TencentReceipts
from tricolor.adapters.register_sheets import read_rows
from tricolor.domain.delivery import Receipt
from tricolor.domain.documents import ChartKind, ChartSeries, ColumnKind, DocumentChart, DocumentColumn, DocumentTable, Heading, Paragraph
from tricolor.domain.errors import Problems, Refused, Unreadable
from tricolor.domain.intervals import HOUR_US
from tricolor.domain.suppression import Matcher, Silence, SilenceKind

COLUMNS = {"kind": "类别", "owner": "归属"}
AT = 1_795_132_800_000_000


def workbook(row: int, column: int, rows: int = 1) -> bytes:
    book, written = Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    sheet.append(["kind", "owner"])
    for n in range(rows):
        sheet.cell(row + n, column, "x")
    book.save(written)
    return written.getvalue()


@pytest.mark.parametrize("text", [b"kind,owner\nshift," + b"x" * 200_000, b'kind,owner\nshift,"' + b"x" * 200_000])
def test_a_csv_with_a_field_that_never_ends_is_refused_in_words(text: bytes) -> None:
    with pytest.raises(Problems, match="CSV"):
        read_rows(text, COLUMNS, "kind")


def test_signs_that_no_ledger_keeps_do_not_come_in_by_a_sheet() -> None:
    ((number, cells),) = read_rows("kind,owner\nshift,a\x00b\u202ec\x1b[2J\n".encode(), COLUMNS, "kind")
    assert (number, cells["owner"]) == (2, "abc[2J")


def test_a_small_workbook_whose_cells_stand_far_out_takes_little_memory() -> None:
    """1,000 rows with one cell in column XFD are 7 kB, and 16 million cells when each row is filled up to it (128 MB of pointers alone)."""
    data = workbook(2, 16_384, rows=1_000)
    tracemalloc.start()
    with pytest.raises(Problems, match="no row"):
        read_rows(data, COLUMNS, "kind")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(data) < 20_000 and peak < 20_000_000


def test_a_workbook_that_would_fill_the_memory_is_not_inflated() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 70_000_000)
    with pytest.raises(Problems, match="inflates"):
        read_rows(written.getvalue(), COLUMNS, "kind")


@pytest.mark.parametrize("kind", [AliyunReceipts, TencentReceipts])
@pytest.mark.parametrize("body", [b'[{"x":' + b"[" * 900_000, b'[{"x":' + b'{"a":' * 150_000, b"[" * 900_000, b"9" * 900_000, b"\xff\xfe"])
def test_a_receipt_made_to_break_the_reader_is_no_receipt(kind: type, body: bytes) -> None:
    """Unreadable is 400; anything else would be 503, which asks the provider to send it again and again."""
    with pytest.raises(Unreadable):
        kind(lambda: AT).receipts((), body)


def test_a_receipt_with_signs_that_postgresql_does_not_keep_is_kept_without_them(ledger: LedgerEngine) -> None:
    assert ReceiptBookSql(ledger).put([Receipt("sms", "B\x00IZ", "1\x0000", True, "D\x00", "x\x00y", AT)]) == 0


def test_there_is_a_bound_on_silences_that_have_not_ended(ledger: LedgerEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is asked about every message: ten thousand of them would hold up a storm for minutes."""
    monkeypatch.setattr(silences, "STANDING_MAX", 3)
    desk = SilenceDeskSql(ledger)

    def add(n: int, end: int) -> int:
        return desk.add(Silence(SilenceKind.SILENCE, Matcher(rules=("pace",)), AT, end, "test", f"理由{n}"), AT).id

    made = [add(n, AT + HOUR_US + n) for n in range(3)]
    assert add(0, AT + HOUR_US) == made[0]  # the same again is no further one
    with pytest.raises(Refused, match="3"):
        add(9, AT + HOUR_US)
    desk.end(made[1], "test", "", AT)
    assert add(9, AT + HOUR_US) > made[2]


@pytest.fixture
def trap() -> "tuple[str, list[str]]":
    """A server that nobody may call, and who did."""
    calls: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", calls
    server.shutdown()
    server.server_close()


def test_a_name_reads_no_file_calls_nobody_and_runs_nothing_in_any_of_the_documents(tmp_path: Path, trap: tuple[str, list[str]]) -> None:
    canary, (url, calls) = tmp_path / "canary.txt", trap
    canary.write_text("CANARY7731")
    names = (
        f'#read("{canary}")', f'#import "{canary}": *', f'#image("{url}/a.svg")', f'</text><image xlink:href="{url}/b.png"/><image href="file://{canary}"/>',
        f"$\\input{{{canary}}}$", f'<!ENTITY x SYSTEM "file://{canary}">&x;', f'=WEBSERVICE("{url}/c")', '"]}}, "title": "x',
    )  # fmt: skip
    columns = (DocumentColumn(names[0]), DocumentColumn(names[3], ColumnKind.NUMBER, names[2], 1))
    blocks = (
        Heading(names[0]), *(Paragraph(name) for name in names),
        DocumentTable("表", names[3], columns, tuple((name, 1.0) for name in names), "", names[1]),
        DocumentChart("图", names[3], ChartKind.BARS, names, (ChartSeries(names[5], "", tuple(1.0 for _ in names)),), names[2], names[3]),
    )  # fmt: skip
    document = example(title=names[0], issuer=names[3], blocks=blocks, to=(names[1],), copied_to=(names[3],), attachments=(names[2],))
    pdf, docx, xlsx = BulletinPdf().write(document), BulletinDocx().write(document), BulletinXlsx().write(document)
    printed = "".join(pages_of(pdf))
    assert "CANARY7731" not in printed and "#read(" in printed and calls == []
    for data in (docx, xlsx):
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            whole = "".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist() if name.endswith((".xml", ".rels")))
        assert (
            "CANARY7731" not in whole and "<f>" not in whole and 'TargetMode="External"' not in whole and not re.search(r"<!(DOCTYPE|ENTITY)", whole)
        )
