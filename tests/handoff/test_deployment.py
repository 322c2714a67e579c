"""The commands of runbooks on an emulator of AWS, from the first apply to the destruction."""

import base64
import hashlib
import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.e2e.providers import Provider
from tests.e2e.terraform import CREDENTIALS, override_provider

from .runbook_operator import INTRODUCTION, Operator, install_tools
from .support import MAPPING, TABLE, Config, Edit, HandOver

pytestmark = pytest.mark.slow

REGION = "eu-west-1"
NO_CHANGES = "found no differences, so no changes are needed"
STATE_KEY = "orders/prod.tfstate"
ALARM, EARLIER_ALARM = "given_up", "given_up_before"
# The chapters about the state need no resources of AWS. A test with a smaller stack runs them.
CHAPTERS_ABOUT_THE_STATE = {"Move the state", "After an interrupted apply", "Release a stuck lock", "A lost state"}

# Hands over with options, copies the bundle to a folder of this name, and returns its operator.
Receive = Callable[..., Operator]


@pytest.fixture
def client(emulator: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """A function that returns a client of a service of the emulator."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return lambda service: boto3.client(service, endpoint_url=emulator, region_name=REGION, **keys)


@pytest.fixture
def receive(hand_over: HandOver, emulator: str, provider: Provider, tmp_path: Path) -> Receive:
    path = install_tools(tmp_path / "bin")
    settings = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": emulator}
    environment = {"PATH": path, "TF_CLI_ARGS": "-no-color", **CREDENTIALS, **settings, **provider.environment}

    def receive(name: str, *options: str, has_provider: bool = True) -> Operator:
        folder = shutil.copytree(hand_over(*options), tmp_path / "environments" / name)
        if has_provider:
            override_provider(folder, emulator, access_key="test", secret_key="test")
        return Operator(folder, environment)

    return receive


@pytest.mark.usefixtures("stack_for_provider")
def test_runbook_deploys_updates_rolls_back_imports_and_destroys_a_stack(
    receive: Receive, edit: Edit, output: Path, client: Callable[[str], Any], tmp_path: Path
) -> None:
    prefix = re.sub(r"[^a-z]", "", tmp_path.name)[:20] or "prod"
    name = f"{prefix}-orders"
    functions, sqs, logs = client("lambda"), client("sqs"), client("logs")

    # The first bundle is in HCL. In it, the alarm has an earlier address.
    edit(lambda config: rename_alarm(config, ALARM, EARLIER_ALARM))
    first = receive("first", "--format", "hcl")
    assert first.run(INTRODUCTION, 0, REGION=REGION).strip() == "000000000000"
    first.run("Before the first apply", 1)
    first.run("The first apply", 0)
    first.run("The first apply", 1)
    first.run("The first apply", 2)
    (first.folder / "prod.tfvars").write_text(f'name_prefix = "{prefix}"\n')
    assert "Plan: 9 to add, 0 to change, 0 to destroy." in first.run("The first apply", 3)
    first.run("The first apply", 4)
    assert first.run("Check that it works", 1).split() == ["Active", hash_in(first), "Enabled"]

    # The second bundle is in JSON and has other code.
    edit(lambda config: replace_code(config, output / "stacks/orders"))
    edit(lambda config: rename_alarm(config, EARLIER_ALARM, ALARM))
    edit(lambda config: move_alarm(config, EARLIER_ALARM, ALARM))
    second = receive("second", "--format", "json")
    state = tmp_path / "environments/orders.prod.tfstate"
    moves = give_former_addresses(first.folder / "moved.tf", state)
    shutil.copy(state, first.folder / "terraform.tfstate")
    resources = second.run("Take the next bundle", 0, PREVIOUS_BUNDLE="first")
    assert len(re.findall("^aws_", resources, re.MULTILINE)) == 9
    plan = second.run("Take the next bundle", 1)
    assert "Plan: 0 to add, 1 to change, 0 to destroy." in plan
    assert len(re.findall("has moved to|moved from", plan)) == moves + 1
    second.run("Take the next bundle", 2)
    assert functions.get_function_configuration(FunctionName=name)["CodeSha256"] == hash_in(second)
    assert "Only in ../first: backend.tf" not in second.run("Take the next bundle", 3, PREVIOUS_BUNDLE="first")

    # The first bundle's folder has an old copy of the state, which must not be used.
    resources = second.run("Roll back", 0, folder=first.folder, NEWER_BUNDLE="second")
    assert f"aws_cloudwatch_metric_alarm.{ALARM}" in resources.split()
    second.run("Roll back", 1, folder=first.folder)
    plan = second.run("Roll back", 2, folder=first.folder)
    assert "Plan: 0 to add, 1 to change, 0 to destroy." in plan
    assert len(re.findall("has moved to|moved from", plan)) == moves
    second.run("Roll back", 3, folder=first.folder)
    assert functions.get_function_configuration(FunctionName=name)["CodeSha256"] == hash_in(first)

    # Changes by hand: a paused mapping that stays paused, the retention of the logs, and the code.
    assert set(first.run("Pause and resume", 0).split()) <= {"Disabling", "Disabled"}
    pause = first.write("Pause and resume", 2)
    logs.put_retention_policy(logGroupName=f"/aws/lambda/{name}", retentionInDays=7)
    assert "retention_in_days" in first.run("Find and undo changes made by hand", 1)
    (group,) = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
    assert group["retentionInDays"] == 365
    functions.update_function_code(FunctionName=name, ZipFile=archive("by hand"))
    assert first.run("Find and undo changes made by hand", 2).strip() == hash_in(first)
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    assert mapping["State"] in ("Disabling", "Disabled")
    pause.unlink()
    assert set(first.run("Pause and resume", 1).split()) <= {"Enabling", "Enabled"}

    # The dead-letter queue: a message about a record that is in the stream.
    table, streams = client("dynamodb"), client("dynamodbstreams")
    table.put_item(TableName=name, Item={"id": {"S": "order-1"}})
    stream = table.describe_table(TableName=name)["Table"]["LatestStreamArn"]
    (shard,) = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=f"{name}-dlq")["QueueUrl"], MessageBody="batch 1")
    messages = first.run("Read the dead-letter queue", 0)
    assert "batch 1" in messages
    first_number = shard["SequenceNumberRange"]["StartingSequenceNumber"]
    words = {"SHARD_ID": shard["ShardId"], "START_SEQUENCE_NUMBER": first_number, "BATCH_SIZE": "1"}
    assert "order-1" in first.run("Read the dead-letter queue", 1, **words)
    (receipt,) = re.findall(r'"ReceiptHandle": "(.*?)"', messages)
    first.run("Empty the dead-letter queue", 0, RECEIPT_HANDLE=receipt)
    first.run("Empty the dead-letter queue", 1)

    # Without the table, Terraform destroys only the others. The saved block imports the table again.
    kept = first.run("Destroy everything except", 0)
    assert f'  to = {TABLE}\n  id = "{name}"\n' in kept
    others = first.run("Destroy everything except", 1)
    assert "Plan: 0 to add, 0 to change, 8 to destroy." in others
    assert TABLE not in others
    first.run("Destroy everything except", 3)
    saved_block = (first.folder / "existing.tf").read_text()
    (first.folder / "existing.tf").unlink()

    # The state is lost. A bundle with import blocks for some resources, and the runbook for the others, import all.
    state.unlink()
    (tmp_path / "ids.json").write_text(json.dumps({"aws_lambda_function." + function_in(second): name}))
    third = receive("third", "--format", "hcl", "--import-from", str(tmp_path / "ids.json"))
    third.run("Take the next bundle", 0, PREVIOUS_BUNDLE="first", accept=(1,))
    queue_url, uuid = third.run("Import existing resources", 1).split()
    imports = third.write("Import existing resources", 0)
    text = re.sub(r'"\w+_QUEUE_URL"', json.dumps(queue_url), imports.read_text())
    imports.write_text(re.sub(r'"\w+_UUID"', json.dumps(uuid), text))
    assert "".join(saved_block.split()).replace(name, "${var.name_prefix}-orders") in "".join(text.split())
    plan = third.run("Import existing resources", 2)
    assert re.findall("Plan: .*? to add", plan) == ["Plan: 9 to import, 0 to add"]
    # The older provider does not read starting_position from AWS, so it replaces an imported mapping.
    assert set(re.findall(r"# (\S+) must be replaced", plan)) <= {MAPPING}
    third.run("Import existing resources", 3)

    assert third.run("Destroy everything", 0).strip() == "AVAILABLE"
    third.write("Destroy everything", 1)
    assert "Plan: 0 to add, 1 to change, 0 to destroy." in third.run("Destroy everything", 2)
    third.run("Destroy everything", 3)
    assert "Plan: 0 to add, 0 to change, 9 to destroy." in third.run("Destroy everything", 4)
    assert "9 destroyed" in third.run("Destroy everything", 5)
    assert table.list_tables()["TableNames"] == []

    unused = set.intersection(first.unused, second.unused, third.unused)
    assert {entry for entry in unused if entry[0] not in CHAPTERS_ABOUT_THE_STATE} == {
        (first.title("Before the first apply"), 0),
        (first.title("Before the first apply"), 2),
        ("Check that it works", 0),
        ("Find and undo changes made by hand", 0),
        ("Take the next bundle", 4),
        ("Take the next bundle", 5),
        # The same command as in the chapter Destroy everything.
        (first.title("Destroy everything except"), 2),
    }


def test_runbook_checks_and_redeploys_the_version_that_an_alias_names(
    receive: Receive, edit: Edit, provider: Provider, client: Callable[[str], Any], tmp_path: Path
) -> None:
    prefix = re.sub(r"[^a-z]", "", tmp_path.name)[:20] or "prod"
    name = f"{prefix}-orders"
    functions = client("lambda")

    def change(config: Config) -> None:
        add_alias(config)
        adapted = provider.adapt(config)
        config.clear()
        config.update(adapted)

    edit(change)
    bundle = receive("alias", "--format", "hcl")
    (bundle.folder / "prod.tfvars").write_text(f'name_prefix = "{prefix}"\n')
    bundle.run("Before the first apply", 1)
    bundle.bash("terraform init -backend-config=prod.tfbackend")
    bundle.run("The first apply", 3)
    bundle.run("The first apply", 4)
    assert bundle.run("Check that it works", 1).split() == ["Active", hash_in(bundle), "Enabled"]

    # A version that was published by hand: the next apply would make it the alias's version.
    version = functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
    changed = functions.update_function_code(FunctionName=name, ZipFile=archive("by hand"), Publish=True)
    bundle.bash("terraform apply -auto-approve -var-file=prod.tfvars")
    assert functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == changed["Version"] != version
    assert bundle.run("Check that it works", 1).split()[1] == changed["CodeSha256"] != hash_in(bundle)

    assert bundle.run("Find and undo changes made by hand", 2).strip() == hash_in(bundle)
    assert "function_version" in bundle.run("Find and undo changes made by hand", 3)
    assert bundle.run("Check that it works", 1).split() == ["Active", hash_in(bundle), "Enabled"]


def test_runbook_moves_unlocks_and_restores_the_state(
    receive: Receive, edit: Edit, emulator: str, client: Callable[[str], Any], tmp_path: Path
) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": REGION})
    edit(keep_only_a_job)
    first = receive("first", has_provider=False)
    second = receive("second", has_provider=False)
    assert "Import existing resources" not in first.chapters

    # A team deployed without a backend, so the state is in the folder.
    (first.folder / "prod.tfvars").write_text('name_prefix = "one"\n')
    first.bash("terraform init\nterraform apply -auto-approve -var-file=prod.tfvars")
    first.run("Move the state", 0)
    first.run("Before the first apply", 1)
    assert NO_CHANGES in first.run("Move the state", 2)
    first.run("Move the state", 3)

    assert "terraform_data.job" in second.run("Take the next bundle", 0, PREVIOUS_BUNDLE="first")
    (second.folder / "prod.tfvars").write_text('name_prefix = "two"\n')
    assert "Plan: 0 to add, 1 to change, 0 to destroy." in second.run("Take the next bundle", 1)
    second.run("Take the next bundle", 2)
    second.run("Take the next bundle", 3, PREVIOUS_BUNDLE="first")
    second.run("Take the next bundle", 4)
    assert "terraform_data.job" in second.run("Take the next bundle", 5)

    # From the file to S3, with a workspace for a second deployment.
    second.run("Move the state", 0)
    second.run("Before the first apply", 2, BUCKET="states")
    second.run("Before the first apply", 0)
    second.run("Move the state", 1)
    fill_in_s3_backend(second.folder)
    assert NO_CHANGES in second.run("Move the state", 2)
    second.run("Move the state", 3)
    assert "terraform_data.job" in second.run("Roll back", 0, folder=first.folder, NEWER_BUNDLE="second")
    assert NO_CHANGES in second.run("Roll back", 1, folder=first.folder)
    second.run("Roll back", 2, folder=first.folder)

    second.bash("terraform state pull > errored.tfstate")
    second.run("After an interrupted apply", 0)
    second.run("After an interrupted apply", 1)
    second.bash("terraform taint terraform_data.job")
    second.run("After an interrupted apply", 2, ADDRESS="terraform_data.job")
    second.run("Check that it works", 0)

    lock = {"ID": "0a3c3b3e-0000-4000-8000-000000000000", "Operation": "OperationTypeApply", "Who": "someone@host"}
    s3.put_object(Bucket="states", Key=f"{STATE_KEY}.tflock", Body=json.dumps(lock))
    assert "Error acquiring the state lock" in second.bash("terraform plan -var-file=prod.tfvars", accept=(1,))
    second.run("Release a stuck lock", 0, LOCK_ID=lock["ID"])
    second.run("Find and undo changes made by hand", 0)
    second.run("Find and undo changes made by hand", 1)

    version = s3.head_object(Bucket="states", Key=STATE_KEY)["VersionId"]
    s3.delete_object(Bucket="states", Key=STATE_KEY)
    assert "terraform_data.job will be created" in second.bash("terraform plan -var-file=prod.tfvars")
    versions = second.run("A lost state", 0, BUCKET="states", KEY=STATE_KEY, VERSION_ID=version)
    assert version in versions
    assert NO_CHANGES in second.run("Check that it works", 0)
    shutil.copy(second.folder / "restored.tfstate", tmp_path / "copy.backup")
    second.run("A lost state", 1, STATE=str(tmp_path / "copy"))

    # In a workspace, the next bundle finds the same state.
    second.bash("terraform workspace new blue\nterraform apply -auto-approve -var-file=prod.tfvars")
    second.run("Roll back", 0, folder=first.folder, NEWER_BUNDLE="second")
    assert first.bash("terraform workspace show") == "blue\n"
    assert "Plan: 0 to add, 0 to change, 1 to destroy." in second.run("Destroy everything", 0)
    second.run("Destroy everything", 1)

    unused = set.intersection(first.unused, second.unused)
    assert {title for title, _ in unused} <= {"The first apply"}


def add_alias(config: Config) -> None:
    """Publish the function, and let the event source mapping invoke an alias of the last version."""
    (name,) = config["resource"]["aws_lambda_function"]
    config["resource"]["aws_lambda_function"][name]["publish"] = True
    (mapping,) = config["resource"]["aws_lambda_event_source_mapping"].values()
    path = mapping["//"]["metadata"]["path"].rpartition("/")[0]
    config["//"]["ddb_stream_lambda"][path].append("alias")
    function = f"aws_lambda_function.{name}"
    alias = {
        "name": "live",
        "function_name": f"${{{function}.function_name}}",
        "function_version": f"${{{function}.version}}",
    }
    config["resource"]["aws_lambda_alias"] = {"live": {"//": {"metadata": {"path": f"{path}/alias"}}, **alias}}
    mapping["function_name"] = "${aws_lambda_alias.live.arn}"


def rename_alarm(config: Config, earlier: str, later: str) -> None:
    alarms = config["resource"]["aws_cloudwatch_metric_alarm"]
    alarms[later] = alarms.pop(earlier)


def move_alarm(config: Config, earlier: str, later: str) -> None:
    type = "aws_cloudwatch_metric_alarm"
    config.setdefault("moved", []).append({"from": f"{type}.{earlier}", "to": f"{type}.{later}"})


def give_former_addresses(moves: Path, state: Path) -> int:
    """Give the resources of a state the addresses that moved blocks name as the former ones. Return their number."""
    blocks = re.findall(r"from = (\w+)\.(\S+)\s+to\s+= \w+\.(\S+)", moves.read_text())
    names = {(type, name): former for type, former, name in blocks}
    count = len(names)
    content = json.loads(state.read_text())
    for resource in content["resources"]:
        resource["name"] = names.pop((resource["type"], resource["name"]), resource["name"])
        for instance in resource["instances"]:
            instance.pop("dependencies", None)
    assert count > 0
    assert not names
    state.write_text(json.dumps(content))
    return count


def replace_code(config: Config, stack_folder: Path) -> None:
    (function,) = config["resource"]["aws_lambda_function"].values()
    content = archive("second bundle")
    (stack_folder / function["filename"].removeprefix("${path.module}/")).write_bytes(content)
    function["source_code_hash"] = base64.b64encode(hashlib.sha256(content).digest()).decode()


def archive(text: str) -> bytes:
    """A code archive whose handler returns a text."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("index.py", f"def handler(event, context):\n    return {text!r}\n")
    return content.getvalue()


def hash_in(operator: Operator) -> str:
    """The hash of the code of a bundle, from its files."""
    (path,) = operator.folder.glob("assets/**/*.zip")
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()


def function_in(operator: Operator) -> str:
    """The name in Terraform of the function of a bundle in JSON."""
    (name,) = json.loads((operator.folder / "main.tf.json").read_text())["resource"]["aws_lambda_function"]
    return str(name)


def keep_only_a_job(config: Config) -> None:
    """Replace the stack by a resource that needs no provider."""
    variable = config["variable"]["name_prefix"]
    job = {"input": "${var.name_prefix}"}
    config.clear()
    config |= {"terraform": {}, "variable": {"name_prefix": variable}, "resource": {"terraform_data": {"job": job}}}


def fill_in_s3_backend(folder: Path) -> None:
    settings = {"bucket": "states", "key": STATE_KEY, "region": REGION}
    text = (folder / "prod.tfbackend").read_text()
    for name, value in settings.items():
        text = re.sub(rf"(?m)^{name}( *)=.*$", f'{name}\\1= "{value}"', text)
    # The emulator needs these.
    (folder / "prod.tfbackend").write_text(f"{text}use_path_style = true\nskip_requesting_account_id = true\n")
