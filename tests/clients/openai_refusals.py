"""The stock `openai` SDK against the gateway where the request, the caller or a limit is what is wrong.

Each comes as the SDK's own exception, with what its user needs to mend it, and is tried again only where that helps.
"""

from gateway_under_test import SETTINGS, URL, Seen, check, check_each, policy, raises, run, same
from openai import AuthenticationError, BadRequestError, NotFoundError, OpenAI, RateLimitError
from openai_asked import CLIENT, chat, respond, text, tries, user


@check
def a_bad_key():
    for key in ("sk-nothing", "oct-acme.00000000000000000000000000000000.nothing"):
        with OpenAI(base_url=f"{URL}/v1", api_key=key) as client:
            sent = tries(client)
            refused = raises(AuthenticationError, chat, client=client)
            same((refused.status_code, refused.code), (401, "invalid_api_key"))
            raises(AuthenticationError, respond, client=client)
            raises(AuthenticationError, client.models.list)
            raises(AuthenticationError, client.embeddings.create, model="text-embedding-3-small", input="x")
            same(len(sent), 4, "never tried again")


@check
def an_unknown_model():
    for call in (chat, respond):
        refused = raises(NotFoundError, call, model="gpt-0")
        same((refused.code, refused.param), ("model_not_found", "model"))
    raises(NotFoundError, CLIENT.models.retrieve, "gpt-0")
    raises(NotFoundError, CLIENT.embeddings.create, model="no-such-embedding", input="x")
    assert "gpt-4.1" in raises(NotFoundError, chat, model="gpt-4.l").message, "what it may be"


@check_each(["gpt-4.1", "claude-sonnet-5-5"])
def a_bad_request(model):
    wrong = [
        ({"temperature": 9}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
    ]
    if model == "gpt-4.1":
        # Of what no form knows, the provider is the judge; another form has no place for it.
        wrong.append(({"extra_body": {"no_such_member": 1}}, "no_such_member"))
    seen = Seen()
    for options, param in wrong:
        refused = raises(BadRequestError, chat, model=model, **options)
        assert (refused.param or "").startswith(param), (options, refused.param, refused.message)
        same(refused.type, "invalid_request_error")
    completions = CLIENT.chat.completions
    same(raises(BadRequestError, completions.create, model=model, messages=[]).param, "messages")
    odd = [{"role": "king", "content": "Hello."}]
    same(raises(BadRequestError, completions.create, model=model, messages=odd).param, "messages[0].role")
    assert seen.count() <= len(wrong) + 2, "nobody is asked twice what is wrong"


@check
def more_choices_than_a_provider_can():
    same(len(chat(model="openai/gpt-4.1", n=2).choices), 2)
    same(raises(BadRequestError, chat, model="claude-sonnet-5-5", n=2).param, "n")


@check
def a_prompt_that_does_not_fit():
    refused = raises(BadRequestError, chat, model="local-small", content="word " * 200_000)
    same((refused.code, refused.param), ("context_length_exceeded", "messages"))
    refused = raises(BadRequestError, CLIENT.chat.completions.create, model="text-embedding-3-small",
                     messages=user("Hello."))
    same(refused.param, "model")


# Limits.


@check
def over_a_rate():
    token = SETTINGS["rated"]
    with policy(token, rates=[{"requests_per_minute": 60}]):
        with OpenAI(base_url=f"{URL}/v1", api_key=token, max_retries=0) as client:
            for number in range(200):
                try:
                    raw = client.chat.completions.with_raw_response.create(
                        model="gpt-4.1", messages=user(f"echo: {number}")
                    )
                    same(raw.headers["x-ratelimit-limit-requests"], "60")
                except RateLimitError as raised:
                    limited = raised
                    break
            else:
                raise AssertionError("60 requests a minute let 200 through")
            assert number >= 60, number
            same((limited.code, limited.type), ("rate_limit_exceeded", "requests"))
            headers = limited.response.headers
            same((headers["x-should-retry"], headers["x-ratelimit-remaining-requests"]), ("true", "0"))
            assert 1 <= int(headers["retry-after"]) <= 2 and 0 < int(headers["retry-after-ms"]) <= 1_100, headers
            # Who waits as he is told waits once. A machine that is slower than the rate is not limited: then once more.
            ask = client.with_options(max_retries=2).chat.completions.with_raw_response.create
            for number in range(10):
                raw = ask(model="gpt-4.1", messages=user(f"echo: patience {number}"))
                same(text(raw.parse()), f"patience {number}")
                if raw.retries_taken:
                    break
            same(raw.retries_taken, 1)


@check
def over_a_budget():
    token = SETTINGS["spent"]
    with policy(token, budgets=[{"period": "day", "tokens": 60}]):
        with OpenAI(base_url=f"{URL}/v1", api_key=token, default_headers={"X-Octavo-Cache": "off"}) as client:
            same(text(chat(client=client, content="echo: cheap", max_tokens=10)), "cheap")
            seen, sent = Seen(), tries(client)
            refused = raises(RateLimitError, chat, client=client, content="count to 90", max_tokens=200)
            same((refused.code, refused.type), ("insufficient_quota", "insufficient_quota"))
            same(refused.response.headers["x-should-retry"], "false")
            same((len(sent), seen.count()), (1, 0), "not tried again, and no provider asked")
            raises(RateLimitError, respond, client=client, max_output_tokens=200)


run()
