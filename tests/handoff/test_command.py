"""The command line of the hand-off: options, output, errors and exit codes."""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ddb_stream_lambda.cli import build_parser
from ddb_stream_lambda.handoff import command
from ddb_stream_lambda.handoff.progress import Progress

from .support import ROOT, Edit, HandOver, Refused, run_handoff

UNKNOWN_STACK = "unknown stack oders; the stacks are: orders"


@pytest.mark.usefixtures("output")
def test_unknown_stack_lists_the_stacks(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_handoff("oders") == 2
    assert UNKNOWN_STACK in capsys.readouterr().err


@pytest.mark.usefixtures("output")
def test_standard_output_has_only_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_handoff() == 0
    digest = hashlib.sha256(Path("dist/orders/SHA256SUMS").read_bytes()).hexdigest()
    assert capsys.readouterr().out == f"orders: dist/orders (SHA-256 of SHA256SUMS: {digest})\n"


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


def run_process(
    *options: str, folder: Path, shell: str = '"$@"', **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a separate process, through a line of shell."""
    command = [sys.executable, "-m", "ddb_stream_lambda", "handoff", *options]
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        ["bash", "-c", shell, "bash", *command], cwd=folder, env=variables | environment, capture_output=True
    )


@pytest.mark.parametrize("options", [["--jso", "--fromat"], ["--format", "yaml", "--json"], ["--json", "--out"]])
def test_usage_error_as_json(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_handoff(*options)
    assert ended.value.code == 2
    printed = capsys.readouterr()
    error = json.loads(printed.out)
    assert error["exit_code"] == 2
    assert f": {error['error']}\n" in printed.err


def test_usage_error_without_json_prints_no_json(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run_handoff("--fromat", "--", "--json")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "shell",
    ['"$@" | true', '"$@" >&-', '"$@" 2>&-', '"$@" >&- 2>&-', '"$@" 2>&1 | true', 'set -o pipefail; "$@" | sleep 0'],
)
def test_output_that_nobody_reads_is_no_error(output: Path, shell: str) -> None:
    run = run_process("--json", folder=output.parent, shell=shell)
    assert run.returncode == 0, run.stderr
    assert b"Traceback" not in run.stderr
    assert b"Exception" not in run.stderr
    assert (output.parent / "dist/orders/README.md").is_file()


def test_result_that_cannot_be_printed_is_an_error(output: Path) -> None:
    run = run_process("--json", folder=output.parent, shell='"$@" > /dev/full')
    assert run.returncode == 4
    assert b"the result could not be printed: [Errno 28]" in run.stderr
    assert b"Traceback" not in run.stderr


def test_text_and_names_are_utf8_in_any_locale(output: Path) -> None:
    stack = output / "stacks/orders"
    (stack / "assets/grüße").mkdir()
    (stack / "assets/grüße/seite.txt").write_text("x")
    config = json.loads((stack / "cdk.tf.json").read_text())
    config["output"]["text"] = {"value": "Größe 🙂", "description": '${file("assets/grüße/seite.txt")}'}
    (stack / "cdk.tf.json").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
    bundles = []
    for name, locale in (("plain", "C"), ("utf8", "C.UTF-8")):
        run = run_process("--out", f"dist/ü{name}", folder=output.parent, LC_ALL=locale, PYTHONUTF8="0")
        assert run.returncode == 0, run.stderr
        bundle = output.parent / f"dist/ü{name}/orders"
        assert run.stdout.decode().startswith(f"orders: dist/ü{name}/orders (SHA-256 ")
        bundles.append(
            {str(path.relative_to(bundle)): path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
        )
    assert bundles[0] == bundles[1]
    assert "Größe 🙂" in bundles[0]["outputs.tf.json"].decode()
    assert "assets/grüße/seite.txt" in bundles[0]["SHA256SUMS"].decode()


def test_path_of_this_machine_is_allowed_by_option(
    output: Path, edit: Edit, hand_over: HandOver, refused: Refused
) -> None:
    (output.parent / "notes").touch()
    edit(lambda config: config["output"].update(it={"value": f"see {output.parent}/notes"}))
    assert "output.it.value = see " in refused(code=3)
    assert (hand_over("--allow-path", f"{output.parent}/notes") / "README.md").is_file()


def test_error_has_no_characters_that_control_a_terminal(edit: Edit, refused: Refused) -> None:
    edit(lambda config: config["output"].update(it={"value": '${file("a\x1b[2Jb")}'}))
    assert "a\\x1b[2Jb is missing" in refused(code=3)


def test_file_that_only_terraform_knows_is_noted(
    edit: Edit, hand_over: HandOver, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(lambda config: config["output"].update(it={"value": "${file(var.region)}"}))
    hand_over("--json")
    printed = capsys.readouterr()
    note = "output.it.value: var.region: only Terraform knows which file this is; check that it exists"
    assert note in json.loads(printed.out)[0]["notes"]
    assert f"note: {note}" in printed.err


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
        ("stacks/orders/cdk.tf.json", '{"import": {}}', 3),
        ("stacks/orders/cdk.tf.json", '{"resource": {"aws_sqs_queue": {"q": [{}, {}]}}}', 3),
        ("stacks/orders/cdk.tf.json", '{"resource": {"aws_sqs_queue": {"q": 1}}}', 3),
        ("stacks/orders/cdk.tf.json", '{"output": {"a": {"value": 1}}, "output": {}}', 3),
        ("stacks/orders/cdk.tf.json", '{"output": {"a": {"value": NaN}}}', 3),
        ("stacks/orders/cdk.tf.json", '{"output": {"a": {"value": "\\ud800"}}}', 3),
        pytest.param(
            "stacks/orders/cdk.tf.json",
            '{"output": {"a": {"value": ' + "[" * 20_000 + "]" * 20_000 + "}}}",
            3,
            id="lists",
        ),
        pytest.param(
            "stacks/orders/cdk.tf.json",
            json.dumps({"output": {"a": {"value": '${f("' * 20_000 + '")}' * 20_000}}}),
            3,
            id="templates",
        ),
        ("stacks/orders/cdk.tf.json", "\xff", 3),
        pytest.param("manifest.json", "[" * 20_000, 2, id="manifest"),
        (
            "manifest.json",
            '{"version": "1", "stacks": {"a\\nb": {"synthesizedStackPath": "stacks/orders/cdk.tf.json"}}}',
            2,
        ),
        (
            "manifest.json",
            '{"version": "1", "stacks": {"gone": {"synthesizedStackPath": "stacks/gone/cdk.tf.json"}}}',
            2,
        ),
    ],
)
def test_damaged_output_of_cdktf_is_an_error_without_traceback(
    output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, text: str, exit_code: int
) -> None:
    (output / file).write_text(text, encoding="latin-1")
    assert run_handoff("--quiet", "--out", str(tmp_path / "dist")) == exit_code
    error = capsys.readouterr().err
    assert error.startswith("handoff: ")
    assert "Traceback" not in error
    assert not (tmp_path / "dist").exists()
