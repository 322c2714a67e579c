"""The commands `cdktf deploy` and `cdktf destroy`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .emulator_process import Emulator
from .install import ROOT
from .provider_versions import format_version
from .providers import Provider
from .terraform import CREDENTIALS, SERVICES, SETTINGS

CDKTF = ROOT / "node_modules" / ".bin" / "cdktf"
# After the synthesis, the program adapts the configuration to the provider's version.
PROGRAM = f"""
import json, os
from pathlib import Path
from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import App, LocalBackend, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider

from tests.e2e.provider_versions import adapt, parse_version

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
        "runtime": "python3.13",
        "handler": "index.handler",
    }},
    dynamo_table_props={{"deletion_protection_enabled": False, "lifecycle": {{"prevent_destroy": False}}}},
    silence_warnings=["deletion_protection_enabled", "prevent_destroy"],
)
TerraformOutput(stack, "mapping", value=pattern.event_source_mapping.uuid)
app.synth()
path = Path(app.outdir, "stacks", "orders", "cdk.tf.json")
path.write_text(json.dumps(adapt(json.loads(path.read_text()), parse_version(os.environ["PROVIDER_VERSION"]))))
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
    environment |= {
        "CI": "1",
        "EMULATOR": emulator.url,
        "PROVIDER_VERSION": format_version(provider.version),
        "PYTHONPATH": str(ROOT),
    }
    # To lock the provider, cdktf looks for its builds for other platforms.
    options = ["--skip-provider-lock"] if provider.only_this_platform else []

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
