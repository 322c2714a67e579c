"""The first signal ends a run after its batches, and the second one ends the process."""

from __future__ import annotations

import signal
import threading

import pytest
from ddb_stream_lambda.operations.interruptions import INTERRUPTION, STOP_SIGNALS, stopping_at_signals


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_first_signal_ends_the_run_after_its_batches_and_the_second_one_ends_the_process(
    number: signal.Signals,
) -> None:
    before = [signal.getsignal(name) for name in STOP_SIGNALS]
    stop, printed, notes = threading.Event(), threading.Event(), list[str]()

    def note(text: str) -> None:
        notes.append(text)
        printed.set()

    with stopping_at_signals(stop, note):
        signal.raise_signal(number)
        assert stop.is_set()
        assert printed.wait(10)
        assert [signal.getsignal(name) for name in STOP_SIGNALS] == [signal.SIG_DFL, signal.SIG_DFL]

    assert notes == [INTERRUPTION]
    assert [signal.getsignal(name) for name in STOP_SIGNALS] == before


def test_signals_keep_their_meaning_in_another_thread() -> None:
    before = [signal.getsignal(name) for name in STOP_SIGNALS]
    handlers: list[object] = []

    def run() -> None:
        with stopping_at_signals(threading.Event(), lambda _: None):
            handlers.extend(signal.getsignal(name) for name in STOP_SIGNALS)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert handlers == before
