"""The configuration that cdktf wrote: what is read, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda.handoff.errors import ConfigurationError
from ddb_stream_lambda.handoff.synthesized.configuration import Configuration, Module, read_configuration
from ddb_stream_lambda.handoff.synthesized.machine_paths import MachineFolders

FOLDERS = MachineFolders(private=("/home/someone",))

Read = Callable[..., Configuration]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """A function that writes the blocks like cdktf and reads them."""

    def read(**blocks: Any) -> Configuration:
        path = tmp_path / "cdk.tf.json"
        path.write_text(json.dumps(blocks))
        return read_configuration(path, FOLDERS)

    return read


def function(**arguments: Any) -> dict[str, Any]:
    return {"aws_lambda_function": {"it": arguments}}


@pytest.mark.parametrize("path", ["/tmp/code.zip", "C:\\code.zip", "\\\\server\\code.zip", "~/code.zip"])
def test_absolute_path_is_refused_with_its_property(read: Read, path: str) -> None:
    with pytest.raises(ConfigurationError, match=r"resource\.aws_lambda_function\.it\.filename = "):
        read(resource=function(filename=path))


def test_text_with_a_folder_of_this_machine_is_refused(read: Read) -> None:
    with pytest.raises(ConfigurationError, match=r"it\.description = see /home/someone/notes"):
        read(resource=function(description="see /home/someone/notes"))


def test_other_text_that_looks_like_a_path_is_kept(read: Read) -> None:
    name, path = "/aws/lambda/orders", "/home/someoneelse/"
    group = {"aws_cloudwatch_log_group": {"it": {"name": name}}}
    role = {"aws_iam_role": {"it": {"path": path}}}
    (first, second) = read(resource=role | group).resources
    assert first.arguments == {"path": path}
    assert second.arguments == {"name": name}


def test_local_backend_is_left_out(read: Read) -> None:
    assert read(terraform={"backend": {"local": {"path": "/home/someone/state"}}}).settings == {"backend": {}}


def test_metadata_of_a_block_is_left_out_and_a_key_of_a_map_is_kept(read: Read) -> None:
    metadata = {"metadata": {"path": "orders/it"}}
    (resource,) = read(resource=function(tags={"//": "kept"}, **{"//": metadata}), **{"//": metadata}).resources
    assert resource.arguments == {"tags": {"//": "kept"}}


def test_moves_and_removals_of_the_stack_are_read(read: Read) -> None:
    blocks = {"moved": [{"from": "a.b", "to": "a.c"}], "removed": [{"from": "a.d", "lifecycle": {"destroy": False}}]}
    assert read(**blocks).blocks == blocks


@pytest.mark.parametrize("blocks", [{"import": [{"id": "x"}]}, {"moved": [{"from": "a.b"}]}, {"removed": {}}])
def test_block_without_what_it_needs_is_refused(read: Read, blocks: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="does not have cdktf's format"):
        read(**blocks)


def test_modules_are_listed(read: Read) -> None:
    modules = {"vpc": {"source": "terraform-aws-modules/vpc/aws", "version": "5.0.0"}, "local": {"source": "./local"}}
    local, vpc = read(module=modules).modules
    assert local == Module("local", "./local")
    assert local.is_local
    assert vpc == Module("vpc", "terraform-aws-modules/vpc/aws", "5.0.0")
    assert vpc.address == "module.vpc"
    assert not vpc.is_local


def test_unknown_block_is_refused(read: Read) -> None:
    with pytest.raises(ConfigurationError, match="blocks that cannot be handed over: nonsense; supported are: check, "):
        read(nonsense={"health": {}})


def test_cloud_block_is_refused(read: Read) -> None:
    with pytest.raises(ConfigurationError, match=r"terraform\.cloud: the operations team decides"):
        read(terraform={"cloud": {"organization": "someone"}})


def test_imports_of_the_stack_are_read(read: Read) -> None:
    """cdktf writes ``import`` and ``moved`` blocks as lists, unlike all other blocks."""
    blocks = [{"to": "aws_sqs_queue.it", "id": "${var.url}"}]
    assert read(**{"import": blocks, "moved": [{"from": "a.b", "to": "a.c"}]}).imports == blocks


def test_file_without_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cdk.tf.json").write_text("{")
    with pytest.raises(ConfigurationError, match="synthesize the stack again"):
        read_configuration(tmp_path / "cdk.tf.json")


def test_policy_is_written_like_jsonencode(read: Read) -> None:
    queue = {"policy": '{"b": ["<", "${aws_kms_key.a.arn}"], "a": 1}'}
    (resource,) = read(resource={"aws_sqs_queue": {"it": queue}}).resources
    assert resource.arguments["policy"] == '{"a":1,"b":["\\u003c","${aws_kms_key.a.arn}"]}'
