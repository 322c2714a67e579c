"""Secrets in the configuration: nobody may hand them over in files.

The check finds what looks like a secret by the name of its argument, by the mark ``sensitive``, and by the shape of
well-known credentials. It cannot find every secret. An error names the address and never the value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ConfigurationError, UsageError
from ..synthesized import templates
from ..synthesized.configuration import Configuration

# The end of the name of an argument, a variable or an environment variable that holds a secret.
SECRET_NAME = re.compile(
    r"(.*_)?(password|passwd|passphrase|passcode|secret|secret_key|secret_access_key|secret_string|secret_binary"
    r"|secret_value|client_secret|shared_secret|access_key|access_key_id|account_key|api_key|apikey|auth_token|token"
    r"|private_key|private_key_pem|preshared_key|pre_shared_key|connection_string|conn_str|credentials)(_wo)?"
)
# The value of such an argument that is no secret: it only names where one is kept.
ADDRESS_OF_SECRET = re.compile(
    r"arn:.*|(ssm|secretsmanager|vault|env|file)://?.*|\{\{resolve:.*\}\}|true|false", re.IGNORECASE
)
# Well-known shapes of credentials: access keys of AWS, private keys, tokens of GitHub, GitLab, Slack and Stripe, and a
# password in a URL.
CREDENTIALS = re.compile(
    r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{22,}|\bglpat-[\w-]{20,}|\bxox[abprs]-[\w-]{10,}|\b[sr]k_live_\w{16,}"
    r"|\b[a-z][a-z0-9+.-]*://[^\s/:@${}]+:[^\s/:@${}]+@"
)
SENSITIVE_LITERAL = re.compile(r'\bsensitive\(\s*"(?!\$\{)[^"]+"\s*\)')
NAME, VALUE = "name", "value"
OPTION = "--no-secret"


@dataclass(frozen=True)
class Secret:
    """Something that looks like a secret.

    Attributes:
        address: the address, with the argument.
        reason: the reason, as the end of a sentence.
        is_certain: whether it is a secret for certain. If not, only its name looks like one.
    """

    address: str
    reason: str
    is_certain: bool = True


def check_secrets(configuration: Configuration, no_secrets: Collection[str] = ()) -> None:
    """Check that the configuration holds no secret.

    Args:
        configuration: the configuration.
        no_secrets: the addresses of values that only look like secrets by their names.

    Raises:
        ConfigurationError: naming the address of each secret.
        UsageError: if an address in ``no_secrets`` names nothing that looks like a secret, or a certain one.
    """
    found = list(dict.fromkeys(find_secrets(configuration)))
    excusable = {secret.address for secret in found if not secret.is_certain}
    unknown = sorted(set(no_secrets) - excusable)
    if unknown:
        raise UsageError(
            f"{OPTION} {', '.join(unknown)}: this names no value that looks like a secret only by its name; those are: "
            f"{', '.join(sorted(excusable)) or 'none'}"
        )
    secrets = [secret for secret in found if secret.is_certain or secret.address not in no_secrets]
    if secrets:
        raise ConfigurationError(
            "the configuration has values that look like secrets, and a bundle must hold none. Use a variable without "
            "a default, or a data source that reads the secret. If a value only has the name of one, add "
            f"{OPTION} with its address:\n  " + "\n  ".join(f"{secret.address}: {secret.reason}" for secret in secrets)
        )


def find_secrets(configuration: Configuration) -> Iterator[Secret]:
    """Yield what looks like a secret, in every block of the configuration."""
    for name, block in configuration.variables.items():
        if (block.get("sensitive") or block.get("ephemeral")) and block.get("default"):
            yield Secret(f"var.{name}.default", "the variable is sensitive and has a default")
        elif _is_secret_literal(name, block.get("default")):
            yield Secret(f"var.{name}.default", "its name is that of a secret", is_certain=False)
        yield from _secrets_in(block.get("default"), f"var.{name}.default")
    for name, block in configuration.outputs.items():
        value = block.get("value")
        if block.get("sensitive") and isinstance(value, str) and value and not templates.expressions_of(value):
            yield Secret(f"output.{name}.value", "the output is sensitive and has a literal value")
        yield from _secrets_in(value, f"output.{name}.value")
    for address, value in _other_blocks(configuration):
        is_access = address.startswith(("provider.", "backend."))
        yield from _secrets_in(value, address, is_certain=is_access)


def _other_blocks(configuration: Configuration) -> Iterator[tuple[str, Any]]:
    for resource in [*configuration.resources, *configuration.data_sources]:
        yield resource.address, resource.arguments
    for type, block in configuration.blocks.items():
        if type in ("variable", "output", "resource", "data", "terraform"):
            continue
        address = {"locals": "local"}.get(type, type)
        if isinstance(block, Mapping):
            yield from (
                (f"{address}.{name}", {name: item} if type == "locals" else item) for name, item in block.items()
            )
        else:
            yield address, block
    for type, settings in (configuration.settings.get("backend") or {}).items():
        yield f"backend.{type}", settings


def _secrets_in(value: Any, address: str, *, is_certain: bool = False) -> Iterator[Secret]:
    """Yield the secrets in a value, and in the JSON documents in it."""
    if isinstance(value, Mapping):
        yield from _secrets_in_object(value, address, is_certain=is_certain)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _secrets_in(item, f"{address}[{index}]", is_certain=is_certain)
    elif isinstance(value, str):
        if CREDENTIALS.search(value):
            yield Secret(address, "it has the form of a credential")
        if any(map(SENSITIVE_LITERAL.search, templates.expressions_of(value))):
            yield Secret(address, "it marks a literal text as sensitive")
        if value.lstrip().startswith(("{", "[")):
            yield from _secrets_in(_json_of(value), address)


def _secrets_in_object(value: Mapping[str, Any], address: str, *, is_certain: bool) -> Iterator[Secret]:
    # Containers get their environment as a list of names and values.
    name = value.get(NAME)
    if isinstance(name, str) and _is_secret_literal(name, value.get(VALUE)):
        yield Secret(f"{address}.{name}", "its name is that of a secret", is_certain)
    for key, item in value.items():
        # A local value is already named by its address.
        path = address if address == f"local.{key}" else f"{address}.{key}"
        if _is_secret_literal(key, item):
            yield Secret(path, "its name is that of a secret", is_certain)
        yield from _secrets_in(item, path, is_certain=is_certain)


def _is_secret_literal(name: str, value: Any) -> bool:
    snake_case = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|-", "_", name).lower()
    if not SECRET_NAME.fullmatch(snake_case):
        return False
    if isinstance(value, int) and not isinstance(value, bool):
        return True
    return (
        isinstance(value, str)
        and bool(value)
        and not templates.expressions_of(value)
        and not ADDRESS_OF_SECRET.fullmatch(value)
    )


def _json_of(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
