"""Creates the provider's resources from arguments that are checked already.

The bindings' constructors check every argument again, against type hints that they evaluate anew for each call. For the
eight resources of a pattern this takes two thirds of its time. So the checked arguments go to the engine directly.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import jsii
from cdktf import TerraformElement
from constructs import Construct

from .addresses import set_address
from .bindings import warn_if_all_is_loaded
from .marks import record
from .templates import escape_for_hcl
from .tokens import expression_of, is_token

CONDITIONS = {"precondition", "postcondition"}

# An expression that is one reference, such as ``${aws_kms_key.orders.arn}``.
REFERENCE = re.compile(r"\$\{([A-Za-z_][\w-]*(?:\.[\w-]+|\[[^\[\]]+\])+)\}")

ElementT = TypeVar("ElementT", bound=TerraformElement)


class StringMap(dict[str, Any]):
    """A map whose keys are the user's own words (tags, environment variables), not argument names."""


def create(
    kind: type[ElementT], *, scope: Construct, id: str, arguments: Mapping[str, object], suffix: str = ""
) -> ElementT:
    """Create a resource or data source of the provider.

    Args:
        kind: The provider's class, such as `SqsQueue`.
        scope: The construct that it belongs to.
        id: Its id in that scope.
        arguments: Terraform's argument names and checked values; blocks are dicts, string maps are `StringMap`.
        suffix: The end of its address in a pattern; empty if the pattern has one element of this type.
    """
    warn_if_all_is_loaded()
    element = kind.__new__(kind)
    writes_hcl = _writes_hcl()
    arguments = _with_references(_escape_texts(arguments) if writes_hcl else arguments, scope)
    jsii.create(kind, element, [scope, id, _for_engine(arguments)])
    record(scope, id)
    set_address(element, scope=scope, id=id, suffix=suffix)
    lifecycle = arguments.get("lifecycle")
    if isinstance(lifecycle, Mapping) and CONDITIONS & lifecycle.keys() and writes_hcl:
        _write_conditions_as_blocks(element, lifecycle)
    return element


def _writes_hcl() -> bool:
    """Return whether the stack is written as HCL (``cdktf synth --hcl``), as cdktf's terraform-stack.js decides it."""
    return os.environ.get("SYNTH_HCL_OUTPUT") in ("true", "1")


def _escape_texts(value: Any) -> Any:
    """Return the arguments with texts that cdktf writes correctly as HCL."""
    match value:
        case str():
            return escape_for_hcl(value)
        case dict():
            return type(value)({key: _escape_texts(item) for key, item in value.items()})
        case list() | tuple():
            return [_escape_texts(item) for item in value]
        case _:
            return value


def _write_conditions_as_blocks(element: TerraformElement, lifecycle: Mapping[str, Any]) -> None:
    """Describe the conditions of a lifecycle to the writer of HCL; it would write ``precondition = [...]`` otherwise.

    The shape is that of `renderAttributes` in cdktf/lib/hcl/render.js.
    """
    described = {
        key: {"value": value, "isBlock": True, "type": "list", "storageClassType": "objectList"}
        if key in CONDITIONS
        else value
        for key, value in lifecycle.items()
    }
    element.add_override("lifecycle", {"value": described})


def _with_references(arguments: Mapping[str, Any], scope: Construct) -> Mapping[str, Any]:
    """Return the arguments with plain references in ``replace_triggered_by``, where Terraform refuses ``${…}``."""
    lifecycle = arguments.get("lifecycle", {})
    triggers = lifecycle.get("replace_triggered_by")
    if triggers is None:
        return arguments
    references = [expression_of(item, scope) if is_token(item) else item for item in triggers]
    plain = [REFERENCE.sub(r"\1", reference) for reference in references]
    return {**arguments, "lifecycle": {**lifecycle, "replace_triggered_by": plain}}


def _for_engine(value: object) -> object:
    match value:
        case StringMap():
            return dict(value)
        case Mapping():
            return {camel_case(key): _for_engine(item) for key, item in value.items()}
        case list() | tuple():
            return [_for_engine(item) for item in value]
        case _:
            return value


def camel_case(argument: str) -> str:
    """Return the engine's name of an argument: ``batchSize`` for ``batch_size``."""
    return re.sub("_([a-z0-9])", lambda match: match[1].upper(), argument)
