"""The function that the records reach, its role and its log group: new ones, or a given function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.data_aws_partition import DataAwsPartition
from cdktf_cdktf_provider_aws.data_aws_region import DataAwsRegion
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction
from constructs import Construct

from .._engine import tokens
from .._engine.creation import beside, create
from ..arguments._generated import LambdaFunctionProps, LambdaRoleProps
from ..arguments.conforming import (
    Arguments,
    check_choice,
    check_name,
    check_present,
    check_ranges,
    conform,
    merge,
    require,
)
from ..code import Code, PackingError, Target
from ..errors import Mistakes
from ..limits import ARCHITECTURES, FUNCTION_NAME, FUNCTION_RANGES, PACKAGE_TYPES, ROLE_NAME, TRACING_MODES
from . import defaults
from .permissions import ASSUME_ROLE_POLICY, role_name_of

PROPS = "lambda_function_props"
ROLE_PROPS = "lambda_role_props"
EXISTING = "existing_lambda_obj"

# The arguments that say where the code comes from; each source is one or two of them.
CODE_SOURCES = {
    "code": ("code",),
    "filename": ("filename",),
    "s3_bucket and s3_key": ("s3_bucket", "s3_key"),
    "image_uri": ("image_uri",),
}

ExistingFunction = LambdaFunction | DataAwsLambdaFunction


@dataclass(frozen=True)
class Identity:
    """What the function runs as and writes to.

    Attributes:
        role: the role that was created, if one was.
        role_arn: the role of a new function.
        role_name: the name of the role in use.
        log_group: the log group that was created, if one was.
        log_group_arn: the log group of a new function.
    """

    role: IamRole | None
    role_arn: str | None
    role_name: str
    log_group: CloudwatchLogGroup | None
    log_group_arn: str | None


def check_function(path: str, existing: object, props: object, mistakes: Mistakes) -> Arguments | None:
    """The arguments of a new function, or None where a function is given; what is wrong is noted."""
    if existing is None and props is None:
        remedy = f"the pattern needs a function; give this, or {EXISTING}"
        mistakes.add(PROPS, None, remedy)
        return None
    if existing is None:
        return _check_new(path, props, mistakes)
    if props is not None:
        remedy = f"shapes a new function, and {EXISTING} gives one; give one of the two"
        mistakes.add(PROPS, props, remedy)
    if not isinstance(existing, LambdaFunction | DataAwsLambdaFunction):
        remedy = "must be a LambdaFunction or a DataAwsLambdaFunction of the provider"
        mistakes.add(EXISTING, existing, remedy)
    return None


def check_role(
    path: str,
    existing: object,
    props: object,
    function: Mapping[str, Any] | None,
    mistakes: Mistakes,
) -> Arguments:
    """The arguments of the role; its props are a mistake where none is created."""
    if props is not None and existing is not None:
        mistakes.add(ROLE_PROPS, props, f"{EXISTING} has a role of its own; leave this out")
    if props is not None and function is not None and "role" in function:
        remedy = f"shapes a new role, and {PROPS}.role gives one; give one of the two"
        mistakes.add(ROLE_PROPS, props, remedy)
    given = conform(LambdaRoleProps, {} if props is None else props, ROLE_PROPS, mistakes)
    arguments = merge(defaults.role(path), given)
    check_name(ROLE_NAME, arguments.get("name"), f"{ROLE_PROPS}.name", mistakes)
    return arguments


def build_identity(
    scope: Construct,
    existing: ExistingFunction | None,
    arguments: Arguments | None,
    role_arguments: Arguments,
) -> Identity:
    """The role and the log group: those of a given function, those that the arguments name, or new ones."""
    if existing is not None:
        return Identity(None, None, role_name_of(_role_arn_of(existing)), None, None)
    assert arguments is not None  # noqa: S101 - as check_function has it
    role = None
    role_arn: str | None = arguments.get("role")
    if role_arn is None:
        trust = {"assume_role_policy": ASSUME_ROLE_POLICY}
        role = create(IamRole, scope, "role", role_arguments | trust | beside(arguments, region=False))
        role_arn = role.arn
    role_name = role_name_of(role_arn) if role is None else role.name
    own_group: str | None = arguments.get("logging_config", {}).get("log_group")
    if own_group is not None:
        return Identity(role, role_arn, role_name, None, _log_group_arn(scope, own_group, arguments))
    log_group_arguments = defaults.log_group(arguments["function_name"]) | beside(arguments)
    log_group = create(CloudwatchLogGroup, scope, "log-group", log_group_arguments)
    return Identity(role, role_arn, role_name, log_group, log_group.arn)


def build_function(
    scope: Construct,
    existing: ExistingFunction | None,
    arguments: Arguments | None,
    identity: Identity,
    policy: IamRolePolicy,
    stack: TerraformStack,
) -> ExistingFunction:
    """The given function, or a new one.

    A new one waits for its permissions, which Lambda checks at once for a function in a VPC, and for its log group,
    which Lambda would otherwise create at the first invocation, before Terraform can.
    """
    if existing is not None:
        return existing
    assert arguments is not None  # noqa: S101 - as check_function has it
    waits = [policy] if identity.log_group is None else [policy, identity.log_group]
    depends_on = [*arguments.get("depends_on", ()), *waits]
    complete = arguments | {"role": identity.role_arn, "depends_on": depends_on}
    code = complete.pop("code", None)
    if isinstance(code, Code):
        archive = code.pack()
        complete["filename"] = archive.add_asset_to(stack)
        complete["source_code_hash"] = archive.source_code_hash
    return create(LambdaFunction, scope, "function", complete)


def traces(arguments: Arguments | None) -> bool:
    """Whether a new function sends traces: its mode is Active, or known to Terraform alone."""
    mode = (arguments or {}).get("tracing_config", {}).get("mode")
    return mode == "Active" or tokens.is_token(mode)


def joins_vpc(arguments: Arguments | None) -> bool:
    """Whether a new function has network interfaces in a VPC."""
    return bool((arguments or {}).get("vpc_config", {}).get("subnet_ids"))


def _check_new(path: str, props: object, mistakes: Mistakes) -> Arguments:
    given = conform(LambdaFunctionProps, props, PROPS, mistakes, "aws_lambda_function")
    arguments = merge(defaults.function(path, given.get("runtime")), given)
    require(LambdaFunctionProps, arguments, PROPS, mistakes)
    check_present(("function_name",), arguments, PROPS, mistakes)
    check_name(FUNCTION_NAME, arguments.get("function_name"), f"{PROPS}.function_name", mistakes)
    check_ranges(FUNCTION_RANGES, arguments, PROPS, mistakes)
    tracing = arguments.get("tracing_config", {})
    check_choice(TRACING_MODES, tracing.get("mode"), f"{PROPS}.tracing_config.mode", mistakes)
    check_choice(PACKAGE_TYPES, arguments.get("package_type"), f"{PROPS}.package_type", mistakes)
    architectures = arguments.get("architectures")
    for place, architecture in enumerate(architectures if isinstance(architectures, list) else ()):
        check_choice(tuple(ARCHITECTURES), architecture, f"{PROPS}.architectures[{place}]", mistakes)
    _check_package(arguments, mistakes)
    return arguments


def _check_package(arguments: Arguments, mistakes: Mistakes) -> None:
    given = [source for source, keys in CODE_SOURCES.items() if any(key in arguments for key in keys)]
    ways = "code=Code.from_asset(…), filename, s3_bucket and s3_key, or image_uri"
    if not given:
        mistakes.add(f"{PROPS}.code", None, f"the function has no code; give one of {ways}")
    if len(given) > 1:
        remedy = f"the code comes from one place; give one of {ways}"
        mistakes.add(f"{PROPS}.{given[1].split()[0]}", f"beside {given[0]}", remedy)
    if "s3_bucket and s3_key" in given:
        for key in CODE_SOURCES["s3_bucket and s3_key"]:
            if key not in arguments:
                mistakes.add(f"{PROPS}.{key}", None, "s3_bucket and s3_key go together; give both")
    code = arguments.get("code")
    if isinstance(code, Code):
        try:
            _check_target(code.parse_target(), arguments, mistakes)
            code.pack()
        except PackingError as error:
            mistakes.add(f"{PROPS}.code", str(code.path), str(error))
        if "source_code_hash" in arguments:
            remedy = "code brings its own hash; leave it out"
            mistakes.add(f"{PROPS}.source_code_hash", arguments["source_code_hash"], remedy)
    filename = arguments.get("filename")
    # Terraform takes a relative filename from the stack's output folder, which may be filled later.
    absolute = isinstance(filename, str) and filename.startswith("/")
    if absolute and not Path(str(filename)).exists():
        remedy = "no such file; name the archive, or use code=Code.from_asset(…)"
        mistakes.add(f"{PROPS}.filename", filename, remedy)
    if "image_uri" in given or arguments.get("package_type") == "Image":
        arguments.setdefault("package_type", "Image")
        for key in ("runtime", "handler", "layers"):
            if key in arguments:
                remedy = "an image brings its own; leave it out (image_config overrides its entry point)"
                mistakes.add(f"{PROPS}.{key}", arguments[key], remedy)
    elif given:
        for key, example in (("runtime", "python3.13"), ("handler", "index.handler")):
            if key not in arguments:
                remedy = f'a zip archive needs it; give for example {key}="{example}"'
                mistakes.add(f"{PROPS}.{key}", None, remedy)


def _check_target(target: Target | None, arguments: Arguments, mistakes: Mistakes) -> None:
    """The function runs where the code's dependencies are for; left out, that is taken from the code."""
    if target is None:
        return
    for key, needed in (("runtime", target.runtime), ("architectures", [target.architecture])):
        given = arguments.setdefault(key, needed)
        if not tokens.is_token(given) and given not in (needed, tuple(needed)):
            remedy = f"Code.from_python_project packs for {target}; leave this out, or give it the same"
            mistakes.add(f"{PROPS}.{key}", given, remedy)


def _role_arn_of(existing: ExistingFunction) -> str:
    given = existing.role_input if isinstance(existing, LambdaFunction) else None
    return existing.role if given is None else given


def _log_group_arn(scope: Construct, name: str, arguments: Arguments) -> str:
    """The ARN of a log group that is known by its name, in the function's own account and region."""
    of_function = beside(arguments, region=False)
    partition = create(DataAwsPartition, scope, "partition", of_function).partition
    region = arguments.get("region") or create(DataAwsRegion, scope, "region", of_function).region
    account = create(DataAwsCallerIdentity, scope, "account", of_function).account_id
    return f"arn:{partition}:logs:{region}:{account}:log-group:{name}"
