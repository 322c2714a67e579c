"""The generated TypedDicts: every argument of the provider, under the names that the bindings and the engine use."""

import importlib
import inspect
from typing import is_typeddict

import cdktf
import pytest
from ddb_stream_lambda._engine.creation import camel_case
from ddb_stream_lambda.arguments import _generated as props
from ddb_stream_lambda.arguments.conforming import fields_of
from ddb_stream_lambda.arguments.vocabulary import REFUSED

from generate_props import ADDED, MAPPINGS, TARGET, generate

# The props that hold all arguments of a resource, each with the resource's module in the bindings.
COMPLETE = {name: module for name, (module, _, only) in MAPPINGS.items() if not only}
MODULES = [cdktf, *(importlib.import_module(f"cdktf_cdktf_provider_aws.{source[0]}") for source in MAPPINGS.values())]


def struct_of(name: str) -> type:
    """Return the bindings' class that a TypedDict is generated from."""
    struct = MAPPINGS[name][1] if name in MAPPINGS else name.removesuffix("Props")
    (found, *_) = (getattr(module, struct) for module in MODULES if hasattr(module, struct))
    assert isinstance(found, type)
    return found


def test_the_file_is_what_the_generator_writes_for_the_installed_bindings() -> None:
    assert TARGET.read_text() == generate(), "run `make props`"


@pytest.mark.parametrize("name", COMPLETE)
def test_every_argument_of_the_resource_is_a_key_or_refused_with_a_reason(name: str) -> None:
    arguments = inspect.signature(struct_of(name)).parameters.keys()
    refused = REFUSED["*"].keys() | REFUSED.get(f"aws_{COMPLETE[name]}", {}).keys()
    assert fields_of(getattr(props, name)).keys() - {"code"} == arguments - refused
    assert refused <= arguments


@pytest.mark.parametrize("name", [name for name, value in vars(props).items() if is_typeddict(value)])
def test_the_engine_name_of_every_argument_is_that_of_the_bindings(name: str) -> None:
    source = inspect.getsource(struct_of(name))
    for argument in fields_of(getattr(props, name)).keys() - ADDED.get(name, {}).keys():
        assert f'"{argument}": "{camel_case(argument)}"' in source
