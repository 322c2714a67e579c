"""Complete bundles in Terraform: the same plan as in the folder of cdktf, with every file and every move."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .support import Config, HandOver, Terraform

pytestmark = pytest.mark.slow

PAGES = "assets/pages/0123456789ABCDEF0123456789ABCDEF"
MODULES = "assets/__cdktf_module_asset_26CE565C/0123456789ABCDEF0123456789ABCDEF"
WriteStack = Callable[[Config], Path]


@pytest.fixture
def write_stack(output: Path) -> WriteStack:
    """A function that replaces the configuration of the stack, and returns the stack's folder."""

    def write_stack(config: Config) -> Path:
        folder = output / "stacks/orders"
        shutil.rmtree(folder / "assets", ignore_errors=True)
        (folder / "cdk.tf.json").write_text(json.dumps(config))
        return folder

    return write_stack


def planned(terraform: Terraform, folder: Path) -> dict[str, Any]:
    """The changes of each resource and output in a plan, by their addresses."""
    terraform(folder, "init", "-no-color", "-input=false")
    terraform(folder, "plan", "-no-color", "-input=false", "-out=plan")
    plan = json.loads(terraform(folder, "show", "-json", "plan"))
    changes: dict[str, Any] = {change["address"]: change for change in plan["resource_changes"]}
    changes.update(plan.get("output_changes", {}))
    return changes


@pytest.mark.parametrize("format", ["json", "hcl"])
def test_bundle_plans_the_same_files_as_the_folder_of_cdktf(
    write_stack: WriteStack, hand_over: HandOver, terraform: Terraform, tmp_path: Path, format: str
) -> None:
    fileset = f'${{fileset("{PAGES}", "**")}}'
    folder = write_stack(
        {
            "resource": {
                "terraform_data": {
                    "page": {"for_each": fileset, "input": f'${{filesha256("{PAGES}/${{each.value}}")}}'},
                    "letter": {"input": f'${{templatefile("${{path.module}}/{PAGES}/letter.tftpl", {{name = "Ö"}})}}'},
                }
            },
            "module": {"greeting": {"source": f"./{MODULES}/greeting"}},
            "output": {
                "greeting": {"value": "${module.greeting.text}"},
                "none": {"value": '${fileexists("other.txt")}'},
                "empty": {"value": f'${{fileset("{PAGES}/empty", "*")}}'},
            },
        }
    )
    for name in ("index.html", "deep/er/page.html", "letter.tftpl"):
        (folder / PAGES / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / PAGES / name).write_text("Dear ${name}")
    (folder / PAGES / "link").symlink_to("deep")
    (folder / PAGES / "empty").mkdir()
    (folder / MODULES / "greeting").mkdir(parents=True)
    (folder / MODULES / "words").mkdir(parents=True)
    (folder / MODULES / "greeting/main.tf").write_text(
        'module "words" {\n  source = "../words"\n}\n\noutput "text" {\n  value = module.words.text\n}\n'
    )
    (folder / MODULES / "words/main.tf").write_text('output "text" {\n  value = file("${path.module}/text.txt")\n}\n')
    (folder / MODULES / "words/text.txt").write_text("hello")
    bundle = shutil.copytree(hand_over("--format", format), tmp_path / "copy")
    expected = planned(terraform, folder)
    shutil.rmtree(folder)
    assert planned(terraform, bundle) == expected
    assert {address for address in expected if "page" in address} == {
        f'terraform_data.page["{name}"]'
        for name in ("index.html", "deep/er/page.html", "letter.tftpl", "link/er/page.html")
    }
    assert expected["greeting"]["after"] == "hello"


@pytest.mark.parametrize("format", ["json", "hcl"])
def test_imports_moves_and_removals_of_the_stack_are_in_the_plan(
    write_stack: WriteStack, hand_over: HandOver, terraform: Terraform, tmp_path: Path, format: str
) -> None:
    """cdktf writes these as lists for import_from, move_from_id and move_to; an override can write ``removed``."""
    before = {"resource": {"terraform_data": {name: {"input": name} for name in ("old", "gone")}}}
    (tmp_path / "before").mkdir()
    (tmp_path / "before/main.tf.json").write_text(json.dumps(before))
    terraform(tmp_path / "before", "init", "-no-color")
    terraform(tmp_path / "before", "apply", "-no-color", "-auto-approve")
    write_stack(
        {
            "resource": {"terraform_data": {"new": {"input": "old"}, "found": {}}},
            "import": [{"to": "terraform_data.found", "id": "an-id"}],
            "moved": [{"from": "terraform_data.old", "to": "terraform_data.new"}],
            "removed": [{"from": "terraform_data.gone", "lifecycle": {"destroy": False}}],
        }
    )
    bundle = hand_over("--format", format)
    shutil.copy(tmp_path / "before/terraform.tfstate", bundle)
    changes = planned(terraform, bundle)
    assert changes["terraform_data.new"]["previous_address"] == "terraform_data.old"
    assert changes["terraform_data.found"]["change"]["importing"] == {"id": "an-id"}
    actions = {address.split(".")[1]: change["change"]["actions"] for address, change in changes.items()}
    assert actions == {"new": ["no-op"], "found": ["no-op"], "gone": ["forget"]}


def test_handing_over_again_keeps_the_workspace_and_its_state(
    write_stack: WriteStack, hand_over: HandOver, terraform: Terraform
) -> None:
    config = {"resource": {"terraform_data": {"it": {"input": "x"}}}, "variable": {"x": {"default": "first"}}}
    write_stack(config)
    bundle = hand_over()
    terraform(bundle, "init", "-no-color")
    terraform(bundle, "workspace", "new", "prod", "-no-color")
    terraform(bundle, "apply", "-no-color", "-auto-approve")
    write_stack({**config, "variable": {"x": {"default": "second"}}})
    hand_over()
    assert "second" in (bundle / "variables.tf.json").read_text()
    assert terraform(bundle, "workspace", "show").strip() == "prod"
    assert "No changes" in terraform(bundle, "plan", "-no-color")
