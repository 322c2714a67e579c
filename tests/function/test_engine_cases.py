"""One list of cases gives the same answers on real engines and on the search server of these tests."""

import pytest

from tests.engines.engine import Engine
from tests.function.engine_cases import CASES, Case, check, check_newer
from tests.function.search_server import SearchServer

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.mark.slow
@each_case
def test_opensearch_2(engine: Engine, case: Case) -> None:
    if engine.version.startswith("3."):
        check_newer(case, engine)
    else:
        check(case, engine)


@pytest.mark.parametrize("case", [case for case in CASES if not case.only_real], ids=lambda case: case.name)
def test_server_of_the_tests(server: SearchServer, case: Case) -> None:
    check(case, Engine(server.url))
