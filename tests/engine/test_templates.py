"""The expressions in a text, and the text's form in HCL."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from ddb_stream_lambda._engine.templates import escape_for_hcl, part_of

from tests.support.programs import run_program


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("orders", "orders"),
        ('{"a": 1}', '{\\"a\\": 1}'),
        (r"\d+", r"\\d+"),
        (r"\"open\"", r"\\\"open\\\""),
        ('say "${var.name}"', 'say \\"${var.name}\\"'),
        ('${join("\\n", var.names)}', '${join("\\n", var.names)}'),
        ("${TfToken[TOKEN.0]}", "${TfToken[TOKEN.0]}"),
        (r"$${aws:username}\ ", r"$${aws:username}\\ "),
        ('two\nlines of \\ and "', 'two\nlines of \\ and "'),
    ],
)
def test_quotes_and_backslashes_outside_expressions_are_escaped(text: str, escaped: str) -> None:
    assert escape_for_hcl(text) == escaped


def test_a_created_resource_has_its_texts_escaped_only_in_hcl(tmp_path: Path) -> None:
    program = f"""
from ddb_stream_lambda._engine.creation import StringMap, create
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue

app = App(outdir={str(tmp_path)!r})
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws")
create(SqsQueue, scope=stack, id="queue", arguments={{"tags": StringMap({{"a": r'\\d "b"'}})}})
app.synth()
"""
    run_program(program, environment={"SYNTH_HCL_OUTPUT": "true"})
    assert r'a = "\\d \"b\""' in (tmp_path / "stacks/orders/cdk.tf").read_text()
    run_program(program, environment={"SYNTH_HCL_OUTPUT": ""})
    assert r'"a": "\\d \"b\""' in (tmp_path / "stacks/orders/cdk.tf.json").read_text()


PARTS_PROGRAM = r"""
from cdktf import App, TerraformOutput, TerraformStack, TerraformVariable
from ddb_stream_lambda._engine.templates import part_of

app = App(outdir="OUT")
stack = TerraformStack(app, "orders")
start = "arn:aws:sqs:eu-west-1:111122223333:"
name = TerraformVariable(stack, "name", type="string", default="failed").string_value
arn = TerraformVariable(stack, "arn", type="string", default=start + "failed").string_value
TerraformVariable(stack, "names", default={"a": "failed"})
texts = {
    "literal": start + "failed",
    "token": arn,
    "text_with_token": start + name,
    "expression": "${var.arn}",
    "stripped": "${~ var.arn ~}",
    "text_with_expression": start + "${var.name}",
    "both": 'arn:aws:sqs:${lower("EU-WEST-1")}:111122223333:' + name,
    "token_first": arn + ':x:${lower("X")}',
    "object": '${{a = "arn:aws:sqs"}["a"]}:eu-west-1:$${x}}:' + name,
    "in_an_expression": "arn:aws:sqs:eu-west-1:${var.arn == 1 ? 1 : 2}:${lower(" + name + ")}",
    "percent": "%s:%:sqs:eu-west-1:111122223333:" + name,
    "quotes": start + '${var.names["a"]}',
    "two_expressions": '${join(":", ["arn", "aws"])}:sqs:eu-west-1:111122223333:${var.name}',
    "of_a_part": part_of("${var.arn}/x/${var.name}", "/", 0),
}
for id, text in texts.items():
    TerraformOutput(stack, id, value=part_of(text, ":", 5))
TerraformOutput(stack, "escaped", value=part_of(r'a:$${b}"\:${var.name}', ":", 1))
TerraformOutput(stack, "longer", value=part_of("table/${var.name}/stream/${var.name}", "/stream/", 0))
app.synth()
"""


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
@pytest.mark.parametrize("hcl", ["", "true"], ids=["json", "hcl"])
def test_terraform_evaluates_the_part_of_a_text(tmp_path: Path, hcl: str) -> None:
    ran = run_program(PARTS_PROGRAM.replace("OUT", str(tmp_path)), environment={"SYNTH_HCL_OUTPUT": hcl})
    assert "escape sequences" not in ran.stdout + ran.stderr
    folder = tmp_path / "stacks" / "orders"
    for command in (["init", "-input=false"], ["apply", "-auto-approve", "-input=false"]):
        done = subprocess.run(["terraform", *command, "-no-color"], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    output = subprocess.run(["terraform", "output", "-json"], cwd=folder, capture_output=True, text=True)
    values = {name: found["value"] for name, found in json.loads(output.stdout).items()}
    assert (values.pop("escaped"), values.pop("longer")) == ('${b}"\\', "table/failed")
    assert set(values.values()) == {"failed"}, values


@pytest.mark.parametrize(
    "text",
    ["${TfToken[TOKEN.0]}:%{if var.a}b%{endif}", '${lookup({a = "b"}, ${TfToken[TOKEN.0]})}:b'],
)
def test_tokens_that_cdktf_would_write_wrongly_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="TerraformLocal"):
        part_of(text, ":", 0)
