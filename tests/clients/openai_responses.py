"""The stock `openai` SDK against the gateway: Responses, whichever provider answers. See `openai_client.py`."""

import json
import uuid

from gateway_under_test import (
    MODELS, PNG, TOKEN, TWO_CITIES, UPSTREAMS, URL, WEATHER, Seen, check, check_each, raises, run, same, weather,
)
from openai import BadRequestError, OpenAI
from pydantic import BaseModel

CLIENT = OpenAI(base_url=f"{URL}/v1", api_key=TOKEN, max_retries=0, default_headers={"X-Octavo-Cache": "off"})
RESPONSES = CLIENT.responses
TOOL = {"type": "function", "name": "get_weather", "description": "The weather", "parameters": WEATHER, "strict": True}


@check_each(UPSTREAMS)
def response(upstream):
    provider, model = upstream
    seen = Seen()
    raw = RESPONSES.with_raw_response.create(model=model, instructions="You are a parrot.", input="echo: Grüße, 世界 🌍.")
    same(raw.headers["x-octavo-provider"], provider)
    answer = raw.parse()
    same((answer.object, answer.status, answer.output_text), ("response", "completed", "Grüße, 世界 🌍."))
    assert answer.id.startswith("resp_") and answer.created_at > 1_600_000_000 and answer.model, answer
    same((answer.error, answer.incomplete_details, answer.instructions), (None, None, "You are a parrot."))
    usage = answer.usage
    assert usage.input_tokens > 0 and usage.output_tokens > 0, usage
    same(usage.total_tokens, usage.input_tokens + usage.output_tokens)
    asked = seen.last(provider)["body"]
    system = asked["system"] if provider == "anthropic" else asked["messages"][0]["content"]
    assert "You are a parrot." in json.dumps(system), asked


@check_each(MODELS)
def conversation(model):
    first = RESPONSES.create(model=model, input="echo: Noted, thank you.")
    # What was answered is sent back as it came.
    told = {"role": "user", "content": "The colour of the day is green."}
    items = [told, *first.output, {"role": "user", "content": "What is the colour of the day?"}]
    seen = Seen()
    answer = RESPONSES.create(model=model, input=items, temperature=0.3)
    assert "green" in answer.output_text, answer.output_text
    messages = seen.last()["body"]["messages"]
    same([message["role"] for message in messages], ["user", "assistant", "user"])
    assert "Noted, thank you." in json.dumps(messages[1]), messages


@check_each(MODELS)
def stream(model):
    whole = RESPONSES.create(model=model, input="count to 40")
    events = list(RESPONSES.create(model=model, input="count to 40", stream=True))
    same([event.sequence_number for event in events], list(range(len(events))), "numbered without a gap")
    kinds = [event.type for event in events]
    same(kinds[:2], ["response.created", "response.in_progress"])
    same((kinds.count("response.completed"), kinds[-1]), (1, "response.completed"))
    same("".join(event.delta for event in events if event.type == "response.output_text.delta"), whole.output_text)
    assert kinds.count("response.output_text.delta") > 10, "it comes in pieces"
    last = events[-1].response
    same((last.output_text, last.usage.total_tokens), (whole.output_text, whole.usage.total_tokens))


@check_each(MODELS)
def stream_helper(model):
    with RESPONSES.stream(model=model, input="count to 25") as stream:
        events = list(stream)
        final = stream.get_final_response()
    same(final.output_text, " ".join(str(number) for number in range(1, 26)))
    snapshots = [event.snapshot for event in events if event.type == "response.output_text.delta"]
    same(snapshots[-1], final.output_text, "what the SDK accumulates")


def cities(calls):
    same({call.name for call in calls}, {"get_weather"})
    same(len({call.call_id for call in calls}), len(calls), "each call has an id of its own")
    return [json.loads(call.arguments)["city"] for call in calls]


def calls_of(answer):
    return [item for item in answer.output if item.type == "function_call"]


@check_each(MODELS)
def tools(model):
    question = [{"role": "user", "content": TWO_CITIES}]
    answer = RESPONSES.create(model=model, input=question, tools=[TOOL])
    calls = calls_of(answer)
    same((answer.status, cities(calls)), ("completed", ["Paris", "Rome"]))
    outputs = [
        {"type": "function_call_output", "call_id": call.call_id, "output": weather(json.loads(call.arguments)["city"])}
        for call in calls
    ]
    last = RESPONSES.create(model=model, input=[*question, *answer.output, *outputs], tools=[TOOL])
    same(last.output_text, "The tools answered: sunny in Paris; sunny in Rome")


@check_each(MODELS)
def tools_streamed(model):
    with RESPONSES.stream(model=model, input=TWO_CITIES, tools=[TOOL]) as stream:
        events = list(stream)
        final = stream.get_final_response()
    same(cities(calls_of(final)), ["Paris", "Rome"])
    done = [event for event in events if event.type == "response.function_call_arguments.done"]
    same([json.loads(event.arguments)["city"] for event in done], ["Paris", "Rome"])
    pieces = {}
    for event in events:
        if event.type == "response.function_call_arguments.delta":
            pieces[event.output_index] = pieces.get(event.output_index, "") + event.delta
    same([pieces[event.output_index] for event in done], [event.arguments for event in done], "the pieces are the whole")


@check_each(MODELS)
def tool_choices(model):
    ask = lambda **options: calls_of(RESPONSES.create(model=model, tools=[TOOL], **options))
    same(cities(ask(input=TWO_CITIES, parallel_tool_calls=False)), ["Paris"], "one at a time")
    same(ask(input=TWO_CITIES, tool_choice="none"), [])


@check_each(MODELS)
def image(model):
    content = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"},
    ]
    answer = RESPONSES.create(model=model, input=[{"role": "user", "content": content}])
    same(answer.output_text, "The image is 3 by 2 pixels.")


class Trip(BaseModel):
    title: str
    days: int
    by_train: bool


@check_each(MODELS)
def json_schema(model):
    answer = RESPONSES.parse(model=model, input="Plan the trip: 4 days by train.", text_format=Trip)
    assert isinstance(answer.output_parsed, Trip) and answer.output_parsed.title, answer
    with RESPONSES.stream(model=model, input="Plan the trip: 4 days by train.", text_format=Trip) as stream:
        same(stream.get_final_response().output_parsed, answer.output_parsed)


@check_each(MODELS)
def limit(model):
    answer = RESPONSES.create(model=model, input="repeat 60 words", max_output_tokens=16)
    same((answer.status, answer.incomplete_details.reason), ("incomplete", "max_output_tokens"))
    same(answer.output_text.split(), ["word"] * 16)
    events = list(RESPONSES.create(model=model, input="repeat 60 words", max_output_tokens=16, stream=True))
    same((events[-1].type, events[-1].response.status), ("response.incomplete", "incomplete"))


@check_each(["claude-sonnet-5-5", "gpt-5.5"])
def reasoning(model):
    answer = RESPONSES.create(model=model, input="What is the day?", reasoning={"effort": "high", "summary": "auto"})
    assert answer.output_text, answer
    assert answer.usage.output_tokens_details.reasoning_tokens > 0, answer.usage


@check_each(MODELS)
def cache(model):
    question = f"echo: one two three four five six seven {uuid.uuid4()}"
    with OpenAI(base_url=f"{URL}/v1", api_key=TOKEN, max_retries=0) as client:
        ask = lambda **options: client.responses.with_raw_response.create(model=model, input=question, **options)
        first, second = ask(), ask()
        same([raw.headers["x-octavo-cache"] for raw in (first, second)], ["miss", "hit"])
        same(second.text, first.text, "to the byte")
        first = ask(stream=True)
        told = [event.to_dict() for event in first.parse()]
        second = ask(stream=True)
        same([raw.headers["x-octavo-cache"] for raw in (first, second)], ["miss", "hit"])
        same([event.to_dict() for event in second.parse()], told, "event for event")


@check
def what_is_not_kept_is_refused():
    for options in ({"previous_response_id": "resp_1"}, {"background": True}):
        refused = raises(BadRequestError, RESPONSES.create, model="gpt-4.1", input="Hello.", **options)
        same(refused.param, next(iter(options)))
    refused = raises(BadRequestError, RESPONSES.create, model="gpt-4.1", input="Hello.", temperature=9)
    same(refused.param, "temperature")


run()
