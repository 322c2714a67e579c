"""The order of imports: the cheap orders, and the warning about the expensive one.

Each test runs a program in a new process, since a process imports a package once.
"""

from pathlib import Path

import pytest

from tests.support.programs import run_program

# The provider's package takes many seconds to load, so a module without content replaces it.
PROVIDER_BEFORE = """
import sys, types
sys.modules["cdktf_cdktf_provider_aws"] = types.ModuleType("cdktf_cdktf_provider_aws")
"""
IMPORT = "import ddb_stream_lambda"
PROVIDER = "from cdktf_cdktf_provider_aws.provider import AwsProvider"
PATTERN = "from ddb_stream_lambda import DynamoDBStreamsToLambda"
CDKTF = "from cdktf import App, TerraformStack"


def warnings_of(program: str, *, environment: dict[str, str] | None = None, options: tuple[str, ...] = ()) -> list[str]:
    """Return the warnings that the program prints."""
    ran = run_program(program, environment=environment, options=options)
    return [line for line in ran.stderr.splitlines() if "Warning" in line]


class TestWarning:
    def test_names_the_cost_and_the_lines_that_keep_the_order(self) -> None:
        (warning,) = warnings_of(PROVIDER_BEFORE + IMPORT)
        assert "ImportOrderWarning: cdktf_cdktf_provider_aws was imported before ddb_stream_lambda" in warning
        assert "several seconds and over half a gigabyte" in warning
        assert '[tool.ruff.lint.isort] force-to-top = ["ddb_stream_lambda"]' in warning
        assert '[tool.isort] force_to_top = ["ddb_stream_lambda"]' in warning
        assert "Silence this with DDB_STREAM_LAMBDA_IMPORT_ORDER_WARNING=0." in warning

    def test_comes_once(self) -> None:
        program = f"{PROVIDER_BEFORE}{IMPORT}\n{IMPORT}\nfrom ddb_stream_lambda import PatternError"
        assert len(warnings_of(program)) == 1

    def test_does_not_come_when_the_package_is_imported_again(self) -> None:
        again = "import sys\nfor name in [name for name in sys.modules if name.startswith('ddb_stream_lambda')]:\n"
        assert warnings_of(f"{IMPORT}\n{again}    del sys.modules[name]\n{IMPORT}") == []

    def test_points_at_the_line_that_imports_the_package(self, tmp_path: Path) -> None:
        (tmp_path / "app.py").write_text("import stacks\n")
        (tmp_path / "stacks.py").write_text(f"{PROVIDER_BEFORE}from ddb_stream_lambda import PatternError\n")
        ran = run_program(tmp_path / "app.py")
        assert f"{tmp_path / 'stacks.py'}:4: ImportOrderWarning" in ran.stderr

    def test_is_silenced_by_the_environment_variable(self) -> None:
        environment = {"DDB_STREAM_LAMBDA_IMPORT_ORDER_WARNING": "0"}
        assert warnings_of(PROVIDER_BEFORE + IMPORT, environment=environment) == []

    @pytest.mark.parametrize(
        "silence",
        [
            "warnings.simplefilter('ignore')",
            "warnings.filterwarnings('ignore', 'cdktf_cdktf_provider_aws was imported before ddb_stream_lambda')",
            "warnings.filterwarnings('ignore', category=UserWarning)",
        ],
    )
    def test_is_silenced_by_a_filter(self, silence: str) -> None:
        assert warnings_of(f"import warnings; {silence}\n{PROVIDER_BEFORE}{IMPORT}") == []

    def test_is_silenced_by_an_option_of_the_interpreter(self) -> None:
        assert warnings_of(PROVIDER_BEFORE + IMPORT, options=("-W", "ignore::UserWarning")) == []

    def test_does_not_come_if_the_import_on_demand_is_off(self) -> None:
        environment = {"DDB_STREAM_LAMBDA_IMPORT_ON_DEMAND": "0"}
        assert warnings_of(PROVIDER_BEFORE + IMPORT, environment=environment) == []

    def test_does_not_come_if_the_package_is_imported_first(self) -> None:
        assert warnings_of(f"{IMPORT}\nimport cdktf_cdktf_provider_aws") == []


@pytest.mark.parametrize("module", ["ddb_stream_lambda", "ddb_stream_lambda.cli"])
def test_an_import_does_not_start_the_engine(module: str) -> None:
    program = f"import {module}, sys; print(sorted({{'jsii', 'cdktf', 'constructs'}} & sys.modules.keys()))"
    assert run_program(program).stdout == "[]\n"


@pytest.mark.parametrize(
    "imports",
    [(PATTERN, CDKTF, PROVIDER), (CDKTF, PATTERN, PROVIDER), (PATTERN, PROVIDER, CDKTF)],
    ids=["package, cdktf, provider", "cdktf, package, provider", "package, provider, cdktf"],
)
def test_the_package_before_the_provider_is_cheap(imports: tuple[str, ...]) -> None:
    """The provider has over 2,000 modules, and a pattern needs 30 of them."""
    count = "import sys; print(sum(name.startswith('cdktf_cdktf_provider_aws.') for name in sys.modules))"
    ran = run_program("\n".join([*imports, count]))
    assert 0 < int(ran.stdout) < 60
    assert "Warning" not in ran.stderr
