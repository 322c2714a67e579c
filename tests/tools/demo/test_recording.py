"""docs/demo.svg is a picture of the present demo, and the README shows it."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest
from rich.text import Text

from demo.command import COMMAND, NAME
from demo.recording import LONGEST_PAUSE, WIDTH, Recording, animation
from demo.screen import Screen
from demo.story import TITLES, Story
from tests.tools.demo.world_double import WorldDouble

ROOT = Path(__file__).parents[3]
PICTURE = ROOT / "docs" / "demo.svg"
SVG = "{http://www.w3.org/2000/svg}"
MAX_BYTES = 200_000
NUMBER = re.compile(r"\d+(?:\.\d+)*")


def lines_of(svg: str) -> list[str]:
    """Return the lines of the terminal in a picture, without the title bar."""
    rows: dict[str, str] = {}
    for text in ET.fromstring(svg).iter(f"{SVG}text"):
        if clip := text.get("clip-path"):
            rows[clip] = rows.get(clip, "") + (text.text or "").replace("\N{NO-BREAK SPACE}", " ")
    return [row.rstrip("\n") for row in rows.values()]  # Rich writes the end of a line as a separate text


def record() -> str:
    """Return the picture of a story in the double of the world."""
    recording = Recording()
    Story(WorldDouble(), Screen(io.StringIO(), recording=recording, clock=lambda: 0.0), pause=0).run()
    return recording.svg(command=COMMAND, name=NAME)


def without_numbers(line: str) -> str:
    return " ".join(NUMBER.sub("0", line).split())


def test_the_picture_has_the_titles_of_all_steps() -> None:
    """It is outdated otherwise: run `make demo RECORD=docs/demo.svg`."""
    lines = lines_of(PICTURE.read_text())

    assert [line for line in lines if line in TITLES] == list(TITLES)


def test_the_picture_has_the_lines_that_the_demo_prints_now() -> None:
    """Numbers and times differ; the error message of the function is the double's own."""
    recorded = {without_numbers(line) for line in lines_of(PICTURE.read_text())}
    printed = {without_numbers(line) for line in lines_of(record()) if "SystemExit" not in line}

    assert printed - recorded == set()


def test_the_picture_shows_a_run_in_which_everything_was_true() -> None:
    assert "checks passed" in lines_of(PICTURE.read_text())[-1]


def test_the_picture_is_small_and_names_nothing_of_a_machine() -> None:
    picture = PICTURE.read_text()

    assert len(picture.encode()) < MAX_BYTES
    assert re.findall(r"/(?:home|root|tmp|work|Users)\b|localhost|127\.0\.0\.1", picture) == []


def test_the_picture_loads_nothing_from_other_hosts() -> None:
    addresses = set(re.findall(r"https?://[^\s\"')<]+", PICTURE.read_text()))

    assert addresses == {"http://www.w3.org/2000/svg"}


def test_the_readme_shows_the_picture_with_an_alternative_text() -> None:
    (alternative,) = re.findall(r"!\[([^\]]+)\]\(docs/demo\.svg\)", (ROOT / "README.md").read_text())

    for word in ("table", "stream", "function", "index", "dead-letter queue", "redrive"):
        assert word in alternative


def test_two_recordings_of_the_same_events_are_equal() -> None:
    assert record() == record()


def test_a_picture_has_a_name_for_readers_that_do_not_see_it() -> None:
    root = ET.fromstring(record())

    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == NAME


def test_special_characters_are_escaped() -> None:
    recording = Recording()
    recording.add(Text("<a> & b"), 0)

    assert lines_of(recording.svg(command="<make>", name="a & b")) == ["<a> & b"]


def test_a_long_line_is_wrapped() -> None:
    recording = Recording()
    recording.add(Text("word " * WIDTH), 0)

    lines = lines_of(recording.svg(command=COMMAND, name=NAME))

    assert len(lines) == len(recording.times) > 1
    assert max(map(len, lines)) <= WIDTH


def test_long_pauses_are_shortened_in_the_animation() -> None:
    delays = [float(delay) for delay in re.findall(r"animation-delay: ([\d.]+)s", animation([0, 0, 100, 100.5]))]
    pauses = [later - earlier for earlier, later in pairwise(delays)]

    assert pauses == pytest.approx([0.12, LONGEST_PAUSE, 0.5])


def test_readers_who_prefer_less_motion_see_no_animation() -> None:
    assert animation([0]).split("\n")[1] == "@media (prefers-reduced-motion: no-preference) {"
