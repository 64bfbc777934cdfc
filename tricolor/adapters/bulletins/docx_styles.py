"""Word's side of the look: styles that people can change in one place, the page of GB/T 9704, page numbers, the mark across a draft."""

from typing import Any
from xml.sax.saxutils import quoteattr

from tricolor.adapters.bulletins.fonts import library

TITLE_FONT, BODY_FONT, HEADING_FONT, SECOND_FONT, PAGE_FONT, LATIN = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312", "宋体", "Times New Roman"
SIZE_TITLE, SIZE_BODY, SIZE_PAGE, SIZE_CAPTION, SIZE_NOTE = 22, 16, 14, 12, 9  # 2号, 3号, 4号, 小4, 小5 [pt]
LINE_PT = 28.95  # 22 lines on 225 mm
RED = "C8102E"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def tag(name: str) -> str:
    """{namespace}name of w:name."""
    return f"{{{W}}}{name}"


def part(name: str, **attributes: str) -> Any:
    """A new element w:name."""
    made = library("docx.oxml").OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(tag(key), value)
    return made


def set_font(holder: Any, east: str, latin: str = LATIN) -> None:
    """Names the faces of a style or a run, the Chinese one too, which Word reads from an attribute of its own; themes would win over them."""
    properties = holder.element.get_or_add_rPr()
    for old in properties.findall(tag("rFonts")):
        properties.remove(old)
    properties.insert(0, part("rFonts", ascii=latin, hAnsi=latin, cs=latin, eastAsia=east, hint="eastAsia"))


def make_styles(document: Any) -> None:
    """Heading 1 and 2, Title, and our own, in a new document."""
    text, shared = library("docx.enum.text"), library("docx.shared")
    styles, paragraph = document.styles, library("docx.enum.style").WD_STYLE_TYPE.PARAGRAPH
    middle, left, right = text.WD_ALIGN_PARAGRAPH.CENTER, text.WD_ALIGN_PARAGRAPH.LEFT, text.WD_ALIGN_PARAGRAPH.RIGHT
    normal = styles["Normal"]
    _style(normal, BODY_FONT, SIZE_BODY, text.WD_ALIGN_PARAGRAPH.JUSTIFY, line=LINE_PT)
    language = normal.element.get_or_add_rPr()
    for old in language.findall(tag("lang")):
        language.remove(old)
    language.append(part("lang", val="en-US", eastAsia="zh-CN"))
    rows: tuple[tuple[str, str, int, bool, Any, float | None], ...] = (
        ("Title", TITLE_FONT, SIZE_TITLE, False, middle, 35.0),
        ("Heading 1", HEADING_FONT, SIZE_BODY, False, left, LINE_PT),
        ("Heading 2", SECOND_FONT, SIZE_BODY, False, left, LINE_PT),
        ("Caption", HEADING_FONT, SIZE_CAPTION, False, middle, None),
        ("正文缩进", BODY_FONT, SIZE_BODY, False, text.WD_ALIGN_PARAGRAPH.JUSTIFY, LINE_PT),
        ("主送机关", BODY_FONT, SIZE_BODY, False, left, LINE_PT),
        ("发文机关标志", TITLE_FONT, 44, False, middle, None),
        ("发文字号", BODY_FONT, SIZE_BODY, False, middle, None),
        ("附件说明", BODY_FONT, SIZE_BODY, False, left, LINE_PT),
        ("落款", BODY_FONT, SIZE_BODY, False, right, LINE_PT),
        ("表内文字", BODY_FONT, 10, False, left, None),
        ("表头", HEADING_FONT, 10, True, middle, None),
        ("表注", BODY_FONT, SIZE_NOTE, False, left, None),
        ("版记", BODY_FONT, SIZE_PAGE, False, left, None),
        ("图", BODY_FONT, SIZE_BODY, False, middle, None),
    )
    for name, font, size, bold, align, line in rows:
        style = styles[name] if name in styles else styles.add_style(name, paragraph)
        style.base_style = normal
        _style(style, font, size, align, line=line, bold=bold)
    for name in ("正文缩进", "Heading 1", "Heading 2"):
        indent = styles[name].element.get_or_add_pPr().get_or_add_ind()
        indent.set(tag("firstLineChars"), "200")
        indent.set(tag("firstLine"), str(2 * SIZE_BODY * 20))
    letters = styles["正文缩进"].element.get_or_add_rPr()
    letters.insert_element_before(part("spacing", val="-5"), "w:w", "w:kern", "w:position", "w:sz", "w:lang")  # 28 signs of 3号 on 156 mm
    styles["发文机关标志"].font.color.rgb = shared.RGBColor.from_string(RED)


def _style(style: Any, font: str, size: int, align: Any, line: float | None, bold: bool = False) -> None:
    shared = library("docx.shared")
    set_font(style, font)
    style.font.size, style.font.bold, style.font.italic = shared.Pt(size), bold, False
    style.font.color.rgb = shared.RGBColor(0, 0, 0)
    properties = style.element.get_or_add_pPr()
    for old in [*properties.findall(tag("pBdr")), *properties.findall(tag("ind"))]:  # of the template that python-docx starts from
        properties.remove(old)
    shape = style.paragraph_format
    shape.alignment, shape.space_before, shape.space_after = align, shared.Pt(0), shared.Pt(0)
    shape.line_spacing = shared.Pt(line) if line else 1.0


def make_page(document: Any) -> Any:
    """A4 with the margins of GB/T 9704-2012 §5.2.1; its section comes back."""
    shared = library("docx.shared")
    section = document.sections[0]
    section.page_width, section.page_height = shared.Mm(210), shared.Mm(297)
    section.top_margin, section.bottom_margin = shared.Mm(37), shared.Mm(35)
    section.left_margin, section.right_margin = shared.Mm(28), shared.Mm(26)
    section.header_distance, section.footer_distance = shared.Mm(15), shared.Mm(25)
    grid = section._sectPr.find(tag("docGrid"))
    if grid is not None:
        section._sectPr.remove(grid)
    section._sectPr.append(part("docGrid", linePitch=str(round(LINE_PT * 20))))
    return section


def number_pages(document: Any, section: Any) -> None:
    """— 1 — at the outer edge: right on odd pages, left on even ones (§7.5)."""
    text, shared = library("docx.enum.text"), library("docx.shared")
    document.settings.odd_and_even_pages_header_footer = True
    for footer, align in ((section.footer, text.WD_ALIGN_PARAGRAPH.RIGHT), (section.even_page_footer, text.WD_ALIGN_PARAGRAPH.LEFT)):
        footer.is_linked_to_previous = False
        line = footer.paragraphs[0]
        line.alignment = align
        line.paragraph_format.left_indent = line.paragraph_format.right_indent = shared.Pt(SIZE_PAGE)
        for words in ("— ", None, " —"):
            run = line.add_run(words or "")
            set_font(run, PAGE_FONT, PAGE_FONT)
            run.font.size = shared.Pt(SIZE_PAGE)
            if words is None:
                _field(run, "PAGE")


def _field(run: Any, code: str) -> None:
    instruction = part("instrText")
    instruction.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    instruction.text = f" {code} "
    shown = part("t")
    shown.text = "1"
    for element in (
        part("fldChar", fldCharType="begin"),
        instruction,
        part("fldChar", fldCharType="separate"),
        shown,
        part("fldChar", fldCharType="end"),
    ):
        run._r.append(element)


def mark_pages(section: Any, mark: str) -> None:
    """The mark of a draft across every page, as Word's own watermarks are made."""
    parse = library("docx.oxml").parse_xml
    for number, header in enumerate((section.header, section.even_page_header), 1):
        header.is_linked_to_previous = False
        run = header.paragraphs[0].add_run()
        width = min(420, 150 * len(mark))
        run._r.append(
            parse(
                f'<w:pict xmlns:w="{W}" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">'
                '<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" path="m@7,l@8,m@5,21600l@6,21600e">'
                '<v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/>'
                '<v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/>'
                '</v:formulas><v:path textpathok="t" o:connecttype="rect"/><v:textpath on="t" fitshape="t"/></v:shapetype>'
                f'<v:shape id="TricolorMark{number}" o:spid="_x0000_s{2048 + number}" type="#_x0000_t136" '
                f'style="position:absolute;margin-left:0;margin-top:0;width:{width}pt;height:{width // max(1, len(mark))}pt;rotation:315;'
                "z-index:-251658240;"
                "mso-position-horizontal:center;mso-position-horizontal-relative:margin;mso-position-vertical:center;"
                'mso-position-vertical-relative:margin" o:allowincell="f" fillcolor="#d9d9d9" stroked="f"><v:fill opacity=".5"/>'
                f'<v:textpath style="font-family:&quot;{HEADING_FONT}&quot;;font-size:1pt" string={quoteattr(mark)}/></v:shape></w:pict>'
            )
        )
