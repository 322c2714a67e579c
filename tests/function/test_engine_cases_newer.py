"""The list of cases on OpenSearch 3. A separate file, so that another process runs it."""

import pytest

from tests.engines.engine import Engine
from tests.function.engine_cases import CASES, Case, check_newer


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_opensearch_3(newer_engine: Engine, case: Case) -> None:
    check_newer(case, newer_engine)
