"""The result does not depend on the order of the records, or on how often they are delivered."""

import json

import pytest

from indexer.settings import SettingsError
from tests.function.harness import Clock, Indexer
from tests.function.search_server import SearchServer, cut_after_applying
from tests.function.stream_events import NEW_LABEL, NEWER, NOW, OLDER, expired, put, remove, text_image

# Sequence numbers in the shape of a real stream; the first is from the stream before.
LAST_OF_OLD_STREAM = "50000000000000000000001"
FIRST_OF_NEW_STREAM = "100000000000000000001"


def test_the_newest_image_of_an_item_is_indexed(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(put(1, image=text_image("old")), put(2, image=text_image("new")))

    assert server.documents() == {"a": {"id": "a", "value": "new"}}


def test_a_replayed_batch_changes_nothing(indexer: Indexer, server: SearchServer) -> None:
    batch = [put(1, "a", text_image("x")), put(2, "b", text_image("y")), remove(3, "a"), put(4, "c")]
    indexer.index(*batch)
    before = {name: dict(index.documents) for name, index in server.engine.indexes.items()}

    report = indexer.index(*batch)

    assert {name: index.documents for name, index in server.engine.indexes.items()} == before
    assert not report.failures


def test_a_replayed_record_succeeds_and_is_counted_as_superseded(indexer: Indexer) -> None:
    indexer.index(put(1))

    report = indexer.index(put(1))

    assert report.counts == {"superseded": 1, "coalesced": 0}
    assert report.failures == {}


def test_an_older_record_never_overwrites_a_newer_one(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(put(2, image=text_image("new")))

    indexer.index(put(1, image=text_image("old")))

    assert server.documents()["a"]["value"] == "new"


def test_an_older_record_never_overwrites_a_newer_one_of_the_same_version(
    indexer: Indexer, server: SearchServer
) -> None:
    indexer.index(put(NEWER, image=text_image("new")))

    report = indexer.index(put(OLDER, image=text_image("old")))

    assert server.documents()["a"]["value"] == "new"
    assert report.counts["superseded"] == 1


def test_a_late_record_does_not_overwrite_a_newer_one_of_the_same_version(
    indexer: Indexer, clock: Clock, server: SearchServer
) -> None:
    indexer.index(put(NEWER, image=text_image("new")))
    clock.sleep(3600)

    indexer.index(put(OLDER, image=text_image("old")))

    assert server.documents()["a"]["value"] == "new"


def test_a_newer_record_of_the_same_version_replaces_an_older_one(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(put(OLDER, image=text_image("old")))

    report = indexer.index(put(NEWER, image=text_image("new")))

    assert server.documents()["a"]["value"] == "new"
    assert report.counts["indexed"] == 1


def test_a_deletion_of_the_same_version_deletes(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(put(OLDER))

    indexer.index(remove(NEWER))

    assert server.documents() == {}


def test_an_insert_after_a_deletion_of_the_same_version_is_indexed(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(remove(OLDER))

    indexer.index(put(NEWER))

    assert "a" in server.documents()


def test_a_late_insert_of_the_same_version_does_not_restore_a_deleted_item(
    indexer: Indexer, server: SearchServer
) -> None:
    indexer.index(remove(NEWER))

    indexer.index(put(OLDER))

    assert server.documents() == {}


def test_a_late_insert_does_not_restore_a_deleted_item(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(put(1), remove(2))

    indexer.index(put(1))

    assert server.documents() == {}


def test_a_late_insert_does_not_restore_an_item_after_the_engine_forgot_its_deletion(
    indexer: Indexer, clock: Clock, server: SearchServer
) -> None:
    indexer.index(put(1), remove(2))
    clock.sleep(server.engine.gc_deletes + 1)

    indexer.index(put(1))

    assert server.documents() == {}


def test_a_record_of_a_new_stream_replaces_the_document_of_the_stream_before(
    indexer: Indexer, server: SearchServer
) -> None:
    indexer.index(put(LAST_OF_OLD_STREAM, image=text_image("old")))

    report = indexer.index(put(FIRST_OF_NEW_STREAM, image=text_image("new"), label=NEW_LABEL))

    assert server.documents()["a"]["value"] == "new"
    assert report.counts["indexed"] == 1


def test_a_deletion_of_a_new_stream_deletes(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(put(LAST_OF_OLD_STREAM))

    indexer.index(remove(FIRST_OF_NEW_STREAM, label=NEW_LABEL))

    assert server.documents() == {}


def test_a_late_record_of_a_new_stream_is_indexed_after_a_deletion_of_the_stream_before(
    indexer: Indexer, server: SearchServer, clock: Clock
) -> None:
    indexer.index(remove(LAST_OF_OLD_STREAM))
    clock.sleep(3600)

    indexer.index(put(FIRST_OF_NEW_STREAM, label=NEW_LABEL))

    assert "a" in server.documents()


def test_a_late_record_of_the_stream_before_never_overwrites_one_of_the_new_stream(
    indexer: Indexer, server: SearchServer, clock: Clock
) -> None:
    indexer.index(put(FIRST_OF_NEW_STREAM, image=text_image("new"), label=NEW_LABEL))
    clock.sleep(3600)

    indexer.index(put(LAST_OF_OLD_STREAM, image=text_image("old")))

    assert server.documents()["a"]["value"] == "new"


def test_a_document_of_a_former_release_is_replaced(indexer: Indexer, server: SearchServer) -> None:
    server.engine.put("orders", "a", 23 * 10**17 + 5 * 10**16, b'{"value":"old","_sequence_number":"5"}')

    indexer.index(put(FIRST_OF_NEW_STREAM, image=text_image("new")))

    assert server.documents()["a"]["value"] == "new"


def test_a_deletion_of_a_former_release_is_remembered_for_its_stream(
    indexer: Indexer, server: SearchServer, clock: Clock
) -> None:
    tombstone = b'{"_sequence_number":"%b","deleted_at":%d}' % (LAST_OF_OLD_STREAM.encode(), clock.now() * 1000)
    server.engine.put("orders-tombstones", "a", 23 * 10**17 + 5 * 10**16, tombstone)
    clock.sleep(3600)

    indexer.index(put(FIRST_OF_NEW_STREAM))
    assert server.documents() == {}

    indexer.index(put(FIRST_OF_NEW_STREAM, label="2026-11-01T00:00:00.000"))
    assert "a" in server.documents()


def test_a_newer_record_is_indexed_after_an_update_of_its_document_by_somebody_else(
    indexer: Indexer, server: SearchServer
) -> None:
    indexer.index(put(OLDER, image=text_image("old")))
    server.engine.update("orders", "a", {"note": "reviewed"})

    report = indexer.index(put(NEWER, image=text_image("new")))

    assert server.documents()["a"] == {"id": "a", "value": "new"}
    assert report.counts["indexed"] == 1


def test_a_deletion_is_carried_out_after_an_update_of_its_document_by_somebody_else(
    indexer: Indexer, server: SearchServer
) -> None:
    indexer.index(put(OLDER))
    server.engine.update("orders", "a", {"note": "reviewed"})

    indexer.index(remove(NEWER))

    assert server.documents() == {}


def test_a_conflict_with_a_much_newer_record_needs_no_look_up(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(put("6300000000000000000001"))
    server.requests.clear()

    report = indexer.index(put("6200000000000000000001"))

    assert [request.path.partition("?")[0] for request in server.requests] == ["/_bulk"]
    assert report.counts["superseded"] == 1


def test_a_late_record_needs_one_look_up_of_its_tombstone(indexer: Indexer, server: SearchServer, clock: Clock) -> None:
    clock.sleep(3600)

    indexer.index(put(1))

    look_up, _ = server.requests
    (looked_up,) = json.loads(look_up.body)["docs"]
    assert (looked_up["_index"], looked_up["_id"]) == ("orders-tombstones", "a")


def test_a_late_record_with_a_time_in_milliseconds_is_recognized(
    indexer: Indexer, server: SearchServer, clock: Clock
) -> None:
    indexer.index(put(1), remove(2))
    server.engine.forget_deletions()
    clock.sleep(10)

    indexer.index(put(1, written_at=NOW * 1000))

    assert server.documents() == {}


def test_a_recent_insert_does_not_restore_an_item_that_was_just_deleted(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(put(1), remove(2))
    server.engine.forget_deletions()

    indexer.index(put(1))

    assert server.documents() == {}


def test_a_late_insert_does_not_restore_an_item_after_a_restart_of_the_engine(
    indexer: Indexer, server: SearchServer, clock: Clock
) -> None:
    indexer.index(put(1), remove(2))
    server.engine.forget_deletions()
    clock.sleep(3)

    indexer.index(put(1))

    assert server.documents() == {}


def test_without_tombstones_a_deletion_is_remembered_only_for_gc_deletes(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server.url, clock, TOMBSTONES="off")
    indexer.index(put(1), remove(2))
    indexer.index(put(1))
    assert server.documents() == {}
    clock.sleep(server.engine.gc_deletes + 1)

    indexer.index(put(1))

    assert "a" in server.documents()


def test_an_item_written_again_after_its_deletion_is_indexed(
    indexer: Indexer, clock: Clock, server: SearchServer
) -> None:
    indexer.index(put(1), remove(2))
    clock.sleep(3600)

    indexer.index(put(3, image=text_image("back")))

    assert server.documents()["a"]["value"] == "back"


def test_a_deletion_is_remembered_in_a_separate_index(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(put(1), remove(2))

    assert server.documents() == {}
    assert set(server.documents("orders-tombstones")) == {"a"}


def test_a_tombstone_has_only_the_id_of_the_item(indexer: Indexer, server: SearchServer, clock: Clock) -> None:
    indexer.index(put(1, image=text_image("secret")), remove(2))

    tombstone = server.engine.sources("orders-tombstones")["a"]

    assert tombstone == b'{"_sequence_number":"2","deleted_at":%d}' % (clock.now() * 1000)


def test_a_deletion_by_time_to_live_deletes(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(put(1))

    report = indexer.index(expired(2))

    assert server.documents() == {}
    assert (report.counts["deleted"], report.counts["expired"]) == (1, 1)


def test_expired_items_can_be_kept(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server.url, clock, EXPIRED_ITEMS="keep")

    report = indexer.index(put(1), expired(2))

    assert "a" in server.documents()
    assert server.documents("orders-tombstones") == {}
    assert report.counts["expired"] == 1


def test_an_item_that_was_kept_can_be_deleted_and_written_again(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server.url, clock, EXPIRED_ITEMS="keep")
    indexer.index(put(1), expired(2))

    indexer.index(put(3, image=text_image("again")))
    assert server.documents()["a"]["value"] == "again"

    indexer.index(remove(4))
    assert server.documents() == {}


def test_expired_items_can_be_archived(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server.url, clock, EXPIRED_ITEMS="archive")
    indexer.index(put(1, image=text_image("x")))

    indexer.index(expired(2, old_image=text_image("x")))

    assert server.documents() == {}
    assert server.documents("orders-archive") == {"a": {"id": "a", "value": "x"}}


def test_only_expired_items_are_archived(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server.url, clock, EXPIRED_ITEMS="archive")

    indexer.index(put(1), remove(2))

    assert server.documents("orders-archive") == {}


def test_archiving_without_the_old_image_is_a_configuration_error(server: SearchServer, clock: Clock) -> None:
    record = expired(2)
    del record["dynamodb"]["OldImage"]

    with pytest.raises(SettingsError, match=r"EXPIRED_ITEMS='archive'.*set .* to NEW_AND_OLD_IMAGES"):
        Indexer(server.url, clock, EXPIRED_ITEMS="archive").index(record)


def test_the_deletion_of_an_item_that_was_never_indexed_succeeds(indexer: Indexer) -> None:
    report = indexer.index(remove(1))

    assert report.failures == {}


def test_records_that_are_out_of_order_in_a_batch_are_sorted(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(put(2, image=text_image("new")), put(1, image=text_image("old")))

    assert server.documents()["a"]["value"] == "new"


def test_only_the_last_record_of_an_item_is_sent(indexer: Indexer, server: SearchServer) -> None:
    report = indexer.index(put(1), put(2), put(3))

    assert len(server.requests[-1].operations) == 1
    assert report.counts == {"indexed": 1, "coalesced": 2}


def test_recent_records_need_one_request_and_no_look_up(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(*(put(number, str(number)) for number in range(1, 51)), remove(51, "x"))

    assert [request.path.partition("?")[0] for request in server.requests] == ["/_bulk"]


def test_a_request_can_be_sent_again_after_its_response_was_lost(indexer: Indexer, server: SearchServer) -> None:
    server.fail(cut_after_applying, applied=True)

    report = indexer.index(put(1, image=text_image("x")))

    assert server.documents()["a"]["value"] == "x"
    assert report.failures == {}
