"""The facts about a stack that a test writes as Terraform JSON."""

from typing import Any

from ddb_stream_lambda.handoff.facts.stack import StackFacts, derive_facts
from ddb_stream_lambda.handoff.synthesized.assets import Assets
from ddb_stream_lambda.handoff.synthesized.configuration import Configuration
from ddb_stream_lambda.handoff.synthesized.patterns import Pattern


def facts_of(blocks: dict[str, Any], *patterns: Pattern, backend: str | None = None) -> StackFacts:
    """Derive the facts about the stack "orders" with these blocks."""
    return derive_facts(
        "orders",
        Configuration(blocks, patterns),
        assets=Assets(),
        backend=backend,
        cdktf_version="0.21.0",
        package_version="1.0.0",
    )
