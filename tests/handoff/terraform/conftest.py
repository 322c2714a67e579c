"""Fixtures: the formatter and parser of HCL, and a function that writes a configuration as HCL."""

from collections.abc import Iterator
from typing import Any, Protocol

import pytest
from ddb_stream_lambda.handoff.facts.constraints import Requirements
from ddb_stream_lambda.handoff.synthesized.configuration import Configuration
from ddb_stream_lambda.handoff.synthesized.json_documents import with_documents
from ddb_stream_lambda.handoff.terraform.hcl_check import checked_hcl_files
from ddb_stream_lambda.handoff.terraform.hcl_tool import HclTool

from ..support import ROOT


class Convert(Protocol):
    """Writes blocks in Terraform's JSON syntax as HCL, checks it, and returns all text but that of terraform.tf."""

    def __call__(self, blocks: dict[str, Any], *, check: bool = True) -> str: ...


class WriteValue(Protocol):
    """Writes the value of an argument as HCL, checks it, and returns the expression."""

    def __call__(self, value: Any) -> str: ...


@pytest.fixture(scope="session")
def hcl_tool() -> Iterator[HclTool]:
    with HclTool(ROOT) as tool:
        yield tool


@pytest.fixture(scope="session")
def convert(hcl_tool: HclTool) -> Convert:
    def convert(blocks: dict[str, Any], *, check: bool = True) -> str:
        files = checked_hcl_files(
            configuration=Configuration(with_documents(blocks)),
            requirements=Requirements(">= 1.0", ()),
            # They say only which comments a block has.
            resources=(),
            stack_folder=None,
            tool=hcl_tool,
            check=check,
        )
        return "\n".join(text for name, text in files.items() if name != "terraform.tf")

    return convert


@pytest.fixture(scope="session")
def write_value(convert: Convert) -> WriteValue:
    def write_value(value: Any) -> str:
        text = convert({"locals": {"value": value}})
        return text.removeprefix("locals {\n  value = ").removesuffix("\n}\n")

    return write_value
