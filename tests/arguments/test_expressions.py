"""An expression is never checked: every argument of every input takes every kind of expression that its type can hold.

The arguments come from the generated TypedDicts, so that a new argument is covered without a change here. An argument
that needs another one has an entry in `CONTEXT`.
"""

from __future__ import annotations

import importlib
import inspect
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

import cdktf
import jsii
import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import Fn, Lazy, TerraformIterator, TerraformLocal, TerraformStack, TerraformVariable, Token
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction
from ddb_stream_lambda.arguments import _generated as props
from ddb_stream_lambda.arguments.completing import _required_keys
from ddb_stream_lambda.arguments.conforming import Number, fields_of, types_of

from generate_props import MAPPINGS, SUPPLIED
from tests.support.calls import VPC, Emit, MistakesOf, new_stack
from tests.support.emitted import Emitted

# Input of the pattern -> the TypedDict and the resource type.
INPUTS: dict[str, tuple[str, str]] = {
    "dynamo_table_props": ("DynamoTableProps", "aws_dynamodb_table"),
    "dynamo_event_source_props": ("DynamoEventSourceProps", "aws_lambda_event_source_mapping"),
    "lambda_function_props": ("LambdaFunctionProps", "aws_lambda_function"),
    "sqs_dlq_queue_props": ("SqsQueueProps", "aws_sqs_queue"),
    "lambda_role_props": ("LambdaRoleProps", "aws_iam_role"),
    "lambda_alias_props": ("LambdaAliasProps", "aws_lambda_alias"),
    "log_group_props": ("LogGroupProps", "aws_cloudwatch_log_group"),
    "failure_bucket_props": ("FailureBucketProps", "aws_s3_bucket"),
}
# The inputs that the bindings have a struct for.
STRUCT_INPUTS = [name for name, (shape, _) in INPUTS.items() if not MAPPINGS[shape][2]]

FUNCTION = {"filename": "function.zip", "source_code_hash": "hash", "runtime": "python3.13", "handler": "index.handler"}
IMAGE = {"image_uri": "${var.text}", "filename": None, "source_code_hash": None, "runtime": None, "handler": None}
S3 = {"s3_bucket": "${var.text}", "s3_key": "${var.text}", "filename": None, "source_code_hash": None}
# The beginning of an argument's path -> further props of the call.
RESTORED = {"restore_source_name": "${var.text}"}
STRONG = {"replica": [{"region_name": "eu-west-2", "consistency_mode": "STRONG"}]}
CONTEXT: dict[str, dict[str, Any]] = {
    "dynamo_table_props.global_secondary_index.0.": {"billing_mode": "${var.text}"},
    "dynamo_table_props.global_table_witness": STRONG,
    "dynamo_table_props.import_table": {"hash_key": "id"},
    "dynamo_table_props.local_secondary_index": {"range_key": "${var.text}"},
    "dynamo_table_props.read_capacity": {"billing_mode": "${var.text}"},
    "dynamo_table_props.restore_date_time": RESTORED,
    "dynamo_table_props.restore_to_latest_time": RESTORED,
    "dynamo_table_props.write_capacity": {"billing_mode": "${var.text}"},
    "lambda_function_props.file_system_config": {"vpc_config": VPC},
    "lambda_function_props.image_config": IMAGE,
    "lambda_function_props.image_uri": IMAGE,
    "lambda_function_props.replacement_security_group_ids": {"replace_security_groups_on_destroy": True},
    "lambda_function_props.s3_": S3,
}
# Block -> an argument that it needs, and the one that replaces it.
ALTERNATIVES = {"DynamodbTableGlobalSecondaryIndexProps": ("hash_key", "key_schema")}
# Arguments that take no expression: constructs of the app, and values that must be known at synth.
# `tenancy_config` is always refused, and the queue's `policy` is emitted in another resource.
WITHOUT_EXPRESSION = {"code", "depends_on", "lifecycle", "policy", "policy_arns", "provider", "tenancy_config"}


# Arguments that are emitted in the settings of the bucket.
OF_OTHER_RESOURCES = {("failure_bucket_props", "expiration_days"), ("failure_bucket_props", "kms_master_key_id")}


@jsii.implements(cdktf.IAnyProducer, cdktf.IListProducer, cdktf.INumberProducer, cdktf.IStringProducer)
class Later:
    """Gives a value when the stack is synthesized."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def produce(self, context: object) -> Any:
        return self.value


class Source:
    """The variables, the local, the iterator and the resource of a stack that expressions refer to."""

    def __init__(self, stack: TerraformStack) -> None:
        names = {"text": "string", "number": "number", "flag": "bool", "list": "list(string)", "map": "map(string)"}
        self.variables = {name: TerraformVariable(stack, name, type=type) for name, type in names.items()}
        TerraformVariable(stack, "blocks", type="any")
        self.text, self.number, self.flag, self.list, self.map = self.variables.values()
        self.local = TerraformLocal(stack, "local", self.map.value)
        self.each = TerraformIterator.from_list(self.list.list_value)
        self.resource = LambdaFunction(
            stack, "other", function_name="other", role="${var.text}", filename="function.zip", runtime="python3.13"
        )


# The kinds of expressions of each type of argument, each with its Terraform.
Kinds = Mapping[str, tuple[Callable[[Source], Any], str]]
SCALARS: Kinds = {
    "text": (lambda of: "${var.text}", "${var.text}"),
    "text in text": (lambda of: "a-${var.text}", "a-${var.text}"),
    "variable": (lambda of: of.text.string_value, "${var.text}"),
    "token in text": (lambda of: f"a-{of.text.string_value}", "a-${var.text}"),
    "number variable": (lambda of: of.number.number_value, "${var.number}"),
    "bool variable": (lambda of: of.flag.boolean_value, "${var.flag}"),
    "any variable": (lambda of: of.text.value, "${var.text}"),
    "local": (lambda of: of.local.expression, "${local.local}"),
    "number local": (lambda of: of.local.as_number, "${local.local}"),
    "iterator": (lambda of: of.each.value, "${each.value}"),
    "iterator's number": (lambda of: of.each.get_number("a"), "${each.value.a}"),
    "text function": (lambda of: Fn.join("-", of.list.list_value), '${join("-", var.list)}'),
    "number function": (lambda of: Fn.length_of(of.list.list_value), "${length(var.list)}"),
    "bool function": (lambda of: Fn.can(of.text.value), "${can(var.text)}"),
    "any function": (lambda of: Fn.lookup(of.map.value, "a", "b"), '${lookup(var.map, "a", "b")}'),
    "conditional": (lambda of: Fn.conditional(of.flag.value, 1, 2), "${var.flag ? 1 : 2}"),
    "lazy": (lambda of: Lazy.any_value(Later("${var.text}")), "${var.text}"),
    "lazy text": (lambda of: Lazy.string_value(Later("${var.text}")), "${var.text}"),
    "lazy number": (lambda of: Lazy.number_value(Later(of.number.number_value)), "${var.number}"),
    "attribute": (lambda of: of.resource.last_modified, "${aws_lambda_function.other.last_modified}"),
    "number attribute": (lambda of: of.resource.memory_size, "${aws_lambda_function.other.memory_size}"),
    "bool attribute": (lambda of: of.resource.publish, "${aws_lambda_function.other.publish}"),
    "token": (lambda of: Token.as_any("${a.b}"), "${a.b}"),
}
LISTS: Kinds = {
    "text": (lambda of: "${var.list}", "${var.list}"),
    "variable": (lambda of: of.list.list_value, "${var.list}"),
    "any variable": (lambda of: of.list.value, "${var.list}"),
    "tuple": (lambda of: tuple(of.list.list_value), "${var.list}"),
    "local": (lambda of: of.local.as_list, "${local.local}"),
    "iterator": (lambda of: of.each.get_list("a"), "${each.value.a}"),
    "iterator's keys": (lambda of: of.each.keys(), "${[ for key, val in toset(var.list): key]}"),
    "function": (lambda of: Fn.split(",", of.text.string_value), '${split(",", var.text)}'),
    "any function": (lambda of: Fn.concat([of.list.list_value, ["a"]]), '${concat(var.list, ["a"])}'),
    "lazy": (lambda of: Lazy.list_value(Later(of.list.list_value)), "${var.list}"),
    "attribute": (lambda of: of.resource.architectures, "${aws_lambda_function.other.architectures}"),
    "numbers": (lambda of: Token.as_number_list("${var.list}"), "${var.list}"),
}
MAPS: Kinds = {
    "text": (lambda of: "${var.map}", "${var.map}"),
    "variable": (lambda of: of.map.value, "${var.map}"),
    "local": (lambda of: of.local.as_string_map, "${local.local}"),
    "iterator": (lambda of: of.each.get_string_map("a"), "${each.value.a}"),
    "iterator's any map": (lambda of: of.each.get_map("a"), "${each.value.a}"),
    "iterator's number map": (lambda of: of.each.get_number_map("a"), "${each.value.a}"),
    "function": (lambda of: Fn.merge([of.map.value]), "${merge(var.map)}"),
    "lazy": (lambda of: Lazy.any_value(Later({"a": "${var.text}"})), "{'a': '${var.text}'}"),
    "attribute": (lambda of: of.resource.tags_all, "${aws_lambda_function.other.tags_all}"),
}
BLOCKS: Kinds = {
    "text": (lambda of: "${var.list}", "${var.list}"),
    "variable": (lambda of: of.list.value, "${var.list}"),
    "iterator": (lambda of: of.each.values(), "${[ for key, val in toset(var.list): val]}"),
    "function": (lambda of: Fn.concat([of.list.list_value]), "${concat(var.list)}"),
    "dynamic": (
        lambda of: of.each.dynamic({"name": of.each.value}),
        "{'content': {'name': '${each.value}'}, 'for_each': '${toset(var.list)}', 'iterator': 'each'}",
    ),
}
# The bindings' structs accept only values of the annotated type.
IN_STRUCTS: Mapping[str, tuple[Callable[[Source], Any], str]] = {
    "text": SCALARS["variable"],
    "number": SCALARS["number variable"],
    "flag": SCALARS["bool variable"],
    "list": LISTS["variable"],
    "map": (lambda of: Token.as_string_map(of.map.value), "${var.map}"),
    "blocks": BLOCKS["dynamic"],
}


@dataclass(frozen=True)
class Argument:
    """An argument of an input, maybe in a block.

    Attributes:
        path: Its keys. The key of a list of blocks is followed by 0.
        shapes: The TypedDict that has each key; None for a 0.
        kind: The key of `IN_STRUCTS` for its type.
    """

    input: str
    path: tuple[str | int, ...]
    shapes: tuple[type | None, ...]
    kind: str

    @property
    def kinds(self) -> Kinds:
        return {"list": LISTS, "map": MAPS, "blocks": BLOCKS}.get(self.kind, SCALARS)

    @property
    def is_in_list(self) -> bool:
        """True for an argument of a block in a list. cdktf writes no dynamic block there."""
        return 0 in self.path

    def __str__(self) -> str:
        return ".".join([self.input, *map(str, self.path)])


def arguments_of(input: str) -> Iterator[Argument]:
    yield from _walk(input, getattr(props, INPUTS[input][0]), (), ())


def _walk(input: str, shape: Any, path: tuple[str | int, ...], shapes: tuple[type | None, ...]) -> Iterator[Argument]:
    for key, annotation in fields_of(shape).items():
        if key in WITHOUT_EXPRESSION or (input, key) in OF_OTHER_RESOURCES:
            continue
        member = types_of(annotation)[0]
        here, of = (*path, key), (*shapes, shape)
        origin = get_origin(member)
        item: Any = types_of(get_args(member)[0])[0] if origin is Sequence else None
        if typing.is_typeddict(member):
            yield from _walk(input, member, here, of)
        elif typing.is_typeddict(item):
            yield Argument(input, here, of, "blocks")
            yield from _walk(input, item, (*here, 0), (*of, None))
        elif origin is Sequence:
            yield Argument(input, here, of, "list")
            yield Argument(input, (*here, 0), (*of, None), "text")
        elif origin is Mapping:
            yield Argument(input, here, of, "map")
            kind = "number" if float in types_of(get_args(member)[1]) else "text"
            yield Argument(input, (*here, "Key"), (*of, None), kind)
        else:
            yield Argument(input, here, of, {str: "text", bool: "flag", Number: "number"}[member])


def props_with(argument: Argument, value: object) -> dict[str, Any]:
    """Return props with the value of one argument, and with what its blocks require."""
    result: Any = value
    for key, shape in zip(reversed(argument.path), reversed(argument.shapes), strict=True):
        if key == 0:
            result = [result]
        elif shape is None:
            result = {key: result}
        else:
            needed, alternative = ALTERNATIVES.get(shape.__name__, (key, key))
            others = {} if key == alternative else {needed: "${var.text}"}
            result = {**others, **_required(shape), key: result}
    assert isinstance(result, dict)
    context = next((extra for prefix, extra in CONTEXT.items() if str(argument).startswith(prefix)), {})
    base = FUNCTION if argument.input == "lambda_function_props" else {}
    return {**base, **context, **result}


def _required(shape: type) -> dict[str, Any]:
    """Return the required arguments of a block, each with an expression."""
    required: dict[str, Any] = {}
    for key in sorted(_required_keys(shape) | SUPPLIED.get(shape.__name__.removesuffix("Props"), set())):
        member = types_of(fields_of(shape)[key])[0]
        if typing.is_typeddict(member):
            required[key] = _required(member)
        elif get_origin(member) is Sequence:
            required[key] = ["${var.text}"]
        else:
            required[key] = {bool: True, Number: 1}.get(member, "${var.text}")
    return required


def call(stack: TerraformStack, id: str, argument: Argument, given: object) -> DynamoDBStreamsToLambda:
    inputs = {"lambda_function_props": FUNCTION, argument.input: given}
    if "durable_config" in argument.path:
        inputs["lambda_alias_props"] = {}
    if argument.input == "failure_bucket_props":
        inputs["deploy_failure_bucket"] = True
    return DynamoDBStreamsToLambda(stack, id, **inputs)  # type: ignore[arg-type]


def emitted_value(resource: Mapping[str, Any], argument: Argument, kind: str) -> object:
    """Return what is emitted for an argument."""
    block: Any = resource
    for key in argument.path[:-1]:
        block = block[key]
    last = argument.path[-1]
    return block["dynamic"][last] if kind == "dynamic" else block[last]


@pytest.mark.parametrize("argument", [argument for input in INPUTS for argument in arguments_of(input)], ids=str)
def test_every_kind_of_expression_is_emitted(argument: Argument) -> None:
    stack = new_stack()
    source = Source(stack)
    patterns = {}
    for number, (kind, (expression, _)) in enumerate(argument.kinds.items()):
        if kind.startswith("iterator") and argument.path[-1] == "Key":
            continue
        if kind == "dynamic" and argument.is_in_list:
            continue
        patterns[kind] = call(stack, f"pipeline-{number}", argument, props_with(argument, expression(source)))
    emitted = Emitted(stack, next(iter(patterns.values())))
    resources = emitted.all(INPUTS[argument.input][1])
    for number, (kind, (_, terraform)) in enumerate(argument.kinds.items()):
        if kind in patterns:
            (resource,) = (r for name, r in resources.items() if f"{name}_".startswith(f"pipeline_{number}_"))
            assert str(emitted_value(resource, argument, kind)) == terraform, kind


def struct_of(shape: type, values: Mapping[str, Any]) -> Any:
    """Return the bindings' struct of the props."""
    name = shape.__name__
    module, config = next(
        ((source[0], source[1]) for key, source in MAPPINGS.items() if key == name), (None, name.removesuffix("Props"))
    )
    modules = [module] if module else [source[0] for source in MAPPINGS.values()]
    found = (getattr(importlib.import_module(f"cdktf_cdktf_provider_aws.{module}"), config, None) for module in modules)
    struct = next(candidate for candidate in found if candidate is not None)
    return struct(
        **{key: _in_struct(fields_of(shape)[key], value) for key, value in values.items() if value is not None}
    )


def _in_struct(annotation: Any, value: object) -> object:
    member = types_of(annotation)[0]
    if typing.is_typeddict(member) and isinstance(value, dict):
        return struct_of(member, value)
    if get_origin(member) is Sequence and isinstance(value, list):
        return [_in_struct(get_args(member)[0], item) for item in value]
    return value


@pytest.mark.parametrize("input", STRUCT_INPUTS)
def test_every_argument_of_a_struct_takes_an_expression(input: str) -> None:
    stack = new_stack()
    source = Source(stack)
    given = {}
    for number, argument in enumerate(arguments_of(input)):
        expression, terraform = (
            BLOCKS["variable"] if argument.kind == "blocks" and argument.is_in_list else IN_STRUCTS[argument.kind]
        )
        shape = getattr(props, INPUTS[input][0])
        struct = struct_of(shape, required_by_struct(shape, props_with(argument, expression(source))))
        given[number] = (call(stack, f"pipeline-{number}", argument, struct), argument, terraform)
    resources = Emitted(stack, given[0][0]).all(INPUTS[input][1])
    for number, (_, argument, terraform) in given.items():
        (resource,) = (r for name, r in resources.items() if f"{name}_".startswith(f"pipeline_{number}_"))
        kind = "dynamic" if argument.kind == "blocks" and not argument.is_in_list else argument.kind
        assert str(emitted_value(resource, argument, kind)) == terraform, argument


def required_by_struct(shape: type, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values, with a name or the like where the bindings' class requires one."""
    config = importlib.import_module(f"cdktf_cdktf_provider_aws.{MAPPINGS[shape.__name__][0]}")
    parameters = inspect.signature(getattr(config, MAPPINGS[shape.__name__][1])).parameters
    needed = [key for key, parameter in parameters.items() if parameter.default is parameter.empty]
    return {**dict.fromkeys(needed, "${var.text}"), **values}


class TestValuesThatMustBeKnown:
    """Inputs that Terraform, or the pattern, reads before it evaluates an expression."""

    @pytest.mark.parametrize("key", ["prevent_destroy", "create_before_destroy"])
    @pytest.mark.parametrize("kind", SCALARS)
    def test_a_flag_of_lifecycle(
        self, emit: Emit, mistakes_of: MistakesOf, stack: TerraformStack, key: str, kind: str
    ) -> None:
        value = SCALARS[kind][0](Source(stack))
        mistakes = mistakes_of(dynamo_table_props={"lifecycle": {key: value}})
        assert list(mistakes) == [f"dynamo_table_props.lifecycle.{key}"]
        assert mistakes[f"dynamo_table_props.lifecycle.{key}"].endswith(
            "must be known when the app is synthesized, since Terraform takes no expressions in lifecycle; "
            "write True or False"
        )
        assert emit(dynamo_table_props={"lifecycle": {key: True}}).table["lifecycle"][key] is True

    @pytest.mark.parametrize("kind", LISTS)
    def test_a_list_of_lifecycle(self, mistakes_of: MistakesOf, stack: TerraformStack, kind: str) -> None:
        value = LISTS[kind][0](Source(stack))
        lifecycle = {"ignore_changes": value, "replace_triggered_by": value}
        mistakes = mistakes_of(dynamo_table_props={"lifecycle": lifecycle})
        property = "dynamo_table_props.lifecycle"
        assert set(mistakes) == {f"{property}.ignore_changes", f"{property}.replace_triggered_by"}
        assert mistakes[f"{property}.ignore_changes"].endswith("write the names of arguments")
        assert mistakes[f"{property}.replace_triggered_by"].endswith("write a Python list of resources")

    def test_an_element_of_ignore_changes(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(dynamo_table_props={"lifecycle": {"ignore_changes": ["tags", "${var.text}"]}})
        assert list(mistakes) == ["dynamo_table_props.lifecycle.ignore_changes"]

    def test_the_list_of_policies_of_the_role(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        mistakes = mistakes_of(lambda_role_props={"policy_arns": Source(stack).list.list_value})
        assert mistakes["lambda_role_props.policy_arns"].endswith(
            "must be known when the app is synthesized, since the pattern creates a resource for each element; write a "
            "Python list, whose elements can be expressions"
        )

    @pytest.mark.parametrize(
        "input",
        ["deploy_alarms", "deploy_failure_bucket", "deploy_sqs_dlq_queue", "grant_permissions", "table_permissions"],
    )
    @pytest.mark.parametrize("kind", SCALARS)
    def test_an_input_that_decides_which_resources_exist(
        self, mistakes_of: MistakesOf, stack: TerraformStack, input: str, kind: str
    ) -> None:
        mistakes = mistakes_of(**{input: SCALARS[kind][0](Source(stack))})
        assert list(mistakes) == [input]

    @pytest.mark.parametrize("input", ["lambda_function_props", "dynamo_table_props"])
    def test_a_block(self, mistakes_of: MistakesOf, stack: TerraformStack, input: str) -> None:
        block = {"lambda_function_props": "environment", "dynamo_table_props": "ttl"}[input]
        mistakes = mistakes_of(**{input: {block: Source(stack).map.value}})
        assert mistakes[f"{input}.{block}"].endswith(
            "Terraform takes no expression for a block: write the block, with expressions in its arguments"
        )

    def test_the_failed_call_leaves_nothing(self, mistakes_of: MistakesOf, emit: Emit, stack: TerraformStack) -> None:
        mistakes_of(dynamo_table_props={"lifecycle": {"prevent_destroy": Source(stack).flag.boolean_value}})
        assert stack.node.try_find_child("pipeline") is None
        assert emit().table


def test_a_map_is_merged_over_an_expression(emit: Emit, stack: TerraformStack) -> None:
    variables = {"environment": {"variables": Source(stack).map.value}}
    emitted = emit(lambda_function_props=variables, table_environment_variable_name="TABLE")
    (function,) = (f for name, f in emitted.all("aws_lambda_function").items() if name == "pipeline")
    assert function["environment"]["variables"] == (
        f'${{merge(var.map, zipmap(["TABLE"], [{emitted.address("aws_dynamodb_table")}.name]))}}'
    )


def test_depends_on_takes_no_expression(mistakes_of: MistakesOf, stack: TerraformStack) -> None:
    mistakes = mistakes_of(dynamo_event_source_props={"depends_on": Source(stack).list.value})
    assert "must be a list" in mistakes["dynamo_event_source_props.depends_on"]


class TestTokensThatPythonTookApart:
    def test_an_element_of_a_list(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        element = Source(stack).list.list_value[0]
        assert mistakes_of(lambda_function_props={"description": element})[
            "lambda_function_props.description"
        ].endswith(
            "is an element of a list that only Terraform knows; "
            "use Fn.element(list, index), and Fn.concat([…]) to extend it"
        )

    def test_a_longer_list(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        layers = [*Source(stack).list.list_value, "arn"]
        assert "Fn.concat" in mistakes_of(lambda_function_props={"layers": layers})["lambda_function_props.layers"]

    def test_a_larger_map(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        tags = {**Source(stack).resource.tags_all, "a": "b"}
        assert "Fn.merge" in mistakes_of(lambda_function_props={"tags": tags})["lambda_function_props.tags"]


class TestObjectsInsteadOfTheirValues:
    @pytest.mark.parametrize(
        ("key", "hint"),
        [
            ("description", ".string_value"),
            ("memory_size", ".number_value"),
            ("publish", ".boolean_value"),
            ("layers", ".list_value"),
            ("tags", ".value"),
        ],
    )
    def test_a_variable(self, mistakes_of: MistakesOf, stack: TerraformStack, key: str, hint: str) -> None:
        mistakes = mistakes_of(lambda_function_props={key: Source(stack).text})
        assert mistakes[f"lambda_function_props.{key}"].endswith(f"not TerraformVariable; give its value: {hint}")

    @pytest.mark.parametrize(
        ("key", "hint"),
        [
            ("description", ".as_string"),
            ("memory_size", ".as_number"),
            ("publish", ".as_boolean"),
            ("layers", ".as_list"),
            ("tags", ".as_string_map"),
        ],
    )
    def test_a_local(self, mistakes_of: MistakesOf, stack: TerraformStack, key: str, hint: str) -> None:
        mistakes = mistakes_of(lambda_function_props={key: Source(stack).local})
        assert mistakes[f"lambda_function_props.{key}"].endswith(f"not TerraformLocal; give its value: {hint}")

    def test_an_output(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        output = cdktf.TerraformOutput(stack, "output", value="a")
        mistakes = mistakes_of(lambda_function_props={"description": output})
        assert mistakes["lambda_function_props.description"].endswith("; give its value: .value")

    def test_an_iterator(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        mistakes = mistakes_of(lambda_function_props={"description": Source(stack).each})
        assert mistakes["lambda_function_props.description"].endswith("; give its value: .value")

    @pytest.mark.parametrize(("key", "hint"), [("role", ".arn, .id or .name"), ("kms_key_arn", ".arn")])
    def test_a_resource(self, mistakes_of: MistakesOf, stack: TerraformStack, key: str, hint: str) -> None:
        mistakes = mistakes_of(lambda_function_props={key: Source(stack).resource})
        assert mistakes[f"lambda_function_props.{key}"].endswith(f"; give one of its attributes, such as {hint}")


class TestReplaceTriggeredBy:
    """https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#replace_triggered_by."""

    def test_takes_resources_and_references(self, emit: Emit, stack: TerraformStack) -> None:
        other = Source(stack).resource
        given = [
            *(other, other.arn, other.memory_size, other.publish),
            *("aws_kms_key.key", "${aws_kms_key.key.arn}", 'aws_kms_key.key["a"].arn'),
        ]
        table = emit(dynamo_table_props={"lifecycle": {"replace_triggered_by": given}}).table
        assert table["lifecycle"]["replace_triggered_by"] == [
            "aws_lambda_function.other",
            "aws_lambda_function.other.arn",
            "aws_lambda_function.other.memory_size",
            "aws_lambda_function.other.publish",
            "aws_kms_key.key",
            "aws_kms_key.key.arn",
            'aws_kms_key.key["a"].arn',
        ]

    @pytest.mark.parametrize(
        "given",
        [
            "var.text",
            "${var.text}",
            "data.aws_kms_key.key",
            "local.a",
            "module.a",
            "orders",
            "a-${aws_kms_key.a.arn}",
            3,
        ],
    )
    def test_refuses_other_references(self, mistakes_of: MistakesOf, given: object) -> None:
        mistakes = mistakes_of(dynamo_table_props={"lifecycle": {"replace_triggered_by": [given]}})
        assert list(mistakes) == ["dynamo_table_props.lifecycle.replace_triggered_by[0]"]
        assert "terraform_data" in mistakes["dynamo_table_props.lifecycle.replace_triggered_by[0]"]

    def test_refuses_a_variable(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        given = [Source(stack).text]
        mistakes = mistakes_of(dynamo_table_props={"lifecycle": {"replace_triggered_by": given}})
        assert list(mistakes) == ["dynamo_table_props.lifecycle.replace_triggered_by[0]"]
