"""The stock `openai` SDK against the gateway where a provider fails.

What the gateway can mend is not seen. What it cannot comes as the SDK's own exception, before the first piece or in the
middle, and nobody tries again what the gateway has tried.
"""

import time

from gateway_under_test import MODELS, check_each, fault, provider_of, raises, reset_breakers, run, same
from openai import APIError, BadRequestError, InternalServerError, RateLimitError
from openai_asked import CLIENT, chat, respond, text, tries, user

# The gateway asks a provider once, and again twice at most.
ASKED_MAX = 3
# Pieces of an answer before it fails: behind every provider's own opening.
PIECES = 12

# Providers that fail before the first piece: another one answers, and nobody sees it.

FAILS = [
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 529},
    {"kind": "status", "status": 429, "retry_after_s": 30},
    {"kind": "status", "status": 401},
    {"kind": "refuse_connection"},
    {"kind": "error_in_200"},
    {"kind": "malformed"},
    {"kind": "empty"},
]


@check_each(range(len(FAILS)))
def failover_is_not_seen(number):
    broken = FAILS[number]
    whole = " ".join(str(number) for number in range(1, 31))
    for call in (chat, respond):
        with fault("openai", model="gpt-4.1", **broken) as seen:
            # Whichever goes first: the other one answers.
            answer = call()
            same(answer.output_text if call is respond else text(answer), whole, broken)
            pieces = list(call(stream=True))
            if call is chat:
                same("".join(choice.delta.content or "" for piece in pieces for choice in piece.choices), whole, broken)
            else:
                same(pieces[-1].response.output_text, whole, broken)
            assert seen.count("openai") <= 2 * ASKED_MAX, seen.count("openai")
    same(provider_used(), "openai", "and when it is well again it is asked")


def provider_used():
    raw = CLIENT.chat.completions.with_raw_response.create(
        model="openai/gpt-4.1", messages=user("echo: well")
    )
    return raw.headers["x-octavo-provider"]


# The only provider fails: the SDK's own exception, and no more requests than the gateway's own.


@check_each(MODELS)
def a_provider_fails(model):
    provider = provider_of(model)
    expected = [
        ({"kind": "status", "status": 500}, False, InternalServerError, 502),
        ({"kind": "status", "status": 503, "retry_after_ms": 20}, True, InternalServerError, 503),
        ({"kind": "status", "status": 529, "retry_after_ms": 20}, False, InternalServerError, 503),
        ({"kind": "status", "status": 429, "retry_after_ms": 20}, True, RateLimitError, 429),
        # The platform's account, not the caller's: no AuthenticationError, and nothing of what the provider said.
        ({"kind": "status", "status": 401}, False, InternalServerError, 503),
        ({"kind": "malformed"}, True, InternalServerError, 502),
    ]
    for broken, stream, kind, status in expected:
        with fault(provider, **broken) as seen:
            sent = tries()
            failed = raises(kind, chat, model=model, stream=stream)
            same((failed.status_code, len(sent)), (status, 1), broken)
            assert 1 <= seen.count(provider) <= ASKED_MAX, (broken, seen.count(provider))
            assert "sk-" not in failed.message and "api key" not in failed.message.lower(), failed.message


@check_each(MODELS)
def a_moment_of_failure_is_not_seen(model):
    with fault(provider_of(model), "status", status=500, times=1) as seen:
        same(text(chat(model=model, content="echo: again")), "again")
        same(seen.count(provider_of(model)), 2)


@check_each(MODELS)
def a_provider_refuses_the_request(model):
    provider = provider_of(model)
    with fault(provider, "status", status=400) as seen:
        failed = raises(BadRequestError, chat, model=model)
        same((failed.status_code, failed.type, seen.count(provider)), (400, "invalid_request_error", 1))


@check_each(MODELS)
def a_provider_hangs(model):
    with fault(provider_of(model), "hang"):
        for stream in (False, True):
            sent, began = tries(), time.monotonic()
            options = {"extra_headers": {"X-Octavo-Timeout-Ms": "600"}, "stream": stream}
            failed = raises(InternalServerError, chat, model=model, **options)
            same((failed.status_code, len(sent)), (504, 1))
            assert time.monotonic() - began < 20, "within the caller's own time"


# A provider fails after the first piece: never silently short, never a second answer behind it.


def broken_off(call, model):
    """The text that came before the SDK raised, and what it raised."""
    pieces = []
    try:
        for piece in call(model=model, content="count to 200", stream=True):
            if call is respond:
                pieces.append(piece.delta if piece.type == "response.output_text.delta" else "")
                assert piece.type != "response.completed", "it ended as if all were well"
            else:
                pieces += [choice.delta.content or "" for choice in piece.choices]
                assert not any(choice.finish_reason for choice in piece.choices), "it ended as if all were well"
    except APIError as raised:
        return "".join(pieces), raised
    raise AssertionError(f"{model}: it ended silently after {''.join(pieces)!r}")


@check_each([(kind, model) for kind in ("error_in_stream", "cut", "malformed") for model in [*MODELS, "gpt-4.1"]])
def a_stream_breaks_off(case):
    kind, model = case
    whole = " ".join(str(number) for number in range(1, 201))
    provider = provider_of(model) if model in MODELS else "*"
    with fault(provider, kind, chunks=PIECES) as seen:
        sent = tries()
        came, raised = broken_off(chat, model)
        assert came and whole.startswith(came) and came != whole, came
        same((type(raised), len(sent), seen.count()), (APIError, 1, 1), "nobody else is asked")
        assert raised.message and raised.code, raised


@check_each(MODELS)
def a_slow_stream_comes_as_it_is_made(model):
    with fault(provider_of(model), "latency", per_token_ms=30):
        began, times = time.monotonic(), []
        for _ in chat(model=model, stream=True):
            times.append(time.monotonic() - began)
        # From the first one: what the machine takes until then says nothing of how the others come.
        assert len(times) > 20 and times[-1] - times[0] > 0.03 * len(times) / 4, (times[0], times[-1])


@check_each(MODELS)
def a_stream_stalls(model):
    with fault(provider_of(model), "hang_after", chunks=PIECES):
        began, pieces = time.monotonic(), []
        try:
            for piece in chat(model=model, stream=True, extra_headers={"X-Octavo-Timeout-Ms": "600"}):
                pieces.append(piece)
        except APIError as raised:
            same(type(raised), APIError)
        else:
            raise AssertionError("it ended silently")
        assert pieces and time.monotonic() - began < 20, "within the caller's own time"


# Responses has an event of its own for it, `response.failed` or `error`; the SDK raises only at the latter.
@check_each([(kind, model) for kind in ("error_in_stream", "cut") for model in MODELS])
def a_response_breaks_off(case):
    kind, model = case
    with fault(provider_of(model), kind, chunks=PIECES):
        pieces, last = [], None
        try:
            for event in respond(model=model, content="count to 200", stream=True):
                last = event
                pieces.append(event.delta if event.type == "response.output_text.delta" else "")
        except APIError:
            last = None
        assert "".join(pieces), "some of it came"
        assert last is None or (last.type == "response.failed" and last.response.error.message), last


reset_breakers()
run()
