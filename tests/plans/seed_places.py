"""A small reader of the seeds' headings, written for the tests alone: place as a pack names it -> the text that stands there."""

import re
from collections import defaultdict

NUMERAL = "[一二三四五六七八九十]+"
CHAPTERS = {"发展成效与面临形势", "总体要求", "重点任务", "重点工程与行动", "保障措施", "组织实施"}


def squeeze(text: str, *, keep_lines: bool = False) -> str:
    """Without blanks, and without line ends too unless they are kept."""
    return re.sub(r"[^\S\n]+" if keep_lines else r"\s+", "", text)


def core_name(name: str) -> str:
    """A department as lists print it after the first: without the city's, the region's or the province's word."""
    return re.sub("^(自治区(?!坚决)|市|省|国家税务总局柳州市)", "", squeeze(name)).replace("县政府", "县").replace("区政府", "区")


def places_of(pack: str, text: str) -> dict[str, str]:
    """Squeezed text by place: 三（二）1, （十九）, 专栏5, 附件2 E-3, 重点工程与行动 <heading>."""
    found: dict[str, str] = defaultdict(str)
    chapter = section = item = box = ""
    blanks = 0
    for line in map(squeeze, text.split("\n")):
        blanks = blanks + 1 if not line else 0
        if blanks > 1:
            box = ""
        if not line:
            continue
        row = re.match(r"([A-E]-\d+)(?=\D)", line)
        if pack.startswith("liuzhou") and row:
            found[f"附件2 {row[1]}"] += line
        if line == "柳州市“无废城市”建设工作领导小组":
            chapter, section, item = "附件1 ", "", ""
        elif numbered := re.match(f"({NUMERAL})(?:、|(?=建设任务))", line):
            chapter = ("附件1 " if chapter.startswith("附件1") else "") + numbered[1]
            section = item = box = ""
        elif line in CHAPTERS and pack.startswith("guangxi-circular"):
            chapter, section, item, box = line, "", "", ""
        elif chapter == "重点工程与行动" and re.fullmatch(".{6,25}(工程|行动)", line):
            section, item, box = f" {line}", "", ""
        elif headed := re.match(rf"[（(]({NUMERAL})[）)]", line):
            section, item, box = f"（{headed[1]}）", "", ""
        elif listed := re.match(r"(\d+)\.(?!\d)", line):
            item, box = listed[1], ""
        elif boxed := re.match(r"专栏(\d)", line):
            box = boxed[0]
        for place in {box} if box else {chapter + section + item, section, chapter}:
            found[place] += line
    return found
