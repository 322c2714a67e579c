"""The check at import: this distribution is the only one, and belongs to the program's tool.

Each test runs a program in a new process, with folders that have the names of installed packages. The tests do not name
the two tools, since they hold for both distributions.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, PatternError
from constructs import Construct, RootConstruct
from ddb_stream_lambda._engine.installation import BINDINGS, BOTH_TOOLS, DISTRIBUTIONS, OTHER_TOOL, TOOL

from tests.support.calls import ROOT, ZIP_FUNCTION

THIS, OTHER = DISTRIBUTIONS[TOOL], DISTRIBUTIONS[OTHER_TOOL]
REPLACE = f"pip uninstall -y {THIS}, then pip install {OTHER}"
PASSED = "passed"


class Environment:
    """A folder in place of the installed packages."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def install(self, *names: str) -> None:
        """Add the metadata of a distribution, or an empty package of a tool."""
        for name in names:
            if name in DISTRIBUTIONS:
                (self._folder / name).mkdir()
                (self._folder / name / "__init__.py").touch()
            else:
                (self._folder / f"{name.replace('-', '_')}-0.1.0.dist-info").mkdir()

    def add_folder(self, name: str) -> None:
        """Add a folder that is no package."""
        (self._folder / name).mkdir()

    def import_package(self, *imported: str, both_tools: str = "") -> str:
        """Import modules and then this package; return the error's message, or `PASSED`."""
        imports = [*imported, "ddb_stream_lambda"]
        program = "\n".join(["import sys", f"sys.path[:0] = {[str(self._folder), str(ROOT)]}"])
        program += f"\ntry:\n    import {', '.join(imports)}\nexcept ImportError as error:\n    print(error)"
        program += f"\nelse:\n    print({PASSED!r})"
        # Without the packages of this environment (-S), and without the folder in which the test runs (-I).
        command = [sys.executable, "-I", "-S", "-c", program]
        variables = {BOTH_TOOLS: both_tools}
        # -I ignores only the variables of Python.
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path)


class TestTwoDistributions:
    def test_are_an_error_with_the_commands_that_correct_it(self, environment: Environment) -> None:
        environment.install(TOOL, THIS, OTHER)
        message = environment.import_package()
        assert f"{' and '.join(DISTRIBUTIONS.values())} are both installed" in message
        assert f"pip uninstall -y {' '.join(DISTRIBUTIONS.values())}" in message
        for tool, distribution in DISTRIBUTIONS.items():
            assert f"pip install {distribution} for an app on {tool}" in message

    def test_are_an_error_with_the_variable_too(self, environment: Environment) -> None:
        environment.install(TOOL, OTHER_TOOL, THIS, OTHER)
        assert "are both installed" in environment.import_package(both_tools="1")


class TestOtherTool:
    def test_without_this_one_is_an_error(self, environment: Environment) -> None:
        environment.install(OTHER_TOOL, THIS)
        expected = f"{THIS} is for {TOOL}, which is not installed; {OTHER_TOOL} is. Install {OTHER}: {REPLACE}"
        assert environment.import_package() == expected
        assert environment.import_package(both_tools="1") == expected

    @pytest.mark.parametrize("imported", [[OTHER_TOOL], [TOOL, OTHER_TOOL]], ids=["only", "with this one"])
    def test_that_the_program_imported_is_an_error(self, environment: Environment, imported: Sequence[str]) -> None:
        environment.install(TOOL, OTHER_TOOL, THIS)
        message = environment.import_package(*imported)
        assert f"{THIS} is for {TOOL}, but the program imported {OTHER_TOOL}. Replace it: {REPLACE}" in message
        assert f"set {BOTH_TOOLS}=1" in message

    def test_that_is_installed_as_well_is_an_error(self, environment: Environment) -> None:
        environment.install(TOOL, OTHER_TOOL, THIS)
        message = environment.import_package()
        assert f"{THIS} is for {TOOL}, but {OTHER_TOOL} is installed as well" in message
        assert f"For an app on {OTHER_TOOL}: {REPLACE}" in message
        assert f"For an app on {TOOL}: pip uninstall -y {OTHER_TOOL} {BINDINGS[OTHER_TOOL]}" in message
        assert f"set {BOTH_TOOLS}=1" in message

    def test_that_is_installed_as_well_is_no_error_after_this_one_was_imported(self, environment: Environment) -> None:
        environment.install(TOOL, OTHER_TOOL, THIS)
        assert environment.import_package(TOOL) == PASSED

    @pytest.mark.parametrize("imported", [[], [OTHER_TOOL], [TOOL, OTHER_TOOL]])
    def test_is_allowed_by_the_variable(self, environment: Environment, imported: Sequence[str]) -> None:
        environment.install(TOOL, OTHER_TOOL, THIS)
        assert environment.import_package(*imported, both_tools="1") == PASSED

    def test_is_not_a_folder_of_that_name(self, environment: Environment) -> None:
        environment.install(TOOL, THIS)
        environment.add_folder(OTHER_TOOL)
        assert environment.import_package() == PASSED


@pytest.mark.parametrize("names", [[TOOL, THIS], [TOOL], []], ids=["installed", "source checkout", "no tool"])
def test_an_environment_without_the_other_tool_passes(environment: Environment, names: Sequence[str]) -> None:
    environment.install(*names)
    assert environment.import_package() == PASSED


class TestScope:
    @pytest.fixture
    def stack_of_other_tool(self) -> Construct:
        """A construct whose class is defined in the other tool's package."""

        class TerraformStack(RootConstruct):
            __module__ = OTHER_TOOL

        return TerraformStack("orders")

    def test_of_the_other_tool_is_a_mistake_that_names_the_distribution(self, stack_of_other_tool: Construct) -> None:
        with pytest.raises(PatternError, match=f"must be a TerraformStack of {TOOL}") as caught:
            DynamoDBStreamsToLambda(stack_of_other_tool, "pipeline", lambda_function_props=ZIP_FUNCTION)
        assert f"this one belongs to {OTHER_TOOL}: for an app on it, install {OTHER}" in str(caught.value)

    def test_in_a_stack_of_the_other_tool_is_the_same_mistake(self, stack_of_other_tool: Construct) -> None:
        scope = Construct(stack_of_other_tool, "billing")
        with pytest.raises(PatternError, match=f"this one belongs to {OTHER_TOOL}"):
            DynamoDBStreamsToLambda(scope, "pipeline", lambda_function_props=ZIP_FUNCTION)
