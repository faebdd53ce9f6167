"""The stock `anthropic` SDK against the gateway, whichever provider answers; the newest one and an old one (0.x).

The new SDK speaks API version 2026-10-21 and sends its key as a bearer token, the old one 2023-06-01 and `x-api-key`.
"""

import asyncio
import json
import uuid

import anthropic
from anthropic import Anthropic, AsyncAnthropic, BadRequestError
from anthropic_asked import OLD, ask, text
from gateway_under_test import (
    KEY, MODELS, PNG, SETTINGS, TOKEN, TWO_CITIES, UPSTREAMS, URL, WEATHER, Seen, check, check_each, raises, run, same, weather,
)
from pydantic import BaseModel

CLIENT = Anthropic(base_url=URL, api_key=TOKEN, max_retries=0, default_headers={"X-Octavo-Cache": "off"})
MESSAGES = CLIENT.messages
TOOL = {"name": "get_weather", "description": "The weather", "input_schema": WEATHER}
# Only Anthropic says which of the stop sequences it was.
NATIVE = "claude-sonnet-5-5"


@check
def what_the_sdk_sends():
    """That the two SDKs are the two that are meant; as a server of the platform's own sees it they cannot be told apart."""
    request = CLIENT._build_request(anthropic._models.FinalRequestOptions(method="post", url="/v1/messages", json_data={}))
    same(request.headers["anthropic-version"], "2023-06-01" if OLD else "2026-10-21")
    same(("x-api-key" in request.headers, "authorization" in request.headers), (OLD, not OLD))


@check_each(UPSTREAMS)
def message(upstream):
    provider, model = upstream
    seen = Seen()
    raw = MESSAGES.with_raw_response.create(**ask("echo: Grüße, 世界 🌍.", model, system="You are a parrot."))
    same(raw.headers["x-octavo-provider"], provider)
    answer = raw.parse()
    same((answer.type, answer.role, text(answer)), ("message", "assistant", "Grüße, 世界 🌍."))
    same((answer.stop_reason, answer.stop_sequence), ("end_turn", None))
    assert answer.id and answer.model and answer._request_id, answer
    assert answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0, answer.usage
    asked = seen.last(provider)["body"]
    system = asked["system"] if provider == "anthropic" else asked["messages"][0]["content"]
    assert "You are a parrot." in json.dumps(system), asked


@check_each(MODELS)
def conversation(model):
    messages = [
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": [{"type": "text", "text": "Hello, what can I do?"}]},
        {"role": "user", "content": [{"type": "text", "text": "What is the colour of the day?"}]},
    ]
    system = [{"type": "text", "text": "The colour of the day is green.", "cache_control": {"type": "ephemeral"}}]
    answer = text(MESSAGES.create(model=model, max_tokens=200, messages=messages, system=system))
    assert "green" in answer, answer


@check_each(["2023-06-01", "2026-10-21"])
def api_versions(version):
    with Anthropic(base_url=URL, api_key=TOKEN, default_headers={"anthropic-version": version}) as client:
        for model in MODELS:
            same(text(client.messages.create(**ask(f"echo: version {version}", model))), f"version {version}")


@check_each(MODELS)
def sampling_parameters(model):
    """The old version has them; a model that refuses them is not sent them."""
    with Anthropic(base_url=URL, api_key=TOKEN, default_headers={"anthropic-version": "2023-06-01"}) as client:
        body = {"temperature": 0.5, "top_p": 0.9}
        same(text(client.messages.create(**ask("echo: sampled", model, extra_body=body))), "sampled")


# The order of a message's events, and what may come between.
ORDER = ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop"]


@check_each(MODELS)
def stream(model):
    whole = MESSAGES.create(**ask("count to 60", model))
    events = list(MESSAGES.create(**ask("count to 60", model, stream=True)))
    kinds = [event.type for event in events if event.type != "ping"]
    same([kind for number, kind in enumerate(kinds) if number == 0 or kinds[number - 1] != kind], ORDER)
    assert kinds.count("content_block_delta") > 10, "it comes in pieces"
    same("".join(event.delta.text for event in events if event.type == "content_block_delta"), text(whole))
    start, last = events[0].message, next(event for event in events if event.type == "message_delta")
    same((start.role, start.content, start.stop_reason), ("assistant", [], None))
    same((last.delta.stop_reason, last.usage.output_tokens), ("end_turn", whole.usage.output_tokens))


@check_each(MODELS)
def stream_helper(model):
    with MESSAGES.stream(**ask("count to 30", model)) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    whole = MESSAGES.create(**ask("count to 30", model))
    same(("".join(pieces), text(final), final.stop_reason), (text(whole), text(whole), "end_turn"))
    same((final.usage.input_tokens, final.usage.output_tokens), (whole.usage.input_tokens, whole.usage.output_tokens))


def cities(answer):
    calls = [block for block in answer.content if block.type == "tool_use"]
    same({call.name for call in calls} - {"get_weather"}, set())
    same(len({call.id for call in calls}), len(calls), "each call has an id of its own")
    return [call.input["city"] for call in calls]


@check_each(MODELS)
def tools(model):
    question = ask(TWO_CITIES, model, tools=[TOOL])
    answer = MESSAGES.create(**question)
    same((answer.stop_reason, cities(answer)), ("tool_use", ["Paris", "Rome"]))
    results = [
        {"type": "tool_result", "tool_use_id": block.id, "content": weather(block.input["city"])}
        for block in answer.content
        if block.type == "tool_use"
    ]
    turns = [*question["messages"], {"role": "assistant", "content": answer.content}, {"role": "user", "content": results}]
    last = MESSAGES.create(**{**question, "messages": turns})
    same((text(last), last.stop_reason), ("The tools answered: sunny in Paris; sunny in Rome", "end_turn"))


@check_each(MODELS)
def tools_streamed(model):
    pieces = {}
    with MESSAGES.stream(**ask(TWO_CITIES, model, tools=[TOOL])) as stream:
        for event in stream:
            if event.type == "content_block_delta" and event.delta.type == "input_json_delta":
                pieces[event.index] = pieces.get(event.index, "") + event.delta.partial_json
        final = stream.get_final_message()
    same((final.stop_reason, cities(final)), ("tool_use", ["Paris", "Rome"]))
    same([json.loads(piece)["city"] for piece in pieces.values()], ["Paris", "Rome"])


@check_each(MODELS)
def tool_choices(model):
    calls = lambda content, choice: cities(MESSAGES.create(**ask(content, model, tools=[TOOL], tool_choice=choice)))
    same(calls(TWO_CITIES, {"type": "auto", "disable_parallel_tool_use": True}), ["Paris"], "one at a time")
    same(calls(TWO_CITIES, {"type": "none"}), [])
    same(calls("Hello.", {"type": "auto"}), [])


@check_each(["openai/gpt-4.1", "azure/gpt-4.1", "local-small", "claude-haiku-4-5", "claude-haiku-5-5"])
def forced_tools(model):
    for choice in ({"type": "any"}, {"type": "tool", "name": "get_weather"}):
        answer = MESSAGES.create(**ask("Hello.", model, tools=[TOOL], tool_choice=choice))
        same((answer.stop_reason, len(cities(answer))), ("tool_use", 1), choice)


@anthropic.beta_tool
def get_weather(city: str) -> str:
    """The weather

    Args:
        city: The city
    """
    return weather(city)


@check_each(MODELS)
def tools_that_the_sdk_runs(model):
    """The newest SDK asks for a conversation that the server keeps (`thread`), and does without where the server says so
    in the form that it knows. Taken and not kept, the second turn would come without the first."""
    runner = CLIENT.beta.messages.tool_runner(**ask(TWO_CITIES, model, tools=[get_weather]))
    same(text(runner.until_done()), "The tools answered: sunny in Paris; sunny in Rome")


@check_each(MODELS)
def a_conversation_that_the_server_would_keep(model):
    question = ask("Hello.", model, extra_body={"thread": {"type": "create"}})
    try:
        answer = MESSAGES.create(**question)
    except BadRequestError as refused:
        # Newer SDKs have a class of its own for it, below this one, and find it by the code.
        error = refused.body["error"]
        same((error.get("details") or {}).get("error_code"), "thread_unsupported_request", error)
    else:
        raise AssertionError(f"answered: {answer}")


@check_each(MODELS)
def beta(model):
    betas = ["context-1m-2025-08-07"]
    same(text(CLIENT.beta.messages.create(**ask("echo: beta", model, betas=betas))), "beta")
    counted = CLIENT.beta.messages.count_tokens(model=model, messages=ask("Hello.")["messages"], betas=betas)
    assert counted.input_tokens > 0, counted


@check_each(MODELS)
def image(model):
    source = {"type": "base64", "media_type": "image/png", "data": PNG}
    content = [{"type": "image", "source": source}, {"type": "text", "text": "What is this?"}]
    same(text(MESSAGES.create(**ask(content, model))), "The image is 3 by 2 pixels.")
    linked = [{"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}]
    same(text(MESSAGES.create(**ask(linked, model))), "The image is at https://example.com/a.png.")


@check_each(MODELS)
def document(model):
    source = {"type": "text", "media_type": "text/plain", "data": "The colour of the day is blue."}
    content = [{"type": "document", "source": source}, {"type": "text", "text": "What is the colour of the day?"}]
    same(text(MESSAGES.create(**ask(content, model))), "The colour of the day is blue.")


class Trip(BaseModel):
    title: str
    days: int
    by_train: bool


@check_each(MODELS)
def json_schema(model):
    answer = MESSAGES.parse(**ask("Plan the trip: 4 days by train.", model), output_format=Trip)
    assert isinstance(answer.parsed_output, Trip) and answer.parsed_output.title, answer


@check_each(MODELS)
def stop_and_limit(model):
    answer = MESSAGES.create(**ask("count to 9", model, stop_sequences=[" 5", "never"]))
    same(text(answer), "1 2 3 4")
    if model == NATIVE:
        same((answer.stop_reason, answer.stop_sequence), ("stop_sequence", " 5"))
    answer = MESSAGES.create(**ask("repeat 40 words", model, max_tokens=3))
    same((text(answer).split(), answer.stop_reason, answer.usage.output_tokens), (["word"] * 3, "max_tokens", 3))


@check
def thinking():
    answer = MESSAGES.create(**ask("What is the day?", NATIVE, max_tokens=4_096, thinking={"type": "adaptive"},
                                   output_config={"effort": "high"}))
    assert text(answer), answer
    thought = [block for block in answer.content if block.type == "thinking"]
    assert thought and thought[0].signature, answer.content
    # What it thought is sent back with its signature, and taken.
    turns = [{"role": "user", "content": "What is the day?"}, {"role": "assistant", "content": answer.content},
             {"role": "user", "content": "echo: And now?"}]
    same(text(MESSAGES.create(model=NATIVE, max_tokens=4_096, messages=turns)), "And now?")


@check_each(MODELS)
def count_tokens(model):
    small = MESSAGES.count_tokens(model=model, messages=[{"role": "user", "content": "Hello."}]).input_tokens
    large = MESSAGES.count_tokens(
        model=model, messages=[{"role": "user", "content": "word " * 500}], system="You count.", tools=[TOOL]
    ).input_tokens
    assert 0 < small < 30 and 500 < large < 1_000, (small, large)


@check
def models():
    listed = {model.id: model for model in CLIENT.models.list()}
    for name in ("fast", "standard", "best", "gpt-4.1", "claude-sonnet-5-5", "local-small"):
        same((listed[name].type, bool(listed[name].display_name)), ("model", True), name)
    same(CLIENT.models.retrieve("claude-sonnet-5-5").id, "claude-sonnet-5-5")


@check_each(["fast", "standard", "best", "auto", "claude", "gpt"])
def tiers_and_families(model):
    same(text(MESSAGES.create(**ask("echo: by tier", model))), "by tier")


@check
def keys():
    for options in ({"api_key": KEY}, {"auth_token": TOKEN}, {"auth_token": KEY}):
        with Anthropic(base_url=URL, max_retries=0, **options) as client:
            same(text(client.messages.create(**ask("echo: with a key"))), "with a key")


@check_each(MODELS)
def cache(model):
    question = ask(f"echo: one two three four five six seven {uuid.uuid4()}", model)
    with Anthropic(base_url=URL, api_key=TOKEN, max_retries=0) as client:
        again = client.messages.with_raw_response.create
        first, second = again(**question), again(**question)
        same([raw.headers["x-octavo-cache"] for raw in (first, second)], ["miss", "hit"])
        same(second.parse().to_dict(), first.parse().to_dict())
        first = again(**question, stream=True)
        told = [event.to_dict() for event in first.parse()]
        second = again(**question, stream=True)
        same([raw.headers["x-octavo-cache"] for raw in (first, second)], ["miss", "hit"])
        same([event.to_dict() for event in second.parse()], told, "event for event")
    with Anthropic(base_url=URL, api_key=SETTINGS["other"], max_retries=0) as other:
        same(other.messages.with_raw_response.create(**question).headers["x-octavo-cache"], "miss", "never across tenants")


@check
def asynchronous():
    async def talk():
        async with AsyncAnthropic(base_url=URL, api_key=TOKEN, max_retries=0) as client:
            answers = await asyncio.gather(*(client.messages.create(**ask(f"echo: number {n}")) for n in range(8)))
            same([text(answer) for answer in answers], [f"number {number}" for number in range(8)])
            async with client.messages.stream(**ask("count to 20", "gpt-4.1")) as stream:
                return text(await stream.get_final_message())

    same(asyncio.run(talk()), " ".join(str(number) for number in range(1, 21)))


run()
