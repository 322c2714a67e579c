"""Commands for the operators of the function: `python function/manage.py COMMAND`.

The commands read the same environment variables as the function (see `indexer.settings`), and send requests with the
credentials of the person who runs them. Exit codes: 0 done, 1 the search service failed or refused a request, 2 wrong
usage or configuration, 3 some records could not be indexed, 130 interrupted.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from indexer.deadline import Deadline
from indexer.search_client import RequestTooLargeError, SearchClient, SearchUnavailableError
from indexer.settings import TABLE_PLACEHOLDER, Settings, SettingsError, index_name, load_settings, rejected_index
from management.rejected import Resent, count_rejected, read_rejected, resend
from management.templates import (
    DYNAMIC_CHOICES,
    TemplateError,
    apply_templates,
    build_templates,
    create_indexes,
    find_refused_fields,
    read_properties,
)
from transform import transform

# The time for the requests of one step, retries included.
STEP_SECONDS = 60.0
DONE, UNAVAILABLE, USAGE, REFUSED_AGAIN, INTERRUPTED = 0, 1, 2, 3, 130


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Run a command.

    Args:
        arguments: the arguments of the program; those of the process by default.
        environment: the environment variables.

    Returns:
        The exit code.
    """
    options = _build_parser().parse_args(arguments)
    try:
        settings = load_settings(environment)
        index = _index(settings, options.table)
        return int(options.run(options, settings=settings, index=index))
    except (SettingsError, TemplateError) as error:
        print(error, file=sys.stderr)
        return USAGE
    except SearchUnavailableError as error:
        print(error, file=sys.stderr)
        return UNAVAILABLE
    except RequestTooLargeError:
        print("the search service refuses the request: it is too large (status 413)", file=sys.stderr)
        return UNAVAILABLE
    except KeyboardInterrupt:
        print("interrupted; run the command again to continue", file=sys.stderr)
        return INTERRUPTED


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="manage.py",
        description="Commands for the search index of the stream indexer. They read the same environment variables as "
        "the function, such as SEARCH_ENDPOINT, SEARCH_SERVICE and INDEX.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    command = commands.add_parser("apply-template", help="create or replace the index templates")
    command.add_argument("--dry-run", action="store_true", help="only print the requests")
    command.add_argument(
        "--dynamic",
        choices=DYNAMIC_CHOICES,
        default="true",
        help="what happens to fields that --properties does not map: they are mapped (true, the default), stored "
        "without being searchable (false), or their document is refused (strict)",
    )
    command.add_argument("--properties", type=Path, metavar="FILE", help="JSON file with the mapping of fields")
    command.add_argument(
        "--create",
        action="store_true",
        help="also create the indexes that do not exist; the documents' index is INDEX-v1 with the alias INDEX",
    )
    command.set_defaults(run=_apply_template)

    listing = commands.add_parser("rejected", help="count the stored records that the index refused")
    listing.add_argument("--json", action="store_true", help="print JSON")
    listing.set_defaults(run=_list_rejected)

    resending = commands.add_parser("resend-rejected", help="index the stored records that the index refused again")
    resending.add_argument("--limit", type=_positive_number, metavar="N", help="send the N oldest records only")
    resending.add_argument("--dry-run", action="store_true", help="only print the records")
    resending.set_defaults(run=_resend_rejected)

    for subparser in (command, listing, resending):
        subparser.add_argument("--table", metavar="NAME", help="the table; required if INDEX contains {table}")
    return parser


def _positive_number(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number of at least 1")
    return number


def _index(settings: Settings, table: str | None) -> str:
    """Return the name of the documents' index.

    Raises:
        SettingsError: if the option --table does not fit the setting INDEX.
    """
    if TABLE_PLACEHOLDER in settings.index:
        if not table:
            raise SettingsError([f"INDEX={settings.index!r}: depends on the table; add --table NAME"])
    elif table:
        raise SettingsError(
            [
                f"--table {table!r}: applies only if INDEX contains {TABLE_PLACEHOLDER}, but it is {settings.index!r}; "
                "remove --table"
            ]
        )
    return index_name(settings.index, table or "")


def _apply_template(options: argparse.Namespace, *, settings: Settings, index: str) -> int:
    properties = read_properties(options.properties) if options.properties else None
    templates = build_templates(
        index, dynamic=options.dynamic, properties=properties, is_serverless=settings.service == "aoss"
    )
    if options.dry_run:
        for template in templates:
            print(f"PUT /_index_template/{template.name}\n{json.dumps(template.body, indent=2)}\n")
        return DONE
    client = SearchClient(settings)
    try:
        apply_templates(templates, client=client, deadline=Deadline(STEP_SECONDS))
    except SearchUnavailableError:
        refused = find_refused_fields(properties or {}, client=client, deadline=Deadline(STEP_SECONDS))
        if not properties or not refused:
            raise
        raise TemplateError(
            "\n".join(
                f"--properties {options.properties}: the search service refuses the mapping of the field {field!r}, "
                f"{json.dumps(properties[field])}; correct its type and parameters"
                for field in refused
            )
        ) from None
    for template in templates:
        print(f"applied {template.name} to {', '.join(template.body['index_patterns'])}")
    if options.create:
        created = create_indexes(index, client=client, settings=settings, deadline=Deadline(STEP_SECONDS))
        for name, is_new in created.items():
            if not is_new:
                print(f"kept {name}: it exists, and its mapping did not change")
            elif name == index:
                print(f"created {index}-v1 with the alias {index}")
            else:
                print(f"created {name}")
    return DONE


def _list_rejected(options: argparse.Namespace, *, settings: Settings, index: str) -> int:
    sink = rejected_index(index)
    overview = count_rejected(sink, client=SearchClient(settings), deadline=Deadline(STEP_SECONDS))
    oldest = None if overview.oldest is None else _format_time(overview.oldest)
    if options.json:
        print(json.dumps({"index": sink, "count": overview.count, "oldest": oldest, "reasons": overview.reasons}))
    elif not overview.count:
        print(f"{sink}: no records")
    else:
        print(f"{sink}: {overview.count} records, the oldest of {oldest}")
        for reason, count in overview.reasons.items():
            print(f"{count:8}  {reason}")
    return DONE


def _resend_rejected(options: argparse.Namespace, *, settings: Settings, index: str) -> int:
    sink = rejected_index(index)
    client = SearchClient(settings)
    until = int(time.time() * 1000)
    pages = read_rejected(sink, client=client, until=until, limit=options.limit, seconds=STEP_SECONDS)
    if options.dry_run:
        count = 0
        for page in pages:
            count += len(page)
            for stored in page:
                print(f"{_format_time(stored.rejected_at)}  {stored.sequence_number}  {stored.reason}")
        print(f"{count} records would be sent again")
        return DONE
    total = Resent()
    for page in pages:
        sent = resend(page, sink=sink, client=client, settings=settings, transform=transform, seconds=STEP_SECONDS)
        total.done += sent.done
        total.undeleted += sent.undeleted
        total.refused |= sent.refused
    print(f"{total.done} records are done, {len(total.refused)} could not be indexed and stay in {sink}")
    for reason, count in Counter(total.refused.values()).most_common():
        print(f"{count:8}  {reason}")
    if total.undeleted:
        print(f"{total.undeleted} of the done records could not be deleted from {sink}; run the command again")
    return REFUSED_AGAIN if total.refused or total.undeleted else DONE


def _format_time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")


if __name__ == "__main__":
    sys.exit(main())
