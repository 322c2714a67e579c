"""The real Terraform plans the sample stack with each choice, and refuses wrong values of its variables."""

import json
from typing import Any

import pytest

from tests.support.sample_stacks import CHOICES, REQUIRED_VALUES, synthesize_sample

from .providers import Provider
from .terraform import Terraform, override_provider

UNREACHABLE = "http://127.0.0.1:9"
WRONG_VALUES: dict[str, Any] = {
    "index": "Orders",
    "search_secret_arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders",
    "subnet_ids": [],
    "security_group_ids": ["sg-0123456789abcdef0", "subnet-0123456789abcdef0"],
}


class Samples:
    """A configuration with a module for the stack with each choice, so that one plan is enough for all of them."""

    def __init__(self, terraform: Terraform) -> None:
        self.terraform = terraform
        self.variables: dict[str, set[str]] = {}
        # A plan of new resources calls no service, so that it needs no emulator.
        override_provider(terraform.folder, UNREACHABLE, region="eu-west-1", skip_requesting_account_id="true")
        for number, choices in enumerate(CHOICES.values()):
            module = Terraform(terraform.folder / str(number), terraform.provider)
            module.copy_synthesized(synthesize_sample(module.folder / "cdktf.out", choices))
            path = module.folder / "cdk.tf.json"
            config = json.loads(path.read_text())
            # The modules share one provider: each process of a provider takes seconds to start.
            del config["provider"]
            path.write_text(json.dumps(config))
            self.variables[str(number)] = set(config["variable"])
        self.write_values(REQUIRED_VALUES)
        terraform.init()

    def write_values(self, values: dict[str, Any]) -> None:
        """Give each module the values of its variables."""
        modules = {
            f"sample_{number}": {"source": f"./{number}", **{name: values[name] for name in values.keys() & variables}}
            for number, variables in self.variables.items()
        }
        (self.terraform.folder / "main.tf.json").write_text(json.dumps({"provider": {"aws": {}}, "module": modules}))


@pytest.fixture(scope="module")
def samples(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return Samples(Terraform(tmp_path_factory.mktemp("samples"), provider))


def test_every_choice_is_planned(samples: Samples) -> None:
    samples.write_values(REQUIRED_VALUES)
    plan = samples.terraform.run("plan")
    lines = [" ".join(line.split()) for line in plan.splitlines()]
    assert lines.count("+ maximum_retry_attempts = -1") == len(CHOICES)
    assert lines.count('+ "INDEX" = "{table}"') == len(CHOICES)
    assert lines.count('+ alarm_name = "sample-search-indexer-index-frozen"') == len(CHOICES)
    in_vpc = sum("VPC" in choices for choices in CHOICES)
    assert lines.count("+ vpc_config {") == in_vpc
    assert lines.count('+ "subnet-0123456789abcdef0",') == in_vpc


def test_wrong_values_are_refused(samples: Samples) -> None:
    samples.write_values(REQUIRED_VALUES | WRONG_VALUES)
    output = samples.terraform.run("plan", exit_code=1)
    for name in WRONG_VALUES:
        assert f"{name} must " in output
