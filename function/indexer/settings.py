"""Reads the function's configuration from environment variables, and checks all of it before the first record."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1"}
SERVICES = ("es", "aoss", "basic", "api_key", "none")
SERVICES_WITH_SECRET = ("basic", "api_key")
INDEX_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
TABLE_PLACEHOLDER = "{table}"
TOMBSTONE_SUFFIX = "-tombstones"
REJECTED_SUFFIX = "-rejected"
ARCHIVE_SUFFIX = "-archive"
SUFFIXES = (TOMBSTONE_SUFFIX, REJECTED_SUFFIX, ARCHIVE_SUFFIX)
# Elasticsearch and OpenSearch: an index name has at most 255 bytes.
MAX_INDEX_BYTES = 255
SECRET_ARN = re.compile(r"arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:.+")


class SettingsError(ValueError):
    """The configuration is invalid; the message lists every mistake with its fix."""

    def __init__(self, mistakes: list[str]) -> None:
        """Join the mistakes, one on each line."""
        super().__init__("invalid configuration:\n" + "\n".join(f"- {mistake}" for mistake in mistakes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The function's configuration. Each attribute comes from the environment variable named here.

    Attributes:
        endpoint: SEARCH_ENDPOINT, the https URL of the domain, cluster or collection. Plain http is allowed only on the
            loopback interface. Required.
        service: SEARCH_SERVICE, how requests are authenticated: `es` (signed for an OpenSearch Service domain, the
            default), `aoss` (signed for OpenSearch Serverless), `basic` (user name and password), `api_key` (an API key
            of Elasticsearch), or `none` (only on the loopback interface).
        region: SEARCH_REGION, the region of the domain or collection. Default: AWS_REGION, which Lambda sets.
        secret_arn: SEARCH_SECRET_ARN, for `basic` and `api_key`: the ARN of a Secrets Manager secret. It is JSON with
            "username" and "password", or with "api_key": the encoded key, or the key if the secret also has "id".
        ca_bundle: SEARCH_CA_BUNDLE, the path of a PEM file with the certificates of a private certificate authority.
            Default: the public ones.
        index: INDEX, the name of the index, or a template in which {table} is the table's name in lower case. Default:
            {table}.
        id_fields: ID_FIELDS, the key attributes in the order in which they form a document's id. Default: all, sorted
            by name.
        exclude_attributes: EXCLUDE_ATTRIBUTES, the top-level attributes to leave out. Default: none.
        text_numbers: NUMBERS, `number` (JSON numbers, the default) or `text` (strings, for clients that would round a
            number).
        tombstones: TOMBSTONES, `on` (remember deletions in a tombstone index, the default) or `off` (the engine
            remembers them for `index.gc_deletes`).
        store_rejected: REJECTED_RECORDS, `store` (a record that the index refuses is stored in the index
            `<index>-rejected` and counts as done, the default) or `report` (it is reported as failed, and Lambda
            delivers it again until the event source mapping gives it up).
        expired_items: EXPIRED_ITEMS, what a deletion by time to live does: `delete` (deletes the document, the
            default), `keep` (changes nothing), or `archive` (moves the document to the index `<index>-archive`).
        log_field_paths: LOG_FIELD_PATHS, `on` (logged reasons name the field, the default) or `off` (they do not,
            for tables whose attribute names or map keys are customer data).
        compress: COMPRESS, `off` (the default) or `on` (compress request bodies with gzip). Compression costs the
            function and the engine more time than it saves, except on a slow network.
        request_timeout: REQUEST_TIMEOUT, the seconds for one request, 1 to 300. Default: 10.
        bulk_max_bytes: BULK_MAX_BYTES, the size of one `_bulk` body before compression, 100000 to 100000000 bytes.
            Default: 8388608, because small instance types accept up to 10 MiB.
        bulk_max_operations: BULK_MAX_OPERATIONS, the operations in one `_bulk` request, 1 to 50000. Default: 5000.
    """

    endpoint: str
    service: str
    region: str
    secret_arn: str
    ca_bundle: str
    index: str
    id_fields: tuple[str, ...]
    exclude_attributes: frozenset[str]
    text_numbers: bool
    tombstones: bool
    store_rejected: bool
    expired_items: str
    log_field_paths: bool
    compress: bool
    request_timeout: float
    bulk_max_bytes: int
    bulk_max_operations: int


def load_settings(environment: Mapping[str, str]) -> Settings:
    """Return the configuration that the environment variables define; see `Settings` for each of them.

    Commas separate the items of a list. Spaces around an item are ignored.

    Args:
        environment: the environment variables.

    Raises:
        SettingsError: if any of them is invalid.
    """
    reader = _EnvironmentReader(environment)
    service = reader.choice("SEARCH_SERVICE", SERVICES, default="es")
    settings = Settings(
        endpoint=reader.text("SEARCH_ENDPOINT", find_mistake=_endpoint_check(service)).rstrip("/"),
        service=service,
        region=reader.text(
            "SEARCH_REGION", default=environment.get("AWS_REGION", ""), find_mistake=_region_check(service)
        ),
        secret_arn=reader.text("SEARCH_SECRET_ARN", find_mistake=_secret_check(service)),
        ca_bundle=reader.text("SEARCH_CA_BUNDLE", find_mistake=_ca_bundle_mistake),
        index=reader.text("INDEX", default=TABLE_PLACEHOLDER, find_mistake=_index_mistake),
        id_fields=reader.names("ID_FIELDS"),
        exclude_attributes=frozenset(reader.names("EXCLUDE_ATTRIBUTES")),
        text_numbers=reader.choice("NUMBERS", ("number", "text"), default="number") == "text",
        tombstones=reader.choice("TOMBSTONES", ("on", "off"), default="on") == "on",
        store_rejected=reader.choice("REJECTED_RECORDS", ("store", "report"), default="store") == "store",
        expired_items=reader.choice("EXPIRED_ITEMS", ("delete", "keep", "archive"), default="delete"),
        log_field_paths=reader.choice("LOG_FIELD_PATHS", ("on", "off"), default="on") == "on",
        compress=reader.choice("COMPRESS", ("on", "off"), default="off") == "on",
        request_timeout=reader.number("REQUEST_TIMEOUT", default=10.0, low=1, high=300, convert=float),
        bulk_max_bytes=reader.number("BULK_MAX_BYTES", default=8 * 1024 * 1024, low=100_000, high=100_000_000),
        bulk_max_operations=reader.number("BULK_MAX_OPERATIONS", default=5000, low=1, high=50_000),
    )
    if reader.mistakes:
        raise SettingsError(reader.mistakes)
    return settings


def index_name(template: str, table: str) -> str:
    """Return the name of the index for a table.

    Args:
        template: the setting INDEX.
        table: the table's name.

    Raises:
        SettingsError: if the result is not a valid index name, or if it is the name of another table's tombstones,
            rejected records or archive.
    """
    name = template.replace(TABLE_PLACEHOLDER, table.lower())
    longest = MAX_INDEX_BYTES - max(map(len, SUFFIXES))
    if not INDEX_NAME.fullmatch(name) or len(name) > longest:
        raise SettingsError(
            [
                f"INDEX={template!r}: gives the invalid index name {name!r} for table {table!r}; an index name must "
                f"begin with a letter or digit and have at most {longest} bytes; set INDEX to a valid name, or add a "
                f"prefix before {TABLE_PLACEHOLDER}"
            ]
        )
    if name.endswith(SUFFIXES):
        raise SettingsError(
            [
                f"INDEX={template!r}: gives the index name {name!r} for table {table!r}; an index name must not end "
                f"with {', '.join(SUFFIXES)}, which this function adds for its other indexes; set INDEX to another "
                f"name, or add a suffix after {TABLE_PLACEHOLDER}"
            ]
        )
    return name


def tombstone_index(index: str) -> str:
    """Return the name of the index that stores the tombstones of an index."""
    return index + TOMBSTONE_SUFFIX


def rejected_index(index: str) -> str:
    """Return the name of the index that stores the records which an index refused."""
    return index + REJECTED_SUFFIX


def archive_index(index: str) -> str:
    """Return the name of the index that stores the expired documents of an index."""
    return index + ARCHIVE_SUFFIX


class _EnvironmentReader:
    """Reads environment variables, and collects the mistakes in them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.mistakes: list[str] = []

    def text(self, name: str, *, default: str = "", find_mistake: Callable[[str], str | None]) -> str:
        value = self._environment.get(name, "").strip() or default
        mistake = find_mistake(value)
        if mistake is not None:
            self._add_mistake(name, value, mistake)
        return value

    def choice(self, name: str, choices: tuple[str, ...], *, default: str) -> str:
        mistake = f"must be one of {', '.join(choices)}"
        return self.text(name, default=default, find_mistake=lambda value: None if value in choices else mistake)

    def number(self, name: str, *, default: Any, low: int, high: int, convert: Callable[[str], Any] = int) -> Any:
        value = self._environment.get(name, "").strip()
        if not value:
            return default
        try:
            number = convert(value)
        except ValueError:
            number = None
        if number is None or not low <= number <= high:
            kind = "whole number" if convert is int else "number"
            self._add_mistake(name, value, f"must be a {kind} from {low} to {high}")
            return default
        return number

    def names(self, name: str) -> tuple[str, ...]:
        value = self._environment.get(name, "")
        found = tuple(part.strip() for part in value.split(",")) if value.strip() else ()
        if "" in found or len(set(found)) < len(found):
            self._add_mistake(name, value, "must be different attribute names, separated by single commas")
        return found

    def _add_mistake(self, name: str, value: str, mistake: str) -> None:
        without_password = re.sub(r"//[^/@]*@", "//***@", value)
        self.mistakes.append(f"{name}={without_password!r}: {mistake}")


def _endpoint_check(service: str) -> Callable[[str], str | None]:
    def find_mistake(value: str) -> str | None:
        try:
            url = urlsplit(value)
            _ = url.port
        except ValueError:
            return "must be a URL, such as https://search-orders.eu-west-1.es.amazonaws.com"
        if not value or not url.hostname or url.scheme not in {"http", "https"}:
            return "must be the https URL of the domain, cluster or collection"
        if url.username or url.password:
            return "must not contain a user name or password: store them in the secret of SEARCH_SECRET_ARN"
        if url.query or url.fragment:
            return "must be a URL without a query and a fragment"
        if url.hostname not in LOOPBACK_HOSTS:
            if url.scheme == "http":
                return "must begin with https://: plain http is allowed only on the loopback interface"
            if service == "none":
                return "must be on the loopback interface with SEARCH_SERVICE=none: use es, aoss or basic instead"
        return None

    return find_mistake


def _region_check(service: str) -> Callable[[str], str | None]:
    def find_mistake(value: str) -> str | None:
        if service in {"es", "aoss"} and not value:
            return "must be the region of the domain or collection"
        return None

    return find_mistake


def _secret_check(service: str) -> Callable[[str], str | None]:
    def find_mistake(value: str) -> str | None:
        if service in SERVICES_WITH_SECRET and not value:
            return (
                f"must be the ARN of a Secrets Manager secret with SEARCH_SERVICE={service}: "
                "set it, or set SEARCH_SERVICE to es or aoss"
            )
        if value and service not in SERVICES_WITH_SECRET:
            return (
                "applies only to SEARCH_SERVICE=basic and SEARCH_SERVICE=api_key: remove it, or set SEARCH_SERVICE to "
                "basic or api_key"
            )
        if value and not SECRET_ARN.fullmatch(value):
            return "must be the ARN of a Secrets Manager secret"
        return None

    return find_mistake


def _ca_bundle_mistake(value: str) -> str | None:
    if value and not Path(value).is_file():
        return "must be the path of a PEM file: put the file into the function's archive or a layer"
    return None


def _index_mistake(value: str) -> str | None:
    # `index_name` checks the rest when the first record gives the table's name.
    if re.search(r"[{}]", value.replace(TABLE_PLACEHOLDER, "")):
        return f"must not contain another placeholder than {TABLE_PLACEHOLDER}"
    if not INDEX_NAME.fullmatch(value.replace(TABLE_PLACEHOLDER, "t")):
        return "must have only lowercase letters, digits, '.', '_' and '-', and must begin with a letter or digit"
    return None
