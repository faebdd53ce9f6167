"""The stock `anthropic` SDK against the gateway where a provider fails.

What the gateway can mend is not seen. What it cannot comes as the SDK's own exception, before the first piece or in the
middle, and nobody tries again what the gateway has tried.
"""

import time

from anthropic import (
    APIStatusError, BadRequestError, GatewayTimeoutError, InternalServerError, OverloadedError, RateLimitError,
    ServiceUnavailableError,
)
from anthropic_asked import say, text, tries
from gateway_under_test import MODELS, check_each, fault, provider_of, raises, reset_breakers, run, same

# The gateway asks a provider once, and again twice at most.
ASKED_MAX = 3
# Pieces of an answer before it fails: behind every provider's own opening.
PIECES = 12

# Models that two providers have: whichever goes first, the other one answers.
FAILS = [
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 529},
    {"kind": "status", "status": 429, "retry_after_s": 30},
    {"kind": "refuse_connection"},
    {"kind": "error_in_200"},
    {"kind": "malformed"},
]


def streamed(events):
    return "".join(event.delta.text for event in events if event.type == "content_block_delta")


@check_each(range(len(FAILS)))
def failover_is_not_seen(number):
    whole = " ".join(str(number) for number in range(1, 31))
    with fault("openai", model="gpt-4.1", **FAILS[number]):
        same(text(say(model="gpt-4.1")), whole, FAILS[number])
        same(streamed(say(model="gpt-4.1", stream=True)), whole, FAILS[number])


@check_each(["fast", "standard", "best"])
def failover_to_another_model(tier):
    """A tier has models of several providers: OpenAI's, and Azure's and Anthropic's behind it."""
    for broken in ("openai", "anthropic"):
        with fault(broken, "status", status=500):
            for stream in (False, True):
                answer = say(model=tier, content="echo: still here", stream=stream)
                came = streamed(answer) if stream else text(answer)
                same(came, "still here")


@check_each(MODELS)
def a_provider_fails(model):
    provider = provider_of(model)
    expected = [
        ({"kind": "status", "status": 500}, False, InternalServerError, 502),
        ({"kind": "status", "status": 529, "retry_after_ms": 20}, True, OverloadedError, 529),
        ({"kind": "status", "status": 429, "retry_after_ms": 20}, False, RateLimitError, 429),
        # The platform's account, not the caller's: no AuthenticationError, and nothing of what the provider said.
        ({"kind": "status", "status": 401}, True, ServiceUnavailableError, 503),
        ({"kind": "malformed"}, False, InternalServerError, 502),
    ]
    for broken, stream, kind, status in expected:
        with fault(provider, **broken) as seen:
            sent = tries()
            failed = raises(kind, say, model=model, stream=stream)
            same((failed.status_code, len(sent)), (status, 1), broken)
            assert 1 <= seen.count(provider) <= ASKED_MAX, (broken, seen.count(provider))
            assert "sk-" not in failed.message and "api-key" not in failed.message.lower(), failed.message


@check_each(MODELS)
def a_moment_of_failure_is_not_seen(model):
    with fault(provider_of(model), "status", status=529, times=1) as seen:
        same(text(say(model=model, content="echo: again")), "again")
        same(seen.count(provider_of(model)), 2)


@check_each(MODELS)
def a_provider_refuses_the_request(model):
    provider = provider_of(model)
    with fault(provider, "status", status=400) as seen:
        raises(BadRequestError, say, model=model)
        same(seen.count(provider), 1)


@check_each(MODELS)
def a_provider_hangs(model):
    with fault(provider_of(model), "hang"):
        for stream in (False, True):
            sent, began = tries(), time.monotonic()
            options = {"extra_headers": {"X-Octavo-Timeout-Ms": "600"}, "stream": stream}
            failed = raises(GatewayTimeoutError, say, model=model, **options)
            same((failed.status_code, len(sent), failed.body["error"]["type"]), (504, 1, "timeout_error"))
            assert time.monotonic() - began < 20, "within the caller's own time"


@check_each(MODELS)
def a_slow_stream_comes_as_it_is_made(model):
    with fault(provider_of(model), "latency", per_token_ms=30):
        began, times = time.monotonic(), []
        for event in say(model=model, stream=True):
            if event.type == "content_block_delta":
                times.append(time.monotonic() - began)
        # From the first one: what the machine takes until then says nothing of how the others come.
        assert len(times) > 20 and times[-1] - times[0] > 0.03 * len(times) / 4, (times[0], times[-1])


FAULTS = ("error_in_stream", "cut", "malformed", "hang_after")


@check_each([(kind, model) for kind in FAULTS for model in [*MODELS, "gpt-4.1"]])
def a_stream_breaks_off(case):
    kind, model = case
    whole = " ".join(str(number) for number in range(1, 201))
    provider = provider_of(model) if model in MODELS else "*"
    with fault(provider, kind, chunks=PIECES) as seen:
        sent, pieces, headers = tries(), [], {}
        # A provider that says nothing more is waited for as long as the caller waits.
        if kind == "hang_after":
            headers = {"X-Octavo-Timeout-Ms": "600"}
        try:
            for event in say(model=model, content="count to 200", stream=True, extra_headers=headers):
                assert event.type not in ("message_delta", "message_stop"), "it ended as if all were well"
                if event.type == "content_block_delta":
                    pieces.append(event.delta.text)
        except APIStatusError as raised:
            same(raised.body["type"], "error")
            assert raised.body["error"]["type"] and raised.body["error"]["message"], raised.body
        else:
            raise AssertionError(f"it ended silently after {''.join(pieces)!r}")
        came = "".join(pieces)
        assert came and whole.startswith(came) and came != whole, came
        same((len(sent), seen.count()), (1, 1), "nobody else is asked")


reset_breakers()
run()
