"""The real terraform with the real provider, in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
from cdktf import App, LocalBackend, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider

from . import old_provider
from .install import TERRAFORM_CONFIG

STACK = "orders"
SERVICES = ("cloudwatch", "cloudwatchlogs", "dynamodb", "ec2", "iam", "kms", "lambda", "s3", "sqs", "sts")
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
SETTINGS = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}

Build = Callable[[TerraformStack], object]


@dataclass(frozen=True)
class Provider:
    """The provider in use, and what has to be done to a configuration for it."""

    environment: dict[str, str]
    adapt: Callable[[dict[str, Any]], dict[str, Any]]
    name: str


PINNED = Provider({}, lambda config: config, "the pinned provider")
OLD = Provider({"TF_CLI_CONFIG_FILE": str(TERRAFORM_CONFIG)}, old_provider.downgrade, "provider 3.39.0")


def override_provider(folder: Path, url: str, **settings: str) -> None:
    """Write the file that sends the provider of a configuration to an AWS of the given address."""
    aws = {
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "endpoints": [dict.fromkeys(SERVICES, url)],
        **settings,
    }
    (folder / "emulator_override.tf.json").write_text(json.dumps({"provider": {"aws": aws}}))


class Terraform:
    """A configuration on its way to an AWS."""

    def __init__(self, folder: Path, provider: Provider) -> None:
        self.folder = folder
        self.provider = provider
        self.environment = os.environ | KEYS | SETTINGS | provider.environment
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, build: Build) -> None:
        """Synthesise a stack into the folder, beside the state that is there."""
        out = self.folder / "cdktf.out"
        shutil.rmtree(out, ignore_errors=True)
        app = App(outdir=str(out))
        stack = TerraformStack(app, STACK)
        AwsProvider(stack, "aws", region="eu-west-1")
        LocalBackend(stack, path=f"terraform.{STACK}.tfstate")
        build(stack)
        app.synth()
        self.take(out / "stacks" / STACK)

    def take(self, synthesised: Path) -> None:
        """Copy a synthesised stack into the folder, fit for the provider."""
        config = json.loads((synthesised / "cdk.tf.json").read_text())
        (self.folder / "cdk.tf.json").write_text(json.dumps(self.provider.adapt(config), indent=1))
        if (synthesised / "assets").exists():
            shutil.copytree(synthesised / "assets", self.folder / "assets", dirs_exist_ok=True)

    def deploy_to(self, url: str) -> None:
        """Send the provider to an AWS of the given address, by a file that overrides its block."""
        override_provider(self.folder, url)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The process of a command, which leads a group of its own with the provider's."""
        command = ["terraform", *arguments]
        if arguments[0] in ("init", "validate", "plan", "apply", "destroy"):
            command.insert(2, "-no-color")
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment, text=True, start_new_session=True, **pipes
        )

    def run(self, *arguments: str, ends_with: int = 0) -> str:
        """What a command prints; with another status than expected, the test fails and shows it all."""
        process = self.start(*arguments)
        output, errors = process.communicate()
        if process.returncode != ends_with:
            pytest.fail(f"terraform {' '.join(arguments)} ended with {process.returncode}:\n{output}\n{errors}")
        return output + errors

    def init(self) -> None:
        self.run("init")

    def apply(self, *arguments: str) -> None:
        self.run("apply", "-auto-approve", *arguments)

    def outputs(self) -> dict[str, str]:
        return {name: output["value"] for name, output in json.loads(self.run("output", "-json")).items()}

    def planned(self) -> dict[str, list[str]]:
        """What a plan would do: resource type to actions, without what stays as it is."""
        self.run("plan", "-out=plan.bin")
        changes = json.loads(self.run("show", "-json", "plan.bin"))["resource_changes"]
        actions = {change["type"]: change["change"]["actions"] for change in changes}
        return {kind: done for kind, done in actions.items() if done != ["no-op"]}

    def graph(self, *arguments: str) -> Graph:
        """What waits for what, as terraform sees it."""
        edges: dict[str, set[str]] = {}
        for line in self.run("graph", *arguments).splitlines():
            parts = line.strip().rstrip(";").split(" -> ")
            if len(parts) == 2:
                later, earlier = (part.strip('"').removeprefix("[root] ").removesuffix(" (expand)") for part in parts)
                edges.setdefault(later, set()).update({earlier} - {later})
        return Graph(edges)


@dataclass(frozen=True)
class Graph:
    """Addresses, each with those that it waits for; terraform leaves out edges that follow from others."""

    edges: dict[str, set[str]]

    def cycle(self) -> list[str]:
        """The addresses of a cycle; empty without one."""
        try:
            TopologicalSorter(self.edges).prepare()
        except CycleError as error:
            return list(error.args[1])
        return []

    def waits(self, later: str, earlier: str) -> bool:
        """Whether every resource of a type waits for one of another type, be it through others."""
        starts = [address for address in self.edges if address.startswith(f"{later}.")]
        return bool(starts) and all(
            any(address.startswith(f"{earlier}.") for address in self._behind(start)) for start in starts
        )

    def _behind(self, address: str) -> set[str]:
        found: set[str] = set()
        ahead = [address]
        while ahead:
            new = self.edges.get(ahead.pop(), set()) - found
            found |= new
            ahead.extend(new)
        return found


def reaches_pinned_provider(folder: Path) -> bool:
    """Whether the user's own terraform configuration, mirror or registry gives the bindings' own provider."""
    terraform = Terraform(folder, PINNED)
    terraform.write(lambda stack: None)
    process = terraform.start("init")
    try:
        process.communicate(timeout=180)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return process.returncode == 0
