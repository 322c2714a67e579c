"""The command line: what it takes, what it says and how it ends."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ddb_stream_lambda.handoff import command
from ddb_stream_lambda.handoff.command import main
from ddb_stream_lambda.handoff.progress import Progress

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.usefixtures("output")
def test_a_stack_that_does_not_exist_lists_those_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["oders"]) == 2
    assert "no stack oders; there are: orders" in capsys.readouterr().err


@pytest.mark.usefixtures("output")
def test_standard_output_has_the_result_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert capsys.readouterr().out == "orders: dist/orders\n"


@pytest.mark.usefixtures("output")
def test_machines_get_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--json", "--format", "hcl"]) == 0
    (made,) = json.loads(capsys.readouterr().out)
    assert made["stack"] == "orders"
    assert made["folder"] == "dist/orders"
    assert made["files"] == sum(path.is_file() for path in (tmp_path / "dist/orders").rglob("*"))


@pytest.mark.usefixtures("output")
def test_machines_get_errors_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "oders"]) == 2
    assert json.loads(capsys.readouterr().out) == {"error": "no stack oders; there are: orders", "exit_code": 2}


def test_steps_are_plain_lines_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    with Progress(stream).step("hashing"):
        pass
    assert stream.getvalue() == "hashing\n"


def test_a_step_is_gone_from_a_terminal_once_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    with Progress(stream).step("hashing"):
        pass
    assert stream.getvalue().endswith("\r\x1b[K")


def test_an_app_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_project_without_an_app_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([]) == 5
    assert "names no app to run" in capsys.readouterr().err


def test_the_help_tells_every_exit_code_and_gives_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    for code in ("0", "2", "3", "4", "5", "130"):
        assert re.search(rf"^  {code}\b", told, re.MULTILINE)
    assert told.count("ddb-stream-lambda handoff") > 5


def test_an_unknown_option_is_a_matter_of_usage() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--fromat", "hcl"])
    assert ended.value.code == 2


def test_the_examples_of_the_help_are_valid() -> None:
    for line in re.findall(r"^  ddb-stream-lambda handoff(.*?)(?:  |$|\|)", command.EPILOG, re.MULTILINE):
        command._parser().parse_args(line.split())


@pytest.mark.parametrize(
    ("file", "text", "exit_code"),
    [
        ("manifest.json", "[]", 2),
        ("manifest.json", '{"version": "1", "stacks": []}', 2),
        (
            "manifest.json",
            '{"version": "1", "stacks": {"../evil": {"synthesizedStackPath": "stacks/orders/cdk.tf.json"}}}',
            2,
        ),
        ("manifest.json", '{"version": "1", "stacks": {"orders": {"synthesizedStackPath": "../orders.tf.json"}}}', 2),
        ("stacks/orders/cdk.tf.json", "[]", 3),
        ("stacks/orders/cdk.tf.json", '{"resource": []}', 3),
        ("stacks/orders/cdk.tf.json", '{"resource": {"aws_sqs_queue": {"q": [{}]}}}', 3),
    ],
)
def test_a_damaged_output_of_cdktf_is_refused_in_a_sentence(
    output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, text: str, exit_code: int
) -> None:
    (output / file).write_text(text)
    assert main(["--quiet", "--out", str(tmp_path / "dist")]) == exit_code
    assert "Traceback" not in capsys.readouterr().err
    assert not (tmp_path / "dist").exists()
