"""Every file of examples/ runs as a program, and Terraform accepts what it writes."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# Fixtures; pytest finds those of another folder's conftest.py only by their names in this module.
from tests.e2e.conftest import provider as provider
from tests.e2e.providers import Provider
from tests.e2e.terraform import Graph, Terraform

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))

# Returns the folder of an example's synthesized stack.
Synthesize = Callable[[str], Path]
# Returns the Terraform of an example.
Emitted = Callable[[str], dict[str, Any]]
Handler = Callable[[dict[str, Any], object], dict[str, Any]]


@pytest.fixture(scope="module")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """Run an example as a program, once, and return the folder of its only stack."""
    finished: dict[str, Path] = {}

    def synthesize(name: str) -> Path:
        if name not in finished:
            folder = tmp_path_factory.mktemp(name)
            shutil.copytree(EXAMPLES, folder / "examples")
            environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
            command = [sys.executable, f"examples/{name}.py"]
            subprocess.run(command, cwd=folder, env=environment, check=True)
            (stack,) = (folder / "cdktf.out" / "stacks").iterdir()
            finished[name] = stack
        return finished[name]

    return synthesize


@pytest.fixture
def emitted(synthesize: Synthesize) -> Emitted:
    """Return the Terraform of an example."""
    return lambda name: dict(json.loads((synthesize(name) / "cdk.tf.json").read_text()))


def only(blocks: dict[str, dict[str, Any]]) -> dict[str, Any]:
    (block,) = blocks.values()
    return block


def ignored_arguments(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the resource type and the name of each argument in `ignore_changes`. The provider must know them all."""
    for type, resources in config["resource"].items():
        for resource in resources.values():
            for argument in resource.get("lifecycle", {}).get("ignore_changes", ()):
                yield type, argument


@dataclass(frozen=True)
class Modules:
    """A configuration in which each example is a module. Terraform loads the large schema of the provider once for all.

    Attributes:
        errors: the errors that `terraform validate` reports, each with its file.
        graph: the dependency graph.
    """

    errors: list[dict[str, Any]]
    graph: Graph

    def errors_of(self, name: str) -> list[dict[str, Any]]:
        """Return the errors in an example, and those that are in no example."""
        folders = {name} | {error["folder"] for error in self.errors} - set(NAMES)
        return [error for error in self.errors if error["folder"] in folders]

    def graph_of(self, name: str) -> Graph:
        """Return the graph of an example, with the addresses in the example."""
        prefix = f"module.{name}."
        edges = {
            later.removeprefix(prefix): {address.removeprefix(prefix) for address in earlier}
            for later, earlier in self.graph.edges.items()
            if later.startswith(prefix)
        }
        return Graph(edges)


@pytest.fixture(scope="module")
def modules(provider: Provider, synthesize: Synthesize, tmp_path_factory: pytest.TempPathFactory) -> Modules:
    terraform = Terraform(tmp_path_factory.mktemp("modules"), provider)
    root: dict[str, dict[str, Any]] = {"module": {}, "variable": {}}
    for name in NAMES:
        module = Terraform(terraform.folder / name, provider)
        module.copy_synthesized(synthesize(name))
        config = json.loads((module.folder / "cdk.tf.json").read_text())
        if any(provider.lacks(type, argument) for type, argument in ignored_arguments(config)):
            continue
        variables = config.get("variable", {})
        root["variable"] |= {variable: {} for variable in variables}
        root["module"][name] = {"source": f"./{name}"} | {variable: f"${{var.{variable}}}" for variable in variables}
    (terraform.folder / "main.tf.json").write_text(json.dumps(root))
    terraform.init()
    output, _ = terraform.start("validate", "-json").communicate()
    errors = [
        diagnostic | {"folder": diagnostic.get("range", {}).get("filename", "").partition("/")[0]}
        for diagnostic in json.loads(output)["diagnostics"]
        if diagnostic["severity"] == "error"
    ]
    return Modules(errors, terraform.graph())


def test_there_are_at_least_five_examples() -> None:
    assert len(NAMES) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_valid_terraform_without_a_cycle(
    provider: Provider, modules: Modules, emitted: Emitted, name: str
) -> None:
    config = emitted(name)
    for type, argument in ignored_arguments(config):
        provider.skip_if_lacking(type, argument)
    assert modules.errors_of(name) == []
    graph = modules.graph_of(name)
    assert graph.edges
    assert graph.cycle() == []
    has_policy = "aws_iam_role_policy" in config["resource"]
    assert graph.depends_on("aws_lambda_event_source_mapping", "aws_iam_role_policy") is has_policy


@pytest.mark.parametrize("name", NAMES)
def test_an_example_maps_a_stream_to_a_function(emitted: Emitted, name: str) -> None:
    mapping = only(emitted(name)["resource"]["aws_lambda_event_source_mapping"])
    assert "aws_dynamodb_table." in mapping["event_source_arn"]
    assert re.match(r"\$\{(data\.)?aws_lambda_(function|alias)\.", mapping["function_name"])


def test_the_example_with_an_existing_table_creates_no_table(emitted: Emitted) -> None:
    config = emitted("existing_table")
    assert "aws_dynamodb_table" not in config["resource"]
    assert "aws_dynamodb_table" in config["data"]


def test_the_example_with_an_existing_function_creates_no_function(emitted: Emitted) -> None:
    config = emitted("existing_function")
    assert not config["resource"].keys() & {"aws_lambda_function", "aws_iam_role", "aws_cloudwatch_log_group"}
    assert "aws_lambda_function" in config["data"]


def test_the_example_with_customer_managed_keys_encrypts_everything_with_its_key(emitted: Emitted) -> None:
    resources = emitted("customer_keys_in_a_vpc")["resource"]
    key = "${aws_kms_key.key.arn}"
    function = only(resources["aws_lambda_function"])
    assert only(resources["aws_dynamodb_table"])["server_side_encryption"]["kms_key_arn"] == key
    assert only(resources["aws_sqs_queue"])["kms_master_key_id"] == key
    assert function["kms_key_arn"] == key
    assert function["vpc_config"]["subnet_ids"] == "${var.subnet_ids}"
    policy = json.loads(only(resources["aws_iam_role_policy"])["policy"])
    statements = {statement["Sid"]: statement for statement in policy["Statement"]}
    for sid in ("DecryptStream", "EncryptFailedBatches", "DecryptEnvironment"):
        assert statements[sid]["Resource"] == key
    assert "JoinVpc" in statements


def test_the_example_with_filters_has_a_pattern_for_each_kind_of_change(emitted: Emitted) -> None:
    mapping = only(emitted("filters")["resource"]["aws_lambda_event_source_mapping"])
    patterns = [json.loads(block["pattern"]) for block in mapping["filter_criteria"]["filter"]]
    assert [pattern["eventName"] for pattern in patterns] == [["INSERT"], ["MODIFY"]]


def test_the_example_with_a_container_image_names_the_image_by_digest(emitted: Emitted) -> None:
    function = only(emitted("container_image")["resource"]["aws_lambda_function"])
    assert function["package_type"] == "Image"
    assert function["image_uri"] == "${data.aws_ecr_repository.images.repository_url}@${var.image_digest}"


def test_the_example_with_alarms_notifies_its_topic(emitted: Emitted) -> None:
    config = emitted("alarms")
    alarms = config["resource"]["aws_cloudwatch_metric_alarm"]
    assert len(alarms) == 7
    for alarm in alarms.values():
        assert alarm["alarm_actions"] == alarm["ok_actions"] == ["${aws_sns_topic.on_call.arn}"]
    assert config["output"]["dashboard_name"]["value"] == "${aws_cloudwatch_dashboard.pipeline.dashboard_name}"


def test_the_example_with_autoscaling_scales_all_capacities_and_keeps_them(emitted: Emitted) -> None:
    resources = emitted("autoscaling")["resource"]
    table = only(resources["aws_dynamodb_table"])
    assert table["lifecycle"] == {
        "prevent_destroy": True,
        "ignore_changes": ["read_capacity", "write_capacity", "global_secondary_index"],
    }
    scaled = {(target["resource_id"], target["scalable_dimension"]) for target in targets_of(resources)}
    name = "${aws_dynamodb_table.pipeline.name}"
    assert scaled == {
        (f"table/{name}", "dynamodb:table:ReadCapacityUnits"),
        (f"table/{name}", "dynamodb:table:WriteCapacityUnits"),
        (f"table/{name}/index/by-customer", "dynamodb:index:ReadCapacityUnits"),
        (f"table/{name}/index/by-customer", "dynamodb:index:WriteCapacityUnits"),
    }
    assert len(resources["aws_appautoscaling_policy"]) == len(scaled)
    # Otherwise the first apply would create a capacity outside of the range.
    for target in targets_of(resources):
        for argument in ("read_capacity", "write_capacity"):
            assert target["min_capacity"] <= table[argument] <= target["max_capacity"]


def targets_of(resources: dict[str, Any]) -> list[dict[str, Any]]:
    return list(resources["aws_appautoscaling_target"].values())


def test_the_example_with_warm_throughput_keeps_it(emitted: Emitted) -> None:
    table = only(emitted("warm_throughput")["resource"]["aws_dynamodb_table"])
    assert table["warm_throughput"] == {"read_units_per_second": 20_000, "write_units_per_second": 10_000}
    assert table["lifecycle"] == {"prevent_destroy": True, "ignore_changes": ["warm_throughput"]}


def test_the_example_with_a_backfill_has_a_state_machine_for_its_pattern(emitted: Emitted) -> None:
    resources = emitted("backfill")["resource"]
    definition = json.loads(only(resources["aws_sfn_state_machine"])["definition"])
    assert definition["States"]["SendFiles"]["MaxConcurrency"] == 20
    worker = resources["aws_lambda_function"]["backfill"]
    assert worker["environment"]["variables"]["TABLE_ARN"] == "${aws_dynamodb_table.pipeline.arn}"


def test_the_example_without_tags_of_the_mapping_tags_all_other_resources(emitted: Emitted) -> None:
    config = emitted("untagged_mapping")
    tagged, untagged = config["provider"]["aws"]
    assert tagged["default_tags"]
    assert "default_tags" not in untagged
    assert tagged["region"] == untagged["region"]
    users = [
        type
        for type, resources in config["resource"].items()
        if only(resources).get("provider") == f"aws.{untagged['alias']}"
    ]
    assert users == ["aws_lambda_event_source_mapping"]
    mapping = only(config["resource"]["aws_lambda_event_source_mapping"])
    assert mapping["lifecycle"]["ignore_changes"] == ["tags", "tags_all"]


def test_the_renamed_example_moves_every_resource(emitted: Emitted) -> None:
    old, new = emitted("five_lines"), emitted("renamed_pattern")
    moves = {moved["to"]: moved["from"] for moved in new["moved"]}
    assert len(moves) == len(new["moved"])
    assert {moves[address] for address in addresses_of(new)} == addresses_of(old)


def addresses_of(config: dict[str, Any]) -> set[str]:
    return {f"{type}.{id}" for type, resources in config["resource"].items() for id in resources}


def test_the_example_with_table_access_ignores_the_writes_of_the_function(emitted: Emitted) -> None:
    resources = emitted("table_access")["resource"]
    (filter,) = only(resources["aws_lambda_event_source_mapping"])["filter_criteria"]["filter"]
    (conditions,) = json.loads(filter["pattern"])["dynamodb"]["NewImage"].values()
    assert conditions["S"] == [{"exists": False}]
    function = only(resources["aws_lambda_function"])
    assert function["environment"]["variables"]["TABLE_NAME"].startswith("${aws_dynamodb_table.")
    policy = json.loads(only(resources["aws_iam_role_policy"])["policy"])
    (access,) = (statement for statement in policy["Statement"] if statement["Sid"] == "AccessTable")
    assert {"dynamodb:GetItem", "dynamodb:UpdateItem"} <= set(access["Action"])


def test_the_example_with_a_central_role_creates_nothing_of_iam(emitted: Emitted) -> None:
    resources = emitted("central_role")["resource"]
    assert not [type for type in resources if type.startswith("aws_iam_")]
    assert only(resources["aws_lambda_function"])["role"] == "${var.role_arn}"


def test_the_example_with_snap_start_maps_the_alias_of_the_published_version(emitted: Emitted) -> None:
    resources = emitted("alias_with_snap_start")["resource"]
    function = only(resources["aws_lambda_function"])
    assert function["publish"] is True
    assert function["snap_start"] == {"apply_on": "PublishedVersions"}
    assert only(resources["aws_lambda_alias"])["function_version"].endswith(".version}")
    mapping = only(resources["aws_lambda_event_source_mapping"])
    assert mapping["function_name"].startswith("${aws_lambda_alias.")


def test_the_example_with_an_existing_alias_maps_it(emitted: Emitted) -> None:
    resources = emitted("existing_alias")["resource"]
    mapping = only(resources["aws_lambda_event_source_mapping"])
    assert mapping["function_name"] == "${data.aws_lambda_alias.live.arn}"
    assert only(resources["aws_iam_role_policy"])["role"] == "${basename(data.aws_lambda_function.indexer.role)}"


class TestFunction:
    """The function that the examples deploy."""

    @pytest.fixture
    def handler(self) -> Handler:
        namespace: dict[str, Any] = {}
        exec((EXAMPLES / "function" / "index.py").read_text(), namespace)
        handler: Handler = namespace["handler"]
        return handler

    def record(self, number: str) -> dict[str, Any]:
        return {
            "eventID": number,
            "eventName": "INSERT",
            "dynamodb": {"SequenceNumber": number, "Keys": {"id": {"S": "a"}}},
        }

    def test_a_batch_without_failures_is_complete(self, handler: Handler) -> None:
        assert handler({"Records": [self.record("1"), self.record("2")]}, None) == {"batchItemFailures": []}

    def test_the_first_failed_record_is_reported(self, handler: Handler) -> None:
        broken = self.record("2")
        del broken["eventName"]
        answer = handler({"Records": [self.record("1"), broken, self.record("3")]}, None)
        assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
