"""The sample stack with each choice that is made when the app is synthesized."""

from pathlib import Path
from typing import Any, TypedDict

from cdktf import App

from stacks.sample import AuthenticationMethod, SampleStack

STACK = "sample"


class Choices(TypedDict, total=False):
    """The keyword arguments of the stack."""

    in_vpc: bool
    authentication: AuthenticationMethod


CHOICES: dict[str, Choices] = {
    "default": {},
    "in a VPC": {"in_vpc": True},
    "password": {"authentication": "basic"},
    "API key, in a VPC": {"authentication": "api_key", "in_vpc": True},
}
# The values of all variables that are required with one of the choices.
REQUIRED_VALUES: dict[str, Any] = {
    "search_endpoint": "https://search-orders.eu-west-1.es.amazonaws.com",
    "search_domain_arn": "arn:aws:es:eu-west-1:123456789012:domain/orders",
    "search_secret_arn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:search/orders-a1B2c3",
    "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"],
    "security_group_ids": ["sg-0123456789abcdef0"],
}


def synthesize_sample(folder: Path, choices: Choices) -> Path:
    """Synthesize an app with the sample stack into a folder, and return the stack's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    app = App(outdir=str(folder))
    SampleStack(app, STACK, **choices)
    app.synth()
    return folder / "stacks" / STACK
