"""`python -m grafana.build [FOLDER]` writes the dashboards as JSON, which Grafana's provisioning reads."""

import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.overview import overview

FOLDER = Path(__file__).parent / "dashboards"


def dashboards() -> dict[str, str]:
    """File name and text of every dashboard."""
    encoder = JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False)
    return {"overview.json": encoder.encode(overview()) + "\n"}


def write(folder: Path = FOLDER) -> list[Path]:
    """The files written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in dashboards().items():
        (folder / name).write_text(text, encoding="utf-8")
        written.append(folder / name)
    return written


if __name__ == "__main__":
    write(*map(Path, sys.argv[1:2]))
