"""One list of cases gives the same answers on real engines and on the search server of these tests."""

import pytest

from tests.engines.engine import Engine
from tests.function.engine_cases import CASES, Case, run
from tests.function.search_server import SearchServer

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.mark.slow
@each_case
def test_opensearch_2(engine: Engine, case: Case) -> None:
    if engine.version.startswith("3."):
        check(case, engine, case.newer or case.expected, case.newer_reason or case.reason)
    else:
        check(case, engine, case.expected, case.reason)


@pytest.mark.slow
@each_case
def test_opensearch_3(newer_engine: Engine, case: Case) -> None:
    check(case, newer_engine, case.newer or case.expected, case.newer_reason or case.reason)


@each_case
def test_server_of_the_tests(server: SearchServer, case: Case) -> None:
    if case.only_real:
        pytest.skip(case.only_real)
    check(case, Engine(server.url), case.expected, case.reason)


def check(case: Case, engine: Engine, expected: str, reason: str) -> None:
    summary, reasons = run(case, engine)
    assert summary == expected, reasons
    assert reason in reasons
