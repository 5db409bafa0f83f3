"""What the screen looks like where no colours are wanted (`NO_COLOR`): the terminal's own two, and nothing else.

The framework makes greys of all colours, whose backgrounds stay, on a terminal whose own may be any.
"""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_LIGHTER = 0.25
_MORE_COLOURED = 20
"""So much lighter or darker than what is around it, or so much less grey, a background tells something."""
_PLAIN = Style.from_color(RichColor.default(), RichColor.default())


class Colourless(LineFilter):
    """Takes every colour away; bold, dim, underlined and reversed stay, and what stood out is reversed."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments of a line without colours."""
        around = (background.brightness, _coloured(background))
        return [Segment(text, _bare(style, around) if style else style, control) for text, style, control in segments]


@lru_cache(maxsize=1024)
def _bare(style: Style, around: tuple[float, int]) -> Style:
    stands_out = False
    if style.bgcolor is not None and not style.bgcolor.is_default:
        own = Color.from_rich_color(style.bgcolor)
        stands_out = abs(own.brightness - around[0]) > _LIGHTER or _coloured(own) - around[1] > _MORE_COLOURED
    return style + _PLAIN + Style(reverse=bool(style.reverse) or stands_out)


def _coloured(color: Color) -> int:
    """Return how far a colour is from a grey."""
    return max(color.rgb) - min(color.rgb)
