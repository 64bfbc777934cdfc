"""Words of people inside markdown as group robots read it: no heading, link, emphasis, picture or call can come of them."""

from typing import Final

# robots know no common escape, so what would be a sign becomes its full-width sister; @ would call people
FULL_WIDTH: Final = str.maketrans({sign: chr(ord(sign) + 0xFEE0) for sign in "*_[]<>`#~|\\@"})


def harmless(text: str) -> str:
    """The text on one line without signs of markdown, and without addresses that a client would make a link of."""
    return " ".join(text.split()).translate(FULL_WIDTH).replace("://", "：//")
