"""The commands `cdktf deploy` and `cdktf destroy`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .emulator_process import Emulator
from .install import ROOT, WHEEL_PROVIDER_VERSION
from .terraform import CREDENTIALS, OLD, SERVICES, SETTINGS, Provider

CDKTF = ROOT / "node_modules" / ".bin" / "cdktf"
# With OLD set, the program leaves out what the old provider lacks.
PROGRAM = f"""
import json, os, sys
from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import App, LocalBackend, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider

app = App()
stack = TerraformStack(app, "orders")
LocalBackend(stack, path=os.path.abspath("orders.tfstate"))
aws = AwsProvider(stack, "aws", region="eu-west-1", skip_credentials_validation=True)
aws.add_override("endpoints", [dict.fromkeys({SERVICES!r}, os.environ["EMULATOR"])])
pattern = DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    lambda_function_props={{
        "code": Code.from_asset({str(ROOT / "tests/assets/hello")!r}),
        "runtime": "python3.8" if os.environ["OLD"] else "python3.13",
        "handler": "index.handler",
    }},
    dynamo_table_props={{"deletion_protection_enabled": None, "lifecycle": {{"prevent_destroy": False}}}},
    sqs_dlq_queue_props={{"policy": json.dumps({{"Version": "2012-10-17", "Statement": []}})}},
    silence_warnings=["deletion_protection_enabled", "prevent_destroy", "policy"],
)
TerraformOutput(stack, "mapping", value=pattern.event_source_mapping.uuid)
if os.environ["OLD"]:
    stack.add_override("terraform.required_providers.aws.version", "{WHEEL_PROVIDER_VERSION}")
app.synth()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder of a cdktf project."""
    if not CDKTF.exists():
        pytest.skip("the cdktf command is not installed: run `make synth`")
    (tmp_path / "main.py").write_text(PROGRAM)
    settings = {
        "language": "python",
        "app": f"{sys.executable} main.py",
        "projectId": "orders",
        "sendCrashReports": "false",
    }
    (tmp_path / "cdktf.json").write_text(json.dumps(settings))
    return tmp_path


def test_stack_is_deployed_and_destroyed(project: Path, emulator: Emulator, provider: Provider) -> None:
    environment = os.environ | CREDENTIALS | SETTINGS | provider.environment
    environment |= {"EMULATOR": emulator.url, "PYTHONPATH": str(ROOT), "CI": "1", "OLD": "1" if provider is OLD else ""}

    # To lock the provider, cdktf looks for its builds for other platforms, which the old provider's mirror lacks.
    options = ["--skip-provider-lock"] if provider is OLD else []

    def cdktf(*arguments: str) -> None:
        process = subprocess.run(
            [CDKTF, *arguments, *options],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert process.returncode == 0, process.stdout + process.stderr

    cdktf("deploy", "--auto-approve", "--outputs-file", "outputs.json")
    mapping_id = json.loads((project / "outputs.json").read_text())["orders"]["mapping"]
    mapping = emulator.client("lambda").get_event_source_mapping(UUID=mapping_id)
    assert mapping["MaximumRetryAttempts"] == 500
    cdktf("destroy", "--auto-approve")
    assert emulator.client("dynamodb").list_tables()["TableNames"] == []
