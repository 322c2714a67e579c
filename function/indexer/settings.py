"""The function's configuration, from environment variables, checked as a whole before the first record."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_SERVICES = ("es", "aoss", "basic", "none")
_INDEX = re.compile(r"[a-z0-9][a-z0-9._-]*")
_TABLE = "{table}"
_TOMBSTONES = "-tombstones"
_MAX_INDEX_BYTES = 255
_SECRET_ARN = re.compile(r"arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:.+")


class SettingsError(ValueError):
    """The configuration is wrong; the message lists every mistake with the way out."""

    def __init__(self, mistakes: list[str]) -> None:
        """Join the mistakes, one a line."""
        super().__init__("wrong configuration:\n" + "\n".join(f"- {mistake}" for mistake in mistakes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The function's configuration; `load` says which environment variable sets what."""

    endpoint: str
    service: str
    region: str
    secret_arn: str
    index: str
    id_fields: tuple[str, ...]
    exclude_attributes: frozenset[str]
    text_numbers: bool
    tombstones: bool
    compress: bool
    request_timeout: float
    bulk_max_bytes: int
    bulk_max_operations: int


def load(environment: Mapping[str, str]) -> Settings:
    """Return the settings that the environment describes.

    SEARCH_ENDPOINT     https URL of the domain, cluster or collection (http only on the loopback interface). Required.
    SEARCH_SERVICE      how requests are signed: es (default), aoss, basic, or none (loopback only).
    SEARCH_REGION       region of the domain or collection; default AWS_REGION, which Lambda sets.
    SEARCH_SECRET_ARN   for basic: the Secrets Manager secret, JSON with "username" and "password".
    INDEX               index name, or a template with {table}, the table's name in lower case; default {table}.
    ID_FIELDS           the key attributes in the order that forms a document's id; default all of them, by name.
    EXCLUDE_ATTRIBUTES  top-level attributes to leave out.
    NUMBERS             number (default): JSON numbers; text: strings, for readers that would round a number.
    TOMBSTONES          on (default): remember deletions in INDEX-tombstones; off: only as long as index.gc_deletes.
    COMPRESS            on (default) or off: gzip of request bodies.
    REQUEST_TIMEOUT     seconds for one request, 1 to 300; default 10.
    BULK_MAX_BYTES      bytes of one _bulk body before compression, 100000 to 100000000; default 8388608, since small
                        instance types take 10 MiB.
    BULK_MAX_OPERATIONS operations in one _bulk request, 1 to 50000; default 5000.

    Lists are separated by commas; surrounding spaces do not count. Raises SettingsError, which lists all mistakes.
    """
    reader = _Reader(environment)
    service = reader.choice("SEARCH_SERVICE", _SERVICES, "es")
    settings = Settings(
        endpoint=reader.text("SEARCH_ENDPOINT", "", _endpoint_mistake(service)).rstrip("/"),
        service=service,
        region=reader.text(
            "SEARCH_REGION",
            environment.get("AWS_REGION", ""),
            _required_if(service in {"es", "aoss"}, "the region of the domain or collection"),
        ),
        secret_arn=reader.text("SEARCH_SECRET_ARN", "", _secret_mistake(service)),
        index=reader.text("INDEX", _TABLE, _index_mistake),
        id_fields=reader.names("ID_FIELDS"),
        exclude_attributes=frozenset(reader.names("EXCLUDE_ATTRIBUTES")),
        text_numbers=reader.choice("NUMBERS", ("number", "text"), "number") == "text",
        tombstones=reader.choice("TOMBSTONES", ("on", "off"), "on") == "on",
        compress=reader.choice("COMPRESS", ("on", "off"), "on") == "on",
        request_timeout=reader.number("REQUEST_TIMEOUT", 10.0, 1, 300, float),
        bulk_max_bytes=reader.number("BULK_MAX_BYTES", 8 * 1024 * 1024, 100_000, 100_000_000, int),
        bulk_max_operations=reader.number("BULK_MAX_OPERATIONS", 5000, 1, 50_000, int),
    )
    if reader.mistakes:
        raise SettingsError(reader.mistakes)
    return settings


def index_name(template: str, table: str) -> str:
    """Return the index for a table; raises SettingsError when the table's name makes no index name."""
    name = template.replace(_TABLE, table.lower())
    if not _INDEX.fullmatch(name) or len(name + _TOMBSTONES) > _MAX_INDEX_BYTES:
        raise SettingsError(
            [
                f"INDEX={template!r} gives the index name {name!r} for table {table!r}: an index name begins with a "
                f"letter or digit and has at most {_MAX_INDEX_BYTES - len(_TOMBSTONES)} bytes; set INDEX to a name, "
                f"or put a prefix before {_TABLE}"
            ]
        )
    return name


def tombstone_index(index: str) -> str:
    """Return the index that remembers what was deleted from the given one."""
    return index + _TOMBSTONES


class _Reader:
    """Reads variables one by one and collects what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.mistakes: list[str] = []

    def text(self, name: str, default: str, mistake: Callable[[str], str | None]) -> str:
        value = self._environment.get(name, "").strip() or default
        if found := mistake(value):
            self._wrong(name, value, found)
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        expected = f"use one of {', '.join(choices)}"
        return self.text(name, default, lambda value: None if value in choices else expected)

    def number(self, name: str, default: Any, low: int, high: int, kind: Callable[[str], Any]) -> Any:
        value = self._environment.get(name, "").strip()
        if not value:
            return default
        try:
            number = kind(value)
        except ValueError:
            number = None
        if number is None or not low <= number <= high:
            self._wrong(name, value, f"use {'a whole number' if kind is int else 'a number'} from {low} to {high}")
            return default
        return number

    def names(self, name: str) -> tuple[str, ...]:
        value = self._environment.get(name, "")
        found = tuple(part.strip() for part in value.split(",")) if value.strip() else ()
        if "" in found or len(set(found)) < len(found):
            self._wrong(name, value, "separate different attribute names with single commas")
        return found

    def _wrong(self, name: str, value: str, way_out: str) -> None:
        shown = re.sub(r"//[^/@]*@", "//***@", value)
        self.mistakes.append(f"{name}={shown!r}: {way_out}")


def _endpoint_mistake(service: str) -> Callable[[str], str | None]:
    def mistake(value: str) -> str | None:
        try:
            url = urlsplit(value)
            _ = url.port
        except ValueError:
            return "use a URL such as https://search-orders.eu-west-1.es.amazonaws.com"
        if not value or not url.hostname or url.scheme not in {"http", "https"}:
            return "set the https URL of the domain, cluster or collection"
        if url.username or url.password:
            return "take the password out of the URL and put it into the secret of SEARCH_SECRET_ARN"
        if url.query or url.fragment:
            return "use a URL without query and fragment"
        if url.hostname not in _LOOPBACK:
            if url.scheme == "http":
                return "use https: plain http is allowed on the loopback interface only"
            if service == "none":
                return "set SEARCH_SERVICE to es, aoss or basic: only the loopback interface takes unsigned requests"
        return None

    return mistake


def _required_if(needed: bool, what: str) -> Callable[[str], str | None]:
    return lambda value: f"set {what}" if needed and not value else None


def _secret_mistake(service: str) -> Callable[[str], str | None]:
    def mistake(value: str) -> str | None:
        if service == "basic" and not value:
            return "set the ARN of a Secrets Manager secret with username and password, or SEARCH_SERVICE to es or aoss"
        if value and service != "basic":
            return "set SEARCH_SERVICE to basic, or leave this unset"
        if value and not _SECRET_ARN.fullmatch(value):
            return "use the ARN of a Secrets Manager secret"
        return None

    return mistake


def _index_mistake(value: str) -> str | None:
    # What the table's name adds is known only with the first record: see index_name.
    if re.search(r"[{}]", value.replace(_TABLE, "")):
        return f"the only placeholder is {_TABLE}"
    if not _INDEX.fullmatch(value.replace(_TABLE, "t")):
        return "an index name has lower case letters, digits, '.', '_' and '-', and begins with a letter or digit"
    return None
