"""The recording of the demo: an SVG of the terminal, in which the lines appear in their order."""

from __future__ import annotations

import io
from xml.sax.saxutils import escape

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

# The prefix of all names in the picture. It is fixed, so that two recordings differ only in what happened.
ID = "demo"
WIDTH = 100
# Pauses of the animation are shorter than those of the demo, which waits for Terraform most of the time.
LONGEST_PAUSE = 0.7
SHORTEST_PAUSE = 0.12
# The picture has its own background, so that it is readable on a light and on a dark page.
BACKGROUND, FOREGROUND = (22, 27, 34), (230, 237, 243)
# Red, green, yellow, blue, magenta and cyan.
NORMAL = [(255, 123, 114), (86, 211, 100), (227, 179, 65), (121, 192, 255), (210, 168, 255), (86, 212, 221)]
BRIGHT = [(255, 161, 152), (126, 231, 135), (242, 204, 96), (165, 214, 255), (255, 166, 87), (179, 240, 255)]
GRAY, WHITE = (145, 152, 161), (255, 255, 255)
THEME = TerminalTheme(BACKGROUND, FOREGROUND, [BACKGROUND, *NORMAL, FOREGROUND], [GRAY, *BRIGHT, WHITE])
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
# Rich's own format loads a font from another host, which the browser does not do for an image.
FORMAT = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="demo-name">
<title id="demo-name">@NAME@</title>
<style>
.{unique_id}-matrix {{ font-family: @FONT@; font-size: {char_height}px; }}
.{unique_id}-title {{ font-family: @FONT@; font-size: 16px; }}
{styles}
@ANIMATION@
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


class Recording:
    """Collects the lines of the demo.

    Attributes:
        times: the time of each line of the picture in seconds.
    """

    def __init__(self) -> None:
        self.times: list[float] = []
        self._console = Console(
            file=io.StringIO(), width=WIDTH, record=True, force_terminal=True, color_system="truecolor", highlight=False
        )

    def add(self, line: Text, seconds: float) -> None:
        """Add a line. A line that is longer than the picture is wide becomes several.

        Args:
            line: the line.
            seconds: its time.
        """
        for row in line.wrap(self._console, WIDTH):
            row.rstrip()
            self.times.append(seconds)
            self._console.print(row)

    def svg(self, *, command: str, name: str) -> str:
        """Return the picture.

        Args:
            command: the command that the title bar shows.
            name: the text for readers that do not see the picture.
        """
        picture = self._console.export_svg(title=command, theme=THEME, code_format=FORMAT, unique_id=ID)
        texts = {"@NAME@": escape(name), "@FONT@": FONT, "@ANIMATION@": animation(self.times)}
        for mark, text in texts.items():
            picture = picture.replace(mark, text)
        return "\n".join(line.rstrip() for line in picture.splitlines() if line.strip()) + "\n"


def animation(times: list[float]) -> str:
    """Return the rules with which the lines appear one after the other.

    At the end, and in a viewer without animations, all lines are there.

    Args:
        times: the time of each line in seconds.
    """
    rules = []
    shown_at = 0.0
    for number, (time, before) in enumerate(zip(times, [times[0], *times], strict=False) if times else ()):
        shown_at += min(max(time - before, SHORTEST_PAUSE), LONGEST_PAUSE)
        rules.append(f'[clip-path="url(#{ID}-line-{number})"] {{ animation-delay: {shown_at:.2f}s; }}')
    return "\n".join(
        [
            f"@keyframes {ID}-appear {{ from {{ opacity: 0; }} }}",
            "@media (prefers-reduced-motion: no-preference) {",
            f".{ID}-matrix text {{ animation: {ID}-appear 0.1s backwards; }}",
            *rules,
            "}",
        ]
    )
