"""Bundles as Terraform reads them, copied elsewhere, with no Python on the PATH."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import TABLE, HandOver, Terraform

# Enough for a plan of new resources: nothing is asked of AWS.
OFFLINE = {
    "provider": {
        "aws": {
            "access_key": "none",
            "secret_key": "none",
            "skip_credentials_validation": True,
            "skip_requesting_account_id": True,
            "skip_metadata_api_check": True,
            # The provider asks EC2 what it supports, and waits long for an answer unless it is refused at once.
            "endpoints": [{"ec2": "http://127.0.0.1:9"}],
            "max_retries": 0,
        }
    }
}
PLAN_OF_TIME = {"timestamp", "configuration", "relevant_attributes"}


def test_the_hcl_is_laid_out_as_terraform_does(hand_over: HandOver, terraform: Terraform) -> None:
    terraform(hand_over("--format", "hcl"), "fmt", "-check", "-diff", "-recursive")


def test_a_backend_is_chosen_by_a_file_and_configured_by_backend_config(
    hand_over: HandOver, terraform: Terraform, tmp_path: Path
) -> None:
    bundle, folder = hand_over("--format", "hcl"), tmp_path / "chosen"
    folder.mkdir()
    shutil.copy(bundle / "backends/local.tf", folder)
    shutil.copy(bundle / "backends/local.tfbackend.example", folder / "prod.local.tfbackend")
    said = terraform(folder, "init", "-no-color", "-input=false", "-backend-config=prod.local.tfbackend")
    assert 'Successfully configured the backend "local"' in said


def test_backend_config_alone_chooses_nothing(terraform: Terraform, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('variable "region" {}\n')
    assert "Missing backend configuration" in terraform(tmp_path, "init", "-no-color", "-backend-config=path=state")


@pytest.mark.parametrize("form", ["json", "hcl"])
def test_the_override_of_the_runbook_lifts_prevent_destroy(terraform: Terraform, tmp_path: Path, form: str) -> None:
    resource = 'resource "terraform_data" "table" {{\n{}  lifecycle {{\n    prevent_destroy = {}\n  }}\n}}\n'
    if form == "hcl":
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


class TestWithTheProvider:
    @pytest.fixture
    def elsewhere(self, hand_over: HandOver, tmp_path: Path) -> Callable[..., Path]:
        """A bundle that was copied elsewhere, and where it was made no longer is."""

        def elsewhere(*options: str, name: str) -> Path:
            bundle = hand_over(*options)
            copied = shutil.copytree(bundle, tmp_path / "elsewhere" / name)
            shutil.rmtree(bundle)
            (copied / "prod.tfvars").write_text('name_prefix = "orders-prod"\n')
            return copied

        return elsewhere

    @pytest.mark.parametrize("form", ["json", "hcl", "both"])
    @pytest.mark.usefixtures("older")
    def test_the_bundle_is_initialised_and_valid(
        self, elsewhere: Callable[..., Path], terraform_with_provider: Terraform, form: str
    ) -> None:
        bundle = elsewhere("--format", form, name=form)
        terraform_with_provider(bundle, "init", "-no-color", "-input=false")
        assert "The configuration is valid" in terraform_with_provider(bundle, "validate", "-no-color")

    @pytest.mark.usefixtures("older")
    def test_the_imports_are_valid(
        self, elsewhere: Callable[..., Path], terraform_with_provider: Terraform, tmp_path: Path
    ) -> None:
        (tmp_path / "ids.json").write_text(json.dumps({TABLE: "orders"}))
        for form in ("json", "hcl"):
            bundle = elsewhere("--format", form, "--import-from", str(tmp_path / "ids.json"), name=form)
            terraform_with_provider(bundle, "init", "-no-color", "-input=false")
            terraform_with_provider(bundle, "validate", "-no-color")

    @pytest.mark.usefixtures("older")
    def test_both_forms_plan_the_same(self, elsewhere: Callable[..., Path], terraform_with_provider: Terraform) -> None:
        plans = []
        for form in ("json", "hcl"):
            bundle = elsewhere("--format", form, name=form)
            (bundle / "offline_override.tf.json").write_text(json.dumps(OFFLINE))
            terraform_with_provider(bundle, "init", "-no-color", "-input=false")
            terraform_with_provider(bundle, "plan", "-no-color", "-input=false", "-var-file=prod.tfvars", "-out=plan")
            plan = json.loads(terraform_with_provider(bundle, "show", "-json", "plan"))
            plans.append({key: value for key, value in plan.items() if key not in PLAN_OF_TIME})
        assert plans[0] == plans[1]
        assert len(plans[0]["resource_changes"]) == 9
