"""Office files are zip archives that note when they were written; here they forget it, so that the same document is the same bytes on any day."""

import zipfile
from collections.abc import Callable
from io import BytesIO

ZIP_DAY = (1980, 1, 1, 0, 0, 0)  # the first that the format knows


def without_clock(data: bytes, mend: Callable[[str, bytes], bytes] = lambda name, part: part) -> bytes:
    """The archive with every time set to 1980-01-01 and each part as `mend(name, part)` gives it, in the same order."""
    written = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, ZIP_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o600 << 16  # the same on every system
            new.writestr(entry, mend(name, old.read(name)), compresslevel=6)
    return written.getvalue()
