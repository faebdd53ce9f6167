"""redis-py against the server of `url`, with keys that begin with `prefix`: what a service in Python would do with it.

Each check is made in both protocols where that makes a difference.
"""

import threading
import time

import redis
from checks import SETTINGS, check, check_each, raises, run, same

URL, PREFIX = SETTINGS["url"], SETTINGS["prefix"]
PROTOCOLS = (2, 3)
# A server that takes longer hangs.
WITHIN_S = 10


def client(protocol=3, **options):
    options.setdefault("decode_responses", True)
    return redis.Redis.from_url(URL, protocol=protocol, socket_timeout=WITHIN_S, **options)


def key(name):
    return f"{PREFIX}{name}"


def soon(what):
    """Waits until `what()` is true."""
    until = time.monotonic() + WITHIN_S
    while not what():
        assert time.monotonic() < until, "not in time"
        time.sleep(0.01)


@check_each(PROTOCOLS)
def a_pipeline_answers_each_command_in_order(protocol):
    r, name = client(protocol), key(f"pipeline:{protocol}")
    with r.pipeline(transaction=False) as pipe:
        for number in range(1_000):
            pipe.rpush(name, number)
        pipe.llen(name)
        pipe.hget(name, "field")
        pipe.lrange(name, -2, -1)
        answers = pipe.execute(raise_on_error=False)
    same(answers[:1_000], list(range(1, 1_001)))
    same(answers[1_000], 1_000)
    assert isinstance(answers[1_001], redis.ResponseError) and "WRONGTYPE" in str(answers[1_001]), answers[1_001]
    same(answers[1_002], ["998", "999"])


@check_each(PROTOCOLS)
def values_of_each_type_come_back_as_they_are(protocol):
    r, p = client(protocol), key(f"types:{protocol}:")
    r.set(p + "s", "hello", ex=1_000)
    assert 990 < r.ttl(p + "s") <= 1_000
    r.hset(p + "h", mapping={"a": 1, "b": "two"})
    same(r.hgetall(p + "h"), {"a": "1", "b": "two"})
    r.sadd(p + "e", "x", "y")
    same(r.smembers(p + "e"), {"x", "y"})
    r.zadd(p + "z", {"ada": 1.5, "grace": 2.25})
    same([(name, score) for name, score in r.zrange(p + "z", 0, -1, withscores=True)], [("ada", 1.5), ("grace", 2.25)])
    same(r.zscore(p + "z", "ada"), 1.5)
    same(sorted(r.scan_iter(match=p + "*")), sorted(p + kind for kind in "sehz"))
    raw = client(protocol, decode_responses=False)
    raw.set(p + "bytes", bytes(range(256)))
    same(raw.get(p + "bytes"), bytes(range(256)))


@check_each(PROTOCOLS)
def a_transaction_is_made_whole_or_not_at_all(protocol):
    r, name = client(protocol), key(f"tx:{protocol}")
    r.set(name, 1)
    with r.pipeline() as pipe:
        pipe.watch(name)
        value = int(pipe.get(name))
        r.set(name, 10)
        pipe.multi()
        pipe.set(name, value + 1)
        raises(redis.WatchError, pipe.execute)
    same(r.get(name), "10")

    def doubled(pipe):
        value = int(pipe.get(name))
        pipe.multi()
        pipe.set(name, value * 2)

    same(r.transaction(doubled, name), [True])
    same(r.get(name), "20")
    with r.pipeline() as pipe:
        pipe.incr(name)
        pipe.lpush(name, "x")
        failed = pipe.execute(raise_on_error=False)
    same(failed[0], 21)
    assert isinstance(failed[1], redis.ResponseError), failed


@check
def contended_counters_lose_nothing():
    name, threads, times = key("contended"), 6, 40

    def count(r):
        for _ in range(times):
            r.transaction(lambda pipe: (lambda value: (pipe.multi(), pipe.set(name, value + 1)))(int(pipe.get(name) or 0)), name)

    r = client()
    workers = [threading.Thread(target=count, args=(r,)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    same(r.get(name), str(threads * times))


@check_each(PROTOCOLS)
def a_group_shares_a_stream(protocol):
    r, name = client(protocol), key(f"stream:{protocol}")
    r.xgroup_create(name, "workers", id="0", mkstream=True)
    raises(redis.ResponseError, r.xgroup_create, name, "workers")
    ids = [r.xadd(name, {"n": number}) for number in range(10)]
    taken = {}
    for consumer in ("ada", "bob"):
        answer = r.xreadgroup("workers", consumer, {name: ">"}, count=4)
        entries = entries_of(answer, name)
        taken[consumer] = [entry for entry, _ in entries]
        same([fields["n"] for _, fields in entries], [str(ids.index(entry)) for entry in taken[consumer]])
    same(taken["ada"] + taken["bob"], ids[:8])
    same(r.xack(name, "workers", *taken["ada"]), 4)
    pending = r.xpending(name, "workers")
    same((pending["pending"], pending["min"], pending["max"]), (4, ids[4], ids[7]))
    same(r.xpending_range(name, "workers", "-", "+", 10)[0]["times_delivered"], 1)
    claimed = r.xautoclaim(name, "workers", "ada", min_idle_time=0, start_id="0-0", count=2)
    same([entry for entry, _ in claimed[1]], ids[4:6])
    same(entries_of(r.xreadgroup("workers", "bob", {name: "0"}), name), [(entry, {"n": str(ids.index(entry))}) for entry in ids[6:8]])
    info = r.xinfo_groups(name)[0]
    same((info["name"], info["consumers"], info["pending"], info["lag"]), ("workers", 2, 4, 2))
    same(r.xinfo_stream(name)["length"], 10)
    same(r.xtrim(name, maxlen=3, approximate=False), 7)
    same(len(r.xrange(name)), 3)


def entries_of(answer, name):
    """The entries of one stream, whichever protocol said it."""
    streams = answer if isinstance(answer, dict) else dict(answer)
    entries = streams[name]
    # redis-py nests RESP3's entries in one more list.
    return [(entry, fields) for entry, fields in (entries[0] if entries and isinstance(entries[0], list) else entries)]


@check_each(PROTOCOLS)
def a_blocking_read_ends_when_there_is_something(protocol):
    r, name = client(protocol), key(f"blocking:{protocol}:")
    got = {}

    def pop():
        got["pop"] = client(protocol).blpop([name + "a", name + "b"], timeout=WITHIN_S - 1)

    def read():
        got["read"] = client(protocol).xread({name + "x": "$"}, block=(WITHIN_S - 1) * 1_000)

    waiting = [threading.Thread(target=pop), threading.Thread(target=read)]
    for thread in waiting:
        thread.start()
    time.sleep(0.2)
    r.rpush(name + "b", "here")
    # A reader that comes later waits for the next entry.
    while waiting[1].is_alive():
        r.xadd(name + "x", {"k": "v"})
        waiting[1].join(0.5)
    waiting[0].join()
    same(tuple(got["pop"]), (name + "b", "here"))
    same([fields for _, fields in entries_of(got["read"], name + "x")], [{"k": "v"}])
    began = time.monotonic()
    same(r.blpop(name + "none", timeout=0.2), None)
    assert 0.15 < time.monotonic() - began < WITHIN_S / 2, "it waits as long as it was told"
    same(r.blmove(name + "b", name + "c", timeout=0.05), None)


@check_each(PROTOCOLS)
def subscribers_get_what_is_published(protocol):
    r, name = client(protocol), key(f"channel:{protocol}:")
    pubsub = r.pubsub()
    pubsub.subscribe(name + "one")
    pubsub.psubscribe(name + "t*")
    kinds = [pubsub.get_message(timeout=WITHIN_S)["type"] for _ in range(2)]
    same(kinds, ["subscribe", "psubscribe"])
    same(r.publish(name + "one", "a"), 1)
    same(r.publish(name + "two", "b"), 1)
    same(r.publish(name + "nobody", "c"), 0)
    heard = [pubsub.get_message(timeout=WITHIN_S) for _ in range(2)]
    same([(m["type"], m["pattern"], m["channel"], m["data"]) for m in heard],
         [("message", None, name + "one", "a"), ("pmessage", name + "t*", name + "two", "b")])
    same(r.pubsub_numsub(name + "one"), [(name + "one", 1)])
    pubsub.unsubscribe()
    pubsub.punsubscribe()
    soon(lambda: r.publish(name + "one", "x") == 0)
    pubsub.close()


@check
def many_subscribers_get_all_in_order():
    r, name, subscribers, messages = client(), key("fan"), 8, 200
    heard = [[] for _ in range(subscribers)]
    ready = threading.Barrier(subscribers + 1)

    def listen(mine):
        pubsub = client().pubsub()
        pubsub.subscribe(name)
        pubsub.get_message(timeout=WITHIN_S)
        ready.wait(WITHIN_S)
        while len(mine) < messages:
            message = pubsub.get_message(timeout=WITHIN_S)
            assert message is not None
            mine.append(message["data"])

    threads = [threading.Thread(target=listen, args=(mine,)) for mine in heard]
    for thread in threads:
        thread.start()
    ready.wait(WITHIN_S)
    for number in range(messages):
        same(r.publish(name, number), subscribers)
    for thread in threads:
        thread.join()
    for mine in heard:
        same(mine, [str(number) for number in range(messages)])


@check_each(PROTOCOLS)
def scripts_are_registered_run_and_refused(protocol):
    r, name = client(protocol), key(f"script:{protocol}")
    script = r.register_script("local n = redis.call('INCRBY', KEYS[1], ARGV[1]); return {n, ARGV[2], redis.call('TYPE', KEYS[1])['ok']}")
    same(script(keys=[name], args=[5, "x"]), [5, "x", "string"])
    with r.pipeline() as pipe:
        script(keys=[name], args=[1, "y"], client=pipe)
        pipe.get(name)
        same(pipe.execute(), [[6, "y", "string"], "6"])
    raises(redis.exceptions.NoScriptError, r.evalsha, "f" * 40, 0)
    refused = raises(redis.ResponseError, r.eval, "return redis.call('LPUSH', KEYS[1], 1)", 1, name)
    assert "WRONGTYPE" in str(refused), refused
    same(r.eval("return cjson.encode({1, 2, 'x'})", 0), '[1,2,"x"]')
    same(r.script_exists(script.sha, "0" * 40), [True, False])


@check
def a_lock_is_held_by_one():
    r, name = client(), key("lock")
    first, second = r.lock(name, timeout=10), r.lock(name, timeout=10, blocking=False)
    assert first.acquire()
    assert not second.acquire()
    first.extend(5)
    first.release()
    assert second.acquire()
    second.release()
    raises(redis.exceptions.LockError, second.release)


@check
def a_pool_serves_more_callers_than_connections():
    pool = redis.BlockingConnectionPool.from_url(URL, max_connections=4, timeout=WITHIN_S, protocol=3, decode_responses=True)
    name, wrong = key("pool"), []

    def work(number):
        r = redis.Redis(connection_pool=pool)
        for turn in range(50):
            mine = f"{number}:{turn}"
            r.set(f"{name}:{number}", mine)
            if r.get(f"{name}:{number}") != mine:
                wrong.append(mine)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same(wrong, [])
    pool.disconnect()
    same(redis.Redis(connection_pool=pool).get(f"{name}:0"), "0:49", "a pool whose connections were closed opens new ones")


@check
def what_is_refused_has_its_own_exception():
    r, name = client(), key("refused")
    r.set(name, "text")
    raises(redis.ResponseError, r.lpush, name, "x")
    raises(redis.ResponseError, r.incr, name)
    raises(redis.ResponseError, r.execute_command, "NONSENSE")
    raises(redis.exceptions.AuthenticationError, redis.Redis.from_url(URL, username="nobody", password="x").ping)
    raises(redis.ResponseError, r.rename, name + ":none", name)


@check
def nothing_is_left():
    r = client()
    names = list(r.scan_iter(match=PREFIX + "*", count=500))
    assert names
    same(r.delete(*names), len(names))


run()
