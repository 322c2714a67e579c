"""The emitted Terraform: the golden files, and the same files from every clone of the example app.

``UPDATE_GOLDEN=1 pytest tests/test_output.py`` writes the golden files; review the difference.
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import TerraformStack, Testing
from cdktf_cdktf_provider_aws.kms_key import KmsKey

from tests.support.calls import ROOT, VPC, ZIP_FUNCTION, new_stack

GOLDEN = Path(__file__).parent / "golden"
APP = ("main.py", "cdktf.json", "stacks", "ddb_stream_lambda", "function")


def defaults(stack: TerraformStack) -> None:
    DynamoDBStreamsToLambda(stack, "pipeline", lambda_function_props=ZIP_FUNCTION)


def everything(stack: TerraformStack) -> None:
    # cdktf and cdktn write an empty object differently, so the key has an argument.
    key = KmsKey(stack, "key", description="orders")
    DynamoDBStreamsToLambda(
        stack,
        "pipeline",
        dynamo_table_props={
            "range_key": "at",
            "attribute": [{"name": "at", "type": "N"}, {"name": "customer", "type": "S"}],
            "global_secondary_index": [
                {"name": "by-customer", "hash_key": "customer", "range_key": "at", "projection_type": "ALL"}
            ],
            "server_side_encryption": {"kms_key_arn": key.arn},
            "ttl": {"attribute_name": "expires", "enabled": True},
        },
        lambda_function_props={
            **ZIP_FUNCTION,
            "runtime": "nodejs22.x",
            "architectures": ["arm64"],
            "environment": {"variables": {"INDEX": "orders"}},
            "memory_size": 512,
            "tags": {"Team": "orders"},
            "timeout": 60,
            "vpc_config": VPC,
        },
        dynamo_event_source_props={
            "filter_criteria": {"filter": [{"pattern": json.dumps({"eventName": ["INSERT", "MODIFY"]})}]},
            "function_response_types": ["ReportBatchItemFailures"],
            "parallelization_factor": 4,
        },
        sqs_dlq_queue_props={"kms_master_key_id": key.arn},
        deploy_alarms=True,
        alarm_props={
            "alarm_actions": ["arn:aws:sns:eu-west-1:123456789012:on-call"],
            "tags": {"Team": "orders"},
            "thresholds": {"iterator_age": 600_000},
        },
        lambda_role_props={"path": "/service/", "permissions_boundary": "arn:aws:iam::123456789012:policy/boundary"},
    )


def failure_bucket(stack: TerraformStack) -> None:
    key = KmsKey(stack, "key", description="orders")
    DynamoDBStreamsToLambda(
        stack,
        "pipeline",
        lambda_function_props=ZIP_FUNCTION,
        deploy_failure_bucket=True,
        failure_bucket_props={
            "bucket_prefix": "failed-orders-",
            "expiration_days": 365,
            "kms_master_key_id": key.arn,
            "tags": {"Team": "orders"},
        },
    )


@pytest.mark.parametrize(
    "build", [defaults, everything, failure_bucket], ids=["defaults", "everything", "failure_bucket"]
)
def test_the_terraform_is_the_golden_file(
    build: Callable[[TerraformStack], None], request: pytest.FixtureRequest
) -> None:
    stack = new_stack()
    build(stack)
    path = GOLDEN / f"{request.node.callspec.id}.tf.json"
    emitted = Testing.synth(stack) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(emitted)
    assert emitted == path.read_text()


class TestExampleApp:
    @pytest.fixture(scope="class")
    @classmethod
    def clones(cls, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
        """Two clones of the app in folders with different paths, synthesized."""
        clones = [tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("another") / "with" / "a longer path"]
        for clone in clones:
            clone.mkdir(parents=True, exist_ok=True)
            for name in APP:
                copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
                copy(ROOT / name, clone / name)
            subprocess.run([sys.executable, "main.py"], cwd=clone, check=True)
        return clones

    def files(self, clone: Path) -> dict[str, bytes]:
        """Return the content of each file that the app wrote."""
        out = clone / "cdktf.out"
        return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}

    def test_writes_the_same_bytes_from_two_clones(self, clones: list[Path]) -> None:
        one, two = map(self.files, clones)
        assert one == two
        assert "stacks/ddb-stream-lambda/cdk.tf.json" in one

    def test_writes_no_path_of_the_machine(self, clones: list[Path]) -> None:
        for name, content in self.files(clones[0]).items():
            for path in (str(clones[0]), str(Path.home()), sys.prefix, str(ROOT)):
                assert path.encode() not in content, name

    def test_packs_the_sample_function_and_its_dependencies_for_arm64(self, clones: list[Path]) -> None:
        (archive,) = (clones[0] / "cdktf.out").rglob("function.zip")
        names = zipfile.ZipFile(archive).namelist()
        assert {"index.py", "transform.py", "indexer/batch.py", "urllib3/__init__.py"} <= set(names)
        folders_and_files = {name.split("/")[0] for name in names}
        assert not folders_and_files & {"README.md", "requirements.txt", "manage.py", "management"}
        built = {name.split(".")[1] for name in names if name.startswith("orjson/") and name.endswith(".so")}
        assert built == {"cpython-313-aarch64-linux-gnu"}

    def test_refers_only_to_files_in_the_stack_folder(self, clones: list[Path], tmp_path: Path) -> None:
        folder = shutil.copytree(clones[0] / "cdktf.out/stacks/ddb-stream-lambda", tmp_path / "copied")
        config = json.loads((folder / "cdk.tf.json").read_text())
        for function in config["resource"]["aws_lambda_function"].values():
            assert (folder / function["filename"]).is_file()
        assert config["terraform"]["backend"]["local"]["path"] == "terraform.ddb-stream-lambda.tfstate"
