"""Bundles in Terraform: copied to another folder, without Python on the PATH."""

import json
import shutil
from pathlib import Path
from typing import Protocol

import pytest

from .support import TABLE, HandOver, Terraform

pytestmark = pytest.mark.slow

# Settings with which the provider plans new resources without a request to AWS.
OFFLINE = {
    "provider": {
        "aws": {
            "access_key": "none",
            "secret_key": "none",
            "skip_credentials_validation": True,
            "skip_requesting_account_id": True,
            "skip_metadata_api_check": True,
            # The provider requests the platforms from EC2. This endpoint refuses at once.
            "endpoints": [{"ec2": "http://127.0.0.1:9"}],
            "max_retries": 0,
        }
    }
}
# Parts of a plan that differ in each run.
RUN_SPECIFIC = {"timestamp", "configuration", "relevant_attributes"}


class CopyBundle(Protocol):
    """Runs the command, moves the bundle to a folder of this name, and adds the variables of an environment."""

    def __call__(self, *options: str, name: str) -> Path: ...


@pytest.fixture
def copy_bundle(hand_over: HandOver, tmp_path: Path) -> CopyBundle:
    def copy_bundle(*options: str, name: str) -> Path:
        bundle = hand_over(*options)
        copy = shutil.copytree(bundle, tmp_path / "copies" / name)
        shutil.rmtree(bundle)
        (copy / "prod.tfvars").write_text('name_prefix = "orders-prod"\n')
        return copy

    return copy_bundle


def test_hcl_has_the_format_of_terraform_fmt(hand_over: HandOver, terraform: Terraform) -> None:
    terraform(hand_over("--format", "hcl"), "fmt", "-check", "-diff", "-recursive")


def test_backend_is_chosen_by_copying_its_files(hand_over: HandOver, terraform: Terraform, tmp_path: Path) -> None:
    bundle, folder = hand_over("--format", "hcl"), tmp_path / "chosen"
    folder.mkdir()
    shutil.copy(bundle / "backends/local.tf.example", folder / "backend.tf")
    shutil.copy(bundle / "backends/local.tfbackend.example", folder / "prod.local.tfbackend")
    printed = terraform(folder, "init", "-no-color", "-input=false", "-backend-config=prod.local.tfbackend")
    assert 'Successfully configured the backend "local"' in printed


def test_backend_config_is_not_enough_to_choose_a_backend(terraform: Terraform, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('variable "region" {}\n')
    assert "Missing backend configuration" in terraform(tmp_path, "init", "-no-color", "-backend-config=path=state")


@pytest.mark.parametrize("format", ["json", "hcl"])
def test_override_file_of_the_runbook_disables_prevent_destroy(
    terraform: Terraform, tmp_path: Path, format: str
) -> None:
    resource = 'resource "terraform_data" "table" {{\n{}  lifecycle {{\n    prevent_destroy = {}\n  }}\n}}\n'
    if format == "hcl":
        (tmp_path / "main.tf").write_text(resource.format('  input = "orders"\n', "true"))
    else:
        table = {"input": "orders", "lifecycle": {"prevent_destroy": True}}
        (tmp_path / "main.tf.json").write_text(json.dumps({"resource": {"terraform_data": {"table": table}}}))
    terraform(tmp_path, "init", "-no-color")
    terraform(tmp_path, "apply", "-no-color", "-auto-approve")
    refused = terraform(tmp_path, "destroy", "-no-color", "-auto-approve", accept=(1,))
    assert "Instance cannot be destroyed" in refused
    (tmp_path / "destroy_override.tf").write_text(resource.format("", "false"))
    assert "Resources: 1 destroyed" in terraform(tmp_path, "destroy", "-no-color", "-auto-approve")


@pytest.mark.parametrize("format", ["json", "hcl"])
@pytest.mark.usefixtures("stack_for_provider")
def test_bundle_is_valid(copy_bundle: CopyBundle, terraform_with_provider: Terraform, format: str) -> None:
    bundle = copy_bundle("--format", format, name=format)
    terraform_with_provider(bundle, "init", "-no-color", "-input=false")
    assert "The configuration is valid" in terraform_with_provider(bundle, "validate", "-no-color")


@pytest.mark.parametrize("format", ["json", "hcl"])
@pytest.mark.usefixtures("stack_for_provider")
def test_bundle_with_imports_is_valid(
    copy_bundle: CopyBundle, terraform_with_provider: Terraform, tmp_path: Path, format: str
) -> None:
    (tmp_path / "ids.json").write_text(json.dumps({TABLE: "orders"}))
    bundle = copy_bundle("--format", format, "--import-from", str(tmp_path / "ids.json"), name=format)
    terraform_with_provider(bundle, "init", "-no-color", "-input=false")
    assert "The configuration is valid" in terraform_with_provider(bundle, "validate", "-no-color")


@pytest.mark.usefixtures("stack_for_provider")
def test_both_formats_have_the_same_plan(copy_bundle: CopyBundle, terraform_with_provider: Terraform) -> None:
    plans = []
    for format in ("json", "hcl"):
        bundle = copy_bundle("--format", format, name=format)
        (bundle / "offline_override.tf.json").write_text(json.dumps(OFFLINE))
        terraform_with_provider(bundle, "init", "-no-color", "-input=false")
        terraform_with_provider(bundle, "plan", "-no-color", "-input=false", "-var-file=prod.tfvars", "-out=plan")
        plan = json.loads(terraform_with_provider(bundle, "show", "-json", "plan"))
        plans.append({key: value for key, value in plan.items() if key not in RUN_SPECIFIC})
    assert plans[0] == plans[1]
    assert len(plans[0]["resource_changes"]) == 9
