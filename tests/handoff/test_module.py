"""Stacks as reusable modules, and the root modules in examples/ that call them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda.handoff.errors import ConfigurationError
from ddb_stream_lambda.handoff.synthesized.configuration import Configuration
from ddb_stream_lambda.handoff.synthesized.module import as_module, module_name
from ddb_stream_lambda.handoff.synthesized.module_paths import with_module_paths

from tests.e2e.terraform import override_provider

from .support import TABLE, Config, Edit, HandOver, Refused, Terraform
from .test_terraform import OFFLINE

EXAMPLE = "examples/complete"
NO_CHANGES = "found no differences, so no changes are needed"
QUEUE: Config = {"aws_sqs_queue": {"orders": {"name": "orders"}}}


def read_blocks(folder: Path) -> Config:
    """The blocks in a folder's files in JSON syntax."""
    blocks: Config = {}
    for path in folder.glob("*.tf.json"):
        blocks |= json.loads(path.read_text())
    return blocks


def module_of(**blocks: Any) -> tuple[Config, Config]:
    """The blocks of a stack's module, and those of its example."""
    module = as_module("orders", Configuration(blocks))
    return dict(module.configuration.blocks), dict(module.example.blocks)


def test_module_has_no_provider_backend_or_lock_file(hand_over: HandOver) -> None:
    bundle = hand_over("--as", "module")
    assert read_blocks(bundle).keys() == {"terraform", "variable", "output", "resource", "moved"}
    assert read_blocks(bundle)["terraform"].keys() == {"required_version", "required_providers"}
    assert not (bundle / "backends").exists()
    assert not (bundle / "RUNBOOK.md").exists()


def test_example_has_the_provider_and_calls_the_module_with_every_variable(hand_over: HandOver) -> None:
    example = read_blocks(hand_over("--as", "module") / EXAMPLE)
    assert example["provider"] == {"aws": [{"region": "${var.region}"}]}
    assert example["module"] == {
        "orders": {
            "source": "../..",
            "alarm_actions": "${var.alarm_actions}",
            "name_prefix": "${var.name_prefix}",
        }
    }
    assert example["output"]["table_name"]["value"] == "${module.orders.table_name}"


def test_readme_documents_the_inputs_and_outputs_of_the_module(hand_over: HandOver) -> None:
    bundle = hand_over("--as", "module")
    readme, blocks = (bundle / "README.md").read_text(), read_blocks(bundle)
    assert blocks["variable"].keys() == {"name_prefix", "alarm_actions"}
    for kind, names in (("input", blocks["variable"]), ("output", blocks["output"])):
        for name in names:
            assert f'<a name="{kind}_{name}">' in readme
    assert 'name="input_region"' not in readme
    assert "- the variable `region`, which only these settings use" in readme


def test_readme_shows_several_calls_with_a_variable_of_the_names(hand_over: HandOver) -> None:
    readme = (hand_over("--as", "module") / "README.md").read_text()
    assert '  for_each = toset(["first", "second"])\n\n  name_prefix = each.key\n' in readme
    assert "These names are fixed" not in readme


def test_readme_lists_fixed_names(hand_over: HandOver, edit: Edit) -> None:
    def change(config: Config) -> None:
        (queue,) = config["resource"]["aws_sqs_queue"].values()
        queue["name"] = "orders-dead-letters"

    edit(change)
    readme = (hand_over("--as", "module") / "README.md").read_text()
    assert "- `orders-dead-letters` of `aws_sqs_queue.pipeline_" in readme


@pytest.mark.parametrize("option", [("--backend", "s3"), ("--lock", "linux_amd64")])
def test_module_with_a_setting_of_its_caller_is_a_usage_error(refused: Refused, option: tuple[str, str]) -> None:
    assert f"leave {option[0]} out" in refused("--as", "module", *option, code=2)


def test_backend_of_the_stack_is_reported(hand_over: HandOver, edit: Edit) -> None:
    edit(lambda config: config["terraform"].update(backend={"s3": {"bucket": "states"}}))
    bundle = hand_over("--as", "module")
    assert "- the backend `s3`, which the example does not have" in (bundle / "README.md").read_text()
    assert "states" not in "".join(path.read_text() for path in bundle.rglob("*.json"))


@pytest.mark.parametrize("format", ["json", "hcl"])
def test_imports_are_in_the_example_with_the_addresses_of_the_module(
    hand_over: HandOver, tmp_path: Path, format: str
) -> None:
    (tmp_path / "ids.json").write_text(json.dumps({TABLE: "orders"}))
    bundle = hand_over("--as", "module", "--format", format, "--import-from", str(tmp_path / "ids.json"))
    suffix = {"json": ".tf.json", "hcl": ".tf"}[format]
    assert not (bundle / f"imports{suffix}").exists()
    assert f"module.orders.{TABLE}" in (bundle / EXAMPLE / f"imports{suffix}").read_text()
    assert ">= 1.5.0" in (bundle / EXAMPLE / f"terraform{suffix}").read_text()
    assert ">= 1.5.0" not in (bundle / f"terraform{suffix}").read_text()


def test_variable_of_provider_and_resources_is_in_module_and_example() -> None:
    variable = {"region": {"type": "string", "validation": [{"condition": "${var.region != 1}"}]}}
    resource = {"aws_sqs_queue": {"orders": {"name": "orders-${var.region}"}}}
    module, example = module_of(provider={"aws": {"region": "${var.region}"}}, variable=variable, resource=resource)
    assert module["variable"] == variable
    assert example["variable"] == {"region": {"type": "string"}}
    assert example["module"]["orders"]["region"] == "${var.region}"


def test_what_only_the_provider_uses_moves_with_it() -> None:
    variable = {
        "stage": {"validation": [{"condition": "${contains(local.stages, var.stage)}"}]},
        "name": {},
    }
    local_values = {"region": '${var.stage == "prod" ? "eu-west-1" : "eu-west-2"}', "stages": ["prod", "test"], "a": 1}
    module, example = module_of(
        provider={"aws": {"region": "${local.region}"}}, variable=variable, locals=local_values, resource=QUEUE
    )
    assert module["variable"].keys() == {"name"}
    assert module["locals"].keys() == {"a"}
    assert example["variable"] == {"name": {}, "stage": variable["stage"]}
    assert example["locals"].keys() == {"region", "stages"}


def test_aliases_are_declared_in_the_module_and_passed_by_the_example() -> None:
    module, example = module_of(
        terraform={"required_providers": {"aws": {"source": "aws", "version": "6.25.0"}}},
        provider={"aws": [{"region": "eu-west-1"}, {"region": "us-east-1", "alias": "east"}]},
        resource=QUEUE,
    )
    assert module["terraform"]["required_providers"]["aws"]["configuration_aliases"] == ["aws.east"]
    assert example["module"]["orders"]["providers"] == {"aws": "aws", "aws.east": "aws.east"}


def test_asset_of_a_provider_is_found_from_the_example() -> None:
    _, example = module_of(provider={"kubernetes": {"config_path": "${path.module}/assets/config"}}, resource=QUEUE)
    assert example["provider"]["kubernetes"]["config_path"] == "${path.module}/../../assets/config"


@pytest.mark.parametrize(
    "blocks",
    [
        {"provider": {"kubernetes": {"host": "${aws_sqs_queue.orders.url}"}}},
        {"provider": {"kubernetes": {"host": "${local.host}"}}, "locals": {"host": "${aws_sqs_queue.orders.url}"}},
        {"import": [{"to": "aws_sqs_queue.other", "id": "${aws_sqs_queue.orders.url}"}]},
    ],
)
def test_caller_cannot_use_what_is_inside_the_module(blocks: Config) -> None:
    with pytest.raises(ConfigurationError, match=r"refer to aws_sqs_queue\.orders\..*--as root"):
        module_of(resource=QUEUE, **blocks)


@pytest.mark.parametrize("value", ['${file("${path.root}/x")}', f"cat assets/code/{'0' * 64}/x.zip"])
def test_path_that_is_relative_to_the_caller_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError, match="caller's folder"):
        module_of(resource={"terraform_data": {"x": {"input": value}}})


@pytest.mark.parametrize(
    ("stack", "name"), [("orders", "orders"), ("Orders-prod.eu", "orders_prod_eu"), ("7", "module_7"), ("-", "module")]
)
def test_name_of_the_module_has_lowercase_words(stack: str, name: str) -> None:
    assert module_name(stack) == name


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("assets/x.zip", "${path.module}/assets/x.zip"),
        ("./assets/${each.key}.zip", "${path.module}/assets/${each.key}.zip"),
        ("${path.module}/assets/x.zip", "${path.module}/assets/x.zip"),
        ("${data.archive_file.x.output_path}", "${data.archive_file.x.output_path}"),
        ("/opt/x.zip", "/opt/x.zip"),
    ],
)
def test_relative_path_of_an_argument_is_in_the_folder_of_the_module(value: str, expected: str) -> None:
    blocks = {"resource": {"aws_s3_object": {"x": {"source": value, "key": "assets/x.zip"}}}}
    arguments = with_module_paths(Configuration(blocks)).blocks["resource"]["aws_s3_object"]["x"]
    assert arguments == {"source": expected, "key": "assets/x.zip"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('${file("a.txt")}', '${file("${path.module}/a.txt")}'),
        ('x ${templatefile("./a.tpl", {})} file("b")', 'x ${templatefile("${path.module}/a.tpl", {})} file("b")'),
        ('${fileset("${path.module}/a", "*")}', '${fileset("${path.module}/a", "*")}'),
        ('${file("/etc/hosts")}', '${file("/etc/hosts")}'),
        ('${lookup_file("a")}', '${lookup_file("a")}'),
    ],
)
def test_relative_path_of_a_function_is_in_the_folder_of_the_module(value: str, expected: str) -> None:
    assert with_module_paths(Configuration({"locals": {"x": value}})).blocks["locals"]["x"] == expected


@pytest.fixture
def stack_with_aliases(edit: Edit, stack_for_provider: None) -> None:
    """Add a second configuration of the provider to the stack, and a queue that uses it."""

    def change(config: Config) -> None:
        config["provider"]["aws"].append({"region": "us-east-1", "alias": "east"})
        config["resource"]["aws_sqs_queue"]["copies"] = {"name": "${var.name_prefix}-copies", "provider": "aws.east"}

    edit(change)


@pytest.mark.slow
@pytest.mark.usefixtures("stack_with_aliases")
def test_module_is_called_twice_with_for_each(
    hand_over: HandOver, edit: Edit, terraform_with_provider: Terraform, tmp_path: Path
) -> None:
    def add_blocks_that_a_module_can_have(config: Config) -> None:
        config["moved"].append({"from": "aws_sqs_queue.former", "to": "aws_sqs_queue.copies"})
        config["removed"] = [{"from": "aws_sqs_queue.old", "lifecycle": {"destroy": False}}]

    edit(add_blocks_that_a_module_can_have)
    root = tmp_path / "root"
    shutil.copytree(hand_over("--as", "module"), root / "orders")
    example = read_blocks(root / "orders" / EXAMPLE)
    offline = OFFLINE["provider"]["aws"] | {"region": "eu-west-1"}
    example["provider"]["aws"] = [{**provider, **offline} for provider in example["provider"]["aws"]]
    example["module"]["orders"] |= {
        "source": "./orders",
        "for_each": '${toset(["first", "second"])}',
        "name_prefix": "${each.key}",
        "alarm_actions": [],
    }
    blocks = {type: example[type] for type in ("terraform", "provider", "module")}
    (root / "main.tf.json").write_text(json.dumps(blocks))
    terraform_with_provider(root, "init", "-no-color", "-input=false")
    terraform_with_provider(root, "plan", "-no-color", "-input=false", "-out=plan")
    plan = json.loads(terraform_with_provider(root, "show", "-json", "plan"))
    created = {change["address"]: change["change"]["after"] for change in plan["resource_changes"]}
    assert len(created) == 2 * 10
    names = [created[f'module.orders["{key}"].{TABLE}']["name"] for key in ("first", "second")]
    assert names == ["first-orders", "second-orders"]


@pytest.mark.slow
@pytest.mark.usefixtures("stack_with_aliases")
def test_terraform_reads_the_aliases_of_a_module_in_hcl(
    hand_over: HandOver, terraform_with_provider: Terraform
) -> None:
    bundle = hand_over("--as", "module", "--format", "hcl")
    assert "configuration_aliases = [aws.east]" in (bundle / "terraform.tf").read_text()
    assert "aws.east = aws.east" in (bundle / EXAMPLE / "main.tf").read_text()
    terraform_with_provider(bundle, "fmt", "-check", "-recursive")
    terraform_with_provider(bundle / EXAMPLE, "init", "-no-color", "-input=false")


@pytest.mark.slow
@pytest.mark.usefixtures("stack_for_provider")
def test_example_is_applied_and_then_has_no_changes(
    hand_over: HandOver, edit: Edit, terraform_with_provider: Terraform, emulator: str, tmp_path: Path
) -> None:
    def keep_what_is_created_quickly(config: Config) -> None:
        types = ("aws_iam_role", "aws_cloudwatch_log_group", "aws_lambda_function", "aws_dynamodb_table")
        config["resource"] = {type: config["resource"][type] for type in types}
        config["moved"] = [move for move in config["moved"] if move["to"].split(".")[0] in types]
        (function,) = config["resource"]["aws_lambda_function"].values()
        function.pop("depends_on", None)
        del config["output"]["queue_url"]

    edit(keep_what_is_created_quickly)
    run = terraform_with_provider
    example = shutil.copytree(hand_over("--as", "module", "--format", "hcl"), tmp_path / "elsewhere") / EXAMPLE
    override_provider(example, emulator, access_key="test", secret_key="test")
    (example / "prod.tfvars").write_text('name_prefix = "module"\n')
    run(example, "init", "-no-color", "-input=false")
    applied = run(example, "apply", "-no-color", "-input=false", "-auto-approve", "-var-file=prod.tfvars")
    assert "4 added, 0 changed, 0 destroyed" in applied
    assert NO_CHANGES in run(example, "plan", "-no-color", "-input=false", "-var-file=prod.tfvars")
    assert run(example, "output", "-raw", "table_name") == "module-orders"
