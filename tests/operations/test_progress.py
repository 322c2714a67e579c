"""Progress on a terminal and elsewhere."""

import io

import pytest
from ddb_stream_lambda.operations.progress import Progress, duration


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_plain_lines_come_every_five_seconds() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress("records", stream=stream, clock=clock)
    for second in range(11):
        clock.now = second
        progress.update(second * 200, 4000)
    progress.finish()
    assert stream.getvalue().splitlines() == [
        "0 of 4,000 records",
        "1,000 of 4,000 records, 200/s, 15 s left",
        "2,000 of 4,000 records, 200/s, 10 s left",
    ]


def test_terminal_has_one_line_that_is_removed_at_the_end() -> None:
    stream, clock = Terminal(), Clock()
    progress = Progress("items", stream=stream, clock=clock)
    progress.update(1)
    clock.now = 2
    progress.update(2, detail="1 failed")
    progress.note("a note")
    progress.finish()
    assert stream.getvalue() == (
        "\r\x1b[K1 items\r\x1b[K2 items, 0.5/s, 1 failed\r\x1b[Ka note\n2 items, 0.5/s, 1 failed\r\x1b[K"
    )


def test_quiet_progress_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("records", quiet=True)
    progress.update(1)
    progress.note("x")
    assert capsys.readouterr() == ("", "")


def test_closed_stream_ends_the_progress_only() -> None:
    stream = io.StringIO()
    progress = Progress("records", stream=stream)
    stream.close()
    progress.update(1)
    progress.note("x")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (7500, "2 h 5 min"), (90000, "1 d 1 h")],
)
def test_duration_has_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text
