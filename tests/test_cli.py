"""The console script: its subcommands, its version and its usage errors."""

import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from ddb_stream_lambda import cli

ROOT = Path(__file__).parents[1]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an installed package, which has no pyproject.toml next to it."""
    folder = tmp_path / "site-packages"
    (folder / "ddb_stream_lambda").mkdir(parents=True)
    monkeypatch.setattr(cli, "__file__", str(folder / "ddb_stream_lambda" / "cli.py"))
    return folder


def usage_error(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("usage: ddb-stream-lambda ")
    return printed.err


def test_missing_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert "the following arguments are required: COMMAND" in usage_error(capsys)


def test_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    error = usage_error(capsys, "hand-off")
    assert "invalid choice: 'hand-off'" in error
    assert "choose from" in error


def test_unknown_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert "unrecognized arguments: --verbose" in usage_error(capsys, "--verbose", "handoff")


@pytest.mark.parametrize("arguments", [("handoff", "--format", "xml"), ("redrive",), ("backfill",)])
def test_usage_error_names_its_command(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    assert usage_error(capsys, *arguments).splitlines()[-1].startswith(f"{arguments[0]}: ")


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    assert "handoff   write a stack as Terraform" in capsys.readouterr().out


def test_help_of_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["handoff", "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: ddb-stream-lambda handoff ")


def test_version_of_a_checkout_is_in_its_pyproject(capsys: pytest.CaptureFixture[str]) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"ddb-stream-lambda {version}\n"


@pytest.mark.usefixtures("installed")
def test_version_of_an_installed_package_is_in_its_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {cli.DISTRIBUTION: "1.2.3"}
    monkeypatch.setattr(metadata, "version", versions.__getitem__)
    assert cli.package_version() == "1.2.3"


def test_pyproject_of_another_project_is_ignored(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (installed / "pyproject.toml").write_text('[project]\nname = "another"\nversion = "9.9.9"\n')
    monkeypatch.setattr(metadata, "version", lambda name: "1.2.3")
    assert cli.package_version() == "1.2.3"


@pytest.mark.usefixtures("installed")
def test_unknown_version_is_an_error_with_the_fix(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def not_installed(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", not_installed)
    assert cli.main(["handoff"]) == 1
    assert "run: pip install ddb-stream-lambda" in capsys.readouterr().err


def test_module_runs_the_program() -> None:
    command = [sys.executable, "-m", "ddb_stream_lambda", "handoff", "--help"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0
    assert run.stdout.startswith("usage: ddb-stream-lambda handoff ")


def test_boto3_is_not_imported_until_a_command_needs_it() -> None:
    program = "import sys, ddb_stream_lambda.cli as cli; cli.build_parser('1'); sys.exit('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("module", ["redriving.running", "backfilling.running", "redriving.command"])
def test_interruption_outside_of_a_run_is_one_line_and_its_exit_code(
    module: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as while a command imports boto3, or the program imports a command."""
    name = f"ddb_stream_lambda.operations.{module}"

    class Interruption:
        def find_spec(self, wanted: str, *_: object) -> None:
            if wanted == name:
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, name, raising=False)
    package = sys.modules.get(name.rpartition(".")[0])
    if hasattr(package, "command") and module.endswith("command"):
        monkeypatch.delattr(package, "command")
    monkeypatch.setattr(sys, "meta_path", [Interruption(), *sys.meta_path])
    assert cli.main(["backfill", "orders"] if "backfilling" in module else ["redrive", "--queue", "a"]) == 130
    assert capsys.readouterr().err == "ddb-stream-lambda: interrupted\n"
