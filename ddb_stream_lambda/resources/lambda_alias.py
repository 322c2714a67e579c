"""The alias that the event source mapping invokes, if the user asks for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_aws.lambda_alias import LambdaAlias
from constructs import Construct

from .._engine.creation import create
from ..arguments._generated import LambdaAliasProps
from ..arguments.companions import with_companion
from ..arguments.completing import complete
from ..arguments.conforming import Arguments
from ..errors import Mistakes
from . import function
from .function import Function, GivenFunction, NewFunction

PROPS = "lambda_alias_props"

DEFAULT_NAME = "live"


@dataclass(frozen=True)
class NewAlias:
    """An alias to create, with its arguments without the function and its version."""

    arguments: Arguments


def defaults() -> dict[str, Any]:
    """Return the default arguments of `aws_lambda_alias`."""
    return {"name": DEFAULT_NAME}


def check_alias(*, used_by: NewFunction | GivenFunction, props: object, mistakes: Mistakes) -> NewAlias | None:
    """Return the alias to create, or None; add a mistake for each wrong input.

    An alias names a published version, so a new function with an alias is published.
    """
    if props is None:
        return None
    arguments = complete(LambdaAliasProps, props, defaults=defaults(), property=PROPS, mistakes=mistakes)
    match used_by:
        case GivenFunction():
            message = (
                f"creates an alias of a new function; for an existing one give {function.EXISTING}=LambdaAlias(...)"
            )
            mistakes.add(PROPS, props, message)
            return None
        case NewFunction():
            if used_by.arguments.setdefault("publish", True) is False:
                message = f"an alias needs a published version; remove it, or remove {PROPS}"
                mistakes.add(f"{function.PROPS}.publish", False, message)
            return NewAlias(with_companion(arguments, used_by.companion()))


def build_alias(*, scope: Construct, alias: NewAlias | None, invoked: Function) -> LambdaAlias | None:
    """Create the alias on the published version of the function."""
    if alias is None or invoked.created is None:
        return None
    arguments = {
        "function_name": invoked.created.function_name,
        "function_version": invoked.created.version,
        **alias.arguments,
    }
    return create(LambdaAlias, scope=scope, id="alias", arguments=arguments)
