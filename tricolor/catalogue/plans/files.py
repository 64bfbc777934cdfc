"""The files of a plan pack."""

import tomllib
from pathlib import Path
from typing import Any

from tricolor.catalogue.tables import Faults

PACKS = Path(__file__).parent


def read_toml(path: Path, faults: Faults) -> dict[str, Any]:
    """The tables of a TOML file; empty, with a fault, when it is missing or cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        faults.say(path.name, "the file is missing")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.say(path.name, f"is not readable TOML: {error}")
    return {}
