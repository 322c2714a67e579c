"""The expressions in a text, and the text's form in HCL."""

from pathlib import Path

import pytest
from ddb_stream_lambda._engine.templates import escape_for_hcl

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
