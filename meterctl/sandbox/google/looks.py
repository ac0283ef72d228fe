"""How cells look: what a new spreadsheet has, and how a chosen format is kept."""

from __future__ import annotations

import struct
from typing import Any

from meterctl.sandbox.google.cells import Format
from meterctl.sandbox.google.masks import Mask

Json = dict[str, Any]
WHITE: dict[str, float] = {"red": 1, "green": 1, "blue": 1}
# Every colour is said twice: plainly, and as a style that may name one of the theme's.
_COLORED = ("background", "foreground", "tab", "header", "footer", "firstBand", "secondBand")
_TWINS = {f"{name}Color": f"{name}ColorStyle" for name in _COLORED} | {"color": "colorStyle"}
_WIDTHS = {"SOLID_MEDIUM": 2, "SOLID_THICK": 3, "DOUBLE": 3}

DEFAULT_FORMAT: Format = {
    "backgroundColor": WHITE,
    "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
    "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": {
        "foregroundColor": {},
        "fontFamily": "arial,sans,sans-serif",
        "fontSize": 10,
        "bold": False,
        "italic": False,
        "strikethrough": False,
        "underline": False,
        "foregroundColorStyle": {"rgbColor": {}},
    },
    "backgroundColorStyle": {"rgbColor": WHITE},
}

# Of these parts a cell's effective format consists, in this order.
_PARTS = (
    *("numberFormat", "backgroundColor", "borders", "padding", "horizontalAlignment"),
    *("verticalAlignment", "wrapStrategy", "textDirection", "textFormat", "hyperlinkDisplayType"),
    *("textRotation", "backgroundColorStyle"),
)

_COLORS: dict[str, dict[str, float]] = {
    "TEXT": {},
    "BACKGROUND": WHITE,
    "ACCENT1": {"red": 0.25882354, "green": 0.52156866, "blue": 0.95686275},
    "ACCENT2": {"red": 0.91764706, "green": 0.2627451, "blue": 0.20784314},
    "ACCENT3": {"red": 0.9843137, "green": 0.7372549, "blue": 0.015686275},
    "ACCENT4": {"red": 0.20392157, "green": 0.65882355, "blue": 0.3254902},
    "ACCENT5": {"red": 1, "green": 0.42745098, "blue": 0.003921569},
    "ACCENT6": {"red": 0.27450982, "green": 0.7411765, "blue": 0.7764706},
    "LINK": {"red": 0.06666667, "green": 0.33333334, "blue": 0.8},
}
THEME: Json = {
    "primaryFontFamily": "Arial",
    "themeColors": [
        {"colorType": name, "color": {"rgbColor": color}} for name, color in _COLORS.items()
    ],
}


def color(given: Json) -> Json:
    """A colour as Google keeps it: in 255 steps, and without what is zero."""
    kept = {part: _step(share) for part, share in given.items() if part != "alpha"}
    return {part: share for part, share in kept.items() if share}


def _step(share: float) -> float:
    """The step at or below, as the shortest number that is the same in single precision."""
    exact = int(max(0.0, min(1.0, share)) * 255) / 255
    if exact in (0, 1):
        return int(exact)
    single = struct.pack("f", exact)
    shortest = (float(f"{exact:.{digits}g}") for digits in range(1, 10))
    return next((one for one in shortest if struct.pack("f", one) == single), exact)


def twinned(chosen: Json) -> Json:
    """A format in which every colour is said both ways, as Google answers it."""
    kept: Json = {}
    twins: Json = {}
    for name, given in chosen.items():
        if isinstance(given, str) and given.endswith("_UNSPECIFIED"):
            continue  # as good as not said
        if name in _TWINS:
            kept[name] = color(given)
            twins.setdefault(_TWINS[name], {"rgbColor": kept[name]})
        elif name in _TWINS.values():
            twins[name] = given
            if "rgbColor" in given:
                plain = next(one for one, other in _TWINS.items() if other == name)
                kept[plain] = color(given["rgbColor"])
                twins[name] = {"rgbColor": kept[plain]}
        elif name == "borders":
            kept |= {name: drawn} if (drawn := borders(given)) else {}
        elif isinstance(given, list):
            kept[name] = [twinned(one) if isinstance(one, dict) else one for one in given]
        else:
            kept[name] = twinned(given) if isinstance(given, dict) else given
    return kept | twins


def borders(given: Json) -> Json:
    """A cell's borders as they are kept: each with its width and its colour."""
    return {
        side: {
            "style": border["style"],
            "width": _WIDTHS.get(border["style"], 1),
            **twinned({"color": border.get("color", {})} | _colored(border)),
        }
        for side, border in given.items()
        if border.get("style", "NONE") not in ("NONE", "STYLE_UNSPECIFIED")
    }


def _colored(border: Json) -> Json:
    return {name: border[name] for name in ("color", "colorStyle") if name in border}


def twinned_mask(mask: Mask) -> Mask:
    """The same for a mask: who names a colour means both of its spellings."""
    wider: Mask = {}
    pairs = _TWINS | {other: one for one, other in _TWINS.items()}
    for name, below in mask.items():
        wider[name] = twinned_mask(below)
        if name in pairs:
            wider[name] = {}
            wider[pairs[name]] = {}
    return wider


def effective(chosen: Format, natural: Format, link: str | None) -> Format:
    """How a cell looks in the end.

    Args:
        chosen: The format that was set.
        natural: What follows from the value, where nothing else was set.
        link: Where the cell leads, if anywhere: that is blue and underlined.
    """
    text = DEFAULT_FORMAT["textFormat"] | {"fontFamily": THEME["primaryFontFamily"]}
    if link is not None:
        blue = _COLORS["LINK"]
        text |= {"foregroundColor": blue, "foregroundColorStyle": {"rgbColor": blue}}
        text |= {"underline": True, "link": {"uri": link}}
        natural = natural | {"hyperlinkDisplayType": "LINKED"}
    text |= chosen.get("textFormat", {})
    found = DEFAULT_FORMAT | natural | chosen | {"textFormat": text}
    return {part: found[part] for part in _PARTS if part in found}
