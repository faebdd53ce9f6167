"""The official Python client against the server at argv[1], in the index argv[2]: any surprise ends it with a traceback.

What a person would do with it: an index, documents one by one and in bulk, searches, and what is refused, each as the
client's own exception.
"""

import sys
from datetime import date

from elasticsearch import BadRequestError, ConflictError, Elasticsearch, NotFoundError
from elasticsearch.helpers import BulkIndexError, bulk, streaming_bulk

URL, INDEX = sys.argv[1], sys.argv[2]
# Elasticsearch without its modules, as Maven has it, does not say who it is at `/`, counts no months, and deletes by no
# query.
WHOLE = "--without-modules" not in sys.argv
BULK_DOCUMENTS = 250


def refused(kind, status, error, call, **arguments):
    """The exception of `kind` that `call` must raise, with this status and error type."""
    try:
        answer = call(**arguments)
    except kind as raised:
        assert type(raised) is kind, type(raised)
        assert raised.status_code == status, raised.status_code
        assert raised.error == error, (raised.error, raised.body)
        return raised
    raise AssertionError(f"accepted: {arguments}: {answer}")


def make_index(client):
    mappings = {
        "dynamic": "strict",
        "properties": {
            "title": {"type": "text"},
            "text": {"type": "text"},
            "tags": {"type": "keyword"},
            "pages": {"type": "integer"},
            "created": {"type": "date"},
        },
    }
    made = client.indices.create(
        index=INDEX, mappings=mappings, settings={"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"}
    )
    assert made["acknowledged"] is True and made["index"] == INDEX, made
    assert client.indices.exists(index=INDEX) and not client.indices.exists(index=INDEX + "-none")
    kept = client.indices.get_mapping(index=INDEX)[INDEX]["mappings"]
    assert kept == mappings, kept
    refused(BadRequestError, 400, "resource_already_exists_exception", client.indices.create, index=INDEX)


def write_one(client):
    document = {"title": "Travel policy", "text": "Trains before planes.", "tags": ["travel"], "pages": 3}
    made = client.index(index=INDEX, id="travel", document={**document, "created": date(2026, 1, 15)})
    assert (made["result"], made["_version"]) == ("created", 1), made
    # Known by its id at once, found only after a refresh.
    got = client.get(index=INDEX, id="travel")
    assert got["found"] and got["_source"] == {**document, "created": "2026-01-15"}, got
    assert client.count(index=INDEX)["count"] == 0
    client.indices.refresh(index=INDEX)
    assert client.count(index=INDEX)["count"] == 1

    changed = client.update(index=INDEX, id="travel", doc={"pages": 4})
    assert (changed["result"], changed["_version"]) == ("updated", 2), changed
    some = client.get(index=INDEX, id="travel", source_includes=["pages"])["_source"]
    assert some == {"pages": 4}, some
    assert client.exists(index=INDEX, id="travel") and not client.exists(index=INDEX, id="none")
    several = client.mget(index=INDEX, ids=["travel", "none"])["docs"]
    assert [one["found"] for one in several] == [True, False], several


def write_many(client):
    actions = (
        {
            "_index": INDEX,
            "_id": f"report-{number}",
            "title": f"Report {number}",
            "text": f"Costs of helicopter {number}" if number % 10 == 0 else "Nothing flew.",
            "tags": ["report", "even" if number % 2 == 0 else "odd"],
            "pages": number,
            "created": f"2026-02-{number % 28 + 1:02}",
        }
        for number in range(BULK_DOCUMENTS)
    )
    assert bulk(client, actions, chunk_size=100) == (BULK_DOCUMENTS, [])
    client.indices.refresh(index=INDEX)
    assert client.count(index=INDEX)["count"] == BULK_DOCUMENTS + 1

    # One bad document neither stops the others nor passes unnoticed.
    mixed = [
        {"_index": INDEX, "_id": "bad", "pages": "many"},
        {"_op_type": "create", "_index": INDEX, "_id": "travel", "pages": 1},
        {"_op_type": "delete", "_index": INDEX, "_id": "report-249"},
        {"_op_type": "update", "_index": INDEX, "_id": "report-248", "doc": {"tags": ["report", "last"]}},
    ]
    outcomes = [
        (ok, *((kind, outcome["status"]) for kind, outcome in item.items()))
        for ok, item in streaming_bulk(client, mixed, raise_on_error=False)
    ]
    expected = [
        (False, ("index", 400)), (False, ("create", 409)), (True, ("delete", 200)), (True, ("update", 200)),
    ]  # fmt: skip
    assert outcomes == expected, outcomes
    try:
        bulk(client, mixed[:1])
    except BulkIndexError as raised:
        assert raised.errors[0]["index"]["error"]["type"] == "document_parsing_exception", raised.errors
    else:
        raise AssertionError("a bad document was accepted")
    client.indices.refresh(index=INDEX)


def search(client):
    aggs = {"tags": {"terms": {"field": "tags", "size": 2}, "aggs": {"pages": {"stats": {"field": "pages"}}}}}
    if WHOLE:
        aggs["months"] = {"date_histogram": {"field": "created", "calendar_interval": "month"}}
    found = client.search(
        index=INDEX,
        query={"bool": {"must": {"match": {"text": "HELICOPTER"}}, "filter": {"term": {"tags": "report"}}}},
        highlight={"pre_tags": ["<mark>"], "post_tags": ["</mark>"], "fields": {"text": {"number_of_fragments": 0}}},
        aggs=aggs,
        sort=[{"pages": "desc"}],
        size=3,
        track_total_hits=True,
    )
    assert found["timed_out"] is False and found["_shards"]["failed"] == 0, found
    assert found["hits"]["total"] == {"value": 25, "relation": "eq"}, found["hits"]["total"]
    hits = found["hits"]["hits"]
    assert [(hit["_id"], hit["sort"]) for hit in hits] == [(f"report-{n}", [n]) for n in (240, 230, 220)], hits
    assert hits[0]["highlight"] == {"text": ["Costs of <mark>helicopter</mark> 240"]}, hits[0]
    tags = [(bucket["key"], bucket["doc_count"]) for bucket in found["aggregations"]["tags"]["buckets"]]
    assert tags == [("even", 25), ("report", 25)], tags
    pages = found["aggregations"]["tags"]["buckets"][0]["pages"]
    assert (pages["min"], pages["max"], pages["sum"]) == (0.0, 240.0, 3000.0), pages
    if WHOLE:
        months = found["aggregations"]["months"]["buckets"]
        assert [(month["key_as_string"][:7], month["doc_count"]) for month in months] == [("2026-02", 25)], months

    after = client.search(index=INDEX, query={"match": {"text": "helicopter"}}, sort=[{"pages": "desc"}], size=3,
                          search_after=hits[-1]["sort"])  # fmt: skip
    assert [hit["_source"]["pages"] for hit in after["hits"]["hits"]] == [210, 200, 190], after

    several = client.msearch(searches=[{"index": INDEX}, {"query": {"ids": {"values": ["travel"]}}},
                                       {"index": INDEX + "-none"}, {"size": 0}])["responses"]  # fmt: skip
    assert [one["status"] for one in several] == [200, 404], several


def point_in_time(client):
    pit = client.open_point_in_time(index=INDEX, keep_alive="1m")["id"]
    client.delete(index=INDEX, id="report-0", refresh=True)
    inside = client.search(pit={"id": pit, "keep_alive": "1m"}, query={"ids": {"values": ["report-0"]}})
    assert inside["hits"]["total"]["value"] == 1, inside
    assert client.close_point_in_time(id=pit)["succeeded"] is True


def refusals(client):
    refused(NotFoundError, 404, "index_not_found_exception", client.search, index=INDEX + "-none")
    missing = None
    try:
        client.get(index=INDEX, id="none")
    except NotFoundError as raised:
        missing = raised.body
    assert missing == {"_index": INDEX, "_id": "none", "found": False}, missing
    refused(ConflictError, 409, "version_conflict_engine_exception", client.create, index=INDEX, id="travel", document={})
    stale = {"if_seq_no": 0, "if_primary_term": 1}
    refused(ConflictError, 409, "version_conflict_engine_exception", client.index, index=INDEX, id="travel", document={},
            **stale)  # fmt: skip
    refused(ConflictError, 409, "version_conflict_engine_exception", client.index, index=INDEX, id="travel", document={},
            version=1, version_type="external")  # fmt: skip
    refused(BadRequestError, 400, "parsing_exception", client.search, index=INDEX, query={"nonsense": {}})
    refused(BadRequestError, 400, "document_parsing_exception", client.index, index=INDEX, document={"pages": "many"})
    refused(BadRequestError, 400, "strict_dynamic_mapping_exception", client.index, index=INDEX, document={"x": 1})
    lenient = client.options(ignore_status=404).indices.delete(index=INDEX + "-none")
    assert lenient["status"] == 404, lenient


def delete(client):
    gone = client.delete(index=INDEX, id="travel", refresh=True)
    assert gone["result"] == "deleted", gone
    refused_again = None
    try:
        client.delete(index=INDEX, id="travel")
    except NotFoundError as raised:
        refused_again = raised.body["result"]
    assert refused_again == "not_found", refused_again
    if not WHOLE:
        return
    many = client.delete_by_query(index=INDEX, query={"term": {"tags": "odd"}}, refresh=True)
    assert many["deleted"] == 124 and many["failures"] == [], many
    assert client.count(index=INDEX)["count"] == BULK_DOCUMENTS - 2 - 124


def main():
    # The client itself checks that the server says that it is Elasticsearch.
    client = Elasticsearch(URL, request_timeout=30, retry_on_timeout=False)
    if WHOLE:
        assert client.ping() and client.info()["version"]["number"].startswith("8.")
    assert client.cluster.health(wait_for_status="yellow", timeout="10s")["status"] in ("yellow", "green")
    try:
        for step in (make_index, write_one, write_many, search, point_in_time, refusals, delete):
            step(client)
            print(step.__name__)
    finally:
        client.options(ignore_status=404).indices.delete(index=INDEX)


main()
