"""The stock `anthropic` SDK against the gateway where the request, the caller or a limit is what is wrong.

Each comes as the SDK's own exception, with what its user needs to mend it, and is tried again only where that helps.
"""

from anthropic import Anthropic, AuthenticationError, BadRequestError, NotFoundError, RateLimitError
from anthropic_asked import CLIENT, ask, say, text, tries
from gateway_under_test import SETTINGS, URL, Seen, check, check_each, policy, raises, run, same


def kind(error):
    """What Anthropic's error object says."""
    same(error.body["type"], "error")
    assert error.body["error"]["message"] and error.body["request_id"], error.body
    return error.body["error"]["type"]


@check
def a_bad_key():
    for options in ({"api_key": "sk-nothing"}, {"auth_token": "oct-acme.00000000000000000000000000000000.nothing"}):
        with Anthropic(base_url=URL, **options) as client:
            sent = tries(client)
            same(kind(raises(AuthenticationError, say, client=client)), "authentication_error")
            raises(AuthenticationError, client.models.list)
            raises(AuthenticationError, client.messages.count_tokens, model="gpt-4.1", messages=ask("x")["messages"])
            same(len(sent), 3, "never tried again")


@check
def an_unknown_model():
    refused = raises(NotFoundError, say, model="claude-0")
    same((kind(refused), refused.status_code), ("not_found_error", 404))
    raises(NotFoundError, CLIENT.models.retrieve, "claude-0")
    assert "claude-sonnet-5-5" in raises(NotFoundError, say, model="claude-sonnet-5-6").message, "what it may be"


@check_each(["claude-sonnet-5-5", "gpt-4.1"])
def a_bad_request(model):
    wrong = [
        (ask("Hello.", model, max_tokens=0), "max_tokens"),
        (ask("Hello.", model, tools=[{"name": "f"}]), "tools"),
        (ask("Hello.", model, tool_choice={"type": "perhaps"}), "tool_choice"),
        (ask("Hello.", model, extra_body={"temperature": 9}), "temperature"),
        ({"model": model, "max_tokens": 9, "messages": []}, "messages"),
        ({"model": model, "max_tokens": 9, "messages": [{"role": "king", "content": "Hello."}]}, "role"),
        (ask([{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "?"}}], model), "base64"),
    ]
    seen = Seen()
    for question, about in wrong:
        refused = raises(BadRequestError, CLIENT.messages.create, **question)
        same(kind(refused), "invalid_request_error")
        assert about in refused.message, (about, refused.message)
    assert seen.count() <= len(wrong), "nobody is asked twice what is wrong"


@check_each(["claude-sonnet-5-5", "gpt-4.1"])
def a_reason_is_told_once(model):
    for question in (ask("Hello.", model, max_tokens=0), ask("Hello.", model, extra_body={"temperature": 9})):
        told = raises(BadRequestError, CLIENT.messages.create, **question).body["error"]["message"]
        same(told.count(told.split(": ")[-1]), 1, told)


@check
def without_a_limit():
    """`max_tokens` is required, as at Anthropic."""
    question = ask("Hello.")
    del question["max_tokens"]
    refused = raises(BadRequestError, CLIENT.post, "/v1/messages", body=question, cast_to=object)
    assert "max_tokens" in refused.message, refused.message


@check
def a_prompt_that_does_not_fit():
    refused = raises(BadRequestError, say, model="local-small", content="word " * 200_000)
    assert "tokens" in refused.message, refused.message


@check
def over_a_rate():
    token = SETTINGS["rated"]
    with policy(token, rates=[{"requests_per_minute": 60}]):
        with Anthropic(base_url=URL, api_key=token, max_retries=0) as client:
            for number in range(200):
                try:
                    raw = client.messages.with_raw_response.create(**ask(f"echo: {number}"))
                    same(raw.headers["anthropic-ratelimit-requests-limit"], "60")
                except RateLimitError as raised:
                    limited = raised
                    break
            else:
                raise AssertionError("60 requests a minute let 200 through")
            assert number >= 60, number
            headers = limited.response.headers
            same((kind(limited), headers["x-should-retry"]), ("rate_limit_error", "true"))
            same(headers["anthropic-ratelimit-requests-remaining"], "0")
            assert 1 <= int(headers["retry-after"]) <= 2 and 0 < int(headers["retry-after-ms"]) <= 1_100, headers
            # Who waits as he is told waits once. A machine that is slower than the rate is not limited: then once more.
            again = client.with_options(max_retries=2).messages.with_raw_response.create
            for number in range(10):
                raw = again(**ask(f"echo: patience {number}"))
                same(text(raw.parse()), f"patience {number}")
                if raw.retries_taken:
                    break
            same(raw.retries_taken, 1)


@check
def over_a_budget():
    token = SETTINGS["spent"]
    with policy(token, budgets=[{"period": "day", "tokens": 60}]):
        with Anthropic(base_url=URL, api_key=token, default_headers={"X-Octavo-Cache": "off"}) as client:
            same(text(say(client=client, content="echo: cheap", max_tokens=10)), "cheap")
            seen, sent = Seen(), tries(client)
            refused = raises(RateLimitError, say, client=client, content="count to 90", max_tokens=200)
            same((kind(refused), refused.response.headers["x-should-retry"]), ("rate_limit_error", "false"))
            same((len(sent), seen.count()), (1, 0), "not tried again, and no provider asked")


run()
