"""The reasons that search engines give, as templates, and what each one means for the function.

The templates are the texts of OpenSearch 2 and 3, Elasticsearch 7 to 9 and OpenSearch Serverless. A placeholder in
braces is a part that differs:

- `{path}`: the path or the name of a field.
- `{type}`: a type of a mapping.
- `{number}`, `{words}`: numbers, and words of the engine, in positions that cannot hold a part of a document.
- `{index}`, `{action}`, `{user}`: the name of an index, alias or pipeline, an action, and a user or role.
- `{special}`: `Infinity` or `NaN`.
- `{hidden}`: a value, an id or another part of a document, which never appears in a log.

A digit separates placeholders of the same kind (`{type2}`). A template that ends with `…` matches any continuation,
which is left out too: it can hold values, ids or, in Elasticsearch 7, the whole request.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property


class ErrorKind(Enum):
    """The subject of an error.

    Attributes:
        DOCUMENT: the document cannot be indexed. The error would not occur with another document.
        CONFIGURATION: the index, an alias, a permission or the function's configuration must change. No document
            passes until then, so the error must never count as a refusal of a document.
        TEMPORARY: the engine has no capacity or no active shard at the moment.
        MISSING_INDEX: the index does not exist and is not created on the first write.
    """

    DOCUMENT = auto()
    CONFIGURATION = auto()
    TEMPORARY = auto()
    MISSING_INDEX = auto()


@dataclass(frozen=True)
class Shape:
    """A reason that is known.

    Attributes:
        template: the engine's text with placeholders.
        kind: the subject of an error with this reason; None if the error's type decides.
        advice: the cause and the fix, as a sentence; empty if the reason explains itself.
    """

    template: str
    kind: ErrorKind | None = None
    advice: str = ""

    @property
    def is_open(self) -> bool:
        """True if a reason with this shape can have a continuation."""
        return self.template.endswith("…")

    @cached_property
    def prefix(self) -> str:
        """The text before the first placeholder, in lower case."""
        return re.split(r"[{…]", self.template, maxsplit=1)[0].lower()

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The template without its `…`: fixed texts at the even indexes, placeholders without braces at the others."""
        return tuple(re.split(r"\{([a-z]+\d?)\}", self.template.removesuffix("…")))

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The compiled template. It is compiled on first use, because most functions never see most reasons."""
        patterns = [
            f"({PATTERNS[part.rstrip('0123456789')]})" if index % 2 else re.escape(part)
            for index, part in enumerate(self.parts)
        ]
        end = ".*" if self.is_open else ""
        return re.compile("".join(patterns) + end, re.DOTALL | re.IGNORECASE)


# The patterns of the parts that are shown allow no more than their kind of text needs.
PATTERNS = {
    "path": r".*?",
    "hidden": r".*?",
    "type": r"[^\[\]]{1,60}",
    "number": r"\d{1,19}",
    "words": r"[a-z0-9 /().,;:_=-]{1,300}?",
    "index": r"[\w.:+@$~=-]{1,255}",
    "action": r"[a-z]{2,10}:[a-z0-9_:/*.\[\], -]{1,200}?",
    "user": r"[a-z0-9_:/@.+=-]{1,200}",
    "special": r"[+-]?(?:Infinity|INF|NaN)",
}

# A key in a document can look like a part of a reason (`a] of type [b`). Only these words are shown as a type.
_TYPE_WORDS = """
    aggregate_metric_double alias annotated_text binary boolean byte completion constant_keyword date date_nanos
    date_range dense_vector derived double double_range flat_object flattened float float_range geo_point geo_shape
    half_float histogram integer integer_range ip ip_range join keyword knn_vector long long_range match_only_text
    murmur3 nested object ObjectMapper percolator point rank_feature rank_features scaled_float search_as_you_type
    semantic semantic_text shape short sparse_vector star_tree text token_count unsigned_long version wildcard xy_point
    xy_shape _data_stream_timestamp _doc _doc_count _field_names _id _ignored _index _nested_path _primary_term _routing
    _seq_no _source _tier _type _version
"""
MAPPED_TYPES = frozenset(_TYPE_WORDS.split())

DOCUMENT_REASONS = (
    # Types. "failed to parse [p]" is the form of Elasticsearch 6, which some managed services still return.
    "failed to parse field [{path}] of type [{type}]…",
    "failed to parse [{path}]",
    "mapper [{path}] cannot be changed from type [{type}] to [{type2}]",
    "mapper [{path}] of different type, current_type [{type}], merged_type [{type2}]",
    "can't merge a non object mapping [{path}] with an object mapping",
    "can't merge a non object mapping [{path}] with an object mapping [{path2}]",
    "can't merge an object mapping [{path}] with a non object mapping",
    "can't merge an object mapping [{path}] with a non object mapping [{path2}]",
    "can't merge a non-nested mapping [{path}] with a nested mapping",
    "can't merge a nested mapping [{path}] with a non-nested mapping",
    "object mapping [{path}] can't be changed from nested to non-nested",
    "object mapping [{path}] can't be changed from non-nested to nested",
    "object mapping for [{path}] tried to parse field [{path2}] as object, but found a concrete value",
    "object mapping for [{path}] with array of object type tried to parse field [{path2}] as object, but found a "
    "concrete value",
    "Could not dynamically add mapping for field [{path}]. Existing mapping for [{path2}] must be of type object but "
    "found [{type}].",
    "mapping set to strict, dynamic introduction of [{path}] within [{path2}] is not allowed",
    "mapping set to strict_allow_templates, dynamic introduction of [{path}] within [{path2}] is not allowed",
    # Values
    "[{type}] supports only finite values, but got [{special}]",
    "[{type}] supports only finite values, but got [{hidden}]",
    "Numeric value ({hidden}) out of range of long…",
    "Numeric value ({hidden}) out of range of int…",
    "Value [{hidden}] is out of range for {words}",
    "Value [{hidden}] has a decimal part",
    "For input string: …",
    "failed to parse date field [{hidden}] with format [{hidden2}]",
    "cannot parse empty date",
    "cannot parse empty datetime",
    "Failed to parse value [{hidden}] as only [true] or [false] are allowed.",
    "Cannot parse boolean [{hidden}], expected either [true] or [false]",
    'Document contains at least one immense term in field="{path}" (whose UTF8 encoding is longer than the max length '
    "{number})…",
    "bytes can be at most {number} in length; got {number2}",
    "Flattened field [{path}] contains one immense field whose keyed encoding is longer than the allowed max length of "
    "{number} bytes…",
    # Limits
    "Limit of total fields [{number}] has been exceeded",
    "Limit of total fields [{number}] has been exceeded while adding new fields [{number2}]",
    "Limit of total fields [{number}] in index [{index}] has been exceeded",
    "Limit of nested fields [{number}] has been exceeded",
    "The number of nested documents has exceeded the allowed limit of [{number}]…",
    "The depth of the field has exceeded the allowed limit of [{number}]…",
    "The depth of the nested array field has exceeded the allowed limit of [{number}]…",
    "Limit of mapping depth [{number}] has been exceeded due to object field [{path}]",
    "Limit of mapping depth [{number}] has been exceeded",
    "Limit of mapping depth [{number}] in index [{index}] has been exceeded due to object field [{path}]",
    "The provided [flattened] field [{path}] exceeds the maximum depth limit of [{number}].",
    "Field name [{path}] is longer than the limit of [{number}] characters",
    # Names
    "Field [{path}] is a metadata field and cannot be added inside a document…",
    "object field cannot contain only whitespace: ['{path}']",
    "object field cannot contain only whitespace…",
    "object field starting or ending with a [.] makes object resolution ambiguous: [{path}]",
    "field name cannot contain only whitespace…",
    "field name cannot contain only dots…",
    "field name cannot contain only the character [.]…",
    "field name cannot be an empty string",
    # JSON
    "Non-standard token '{special}'…",
    "Duplicate field '{path}'…",
    'Duplicate Object property "{path}"…',
    "Number value length ({number}) exceeds the maximum allowed ({number2}{hidden})…",
    "Number length ({number}) exceeds the maximum length ({number2}{hidden})…",
    "Name length ({number}) exceeds the maximum allowed ({number2}{hidden})…",
    "Name value length ({number}) exceeds the maximum allowed ({number2}{hidden})…",
    "String value length ({number}) exceeds the maximum allowed ({number2}{hidden})…",
    "String length ({number}) exceeds the maximum length ({number2}{hidden})…",
    "Document nesting depth ({number}) exceeds the maximum allowed ({number2}{hidden})…",
    "Current token ({words}) not numeric, can not use numeric value accessors…",
    "document is empty",
    # Ids. These refuse the whole request, but another id passes.
    "Validation Failed: {number}: id [{hidden}] is too long, must be no longer than 512 bytes…",
    "Validation Failed: {number}: id is too long, must be no longer than 512 bytes…",
    "if _id is specified it must not be empty",
    "Validation Failed: {number}: id is missing;…",
    "Ids can't be empty",
)

INDEX_CLOSED = "The index is closed: open it (`POST /<index>/_open`)."
INDEX_BLOCK = "A block on the index refuses the request: remove the block from the index's settings (`index.blocks`)."
CLUSTER_BLOCK = "A block on the cluster refuses the request: remove the block from the cluster's settings."
DISK_FULL = "The disk of a data node is almost full, so writes are refused: add storage or delete data."
READ_ONLY_AFTER_DISK_FULL = (
    "The index is read-only, which engines also set when a disk is almost full: free some space, then set "
    "`index.blocks.read_only_allow_delete` to null."
)
NO_INDEX_CREATION = (
    "The cluster's settings forbid to create this index on the first write: create the index before the function "
    "writes to it."
)
NO_CUSTOM_IDS = (
    "The OpenSearch Serverless collection accepts no document ids, which the function needs: use a collection of the "
    "type SEARCH."
)
DATA_STREAM = (
    "The target is a data stream, which accepts only new documents: set the function's index to a plain index."
)
ROUTING = "The index's mapping requires a routing value, which the function does not send: remove `_routing.required`."
PERMISSIONS = (
    "The search service does not permit the action: map the function's role or user to a role that may read, write and "
    "create the function's indexes."
)
CREDENTIALS = "The search service does not accept the function's credentials: check SEARCH_SERVICE and the secret."
ACCESS_POLICY = (
    "A policy of AWS does not permit the request: allow it in the function's role and in the access policy of the "
    "domain or collection."
)
SIGNATURE = (
    "The signature is not valid for this endpoint: check that SEARCH_SERVICE and the region belong to the endpoint."
)
SHARD_LIMIT = (
    "The cluster has its maximum number of shards, so no index can be created: delete indexes, or raise "
    "`cluster.max_shards_per_node`."
)
ALIAS_OF_SEVERAL = (
    "The alias points to several indexes, and a look-up of documents (`_mget`) needs one: set the function's index to "
    "an alias of one index."
)
NO_WRITE_INDEX = (
    "The alias has no index to write to: point it to one index, which look-ups of documents (`_mget`) need as well."
)
NOT_AN_ALIAS = "The request requires an alias, but the name belongs to no alias: create the alias, or use an index."
INDEX_NAME = "The name of the index is not valid: use lower case, and none of the characters that the reason names."
TEMPLATE = "The mapping of the new index is not valid: correct the index template that matches its name."
ONE_MAPPING_TYPE = "The index has another mapping type than `_doc`: create it again without a mapping type."
PIPELINE = "The index's settings name an ingest pipeline that cannot run: create it, or remove it from the settings."
CLOCK = "The time of the signature is too far from the time of AWS: send the request again."

CONFIGURATION_REASONS = {
    # Indexes and their blocks
    "index [{index}] blocked by: [FORBIDDEN/4/{words}];…": INDEX_CLOSED,
    "index [{index}] blocked by: [FORBIDDEN/12/{words}];…": READ_ONLY_AFTER_DISK_FULL,
    "index [{index}] blocked by: [FORBIDDEN/{number}/{words}];…": INDEX_BLOCK,
    "blocked by: [FORBIDDEN/10/{words}];…": NO_INDEX_CREATION,
    "blocked by: [FORBIDDEN/{number}/{words}];…": CLUSTER_BLOCK,
    "no such index [{index}] and [require_alias] request flag is [true]…": NOT_AN_ALIAS,
    "Invalid index name [{index}], {words}": INDEX_NAME,
    "Invalid index name [{hidden}],…": INDEX_NAME,
    "Validation Failed: {number}: this action would add [{number2}] total shards, but this cluster currently has "
    "[{number3}]/[{number4}] maximum shards open;…": SHARD_LIMIT,
    "Validation Failed: {number}: this action would add [{number2}] {words}, but this cluster currently has "
    "[{number3}]/[{number4}] {words2};…": SHARD_LIMIT,
    "Failed to parse mapping…": TEMPLATE,
    "Rejecting mapping update to [{index}] as the final mapping would have more than 1 type…": ONE_MAPPING_TYPE,
    # Aliases and data streams
    "alias [{index}] has more than one index associated with it…": ALIAS_OF_SEVERAL,
    "data stream [{index}] has more than one index associated with it…": DATA_STREAM,
    "no write index is defined for alias [{index}]…": NO_WRITE_INDEX,
    "only write ops with an op_type of create are allowed in data streams…": DATA_STREAM,
    # Elasticsearch 7 answers an `_mget` with the second text when the routing value is missing.
    "routing is required for [{index}]/…": ROUTING,
    "type must not be null": ROUTING,
    "Document ID is not supported in create/index operation request…": NO_CUSTOM_IDS,
    # Pipelines
    "pipeline with id [{index}] does not exist": PIPELINE,
    "There are no ingest nodes in this cluster, unable to forward request to an ingest node.": PIPELINE,
    # Permissions
    "no permissions for [{action}] and User [name={user}, {hidden}]…": PERMISSIONS,
    "no permissions for [{action}] and associated roles [{hidden}]": PERMISSIONS,
    "action [{action}] is unauthorized for user [{user}]…": PERMISSIONS,
    "action [{action}] is unauthorized for API key id [{hidden}] of user [{user}]…": PERMISSIONS,
    "action [{action}] is unauthorized for API key id [{hidden}]…": PERMISSIONS,
    "missing authentication credentials for REST request [{hidden}]": CREDENTIALS,
    "unable to authenticate user [{user}] for REST request [{hidden}]": CREDENTIALS,
    "unable to authenticate with provided credentials…": CREDENTIALS,
    "User: {user} is not authorized to perform: {action} because {words}": ACCESS_POLICY,
    "User: {user} is not authorized to perform: {action} with an explicit deny…": ACCESS_POLICY,
    "User: {user} is not authorized to perform: {action} on resource: …": ACCESS_POLICY,
    "User: {user} is not authorized to perform: {action}": ACCESS_POLICY,
    "Credential should be scoped to correct service…": SIGNATURE,
    "Credential should be scoped to a valid region…": SIGNATURE,
    "The request signature we calculated does not match the signature you provided…": SIGNATURE,
    "The security token included in the request is invalid…": CREDENTIALS,
}

MISSING_INDEX_REASONS = {
    "no such index [{index}] and [action.auto_create_index] contains [{hidden}] which forbids automatic creation of "
    "the index": NO_INDEX_CREATION,
    "no such index [{index}] and [action.auto_create_index] is [false]": NO_INDEX_CREATION,
    "no such index [{index}] and [action.auto_create_index] ([{hidden}]) doesn't match": NO_INDEX_CREATION,
    "no such index [{index}]": NO_INDEX_CREATION,
}

TEMPORARY_REASONS = {
    "index [{index}] blocked by: [TOO_MANY_REQUESTS/{number}/{words}];…": DISK_FULL,
    "index [{index}] blocked by: [SERVICE_UNAVAILABLE/{number}/{words}];…": "",
    "blocked by: [TOO_MANY_REQUESTS/{number}/{words}];…": DISK_FULL,
    "blocked by: [SERVICE_UNAVAILABLE/{number}/{words}];…": "",
    "[{index}][{number}] primary shard is not active Timeout: [{words}]…": "",
    "[{index}][{number}] primary shard is not active…": "",
    "[{index}][{number}] Not enough active copies to meet shard count of [{words}] {hidden}. Timeout: [{words2}]…": "",
    "No shard available for [{hidden}]": "",
    "rejected execution of {words} operation [{words2}]": "",
    "rejected execution of {words} operation [{hidden}]…": "",
    "rejected execution of …": "",
    "[{words}] Data too large, data for [{hidden}] would be [{words2}], which is larger than the limit of "
    "[{words3}]…": "",
    "failed to process cluster event ({hidden}) within {words}": "",
    "The security token included in the request is expired…": "",
    "Signature expired…": CLOCK,
    "Signature not yet current…": CLOCK,
}

# The types of these errors decide their kind.
OTHER_REASONS = (
    "failed to parse",
    "closed",
    "Content-Type header [{words}] is not supported",
    "request [{hidden}] contains unrecognized parameter…",
    "all shards failed",
    "{number} Forbidden",
)

SHAPES = (
    *(Shape(template, ErrorKind.DOCUMENT) for template in DOCUMENT_REASONS),
    *(Shape(template, ErrorKind.CONFIGURATION, advice) for template, advice in CONFIGURATION_REASONS.items()),
    *(Shape(template, ErrorKind.MISSING_INDEX, advice) for template, advice in MISSING_INDEX_REASONS.items()),
    *(Shape(template, ErrorKind.TEMPORARY, advice) for template, advice in TEMPORARY_REASONS.items()),
    *(Shape(template) for template in OTHER_REASONS),
)

_DOCUMENT_TYPES = """
    mapper_parsing_exception document_parsing_exception strict_dynamic_mapping_exception
    x_content_parse_exception json_parse_exception json_e_o_f_exception stream_read_exception
    unexpected_end_of_input_exception stream_constraints_exception input_coercion_exception
    number_format_exception date_time_parse_exception parse_exception parsing_exception
    max_bytes_length_exceeded_exception ingest_processor_exception
"""
_TEMPORARY_TYPES = """
    no_shard_available_action_exception unavailable_shards_exception circuit_breaking_exception
    rejected_execution_exception es_rejected_execution_exception process_cluster_event_timeout_exception
    master_not_discovered_exception cluster_manager_not_discovered_exception not_master_exception
    not_cluster_manager_exception no_node_available_exception node_closed_exception node_disconnected_exception
    node_not_connected_exception connect_transport_exception receive_timeout_transport_exception
    shard_not_found_exception shard_not_in_primary_mode_exception illegal_index_shard_state_exception
    index_shard_recovering_exception index_shard_closed_exception index_shard_not_started_exception
    engine_closed_exception already_closed_exception shard_lock_obtain_failed_exception retry_on_primary_exception
    retry_on_replica_exception timeout_exception resource_already_exists_exception
    cluster_event_timeout_exception
"""

# Types whose every error has one kind. `illegal_argument_exception`, `action_request_validation_exception` and
# `null_pointer_exception` are missing on purpose: only their reason decides.
KINDS_BY_TYPE = {
    **dict.fromkeys(
        _DOCUMENT_TYPES.split(),
        ErrorKind.DOCUMENT,
    ),
    **dict.fromkeys(
        _TEMPORARY_TYPES.split(),
        ErrorKind.TEMPORARY,
    ),
    "index_not_found_exception": ErrorKind.MISSING_INDEX,
}

CONFIGURATION_TYPES = {
    "index_closed_exception": INDEX_CLOSED,
    "cluster_block_exception": INDEX_BLOCK,
    "routing_missing_exception": ROUTING,
    "security_exception": PERMISSIONS,
    "invalid_index_name_exception": INDEX_NAME,
    # The gateways of OpenSearch Serverless and of domains use these names.
    "Forbidden": ACCESS_POLICY,
    "AccessDeniedException": ACCESS_POLICY,
    "UnrecognizedClientException": CREDENTIALS,
}
