"""The warning about a release of the provider's bindings whose index the hook does not make lazy."""

import sys
import warnings
from collections.abc import Iterator
from types import ModuleType

import pytest
from ddb_stream_lambda._engine import TESTED_WITH, bindings, javascript

from tests.support.programs import run_program

# A pattern, with a hook that rewrites no line.
UNKNOWN_INDEX = """
import ddb_stream_lambda
from ddb_stream_lambda._engine import javascript
pack = javascript.resources.files("ddb_stream_lambda._engine").joinpath("hook.js").read_bytes
class Hook:
    def joinpath(self, name): return self
    def read_bytes(self): return pack().replace(b"source.replace(EAGER, ON_DEMAND)", b"source")
javascript.resources = type("Resources", (), {"files": lambda package: Hook()})
from cdktf import TerraformStack, Testing
stack = TerraformStack(Testing.app(), "orders")
code = ddb_stream_lambda.Code.from_asset("tests/assets/hello")
props = {"code": code, "runtime": "python3.13", "handler": "index.handler"}
for id in ("first", "second"):
    ddb_stream_lambda.DynamoDBStreamsToLambda(stack, id, lambda_function_props=props)
print(Testing.synth(stack).count('"function_name"') > 0)
"""


@pytest.fixture
def hooked_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The provider's package is one for which the hook was loaded."""
    package = ModuleType(bindings.BINDINGS)
    path = bindings._HookedPath([])
    monkeypatch.setattr(path, "_hooked", True)
    package.__path__ = path
    monkeypatch.setitem(sys.modules, bindings.BINDINGS, package)
    bindings.warn_if_all_is_loaded.cache_clear()
    yield
    bindings.warn_if_all_is_loaded.cache_clear()


@pytest.mark.usefixtures("hooked_path")
@pytest.mark.parametrize("files", [0, 1000, 2213], ids=["other path", "many files", "all files"])
def test_a_hook_without_effect_gives_one_warning_with_the_tested_versions(
    files: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(javascript, "count_compiled_files", lambda: files)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bindings.warn_if_all_is_loaded()
        bindings.warn_if_all_is_loaded()
    (warning,) = caught
    assert warning.category is RuntimeWarning
    tested = ", ".join(f"{name} {number}" for name, number in TESTED_WITH.items())
    assert f"Installed: {tested}. Tested: {tested}." in str(warning.message)


@pytest.mark.usefixtures("hooked_path")
def test_a_lazy_index_gives_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(javascript, "count_compiled_files", lambda: 11)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bindings.warn_if_all_is_loaded()


@pytest.mark.slow
def test_a_pattern_works_without_a_lazy_index() -> None:
    ran = run_program(UNKNOWN_INDEX)
    assert ran.stdout == "True\n"
    assert ran.stderr.count("RuntimeWarning: ddb_stream_lambda could not make") == 1
