"""The stock `openai` SDK against the gateway: Chat Completions, Embeddings, Models, whichever provider answers.

What is asked is asked of every upstream by its model's name; the answer must be the same, because the fakes answer from the
prompt alone. Responses: `openai_responses.py`. Refusals, limits and failing providers: `openai_faults.py`.
"""

import asyncio
import json
import uuid

from gateway_under_test import (
    KEY, MODELS, PNG, SETTINGS, TOKEN, TWO_CITIES, UPSTREAMS, URL, WEATHER, Seen, check, check_each, run, same, weather,
)
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

CLIENT = OpenAI(base_url=f"{URL}/v1", api_key=TOKEN, max_retries=0, default_headers={"X-Octavo-Cache": "off"})
CHAT = CLIENT.chat.completions
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "The weather", "parameters": WEATHER}}


def user(content):
    return [{"role": "user", "content": content}]


def text(answer):
    return answer.choices[0].message.content


@check_each(UPSTREAMS)
def chat(upstream):
    provider, model = upstream
    seen = Seen()
    raw = CHAT.with_raw_response.create(
        model=model, messages=[{"role": "system", "content": "You are a parrot."}, *user("echo: Grüße, 世界 🌍.")]
    )
    same(raw.headers["x-octavo-provider"], provider)
    assert raw.headers["x-octavo-model"] and raw.request_id, raw.headers
    answer = raw.parse()
    same((answer.object, len(answer.choices)), ("chat.completion", 1))
    same((text(answer), answer.choices[0].message.role), ("Grüße, 世界 🌍.", "assistant"))
    same(answer.choices[0].finish_reason, "stop")
    assert answer.id and answer.model and answer.created > 1_600_000_000, answer
    usage = answer.usage
    assert usage.prompt_tokens > 0 and usage.completion_tokens > 0, usage
    same(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
    # The system prompt has come to the provider, in its place.
    asked = seen.last(provider)["body"]
    system = asked["system"] if provider == "anthropic" else asked["messages"][0]["content"]
    assert "You are a parrot." in json.dumps(system), asked


@check_each(MODELS)
def conversation(model):
    messages = [
        {"role": "developer", "content": "The colour of the day is green."},
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": "Hello, what can I do?"},
        {"role": "user", "content": [{"type": "text", "text": "What is the colour of the day?"}]},
    ]
    answer = text(CHAT.create(model=model, messages=messages, temperature=0.2, top_p=0.9))
    assert "green" in answer, answer


@check_each(MODELS)
def stream_with_usage(model):
    question = user("count to 60")
    whole = CHAT.create(model=model, messages=question)
    chunks = list(CHAT.create(model=model, messages=question, stream=True, stream_options={"include_usage": True}))
    # Azure's own first chunk, which has no choices, has no name either.
    told = [chunk for chunk in chunks if chunk.choices]
    same(({chunk.object for chunk in told}, len({chunk.id for chunk in told})), ({"chat.completion.chunk"}, 1))
    same(told[0].choices[0].delta.role, "assistant")
    same("".join(chunk.choices[0].delta.content or "" for chunk in told), text(whole))
    assert len(told) > 10, "it comes in pieces"
    same([chunk.choices[0].finish_reason for chunk in told if chunk.choices[0].finish_reason], ["stop"])
    same([chunk.usage for chunk in chunks[:-1] if chunk.usage], [], "usage comes last")
    same((chunks[-1].choices, chunks[-1].usage.total_tokens), ([], whole.usage.total_tokens))


@check_each(MODELS)
def stream_without_usage(model):
    chunks = list(CHAT.create(model=model, messages=user("count to 5"), stream=True))
    same([chunk.usage for chunk in chunks if chunk.usage], [], "nobody asked for usage")
    pieces = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    same("".join(pieces), "1 2 3 4 5")


@check_each(MODELS)
def stream_helper(model):
    question = user("count to 30")
    with CHAT.stream(model=model, messages=question, stream_options={"include_usage": True}) as stream:
        events = list(stream)
        final = stream.get_final_completion()
    whole = CHAT.create(model=model, messages=question)
    same((text(final), final.usage.total_tokens), (text(whole), whole.usage.total_tokens))
    same("".join(event.delta for event in events if event.type == "content.delta"), text(whole))
    same([event.content for event in events if event.type == "content.done"], [text(whole)])


def cities(calls):
    same({call.function.name for call in calls}, {"get_weather"})
    same(len({call.id for call in calls}), len(calls), "each call has an id of its own")
    return [json.loads(call.function.arguments)["city"] for call in calls]


@check_each(MODELS)
def tools(model):
    messages = user(TWO_CITIES)
    answer = CHAT.create(model=model, messages=messages, tools=[TOOL])
    same((answer.choices[0].finish_reason, text(answer) or ""), ("tool_calls", ""))
    message = answer.choices[0].message
    same(cities(message.tool_calls), ["Paris", "Rome"])
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": weather(json.loads(call.function.arguments)["city"])}
        for call in message.tool_calls
    ]
    last = CHAT.create(model=model, messages=[*messages, message, *results], tools=[TOOL])
    same(text(last), "The tools answered: sunny in Paris; sunny in Rome")


@check_each(MODELS)
def tools_streamed(model):
    with CHAT.stream(model=model, messages=user(TWO_CITIES), tools=[TOOL]) as stream:
        events = list(stream)
        final = stream.get_final_completion()
    same((final.choices[0].finish_reason, cities(final.choices[0].message.tool_calls)), ("tool_calls", ["Paris", "Rome"]))
    done = [event for event in events if event.type == "tool_calls.function.arguments.done"]
    same([(event.index, json.loads(event.arguments)["city"]) for event in done], [(0, "Paris"), (1, "Rome")])


@check_each(MODELS)
def tool_choices(model):
    calls = lambda **options: CHAT.create(model=model, tools=[TOOL], **options).choices[0].message.tool_calls or []
    same(cities(calls(messages=user(TWO_CITIES), parallel_tool_calls=False)), ["Paris"], "one at a time")
    same(calls(messages=user(TWO_CITIES), tool_choice="none"), [])
    same(calls(messages=user("Hello.")), [])


# Claude Sonnet 5.5 takes no forced choice, Haiku 5.5 does, by the catalogue's `forced_tools`.
@check_each(["openai/gpt-4.1", "azure/gpt-4.1", "local-small", "claude-haiku-4-5", "claude-haiku-5-5"])
def forced_tools(model):
    for choice in ("required", {"type": "function", "function": {"name": "get_weather"}}):
        answer = CHAT.create(model=model, messages=user("Hello."), tools=[TOOL], tool_choice=choice)
        same(len(answer.choices[0].message.tool_calls or []), 1, choice)


@check
def what_cannot_be_forced_is_said_in_words():
    seen = Seen()
    CHAT.create(model="claude-sonnet-5-5", messages=user("Hello."), tools=[TOOL], tool_choice="required")
    asked = seen.last("anthropic")["body"]
    assert "calling at least one" in json.dumps(asked["system"]) and asked["tool_choice"]["type"] == "auto", asked


@check_each(MODELS)
def image(model):
    part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    answer = CHAT.create(model=model, messages=user([{"type": "text", "text": "What is this?"}, part]))
    same(text(answer), "The image is 3 by 2 pixels.")


class Trip(BaseModel):
    title: str
    days: int
    by_train: bool


@check_each(MODELS)
def json_schema(model):
    question = user("Plan the trip: 4 days by train.")
    answer = CHAT.parse(model=model, messages=question, response_format=Trip)
    trip = answer.choices[0].message.parsed
    assert isinstance(trip, Trip) and trip.title, answer
    with CHAT.stream(model=model, messages=question, response_format=Trip) as stream:
        same(stream.get_final_completion().choices[0].message.parsed, trip)


@check_each(MODELS)
def stop_and_limit(model):
    answer = CHAT.create(model=model, messages=user("count to 9"), stop=[" 5", "never"])
    same((text(answer), answer.choices[0].finish_reason), ("1 2 3 4", "stop"))
    for limit in ("max_tokens", "max_completion_tokens"):
        answer = CHAT.create(model=model, messages=user("repeat 40 words"), **{limit: 3})
        same((text(answer).split(), answer.choices[0].finish_reason), (["word"] * 3, "length"), limit)
        same(answer.usage.completion_tokens, 3, limit)


@check_each(["text-embedding-3-small", "text-embedding-3-large"])
def embeddings(model):
    embed = CLIENT.embeddings.create
    texts = ["The cat sat.", "A dog ran.", "The cat sat."]
    plain = embed(model=model, input=texts, encoding_format="float")
    same([item.index for item in plain.data], [0, 1, 2])
    vectors = [item.embedding for item in plain.data]
    assert vectors[0] == vectors[2] != vectors[1] and len(vectors[0]) in (1_536, 3_072), "equal texts, equal vectors"
    assert plain.usage.prompt_tokens > 0 and plain.usage.total_tokens == plain.usage.prompt_tokens, plain.usage
    # Without a format the SDK asks for base64 and unpacks it.
    packed = embed(model=model, input=texts)
    for one, two in zip(vectors, (item.embedding for item in packed.data)):
        assert max(abs(a - b) for a, b in zip(one, two, strict=True)) < 1e-6
    same(len(embed(model=model, input="one", dimensions=256).data[0].embedding), 256)
    same(len(embed(model=model, input=[[1, 2, 3], [4]]).data), 2, "tokens instead of texts")


@check
def models():
    listed = {model.id: model for model in CLIENT.models.list()}
    for name in ("fast", "standard", "best", "gpt-4.1", "claude-sonnet-5-5", "local-small", "text-embedding-3-small"):
        assert listed[name].object == "model" and listed[name].owned_by, listed.get(name)
    same(CLIENT.models.retrieve("claude-sonnet-5-5"), listed["claude-sonnet-5-5"])


@check_each(["fast", "standard", "best", "auto", "claude", "gpt"])
def tiers_and_families(model):
    same(text(CHAT.create(model=model, messages=user("echo: by tier"))), "by tier")


@check
def api_key():
    with OpenAI(base_url=f"{URL}/v1", api_key=KEY, max_retries=0) as client:
        answer = client.chat.completions.create(model="gpt-4.1", messages=user("echo: with a key"))
        same(text(answer), "with a key")


@check_each(MODELS)
def cache(model):
    question = user(f"echo: one two three four five six seven {uuid.uuid4()}")
    with OpenAI(base_url=f"{URL}/v1", api_key=TOKEN, max_retries=0) as client:
        seen = Seen()
        ask = client.chat.completions.with_raw_response.create
        first, second = (ask(model=model, messages=question) for _ in range(2))
        same([raw.headers["x-octavo-cache"] for raw in (first, second)], ["miss", "hit"])
        same(second.text, first.text, "to the byte")
        options = {"stream": True, "stream_options": {"include_usage": True}}
        first = ask(model=model, messages=question, **options)
        told = [chunk.to_dict() for chunk in first.parse()]
        second = ask(model=model, messages=question, **options)
        same([raw.headers["x-octavo-cache"] for raw in (first, second)], ["miss", "hit"])
        same([chunk.to_dict() for chunk in second.parse()], told, "event for event")
        same(seen.count(), 2, "two calls of a provider for four requests")
    with OpenAI(base_url=f"{URL}/v1", api_key=SETTINGS["other"], max_retries=0) as other:
        raw = other.chat.completions.with_raw_response.create(model=model, messages=question)
        same(raw.headers["x-octavo-cache"], "miss", "never across tenants")


@check
def asynchronous():
    async def talk():
        async with AsyncOpenAI(base_url=f"{URL}/v1", api_key=TOKEN, max_retries=0) as client:
            ask = lambda number: client.chat.completions.create(model="gpt-4.1", messages=user(f"echo: number {number}"))
            answers = await asyncio.gather(*(ask(number) for number in range(8)))
            same([text(answer) for answer in answers], [f"number {number}" for number in range(8)])
            async with client.chat.completions.stream(model="claude-sonnet-5-5", messages=user("count to 20")) as stream:
                return text(await stream.get_final_completion())

    same(asyncio.run(talk()), " ".join(str(number) for number in range(1, 21)))


run()
