"""The alias that the event source mapping invokes, if there is one, and the settings that need a version or alias."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from cdktf_cdktf_provider_aws.lambda_alias import LambdaAlias
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction
from constructs import Construct

from .._engine.creation import create
from .._engine.tokens import is_token
from ..arguments._generated import LambdaAliasProps
from ..arguments.checks import check_name, check_present, check_ranges, check_timeouts
from ..arguments.companions import with_companion
from ..arguments.completing import complete
from ..arguments.conforming import Arguments
from ..arguments.warnings import OverrideWarning
from ..errors import Mistakes
from ..limits import ALIAS_NAME, DURABLE_EXECUTION_OF_MANAGED_INSTANCES, DURABLE_RANGES
from . import event_source, function
from .function import FUNCTION_REFERENCE, Function, GivenFunction, NewFunction, block_of

PROPS = "lambda_alias_props"

DEFAULT_NAME = "live"

AliasWarningId = Literal["snap_start"]


@dataclass(frozen=True)
class NewAlias:
    """An alias to create, with its arguments without the function and its version."""

    arguments: Arguments


def defaults() -> dict[str, Any]:
    """Return the default arguments of `aws_lambda_alias`."""
    return {"name": DEFAULT_NAME}


def check_alias(
    *, used_by: NewFunction | GivenFunction, props: object, mapping_names: str | None, mistakes: Mistakes
) -> NewAlias | None:
    """Return the alias to create, or None; add a mistake for each wrong input.

    An alias names a published version, so a new function with an alias is published.

    Args:
        used_by: The function.
        props: The user's ``lambda_alias_props``.
        mapping_names: The user's `function_name` of the event source mapping, if there is one.
        mistakes: The collector of mistakes.
    """
    alias = None if props is None else _check_props(used_by, props, mistakes)
    if alias is not None and mapping_names is not None and not _is_qualified(used_by, False, mapping_names):
        message = f"the mapping would invoke $LATEST, not the alias of {PROPS}; remove one of the two"
        mistakes.add(f"{event_source.PROPS}.function_name", mapping_names, message)
    _check_settings(used_by, is_qualified=_is_qualified(used_by, props is not None, mapping_names), mistakes=mistakes)
    return alias


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


def warnings_of(
    *, used_by: NewFunction | GivenFunction, alias: NewAlias | None, mapping_names: str | None
) -> Iterator[OverrideWarning]:
    """Yield a warning if the function has snapshots that the mapping does not use.

    Args:
        used_by: The function.
        alias: The alias to create, if there is one.
        mapping_names: The user's `function_name` of the event source mapping, if there is one.
    """
    applies_on = _setting(used_by, "snap_start").get("apply_on")
    if applies_on == "PublishedVersions" and not _is_qualified(used_by, alias is not None, mapping_names):
        # https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
        yield _warning(
            "snap_start",
            f"{_property_of(used_by, 'snap_start')} has no effect: the mapping invokes $LATEST, and only published "
            f"versions have snapshots; {_fix_of(used_by)}.",
        )


def _warning(id: AliasWarningId, consequence: str) -> OverrideWarning:
    return OverrideWarning(id, consequence)


def _check_props(used_by: NewFunction | GivenFunction, props: object, mistakes: Mistakes) -> NewAlias | None:
    arguments = complete(LambdaAliasProps, props, defaults=defaults(), property=PROPS, mistakes=mistakes)
    check_present(("name",), arguments=arguments, property=PROPS, mistakes=mistakes)
    name = arguments.get("name")
    check_name(ALIAS_NAME, value=name, property=f"{PROPS}.name", mistakes=mistakes)
    if isinstance(name, str) and name.isdecimal():
        mistakes.add(
            f"{PROPS}.name", name, f"must not be a number, which names a version; use, for example, {DEFAULT_NAME}"
        )
    check_timeouts(arguments, property=PROPS, mistakes=mistakes)
    _check_weights(arguments, mistakes)
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


def _check_weights(arguments: Arguments, mistakes: Mistakes) -> None:
    weights = block_of(arguments, "routing_config").get("additional_version_weights", {})
    property = f"{PROPS}.routing_config.additional_version_weights"
    for version, weight in ({} if is_token(weights) else weights).items():
        # https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
        if not is_token(weight) and not 0 <= weight <= 1:
            mistakes.add(f"{property}[{version!r}]", weight, "must be 0 to 1, the share of the batches, such as 0.1")
    if not is_token(weights) and len(weights) > 1:
        mistakes.add(property, list(weights), "an alias invokes at most one more version; remove the others")


def _is_qualified(used_by: NewFunction | GivenFunction, has_alias: bool, mapping_names: str | None) -> bool:
    """Return whether the mapping invokes a version or an alias; also if that is unknown."""
    if mapping_names is not None:
        reference = FUNCTION_REFERENCE.fullmatch(mapping_names)
        return is_token(mapping_names) or reference is None or reference["qualifier"] is not None
    return has_alias or (isinstance(used_by, GivenFunction) and used_by.is_qualified)


def _check_settings(used_by: NewFunction | GivenFunction, *, is_qualified: bool, mistakes: Mistakes) -> None:
    """Add a mistake for each setting with which Lambda refuses the mapping, or cannot invoke the function."""
    if _setting(used_by, "tenancy_config"):
        # https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_lambda.TenancyConfig.html
        message = (
            "a function with tenant isolation needs a tenant in each invocation, and an event source mapping has none; "
            "remove it"
        )
        mistakes.add(_property_of(used_by, "tenancy_config"), _setting(used_by, "tenancy_config"), message)
    durable = _setting(used_by, "durable_config")
    if not durable:
        return
    property = _property_of(used_by, "durable_config")
    if not is_qualified:
        # https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking-esm.html
        message = f"a durable function is invoked by a version or an alias; {_fix_of(used_by)}"
        mistakes.add(property, durable, message)
    ranges = dict(DURABLE_RANGES)
    if _setting(used_by, "capacity_provider_config"):
        ranges["execution_timeout"] = DURABLE_EXECUTION_OF_MANAGED_INSTANCES
    check_ranges(ranges, arguments=durable, property=property, mistakes=mistakes)


def _setting(used_by: NewFunction | GivenFunction, name: str) -> Arguments:
    """Return a block of the function; empty if there is none, or if it is unknown."""
    match used_by:
        case NewFunction(arguments=arguments):
            return block_of(arguments, name)
        case GivenFunction(interface=LambdaFunction() as existing):
            return function.input_block_of(existing, name)
    return {}


def _property_of(used_by: NewFunction | GivenFunction, name: str) -> str:
    return f"{function.PROPS if isinstance(used_by, NewFunction) else function.EXISTING}.{name}"


def _fix_of(used_by: NewFunction | GivenFunction) -> str:
    if isinstance(used_by, NewFunction):
        return f'add {PROPS}={{"name": "{DEFAULT_NAME}"}}'
    return f"publish the function, and give {function.EXISTING}=LambdaAlias(...)"
