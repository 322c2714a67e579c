"""Turns a search engine's error into a text that is safe to log, and determines what the error is about.

An engine's reason can hold values, ids and previews of a document, and in Elasticsearch 7 the whole request. So a
reason appears in a log only if its shape is known (`indexer.reason_shapes`), and then without these parts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from indexer.reason_shapes import CONFIGURATION_TYPES, KINDS_BY_TYPE, MAPPED_TYPES, SHAPES, ErrorKind, Shape

MAX_TEXT_LENGTH = 500
MAX_PATH_LENGTH = 200
# The known reasons are shorter. The limit bounds the work, since some reasons hold a request of several megabytes.
MAX_REASON_LENGTH = 4000
MAX_CAUSES = 5

NO_REASON = "no reason given"
UNNAMED_TYPE = "unnamed error"
HIDDEN = "…"

_TYPE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")
# Elasticsearch 8 and later start a reason with the position in the document, and then repeat the cause's reason.
_POSITION = re.compile(r"\[-?\d{1,19}:-?\d{1,19}\] ")
_WRAPPER = "failed to parse: "
_STRANGE = frozenset("[]\"'\\")


@dataclass(frozen=True, slots=True)
class Advice:
    """The subject of an error, and the fix.

    Attributes:
        kind: the subject of the error.
        text: the cause and the fix as one sentence that is safe to log. Never empty for a configuration error.
    """

    kind: ErrorKind
    text: str = ""


def describe_error(error: Any, *, field_paths: bool) -> str:
    """Return an error's types and causes, with the safe parts of their reasons.

    The text has at most 500 printable characters in one line. It holds types of errors and of mappings, limits, and the
    names of indexes, actions, users and roles, which come from the configuration. It never holds a value or an id. For
    an unknown reason it holds the error's type only.

    A field's path can hold data of customers when the keys of maps are data, so the caller decides whether paths
    appear. A path is cut after 200 characters. A path with a bracket, a quotation mark, a backslash or an unprintable
    character is hidden in any case: such characters are rare in names and usual in values, and they could make a part
    of a reason look like another part.

    Args:
        error: the `error` of an answer, of an item or of a document: an object with `type`, `reason` and `caused_by`,
            or a text, or the object with a `message` that a gateway of AWS answers with.
        field_paths: whether field paths appear. They are replaced by `…` otherwise.
    """
    texts: list[str] = []
    for link in _chain(error):
        text = link.describe(field_paths=field_paths)
        if text not in texts:
            texts.append(text)
    joined = ", caused by ".join(texts) or NO_REASON
    return joined if len(joined) <= MAX_TEXT_LENGTH else joined[: MAX_TEXT_LENGTH - 1] + HIDDEN


def explain_error(error: Any) -> Advice | None:
    """Return what an error is about, or None if neither its type nor its reason is known.

    The first error in the chain of causes that is known decides. The status of the answer is the caller's to check: an
    error with the status 429 or 5xx is temporary, whatever this function returns.

    Args:
        error: the error, as for `describe_error`.
    """
    for link in _chain(error):
        if link.shape and link.shape.kind:
            return Advice(link.shape.kind, link.shape.advice)
        if link.type in CONFIGURATION_TYPES:
            return Advice(ErrorKind.CONFIGURATION, CONFIGURATION_TYPES[link.type])
        if kind := KINDS_BY_TYPE.get(link.type):
            return Advice(kind)
        if link.from_pipeline:
            return Advice(ErrorKind.DOCUMENT)
    return None


def describe_with_advice(error: Any, *, field_paths: bool) -> str:
    """Return the description of an error, followed by the cause and the fix if they are known.

    Args:
        error: the error, as for `describe_error`.
        field_paths: whether field paths appear.
    """
    advice = explain_error(error)
    description = describe_error(error, field_paths=field_paths)
    return f"{description}; {advice.text}" if advice is not None and advice.text else description


@dataclass(frozen=True, slots=True)
class _Link:
    """One error in a chain of causes.

    Attributes:
        type: the error's type; empty if there is none, or none that is safe to log.
        shape: the shape of the reason; None if it is not known.
        values: the parts of the reason at the shape's placeholders.
        wrapped: whether the reason repeats the cause's reason.
        from_pipeline: whether a processor of an ingest pipeline raised the error.
    """

    type: str
    shape: Shape | None
    values: tuple[str, ...]
    wrapped: bool
    from_pipeline: bool

    def describe(self, *, field_paths: bool) -> str:
        """Return the type and the safe parts of the reason."""
        reason = _WRAPPER.removesuffix(": ") if self.wrapped else ""
        if self.shape:
            shown = "".join(
                _shown(part, self.values[index // 2], field_paths=field_paths) if index % 2 else part
                for index, part in enumerate(self.shape.parts)
            )
            # The fixed texts of some templates end with the separator of a part that is left out.
            reason = ": ".join(filter(None, [reason, " ".join(shown.split()).rstrip(" :;,/")]))
        return ": ".join(filter(None, [self.type, reason])) or UNNAMED_TYPE


def _chain(error: Any) -> Iterator[_Link]:
    """Yield the error and its causes, from the outermost to the innermost."""
    return islice(_links(error), MAX_CAUSES)


def _links(error: Any) -> Iterator[_Link]:
    while error:
        if isinstance(error, str):
            yield _link("", error)
            return
        if not isinstance(error, dict):
            return
        causes = error.get("root_cause")
        if not error.get("type") and isinstance(causes, list) and causes and isinstance(causes[0], dict):
            error = {"type": "", **causes[0], "root_cause": None}
        # AWS's gateways write "Message" or "message" at the top of the answer.
        reason = next((error[name] for name in ("reason", "Message", "message") if error.get(name)), "")
        header = error.get("header")
        from_pipeline = "processor_type" in error or (isinstance(header, dict) and "processor_type" in header)
        yield _link(error.get("type"), reason, from_pipeline=from_pipeline)
        error = error.get("caused_by")


def _link(type_name: Any, reason: Any, *, from_pipeline: bool = False) -> _Link:
    name = type_name if isinstance(type_name, str) and _TYPE.fullmatch(type_name) else ""
    text = reason[:MAX_REASON_LENGTH] if isinstance(reason, str) else ""
    # The end of a shape must be the end of the reason, and not of the part that is examined.
    is_cut = isinstance(reason, str) and len(reason) > MAX_REASON_LENGTH
    wrapped = False
    while True:
        if position := _POSITION.match(text):
            text = text[position.end() :]
        elif text.startswith(_WRAPPER):
            text = text[len(_WRAPPER) :]
            wrapped = True
        else:
            break
    text = text.strip()
    lower = text.lower()
    for shape in SHAPES:
        if is_cut and not shape.is_open:
            continue
        if lower.startswith(shape.prefix) and (match := shape.regex.fullmatch(text)):
            return _Link(name, shape, match.groups(), wrapped, from_pipeline)
    return _Link(name, None, (), wrapped, from_pipeline)


def _shown(placeholder: str, value: str, *, field_paths: bool) -> str:
    """Return the part of a reason at a placeholder, as far as it is safe to log."""
    match placeholder.rstrip("0123456789"):
        case "hidden":
            return HIDDEN
        case "path":
            if not field_paths or not value.isprintable() or _STRANGE & set(value):
                return HIDDEN
            return value if len(value) <= MAX_PATH_LENGTH else value[: MAX_PATH_LENGTH - 1] + HIDDEN
        case "type":
            return value if value in MAPPED_TYPES else HIDDEN
    return value
