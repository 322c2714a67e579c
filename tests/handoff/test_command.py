"""The command line of the hand-off: options, output, errors and exit codes."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ddb_stream_lambda.cli import build_parser
from ddb_stream_lambda.handoff import command
from ddb_stream_lambda.handoff.progress import Progress

from .support import ROOT, run_handoff

UNKNOWN_STACK = "unknown stack oders; the stacks are: orders"


@pytest.mark.usefixtures("output")
def test_unknown_stack_lists_the_stacks(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_handoff("oders") == 2
    assert UNKNOWN_STACK in capsys.readouterr().err


@pytest.mark.usefixtures("output")
def test_standard_output_has_only_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_handoff() == 0
    assert capsys.readouterr().out == "orders: dist/orders\n"


@pytest.mark.usefixtures("output")
def test_result_as_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run_handoff("--json", "--format", "hcl") == 0
    (result,) = json.loads(capsys.readouterr().out)
    assert result["stack"] == "orders"
    assert result["folder"] == "dist/orders"
    assert result["format"] == "hcl"
    assert result["files"] == sum(path.is_file() for path in (tmp_path / "dist/orders").rglob("*"))


@pytest.mark.usefixtures("output")
def test_error_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_handoff("--json", "oders") == 2
    assert json.loads(capsys.readouterr().out) == {"error": UNKNOWN_STACK, "exit_code": 2}


def test_steps_are_plain_lines_without_a_terminal() -> None:
    stream = io.StringIO()
    with Progress(stream).step("hashing"):
        pass
    assert stream.getvalue() == "hashing\n"


def test_step_is_removed_from_a_terminal_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    with Progress(stream).step("hashing"):
        pass
    assert stream.getvalue().endswith("\r\x1b[K")


def test_failing_app_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cdktf.json").write_text('{"app": "python -c exit(3)"}')
    run = subprocess.run(
        [sys.executable, "-m", "ddb_stream_lambda", "handoff"],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 5
    assert "exit code 3" in run.stderr


def test_project_without_an_app_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_handoff() == 5
    assert "names no app to run" in capsys.readouterr().err


def test_help_has_every_exit_code_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_handoff("--help")
    assert ended.value.code == 0
    text = capsys.readouterr().out
    for code in ("0", "1", "2", "3", "4", "5", "6", "130"):
        assert re.search(rf"^  {code}\b", text, re.MULTILINE)
    assert text.count("ddb-stream-lambda handoff") > 5


def test_unknown_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_handoff("--fromat", "hcl")
    assert ended.value.code == 2
    assert "unrecognized arguments: --fromat" in capsys.readouterr().err


@pytest.mark.usefixtures("output")
def test_unknown_format_lists_the_formats(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_handoff("--format", "yaml")
    assert ended.value.code == 2
    assert re.search(r"invalid choice: 'yaml' \(choose from 'json', 'hcl'\)", capsys.readouterr().err)


@pytest.mark.usefixtures("output")
def test_former_format_both_names_the_formats(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_handoff("--format", "both")
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert "write a bundle for each of 'json' and 'hcl'" in error


def test_examples_of_the_help_are_valid() -> None:
    parser = build_parser("1.2.3")
    examples = re.findall(r"^  ddb-stream-lambda (handoff.*?)(?:  |$|\|)", command.EPILOG, re.MULTILINE)
    assert len(examples) == 7
    for example in examples:
        assert parser.parse_args(example.split()).run is command.run


@pytest.mark.parametrize(
    ("file", "text", "exit_code"),
    [
        ("manifest.json", "[]", 2),
        ("manifest.json", '{"version": "1", "stacks": []}', 2),
        ("manifest.json", '{"version": "1", "stacks": {}}', 2),
        (
            "manifest.json",
            '{"version": "1", "stacks": {"../evil": {"synthesizedStackPath": "stacks/orders/cdk.tf.json"}}}',
            2,
        ),
        ("manifest.json", '{"version": "1", "stacks": {"orders": {"synthesizedStackPath": "../orders.tf.json"}}}', 2),
        ("stacks/orders/cdk.tf.json", "[]", 3),
        ("stacks/orders/cdk.tf.json", '{"resource": []}', 3),
        ("stacks/orders/cdk.tf.json", '{"import": {}}', 3),
        ("stacks/orders/cdk.tf.json", '{"resource": {"aws_sqs_queue": {"q": [{}]}}}', 3),
    ],
)
def test_damaged_output_of_cdktf_is_an_error_without_traceback(
    output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, text: str, exit_code: int
) -> None:
    (output / file).write_text(text)
    assert run_handoff("--quiet", "--out", str(tmp_path / "dist")) == exit_code
    error = capsys.readouterr().err
    assert error.startswith("handoff: ")
    assert "Traceback" not in error
    assert not (tmp_path / "dist").exists()
