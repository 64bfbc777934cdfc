"""The shared facts (standards, seeds) that the catalogue is compared with."""

import os
import shutil
from pathlib import Path

import pytest

from tricolor.catalogue.plans import PACKS

ROOT = Path(__file__).resolve().parents[2]
OWN_THRESHOLDS = """
[pace.red_gap]
value = 0.15
unit = "1"
source = "notice of the city, 2023"
status = "official"

[pace.red_on_rise]
value = false
unit = "yes/no"
source = "notice of the city, 2023"
status = "official"

[pace.scheme]
value = "completion"
unit = "name"
source = "notice of the city, 2023"
status = "official"

[silent.red_after_s]
value = 43200
unit = "s"
source = "notice of the city, 2023"
status = "official"
"""


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared facts: TRICOLOR_SHARED, or `shared` beside the repository. Its absence fails when TRICOLOR_REQUIRE=all."""
    folder = Path(os.environ.get("TRICOLOR_SHARED", str(ROOT.parent / "shared")))
    if not (folder / "domain").is_dir():
        if os.environ.get("TRICOLOR_REQUIRE") == "all":
            pytest.fail(f"shared facts are not at {folder}: set TRICOLOR_SHARED")
        pytest.skip(f"shared facts are not at {folder}: set TRICOLOR_SHARED")
    return folder


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the official pack, with thresholds of its own, that a test may spoil."""
    folder = tmp_path / "city-2021-2025"
    shutil.copytree(PACKS / "qinzhou-2021-2025", folder)
    (folder / "rules.toml").write_text(OWN_THRESHOLDS, encoding="utf-8")
    return folder
