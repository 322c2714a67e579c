"""Bundles on an emulator of AWS: applied, replaced by the other format, imported, and destroyed."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.terraform import override_provider

from .support import MAPPING, HandOver, Terraform

pytestmark = pytest.mark.slow

PLAN = ("plan", "-no-color", "-input=false", "-var-file=prod.tfvars")
NO_CHANGES = "found no differences, so no changes are needed"

# Copies a bundle to a folder of this name, and points its provider to the emulator.
Deployable = Callable[[Path, str], Path]


@pytest.fixture
def deployable(emulator: str, tmp_path: Path) -> Deployable:
    prefix = re.sub(r"[^a-z]", "", tmp_path.name)[:20] or "prod"

    def deployable(bundle: Path, name: str) -> Path:
        folder = shutil.copytree(bundle, tmp_path / "environments" / name)
        (folder / "prod.tfvars").write_text(f'name_prefix = "{prefix}"\n')
        override_provider(folder, emulator, access_key="test", secret_key="test")
        return folder

    return deployable


def with_former_addresses(bundle: Path, state: dict[str, Any]) -> tuple[str, int]:
    """Return the state that a version without readable addresses would have left, and the number of its moves.

    The bundle's moved blocks have the addresses.
    """
    blocks = re.findall(r"from = (\w+)\.(\S+)\s+to\s+= \w+\.(\S+)", (bundle / "moved.tf").read_text())
    names = {(type, name): former for type, former, name in blocks}
    moves = len(names)
    former: dict[str, Any] = json.loads(json.dumps(state))
    for resource in former["resources"]:
        resource["name"] = names.pop((resource["type"], resource["name"]), resource["name"])
        for instance in resource["instances"]:
            instance.pop("dependencies", None)
    assert moves > 0
    assert not names
    return json.dumps(former), moves


def assert_only_moves(plan: str, count: int) -> None:
    assert len(re.findall("has moved to", plan)) == count
    assert "Plan: 0 to add, 0 to change, 0 to destroy." in plan


@pytest.mark.usefixtures("stack_for_provider")
def test_bundle_is_applied_planned_in_the_other_format_imported_and_destroyed(
    hand_over: HandOver, deployable: Deployable, terraform_with_provider: Terraform, tmp_path: Path
) -> None:
    run = terraform_with_provider
    hcl = deployable(hand_over("--format", "hcl"), "hcl")
    run(hcl, "init", "-no-color", "-input=false")
    run(hcl, "apply", "-no-color", "-input=false", "-auto-approve", "-var-file=prod.tfvars")
    state = json.loads(run(hcl, "state", "pull"))
    former, moves = with_former_addresses(hcl, state)
    (hcl / "terraform.tfstate").write_text(former)
    assert_only_moves(run(hcl, *PLAN), moves)

    other = deployable(hand_over("--format", "json"), "json")
    (other / "terraform.tfstate").write_text(former)
    run(other, "init", "-no-color", "-input=false")
    assert_only_moves(run(other, *PLAN), moves)

    ids = {f"{r['type']}.{r['name']}": r["instances"][0]["attributes"]["id"] for r in state["resources"]}
    (tmp_path / "ids.json").write_text(json.dumps(ids))
    importing = deployable(hand_over("--format", "hcl", "--import-from", str(tmp_path / "ids.json")), "importing")
    run(importing, "init", "-no-color", "-input=false")
    plan = run(importing, *PLAN, "-out=plan")
    assert f"{len(ids)} to import" in plan
    # The older provider does not read starting_position from AWS, so it replaces an imported mapping.
    assert set(re.findall(r"# (\S+) must be replaced", plan)) <= {MAPPING}
    run(importing, "apply", "-no-color", "-input=false", "plan")
    assert NO_CHANGES in run(importing, *PLAN)

    runbook = (importing / "RUNBOOK.md").read_text().split("## Destroy the retained table")[1]
    override = re.search(r"```hcl\n(.*?)```", runbook, re.DOTALL)
    assert override is not None
    (importing / "destroy_override.tf").write_text(override[1])
    run(importing, "apply", "-no-color", "-input=false", "-auto-approve", "-var-file=prod.tfvars")
    destroyed = run(importing, "destroy", "-no-color", "-input=false", "-auto-approve", "-var-file=prod.tfvars")
    assert f"{len(ids)} destroyed" in destroyed
