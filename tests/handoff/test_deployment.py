"""Bundles as they are deployed, on an emulator of AWS: applied, changed to the other form, adopted and destroyed."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.e2e.terraform import override_provider

from .conftest import HandOver, Terraform

# Its starting position is not read by the provider on this machine, which replaces it when it is imported.
MAPPING = "aws_lambda_event_source_mapping.pipeline_event-source-mapping_7B847D07"
PLAN = ("plan", "-no-color", "-input=false", "-var-file=prod.tfvars")
SAME = "found no differences, so no changes are needed"


@pytest.fixture
def environment(emulator: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Makes a bundle an environment of the emulator's."""

    def environment(bundle: Path, name: str) -> Path:
        folder = shutil.copytree(bundle, tmp_path / "environments" / name)
        (folder / "prod.tfvars").write_text(f'name_prefix = "{prefix}"\n')
        override_provider(folder, emulator, access_key="test", secret_key="test")
        return folder

    prefix = re.sub(r"[^a-z]", "", tmp_path.name)[:20] or "prod"
    return environment


@pytest.mark.usefixtures("older")
def test_a_bundle_is_applied_read_in_its_other_form_adopted_and_destroyed(
    hand_over: HandOver, environment, terraform_with_provider: Terraform, tmp_path: Path
) -> None:
    run = terraform_with_provider
    hcl = environment(hand_over("--format", "hcl"), "hcl")
    run(hcl, "init", "-no-color", "-input=false")
    run(hcl, "apply", "-no-color", "-input=false", "-auto-approve", "-var-file=prod.tfvars")
    assert SAME in run(hcl, *PLAN)
    state = json.loads(run(hcl, "state", "pull"))

    other = environment(hand_over("--format", "json"), "json")
    (other / "terraform.tfstate").write_text(json.dumps(state))
    run(other, "init", "-no-color", "-input=false")
    assert SAME in run(other, *PLAN)

    ids = {f"{r['type']}.{r['name']}": r["instances"][0]["attributes"]["id"] for r in state["resources"]}
    (tmp_path / "ids.json").write_text(json.dumps(ids))
    adopting = environment(hand_over("--format", "hcl", "--import-from", str(tmp_path / "ids.json")), "adopting")
    run(adopting, "init", "-no-color", "-input=false")
    planned = run(adopting, *PLAN, "-out=plan")
    assert f"{len(ids)} to import" in planned
    assert set(re.findall(r"# (\S+) must be replaced", planned)) <= {MAPPING}
    run(adopting, "apply", "-no-color", "-input=false", "plan")
    assert SAME in run(adopting, *PLAN)

    runbook = (adopting / "RUNBOOK.md").read_text().split("## Destroy the retained table")[1]
    override = re.search(r"```hcl\n(.*?)```", runbook, re.DOTALL)
    assert override is not None
    (adopting / "destroy_override.tf").write_text(override[1])
    destroyed = run(adopting, "destroy", "-no-color", "-input=false", "-auto-approve", "-var-file=prod.tfvars")
    assert f"{len(ids)} destroyed" in destroyed
