"""The lines of the demo: colors on a terminal, plain text elsewhere."""

from __future__ import annotations

import io

import pytest

from demo.screen import Screen


class Terminal(io.StringIO):
    """A file that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the file decides whether there are colors."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def print_lines(file: io.StringIO) -> str:
    times = iter([0.0, 1.5, 2.25, 3.0])
    screen = Screen(file, clock=lambda: next(times))
    screen.line("stream", "INSERT order-1")
    screen.check("the index equals the table")
    return file.getvalue()


def test_a_line_has_the_time_the_part_and_what_happens() -> None:
    assert print_lines(io.StringIO()).splitlines() == [
        "   1.50 s  stream     INSERT order-1",
        "   2.25 s  ✓          the index equals the table",
    ]


def test_a_terminal_gets_colors() -> None:
    assert "\x1b[34mstream" in print_lines(Terminal())


def test_no_color_is_honored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    assert "\x1b[34m" not in print_lines(Terminal())


def test_long_lines_are_not_wrapped() -> None:
    output = io.StringIO()

    Screen(output).line("redrive", "word " * 100)

    assert len(output.getvalue().splitlines()) == 1


def test_a_wait_prints_nothing_without_a_terminal() -> None:
    output = io.StringIO()

    with Screen(output).waiting("terraform apply …"):
        pass

    assert output.getvalue() == ""
