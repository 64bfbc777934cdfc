"""Names that mean something to typst, to Word's XML or to a spreadsheet, and must print as they are."""

ODD = (
    "#set page(width: 1pt)",
    "$x^2$",
    "*甲*_乙_`丙`",
    "<br>&amp;",
    "\\n\\u{41}",
    "[丁](戊)",
    "@ref//注释",
    "~=-+1.",
    "\"引\"'号'",
    "#{panic()}",
    "]]>",
    "${jndi}%s{0}",
)
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("a","b")', "#N/A", "=cmd|'/c x'!A0", "\t=1", "＝1+1")
