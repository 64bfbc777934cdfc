"""Sources and notes of the tables in people's words: the tables name copies by the number of an index that nobody outside can look up."""

import re
from typing import Final

# what the table itself says of where its numbers come from
FUELS: Final = (
    "24个行业温室气体核算指南的缺省值，转录自第三方，未见原文 · defaults of the GHG accounting guidelines of 24 industries, from a third-party copy;"
    " the original was not seen; NCV × CC × OF × 44/12"
)
_COPY: Final = "a third-party copy"
_INDEX_FILE = re.compile(r"^public-code index file id \d+ \(defaults of the 24-industry guidelines family\); .*$")
_LEFT_OUT = re.compile(r"\s*[(;,+]*\s*(?:宁夏 |广东 )?(?:also )?(?:via )?(?:index )?ids? \d{6,}(?:, \d{6,})*\)?")
_COPIES = re.compile(r"^(S\d(?:,S\d)*)(?=$|[ ;])")
_ONE_COPY = re.compile(r"\bS(\d)\b")


def said_source(text: str) -> str:
    """The source without numbers of an index; where such a copy was all there was to go by, it says so."""
    if _INDEX_FILE.match(text):
        return FUELS
    if "id" not in text or not re.search(r"\bids? \d{6,}", text):
        return text
    bare = _LEFT_OUT.sub("", text).strip(" ;,")
    bare = re.sub(r"[;,]?\s*(?:values(?: via)?|via|as cited in)$", "", bare).strip(" ;,")
    return f"{bare}; values via {_COPY}"


def said(text: str) -> str:
    """A note or status without numbers of an index, copies named by how many they are."""
    match = _COPIES.match(text)
    if match:
        count = match[1].count("S")
        text = f"agrees with {count} public {'copy' if count == 1 else 'copies'} of the table{text[match.end() :]}"
    text = _ONE_COPY.sub(r"copy \1", text)
    return re.sub(r"\s*\((?:index )?ids? \d{6,}[^)]*\)|; see md", "", text)
