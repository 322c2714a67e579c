"""Builds events of a DynamoDB stream as Lambda delivers them."""

import random
import time
from typing import Any

ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/{}/stream/2026-03-05T08:21:33.291"
# The bytes of an image besides its text.
IMAGE_BYTES = 600
REMOVED_ONE_IN = 10


def build_event(count: int, size: int, *, table: str = "orders") -> dict[str, Any]:
    """Return an event.

    Args:
        count: the number of records. One in ten is a deletion.
        size: the approximate number of bytes of an image. A record of a change has two.
        table: the table's name.
    """
    generator = random.Random(1)
    words = build_words(generator)
    records = []
    for number in range(count):
        keys = {"id": {"S": f"order-{number}"}}
        image = keys | {
            "total": {"N": f"{generator.random() * 1000:.2f}"},
            "paid": {"BOOL": number % 2 == 0},
            "lines": {"L": [{"M": {"sku": {"S": f"sku-{n}"}, "count": {"N": str(n + 1)}}} for n in range(5)]},
            "tags": {"SS": ["new", "express"]},
            "text": {"S": build_text(generator, words, max(0, size - IMAGE_BYTES))},
        }
        removed = number % REMOVED_ONE_IN == REMOVED_ONE_IN - 1
        data: dict[str, Any] = {"Keys": keys, "OldImage": image, "SizeBytes": size}
        if not removed:
            data["NewImage"] = image | {"total": {"N": f"{generator.random() * 1000:.2f}"}}
        records.append(
            {
                "eventID": f"{number:032x}",
                "eventName": "REMOVE" if removed else "MODIFY",
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": "eu-west-1",
                "dynamodb": data | {"StreamViewType": "NEW_AND_OLD_IMAGES"},
                "eventSourceARN": ARN.format(table),
            }
        )
    event = {"Records": records}
    renew(event, batch=0)
    return event


def renew(event: dict[str, Any], *, batch: int, age: float = 0) -> None:
    """Give the records of an event the sequence numbers and times of a later batch.

    Args:
        event: the event.
        batch: the number of the batch. A higher one gives higher sequence numbers.
        age: the age of the records in seconds.
    """
    written_at = float(int(time.time() - age))
    first = 1_405_400 + batch * len(event["Records"])
    for number, record in enumerate(event["Records"], start=first):
        # 27 digits, which grow as those of real streams do: a counter in front, and further digits after it.
        record["dynamodb"]["SequenceNumber"] = f"{number}00000000002{63_282_832 + number * 7:09}"
        record["dynamodb"]["ApproximateCreationDateTime"] = written_at


def build_words(generator: random.Random) -> list[str]:
    syllables = [first + second for first in "bdfgklmnprst" for second in "aeiou"]
    return ["".join(generator.choices(syllables, k=generator.randint(1, 4))) for _ in range(3000)]


def build_text(generator: random.Random, words: list[str], length: int) -> str:
    """Return a text in which some words are frequent, as in a language, so that it compresses like one."""
    positions = (int(generator.paretovariate(0.25)) % len(words) for _ in range(length // 3 + 1))
    return " ".join(words[position] for position in positions)[:length]
