"""The sample stack, changed so that it runs on this machine."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

from ddb_stream_lambda import Code
from cdktf import App

from stacks.sample import FUNCTION, NOT_DEPLOYED, SampleStack
from tests.e2e.install import EMULATOR_PYTHON
from tests.e2e.terraform import Terraform

STACK = "demo"
INDEX = "orders"
# The sample stack retries without a limit, since everything that fails there can succeed later.
RETRIES = 2
# Values of required variables, which the changes below make meaningless.
VALUES = {
    "search_endpoint": "https://search.example.com",
    "search_domain_arn": "arn:aws:es:eu-west-1:000000000000:domain/demo",
}
CODE = Path(__file__).parent / "code"


class Example:
    """The configuration of the sample stack in a folder of Terraform.

    Args:
        terraform: the folder.
        search_url: the URL of the search engine.
    """

    def __init__(self, terraform: Terraform, search_url: str) -> None:
        self._terraform = terraform
        self._search_url = search_url
        (terraform.folder / "terraform.tfvars.json").write_text(json.dumps(VALUES))

    def write(self, *, mended: bool, retained: bool) -> None:
        """Write the configuration.

        Args:
            mended: whether the code is the repository's, without the mistake.
            retained: whether the table is protected from deletion.
        """
        self._terraform.copy_synthesized(self._synthesize(mended=mended))
        path = self._terraform.folder / "cdk.tf.json"
        config = json.loads(path.read_text())
        self._adapt(config["resource"], retained=retained)
        path.write_text(json.dumps(config, indent=1))

    def _synthesize(self, *, mended: bool) -> Path:
        work = self._terraform.folder.with_name("mended" if mended else "mistaken")
        stack_folder = work / "out" / "stacks" / STACK
        if stack_folder.exists():
            return stack_folder
        source = work / "function"
        shutil.copytree(FUNCTION, source, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(CODE / "logged.py", source / "logged.py")
        if not mended:
            shutil.copy(CODE / "transform_with_mistake.py", source / "transform.py")
        # The emulator runs functions with its own Python, on this machine.
        architecture = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
        code = Code.from_python_project(source, runtime=_runtime(), architecture=architecture, exclude=NOT_DEPLOYED)
        app = App(outdir=str(work / "out"))
        SampleStack(app, STACK, code=code)
        app.synth()
        return stack_folder

    def _adapt(self, resources: dict[str, Any], *, retained: bool) -> None:
        """Change the resources: the search engine of this machine, log lines, and a limit of retries."""
        (function,) = resources["aws_lambda_function"].values()
        function["handler"] = "logged.handler"
        function["environment"]["variables"] |= {
            "SEARCH_ENDPOINT": self._search_url,
            "SEARCH_SERVICE": "none",
            "INDEX": INDEX,
        }
        (mapping,) = resources["aws_lambda_event_source_mapping"].values()
        mapping["maximum_retry_attempts"] = RETRIES
        if not retained:
            # The steps of docs/operations/destroying-a-table.md.
            (table,) = resources["aws_dynamodb_table"].values()
            table["lifecycle"]["prevent_destroy"] = False
            table["deletion_protection_enabled"] = False


def _runtime() -> str:
    command = [str(EMULATOR_PYTHON), "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
