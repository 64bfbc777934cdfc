"""Amounts as short messages name them."""

import math

SIGNS = {"degC": "℃", "%": "%"}  # written without a space


def amount_text(value: float | None, unit: str) -> str:
    """E.g. "44.04℃", "-1.5%", "12346 tce"; a share of 1 as percent; "" where it is not known."""
    if value is None or not math.isfinite(value):
        return ""
    if unit == "1":
        value, unit = value * 100, "%"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    text = "0" if text in ("-0", "") else text
    return f"{text}{SIGNS[unit]}" if unit in SIGNS else f"{text} {unit}".rstrip()
