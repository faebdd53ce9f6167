"""The official Python client's helpers, its async client, and what services do with them, against the server of `url`.

Everything is in indices, aliases and templates that begin with `prefix`. The same is expected of the embedded server and of a
real one, even of the distribution for tests, which has no scripts, no reindex module and no analyzers of languages.
"""

import asyncio
import itertools
import threading

from checks import SETTINGS, check, raises, run, same
from elasticsearch import (
    AsyncElasticsearch,
    BadRequestError,
    ConflictError,
    Elasticsearch,
    NotFoundError,
)
from elasticsearch.helpers import (
    BulkIndexError,
    async_bulk,
    async_scan,
    async_streaming_bulk,
    bulk,
    parallel_bulk,
    scan,
    streaming_bulk,
)

URL, PREFIX = SETTINGS["url"], SETTINGS["prefix"]
ONE_SHARD = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"}
CLIENT = Elasticsearch(URL, request_timeout=30, retry_on_timeout=False)


def made(name, mappings=None, **settings):
    """An index of its own."""
    index = PREFIX + name
    CLIENT.indices.create(index=index, settings={**ONE_SHARD, **settings}, mappings=mappings)
    return index


def filled(name, count, **more):
    index = made(name, {"properties": {"number": {"type": "integer"}, "kind": {"type": "keyword"}}})
    actions = ({"_index": index, "_id": str(n), "number": n, "kind": f"k{n % 3}", **more} for n in range(count))
    same(bulk(CLIENT, actions, refresh=True), (count, []))
    return index


def numbers(hits):
    return [hit["_source"]["number"] for hit in hits]


@check
def streaming_bulk_sends_what_a_generator_yields():
    index = made("streamed")
    source = ({"_id": str(n), "n": n} for n in range(1_000))
    outcomes = list(streaming_bulk(CLIENT, source, index=index, chunk_size=70, max_chunk_bytes=2_000, refresh=True))
    assert all(ok for ok, _ in outcomes), [one for one in outcomes if not one[0]][:3]
    same([item["index"]["_id"] for _, item in outcomes], [str(n) for n in range(1_000)])
    same({item["index"]["status"] for _, item in outcomes}, {201})
    same(CLIENT.count(index=index)["count"], 1_000)


@check
def a_bulk_with_errors_names_each_and_keeps_the_others():
    index = made("errors", {"dynamic": "strict", "properties": {"n": {"type": "long"}}})
    actions = [
        {"_id": "1", "n": 1},
        {"_id": "2", "n": "many"},
        {"_id": "3", "other": 1},
        {"_op_type": "create", "_id": "1", "n": 2},
        {"_op_type": "update", "_id": "none", "doc": {"n": 1}},
        {"_op_type": "delete", "_id": "none"},
        {"_op_type": "update", "_id": "4", "doc": {"n": 4}, "doc_as_upsert": True},
        {"_op_type": "index", "_id": "5", "n": 5, "version": 9, "version_type": "external"},
        {"_op_type": "index", "_id": "5", "n": 5, "version": 8, "version_type": "external"},
    ]
    failed = raises(BulkIndexError, bulk, CLIENT, actions, index=index, refresh=True)
    found = [(kind, item["_id"], item["status"]) for error in failed.errors for kind, item in error.items()]
    expected = [("index", "2", 400), ("index", "3", 400), ("create", "1", 409), ("update", "none", 404)]
    same(found, [*expected, ("delete", "none", 404), ("index", "5", 409)])
    kinds = [item["error"]["type"] for error in failed.errors for item in error.values() if "error" in item]
    same(kinds, [
        "document_parsing_exception", "strict_dynamic_mapping_exception", "version_conflict_engine_exception",
        "document_missing_exception", "version_conflict_engine_exception",
    ])  # fmt: skip
    same(CLIENT.count(index=index)["count"], 3)

    counted = bulk(CLIENT, actions[:2], index=index, stats_only=True, raise_on_error=False)
    same(counted, (1, 1))


@check
def parallel_bulk_writes_from_several_threads():
    index = made("parallel")
    actions = ({"_id": str(n), "n": n} for n in range(900))
    outcomes = list(parallel_bulk(CLIENT, actions, index=index, thread_count=4, chunk_size=50, queue_size=4))
    same((len(outcomes), all(ok for ok, _ in outcomes)), (900, True))
    CLIENT.indices.refresh(index=index)
    summed = CLIENT.search(index=index, size=0, aggs={"sum": {"sum": {"field": "n"}}})["aggregations"]["sum"]["value"]
    same(summed, float(sum(range(900))))
    # Each write has its own number, whichever thread made it.
    same(sorted(item["index"]["_seq_no"] for _, item in outcomes), list(range(900)))


@check
def scan_finds_everything_once_and_closes_its_scroll():
    index = filled("scanned", 420)
    found = list(scan(CLIENT, index=index, query={"query": {"terms": {"kind": ["k0", "k1"]}}}, size=50))
    same(sorted(numbers(found)), [n for n in range(420) if n % 3 < 2])
    ordered = scan(CLIENT, index=index, query={"sort": [{"number": "desc"}]}, size=64, preserve_order=True)
    same(numbers(ordered), list(range(419, -1, -1)))


@check
def scan_sees_what_was_there_when_it_began():
    index = filled("scanned-late", 100)
    hits = scan(CLIENT, index=index, size=10)
    first = list(itertools.islice(hits, 10))
    CLIENT.delete(index=index, id="99", refresh=True)
    CLIENT.index(index=index, id="new", document={"number": 1_000}, refresh=True)
    same(sorted(numbers(first + list(hits))), list(range(100)))


@check
def a_scroll_by_hand_ends_empty_and_is_gone_when_cleared():
    index = filled("scrolled", 25)
    page = CLIENT.search(index=index, scroll="1m", size=10, sort=["number"], aggs={"k": {"terms": {"field": "kind"}}})
    assert "aggregations" in page
    found = numbers(page["hits"]["hits"])
    while page["hits"]["hits"]:
        page = CLIENT.scroll(scroll_id=page["_scroll_id"], scroll="1m")
        same(page["hits"]["total"], {"value": 25, "relation": "eq"})
        assert "aggregations" not in page
        found += numbers(page["hits"]["hits"])
    same(found, list(range(25)))
    scroll_id = page["_scroll_id"]
    same(CLIENT.clear_scroll(scroll_id=scroll_id)["succeeded"], True)
    raises(NotFoundError, CLIENT.scroll, scroll_id=scroll_id)
    raises(NotFoundError, CLIENT.clear_scroll, scroll_id=scroll_id)


@check
def pages_of_a_point_in_time_neither_overlap_nor_change():
    index = filled("paged", 230)
    pit = CLIENT.open_point_in_time(index=index, keep_alive="1m")["id"]
    found, after = [], None
    while True:
        # Many have the same kind: the tie is broken by the point in time itself.
        page = CLIENT.search(pit={"id": pit, "keep_alive": "1m"}, size=37, sort=[{"kind": "asc"}], search_after=after)
        pit, hits = page["pit_id"], page["hits"]["hits"]
        if not hits:
            break
        found += numbers(hits)
        after = hits[-1]["sort"]
        CLIENT.delete(index=index, id=str(hits[0]["_source"]["number"]), refresh=True)
    same((len(found), sorted(found)), (230, list(range(230))))
    same([n % 3 for n in found], sorted(n % 3 for n in found))
    same(CLIENT.close_point_in_time(id=pit)["num_freed"], 1)
    raises(NotFoundError, CLIENT.search, pit={"id": pit})
    assert CLIENT.count(index=index)["count"] < 230


@check
def an_index_is_replaced_behind_its_alias():
    old, new, alias = filled("old", 20), PREFIX + "new", PREFIX + "alias"
    CLIENT.indices.put_alias(index=old, name=alias, is_write_index=True)
    assert CLIENT.indices.exists_alias(name=alias)
    CLIENT.indices.create(index=new, settings=ONE_SHARD, mappings=CLIENT.indices.get_mapping(index=alias)[old]["mappings"])
    # Read by a scroll and written in bulk, under the versions that they had.
    copies = (
        {"_index": new, "_id": hit["_id"], "version": hit["_version"], "version_type": "external", **hit["_source"]}
        for hit in scan(CLIENT, index=alias, query={"version": True}, size=7)
    )
    same(bulk(CLIENT, copies, chunk_size=7), (20, []))
    swap = [{"remove": {"index": old, "alias": alias}}, {"add": {"index": new, "alias": alias, "is_write_index": True}}]
    same(CLIENT.indices.update_aliases(actions=swap)["acknowledged"], True)
    same(CLIENT.indices.get_alias(name=alias).body, {new: {"aliases": {alias: {"is_write_index": True}}}})
    same(CLIENT.index(index=alias, document={"number": 20}, refresh=True)["_index"], new)
    same(CLIENT.count(index=alias)["count"], 21)
    missing = [{"add": {"index": PREFIX + "none", "alias": alias}}, {"remove": {"index": new, "alias": alias}}]
    raises(NotFoundError, CLIENT.indices.update_aliases, actions=missing)
    assert CLIENT.indices.exists_alias(index=new, name=alias), "all steps or none"
    CLIENT.indices.delete_alias(index=new, name=alias)
    assert not CLIENT.indices.exists_alias(name=alias)
    raises(NotFoundError, CLIENT.indices.get_alias, name=alias)
    raises(BadRequestError, CLIENT.indices.put_alias, index=new, name=old)


@check
def a_template_shapes_the_indices_that_it_names():
    name, pattern = PREFIX + "template", PREFIX + "shaped-*"
    template = {"settings": ONE_SHARD, "mappings": {"dynamic": "strict", "properties": {"at": {"type": "date"}}}}
    same(CLIENT.indices.put_index_template(name=name, index_patterns=[pattern], priority=900, template=template).body,
         {"acknowledged": True})  # fmt: skip
    assert CLIENT.indices.exists_index_template(name=name)
    raises(BadRequestError, CLIENT.indices.put_index_template, name=name, index_patterns=[pattern], create=True)
    index = PREFIX + "shaped-1"
    CLIENT.index(index=index, document={"at": "2026-01-01"}, refresh=True)
    same(CLIENT.indices.get_mapping(index=index)[index]["mappings"], template["mappings"])
    same(CLIENT.indices.get_settings(index=index)[index]["settings"]["index"]["number_of_replicas"], "0")
    refused = raises(BadRequestError, CLIENT.index, index=index, document={"other": 1})
    same(refused.error, "strict_dynamic_mapping_exception")
    (kept,) = CLIENT.indices.get_index_template(name=name)["index_templates"]
    same((kept["name"], kept["index_template"]["index_patterns"]), (name, [pattern]))
    CLIENT.indices.delete_index_template(name=name)
    raises(NotFoundError, CLIENT.indices.get_index_template, name=name)


@check
def mappings_that_cannot_be_are_refused_by_their_field():
    index = made("mapped", {"properties": {"a": {"type": "keyword"}, "day": {"type": "date"}, "n": {"type": "byte"}}})
    for properties in ({"a": {"type": "text"}}, {"b": {"type": "nonsense"}}, {"b": {"type": "keyword", "nonsense": 1}}):
        raises(BadRequestError, CLIENT.indices.put_mapping, index=index, properties=properties)
    for document, field in (({"day": "someday"}, "day"), ({"n": 1_000}, "n"), ({"a": {"b": 1}}, "a")):
        refused = raises(BadRequestError, CLIENT.index, index=index, document=document)
        same(refused.error, "document_parsing_exception")
        assert f"[{field}]" in refused.body["error"]["reason"], refused.body
    CLIENT.indices.put_mapping(index=index, properties={"b": {"type": "long"}})
    same(CLIENT.indices.get_mapping(index=index)[index]["mappings"]["properties"]["b"], {"type": "long"})
    raises(BadRequestError, CLIENT.indices.create, index=PREFIX + "Upper")
    raises(NotFoundError, CLIENT.indices.delete, index=PREFIX + "none")


@check
def of_two_who_read_the_same_only_one_writes():
    index = made("counter")
    CLIENT.index(index=index, id="c", document={"n": 0})
    lost, rounds = [], 12

    def add():
        for _ in range(rounds):
            while True:
                read = CLIENT.get(index=index, id="c")
                seen = {"if_seq_no": read["_seq_no"], "if_primary_term": read["_primary_term"]}
                try:
                    CLIENT.index(index=index, id="c", document={"n": read["_source"]["n"] + 1}, **seen)
                    break
                except ConflictError:
                    lost.append(1)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    final = CLIENT.get(index=index, id="c")
    same((final["_source"]["n"], final["_version"]), (4 * rounds, 4 * rounds + 1), f"{len(lost)} conflicts")
    stale = raises(ConflictError, CLIENT.delete, index=index, id="c", if_seq_no=0, if_primary_term=1)
    same(stale.error, "version_conflict_engine_exception")


@check
def updates_merge_insert_and_do_nothing():
    index = made("updated")
    same(CLIENT.update(index=index, id="1", doc={"n": 1}, doc_as_upsert=True)["result"], "created")
    same(CLIENT.update(index=index, id="1", doc={"n": 1})["result"], "noop")
    same(CLIENT.update(index=index, id="1", doc={"o": {"a": 1}})["result"], "updated")
    same(CLIENT.update(index=index, id="1", doc={"o": {"b": 2}}, source=True)["get"]["_source"],
         {"n": 1, "o": {"a": 1, "b": 2}})  # fmt: skip
    same(CLIENT.update(index=index, id="2", doc={"n": 1}, upsert={"n": 7})["result"], "created")
    same(CLIENT.get_source(index=index, id="2").body, {"n": 7})
    raises(NotFoundError, CLIENT.update, index=index, id="none", doc={"n": 1})
    # Neither has a language for scripts.
    raises(BadRequestError, CLIENT.update, index=index, id="1", script={"source": "ctx._source.n++"})


@check
def the_newest_external_version_wins_in_any_order():
    index = made("versions")
    for version in (3, 1, 7, 5, 7, 9, 2):
        try:
            CLIENT.index(index=index, id="x", document={"v": version}, version=version, version_type="external")
        except ConflictError:
            assert version in (1, 5, 7, 2), version
    got = CLIENT.get(index=index, id="x")
    same((got["_version"], got["_source"]["v"]), (9, 9))
    CLIENT.delete(index=index, id="x", version=11, version_type="external")
    raises(ConflictError, CLIENT.index, index=index, id="x", document={}, version=10, version_type="external")


@check
def options_of_one_call_hold_for_it_alone():
    index = filled("options", 5)
    lenient = CLIENT.options(ignore_status=[400, 404])
    same(lenient.get(index=index, id="none")["found"], False)
    same(lenient.search(index=index, query={"nonsense": {}}).meta.status, 400)
    raises(NotFoundError, CLIENT.get, index=index, id="none")
    some = CLIENT.search(index=index, query={"ids": {"values": ["3"]}}, filter_path="hits.hits._id,hits.total.value")
    same(some.body, {"hits": {"total": {"value": 1}, "hits": [{"_id": "3"}]}})
    rows = CLIENT.cat.indices(index=index, format="json", h="index,docs.count")
    same(rows.body, [{"index": index, "docs.count": "5"}])


@check
def the_nearest_vectors_are_found():
    index = made("vectors", {"properties": {
        "v": {"type": "dense_vector", "dims": 2, "index": True, "similarity": "l2_norm", "index_options": {"type": "hnsw"}},
        "kind": {"type": "keyword"},
    }})  # fmt: skip
    points = {"a": [0, 0], "b": [1, 0], "c": [5, 5], "d": [0.5, 0]}
    actions = ({"_index": index, "_id": name, "v": v, "kind": name} for name, v in points.items())
    bulk(CLIENT, actions, refresh=True)
    knn = {"field": "v", "query_vector": [0, 0], "k": 3, "num_candidates": 10}
    same([hit["_id"] for hit in CLIENT.search(index=index, knn=knn)["hits"]["hits"]], ["a", "d", "b"])
    kept = {**knn, "filter": {"terms": {"kind": ["b", "c"]}}}
    same([hit["_id"] for hit in CLIENT.search(index=index, knn=kept)["hits"]["hits"]], ["b", "c"])


@check
def the_async_client_does_many_things_at_once():
    async def all_of_it():
        index = PREFIX + "async"
        async with AsyncElasticsearch(URL, request_timeout=30) as client:
            await client.indices.create(index=index, settings=ONE_SHARD)
            written = await async_bulk(client, ({"_index": index, "_id": str(n), "number": n} for n in range(300)), refresh=True)
            same(written, (300, []))
            asked = [client.search(index=index, query={"term": {"number": n}}) for n in range(40)]
            answers = await asyncio.gather(*asked)
            same([numbers(answer["hits"]["hits"]) for answer in answers], [[n] for n in range(40)])
            found = [hit async for hit in async_scan(client, index=index, size=45)]
            same(sorted(numbers(found)), list(range(300)))
            more = async_streaming_bulk(client, ({"_index": index, "n": n} for n in range(30)), chunk_size=10)
            same([ok async for ok, _ in more], [True] * 30)
            results = await asyncio.gather(
                *(client.create(index=index, id="once", document={}) for _ in range(8)), return_exceptions=True
            )
            lost = [one for one in results if isinstance(one, ConflictError)]
            same((len(lost), [one["result"] for one in results if one not in lost]), (7, ["created"]))
            try:
                await client.get(index=index, id="none")
            except NotFoundError as missing:
                same(missing.status_code, 404)
            else:
                raise AssertionError("found what is not there")

    asyncio.run(all_of_it())


@check
def nothing_is_left():
    CLIENT.indices.delete(index=PREFIX + "*")
    CLIENT.options(ignore_status=404).indices.delete_index_template(name=PREFIX + "*")
    same(list(CLIENT.indices.get(index=PREFIX + "*").body), [])


run()
