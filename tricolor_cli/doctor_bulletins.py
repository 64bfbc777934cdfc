"""Whether bulletins can be printed: the libraries of the extra `bulletin`, and fonts with Chinese."""

from tricolor.adapters.bulletins.fonts import MEND, bulletin_fonts, library
from tricolor.config import Settings
from tricolor.domain.errors import Misconfigured
from tricolor_cli.doctor_broker import Finding

LIBRARIES = ("typst", "docx", "matplotlib")


def look_at_bulletins(settings: Settings) -> list[Finding]:
    """A warning, not an error: all but bulletins works without."""
    try:
        for name in LIBRARIES:
            library(name)
        fonts = bulletin_fonts(settings.fonts)
    except Misconfigured as error:
        mend = "pip install 'tricolor[bulletin]'" if "tricolor[bulletin]" in str(error) else MEND
        return [Finding("bulletins", "warning", str(error), mend)]
    families = "、".join(dict.fromkeys(fonts.families.values()))
    stand_in = "，代方正小标宋、仿宋、楷体、黑体 · standing in for the standard's faces" if fonts.substitutes else ""
    return [Finding("bulletins", "ok", f"通报字体 · fonts of bulletins: {families}{stand_in}")]
