"""Terraform with the real AWS provider, run in a folder that holds one stack's configuration and state."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from cdktf import App, LocalBackend, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider

from .providers import Provider

STACK = "orders"
SERVICES = ("cloudwatch", "cloudwatchlogs", "dynamodb", "ec2", "iam", "kms", "lambda", "s3", "sfn", "sns", "sqs", "sts")
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
SETTINGS = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
COMMANDS_WITH_COLOR = ("init", "validate", "plan", "apply", "destroy")


class TerraformError(Exception):
    """A command of Terraform ended with another exit code than expected; the message has its output."""


# Adds constructs to an empty stack.
Build = Callable[[TerraformStack], object]


def override_provider(folder: Path, url: str, *, aliases: Sequence[str] = (), **settings: str) -> None:
    """Write an override file that sends all calls of a configuration's providers to the given URL.

    Args:
        folder: the folder of the configuration.
        url: the address of all services.
        aliases: the aliases of the providers besides the default one.
        settings: more arguments of the providers.
    """
    aws = {
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "endpoints": [dict.fromkeys(SERVICES, url)],
        **settings,
    }
    providers = [aws, *(aws | {"alias": alias} for alias in aliases)]
    (folder / "emulator_override.tf.json").write_text(json.dumps({"provider": {"aws": providers}}))


def synthesize(build: Build, out: Path, *, kind: type[TerraformStack] = TerraformStack) -> Path:
    """Synthesize a stack with a provider and a local state, and return its folder.

    Args:
        build: adds the constructs to the stack.
        out: the output folder of the app.
        kind: the class of the stack.
    """
    app = App(outdir=str(out))
    stack = kind(app, STACK)
    AwsProvider(stack, "aws", region="eu-west-1")
    LocalBackend(stack, path=f"terraform.{STACK}.tfstate")
    build(stack)
    app.synth()
    return out / "stacks" / STACK


class Terraform:
    """The terraform command in a folder. The tests and `make demo` use it."""

    def __init__(self, folder: Path, provider: Provider) -> None:
        self.folder = folder
        self.provider = provider
        self.environment = os.environ | CREDENTIALS | SETTINGS | provider.environment
        folder.mkdir(parents=True, exist_ok=True)

    def synthesize(self, build: Build, *, kind: type[TerraformStack] = TerraformStack) -> None:
        """Synthesize a stack of a class into the folder. A state in the folder is kept."""
        out = self.folder / "cdktf.out"
        shutil.rmtree(out, ignore_errors=True)
        self.copy_synthesized(synthesize(build, out, kind=kind))

    def copy_synthesized(self, stack_folder: Path) -> None:
        """Copy a synthesized stack into the folder, adapted to the provider's version. It is JSON or HCL."""
        if (stack_folder / "cdk.tf").exists():
            hcl = (stack_folder / "cdk.tf").read_text()
            (self.folder / "cdk.tf").write_text(self.provider.adapt_hcl(hcl))
        else:
            config = json.loads((stack_folder / "cdk.tf.json").read_text())
            (self.folder / "cdk.tf.json").write_text(json.dumps(self.provider.adapt(config), indent=1))
        if (stack_folder / "assets").exists():
            shutil.copytree(stack_folder / "assets", self.folder / "assets", dirs_exist_ok=True)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command. Its process leads a process group, to which the provider's process also belongs."""
        command = ["terraform", *arguments]
        if arguments[0] in COMMANDS_WITH_COLOR:
            command.insert(2, "-no-color")
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            text=True,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: str, exit_code: int = 0) -> str:
        """Run a command and return its output. If this process is interrupted, the command is killed.

        Args:
            arguments: the command and its options.
            exit_code: the expected exit code.

        Raises:
            TerraformError: if the command ends with another exit code.
        """
        process = self.start(*arguments)
        try:
            output, errors = process.communicate()
        except BaseException:  # an interruption
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        if process.returncode != exit_code:
            command = f"terraform {' '.join(arguments)}"
            raise TerraformError(f"{command} exited with {process.returncode}:\n{output}\n{errors}")
        return output + errors

    def init(self) -> None:
        self.run("init")

    def apply(self, *arguments: str) -> None:
        self.run("apply", "-auto-approve", *arguments)

    def outputs(self) -> dict[str, str]:
        return {name: output["value"] for name, output in json.loads(self.run("output", "-json")).items()}

    def show_plan(self, *options: str) -> dict[str, Any]:
        """Plan, and return the plan as `terraform show -json` writes it."""
        self.run("plan", "-out=plan.bin", *options)
        return dict(json.loads(self.run("show", "-json", "plan.bin")))

    def planned_changes(self, *options: str) -> dict[str, dict[str, Any]]:
        """Plan, and return each change by the address of its resource, as `terraform plan -json` prints it.

        Its `action` is "create", "update", "replace", "delete", "move" and so on. `terraform show` would start the
        provider once more.
        """
        output = self.run("plan", "-json", "-out=plan.bin", *options)
        messages = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        changes = [message["change"] for message in messages if message["type"] == "planned_change"]
        return {change["resource"]["addr"]: change for change in changes if change["action"] != "read"}

    def planned_actions(self) -> dict[str, str]:
        """Plan, and return the action for each resource type that changes. A resource that is moved does not change."""
        changes = self.planned_changes().values()
        return {
            change["resource"]["resource_type"]: change["action"] for change in changes if change["action"] != "move"
        }

    def graph(self, *arguments: str) -> Graph:
        """Return the dependency graph that `terraform graph` prints."""
        edges: dict[str, set[str]] = {}
        for line in self.run("graph", *arguments).splitlines():
            parts = line.strip().rstrip(";").split(" -> ")
            if len(parts) == 2:
                later, earlier = (part.strip('"').removeprefix("[root] ").removesuffix(" (expand)") for part in parts)
                edges.setdefault(later, set()).update({earlier} - {later})
        return Graph(edges)


@dataclass(frozen=True)
class Graph:
    """A dependency graph.

    Attributes:
        edges: each address, with the addresses that it depends on. Terraform leaves out indirect dependencies.
    """

    edges: dict[str, set[str]]

    def cycle(self) -> list[str]:
        """Return the addresses of a cycle; an empty list if there is none."""
        try:
            TopologicalSorter(self.edges).prepare()
        except CycleError as error:
            return list(error.args[1])
        return []

    def depends_on(self, later: str, earlier: str) -> bool:
        """Return whether every resource of the type `later` depends on one of the type `earlier`, also indirectly."""
        starts = [address for address in self.edges if address.startswith(f"{later}.")]
        return bool(starts) and all(
            any(address.startswith(f"{earlier}.") for address in self.dependencies(start)) for start in starts
        )

    def dependencies(self, address: str) -> set[str]:
        """Return the addresses that an address depends on, also indirectly."""
        dependencies: set[str] = set()
        remaining = [address]
        while remaining:
            new = self.edges.get(remaining.pop(), set()) - dependencies
            dependencies |= new
            remaining.extend(new)
        return dependencies
