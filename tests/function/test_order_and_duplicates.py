"""Streams deliver at least once, and retries and bisection deliver again."""

from conftest import Clock, Indexer
from search_server import SearchServer, cut_after_applying
from stream_events import expired, put, remove

# Two numbers that share a version.
OLDER = "6200000000002513011398"
NEWER = "6200000000002513011399"


def image(value: str) -> dict[str, dict[str, str]]:
    return {"value": {"S": value}}


def test_the_newest_image_of_an_item_is_indexed(indexer: Indexer) -> None:
    indexer.index(put(1, image=image("old")), put(2, image=image("new")))

    assert indexer.documents() == {"a": {"id": "a", "value": "new"}}


def test_a_replayed_batch_changes_nothing(indexer: Indexer, server: SearchServer) -> None:
    batch = [put(1, "a", image("x")), put(2, "b", image("y")), remove(3, "a"), put(4, "c")]
    indexer.index(*batch)
    before = {name: dict(index.documents) for name, index in server.engine.indexes.items()}

    report = indexer.index(*batch)

    assert {name: index.documents for name, index in server.engine.indexes.items()} == before
    assert not report.failures


def test_a_replay_is_counted_as_superseded_and_is_a_success(indexer: Indexer) -> None:
    indexer.index(put(1))

    report = indexer.index(put(1))

    assert report.counts == {"superseded": 1, "coalesced": 0}
    assert report.failures == {}


def test_an_older_record_never_overwrites_a_newer_one(indexer: Indexer) -> None:
    indexer.index(put(2, image=image("new")))

    indexer.index(put(1, image=image("old")))

    assert indexer.documents()["a"]["value"] == "new"


def test_an_older_record_never_overwrites_a_newer_one_of_the_same_version(indexer: Indexer) -> None:
    indexer.index(put(NEWER, image=image("new")))

    report = indexer.index(put(OLDER, image=image("old")))

    assert indexer.documents()["a"]["value"] == "new"
    assert report.counts["superseded"] == 1


def test_a_late_record_does_not_overwrite_a_newer_one_of_the_same_version(indexer: Indexer, clock: Clock) -> None:
    indexer.index(put(NEWER, image=image("new")))
    clock.sleep(3600)

    indexer.index(put(OLDER, image=image("old")))

    assert indexer.documents()["a"]["value"] == "new"


def test_a_newer_record_of_the_same_version_is_not_taken_for_a_replay(indexer: Indexer) -> None:
    indexer.index(put(OLDER, image=image("old")))

    report = indexer.index(put(NEWER, image=image("new")))

    assert indexer.documents()["a"]["value"] == "new"
    assert report.counts["indexed"] == 1


def test_a_deletion_of_the_same_version_deletes(indexer: Indexer) -> None:
    indexer.index(put(OLDER))

    indexer.index(remove(NEWER))

    assert indexer.documents() == {}


def test_an_insert_after_a_deletion_of_the_same_version_is_indexed(indexer: Indexer) -> None:
    indexer.index(remove(OLDER))

    indexer.index(put(NEWER))

    assert "a" in indexer.documents()


def test_a_late_insert_of_the_same_version_does_not_resurrect_a_deleted_item(indexer: Indexer) -> None:
    indexer.index(remove(NEWER))

    indexer.index(put(OLDER))

    assert indexer.documents() == {}


def test_a_late_insert_does_not_resurrect_a_deleted_item(indexer: Indexer) -> None:
    indexer.index(put(1), remove(2))

    indexer.index(put(1))

    assert indexer.documents() == {}


def test_a_late_insert_does_not_resurrect_an_item_whose_deletion_the_engine_forgot(
    indexer: Indexer, clock: Clock, server: SearchServer
) -> None:
    indexer.index(put(1), remove(2))
    clock.sleep(server.engine.gc_deletes + 1)

    indexer.index(put(1))

    assert indexer.documents() == {}


def test_without_tombstones_a_deletion_is_remembered_for_gc_deletes_only(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server, clock, TOMBSTONES="off")
    indexer.index(put(1), remove(2))
    indexer.index(put(1))
    assert indexer.documents() == {}
    clock.sleep(server.engine.gc_deletes + 1)

    indexer.index(put(1))

    assert "a" in indexer.documents()


def test_an_item_written_again_after_its_deletion_is_indexed(indexer: Indexer, clock: Clock) -> None:
    indexer.index(put(1), remove(2))
    clock.sleep(3600)

    indexer.index(put(3, image=image("back")))

    assert indexer.documents()["a"]["value"] == "back"


def test_a_deletion_is_remembered_in_an_index_that_searches_do_not_see(indexer: Indexer) -> None:
    indexer.index(put(1), remove(2))

    assert indexer.documents() == {}
    assert set(indexer.documents("orders-tombstones")) == {"a"}


def test_a_tombstone_holds_nothing_of_the_item_but_its_id(indexer: Indexer, server: SearchServer, clock: Clock) -> None:
    indexer.index(put(1, image=image("secret")), remove(2))

    tombstone = server.engine.sources("orders-tombstones")["a"]

    assert tombstone == b'{"_sequence_number":"2","deleted_at":%d}' % (clock.now() * 1000)


def test_a_deletion_by_time_to_live_deletes(indexer: Indexer) -> None:
    indexer.index(put(1))

    report = indexer.index(expired(2))

    assert indexer.documents() == {}
    assert report.counts["deleted"] == 1


def test_deleting_what_was_never_indexed_is_a_success(indexer: Indexer) -> None:
    report = indexer.index(remove(1))

    assert report.failures == {}


def test_records_out_of_order_within_a_batch_are_put_in_order(indexer: Indexer) -> None:
    indexer.index(put(2, image=image("new")), put(1, image=image("old")))

    assert indexer.documents()["a"]["value"] == "new"


def test_only_the_last_record_of_an_item_is_sent(indexer: Indexer, server: SearchServer) -> None:
    report = indexer.index(put(1), put(2), put(3))

    assert len(server.requests[-1].operations) == 1
    assert report.counts == {"indexed": 1, "coalesced": 2}


def test_fresh_records_need_one_request_and_no_look_up(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(*(put(number, str(number)) for number in range(1, 51)), remove(51, "x"))

    assert [request.path for request in server.requests] == ["/_bulk"]


def test_a_request_whose_answer_was_lost_is_sent_again_without_harm(indexer: Indexer, server: SearchServer) -> None:
    server.fail(cut_after_applying, applied=True)

    report = indexer.index(put(1, image=image("x")))

    assert indexer.documents()["a"]["value"] == "x"
    assert report.failures == {}
