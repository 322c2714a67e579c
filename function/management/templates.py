"""Builds and applies the index templates of the function's indexes."""

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.deadline import Deadline
from indexer.documents import SEQUENCE_NUMBER_FIELD
from indexer.search_client import SearchClient, SearchUnavailableError
from indexer.settings import Settings, archive_index, rejected_index, tombstone_index

FOLDER = Path(__file__).parent / "index_templates"
NAME_PREFIX = "stream-indexer-"
# Above the templates that come with Elasticsearch (100 to 200).
BASE_PRIORITY = 500
DYNAMIC_CHOICES = ("true", "false", "strict")
# OpenSearch Serverless decides these itself:
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-overview.html#serverless-limitations
SETTINGS_NOT_ON_SERVERLESS = ("refresh_interval", "gc_deletes")


class TemplateError(ValueError):
    """The options for the templates are invalid; the message has the fix."""


@dataclass(frozen=True, slots=True)
class IndexTemplate:
    """A composable index template.

    Attributes:
        name: the template's name.
        index: the index that it is for.
        body: the body of the request that creates it.
    """

    name: str
    index: str
    body: dict[str, Any]


def read_properties(path: Path) -> dict[str, Any]:
    """Return the mapping of the wanted fields from a file.

    Args:
        path: a JSON file with an object: for each field its mapping, as in `mappings.properties` of an index.

    Raises:
        TemplateError: if the file cannot be read or does not have this form.
    """
    try:
        properties = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise TemplateError(f"--properties {path}: cannot be read ({reason}); name a JSON file") from None
    except ValueError as error:
        raise TemplateError(f"--properties {path}: is not JSON ({error}); correct the file") from None
    if not isinstance(properties, dict) or not properties:
        raise TemplateError(
            f'--properties {path}: must be a JSON object with a mapping for each field, such as {{"price": {{"type": '
            '"double"}}; it is the content of "properties" in an index\'s mapping'
        )
    for field, mapping in properties.items():
        if not isinstance(mapping, dict) or not ({"type", "properties"} & mapping.keys()):
            raise TemplateError(
                f'--properties {path}: field {field!r}: must be an object with "type" or "properties", such as '
                '{"type": "keyword"}'
            )
    if SEQUENCE_NUMBER_FIELD in properties:
        raise TemplateError(
            f"--properties {path}: field {SEQUENCE_NUMBER_FIELD!r}: the template maps it already; remove it"
        )
    return properties


def build_templates(
    index: str, *, dynamic: str = "true", properties: Mapping[str, Any] | None = None, is_serverless: bool = False
) -> list[IndexTemplate]:
    """Return the templates for an index: of its documents, archive, tombstones and rejected records.

    Args:
        index: the name of the index or alias that the function writes documents to. The template of the documents also
            applies to the indexes `<index>-v*`, so that a new one can replace the one behind the alias.
        dynamic: what the engine does with fields that `properties` does not map: `true` maps them, `false` only stores
            them, and `strict` refuses the document.
        properties: the mapping of the wanted fields.
        is_serverless: whether to leave out what OpenSearch Serverless does not support.

    Raises:
        TemplateError: if no field would be searchable.
    """
    if dynamic != "true" and not properties:
        raise TemplateError(
            f"--dynamic {dynamic}: no field would be searchable; add --properties FILE with the mapping of the wanted "
            "fields, or use --dynamic true"
        )
    documents = json.loads((FOLDER / "documents.json").read_text())
    mappings = documents["template"]["mappings"]
    mappings["dynamic"] = dynamic
    mappings["properties"] |= properties or {}
    tombstones = json.loads((FOLDER / "tombstones.json").read_text())
    rejected = json.loads((FOLDER / "rejected.json").read_text())
    archive = copy.deepcopy(documents)
    bodies = {
        index: documents | {"index_patterns": [index, f"{index}-v*"]},
        archive_index(index): archive,
        tombstone_index(index): tombstones,
        rejected_index(index): rejected,
    }
    templates = []
    for name, body in bodies.items():
        if is_serverless:
            for setting in SETTINGS_NOT_ON_SERVERLESS:
                body["template"]["settings"]["index"].pop(setting, None)
        # A longer name has a higher priority, since the pattern of one table can match the indexes of another: with
        # the tables "orders" and "orders-vip", "orders-v*" matches the index "orders-vip". Names of the same length
        # never match each other's patterns, and engines refuse overlapping patterns of the same priority.
        body = {"index_patterns": [name], "priority": BASE_PRIORITY + len(name), **body}
        templates.append(IndexTemplate(name=NAME_PREFIX + name, index=name, body=body))
    return templates


def apply_templates(templates: list[IndexTemplate], *, client: SearchClient, deadline: Deadline) -> None:
    """Create the templates, or replace them. They apply to indexes that are created later.

    Raises:
        SearchUnavailableError: if a request failed.
    """
    for template in templates:
        client.request(
            "PUT",
            f"/_index_template/{template.name}",
            json.dumps(template.body).encode(),
            parse=lambda response: response["acknowledged"],
            deadline=deadline,
        )


def find_refused_fields(properties: Mapping[str, Any], *, client: SearchClient, deadline: Deadline) -> list[str]:
    """Return the fields whose mapping the service refuses, to explain why it refused the template.

    Args:
        properties: the mapping of the wanted fields.
        client: the client of the search service.
        deadline: the end of the time for requests and retries.
    """

    def is_refused(mappings: dict[str, Any]) -> bool:
        template = {"index_patterns": [f"{NAME_PREFIX}simulation"], "template": {"mappings": mappings}}
        path = "/_index_template/_simulate"
        try:
            client.post(path, json.dumps(template).encode(), parse=lambda _: None, deadline=deadline)
        except SearchUnavailableError:
            return True
        return False

    if is_refused({}):
        return []  # for a reason that is not in the fields
    return [field for field, mapping in properties.items() if is_refused({"properties": {field: mapping}})]


def create_indexes(index: str, *, client: SearchClient, settings: Settings, deadline: Deadline) -> dict[str, bool]:
    """Create the indexes that the function writes to, except those that exist.

    The index of the documents is `<index>-v1`, with the alias `<index>`. So another index can replace it later.

    Args:
        index: the name of the index or alias that the function writes documents to.
        client: the client of the search service.
        settings: the function's configuration; it decides which indexes the function writes to.
        deadline: the end of the time for requests and retries.

    Returns:
        For each name that the function writes to, whether its index was created.

    Raises:
        TemplateError: if `<index>-v1` exists without the alias, or if the index belongs to another INDEX.
        SearchUnavailableError: if a request failed.
    """

    def parse(response: Any) -> tuple[set[str], list[str]]:
        names = {entry["name"] for kind in ("indices", "aliases") for entry in response[kind]}
        return names, [
            alias for entry in response["indices"] if entry["name"] == index for alias in entry.get("aliases", [])
        ]

    # With a wildcard, because some versions answer 404 to a name that does not exist.
    existing, aliases = client.request("GET", f"/_resolve/index/{index}*", parse=parse, deadline=deadline)
    for alias in aliases:
        if re.fullmatch(re.escape(alias) + r"-v\d+", index):
            raise TemplateError(
                f"--create: the index {index} has the alias {alias}, so it has the documents of INDEX={alias}; "
                "set INDEX to another name"
            )
    wanted: dict[str, tuple[str, dict[str, Any]]] = {index: (f"{index}-v1", {"aliases": {index: {}}})}
    if settings.tombstones:
        wanted[tombstone_index(index)] = (tombstone_index(index), {})
    if settings.store_rejected:
        wanted[rejected_index(index)] = (rejected_index(index), {})
    if settings.expired_items == "archive":
        wanted[archive_index(index)] = (archive_index(index), {})
    if index not in existing and f"{index}-v1" in existing:
        raise TemplateError(
            f"--create: the index {index}-v1 exists, but the alias {index} does not; add the alias to an index, or "
            f"delete {index}-v1"
        )
    for name, (new_index, body) in wanted.items():
        if name not in existing:
            client.request(
                "PUT",
                f"/{new_index}",
                json.dumps(body).encode(),
                parse=lambda response: response["acknowledged"],
                deadline=deadline,
            )
    return {name: name not in existing for name in wanted}
