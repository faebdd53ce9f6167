"""What the checks of the stock `openai` SDK ask, where it is not the question that matters."""

from gateway_under_test import TOKEN, URL
from openai import OpenAI

# The SDK's own retries are left as they come: where it should not try again it must be told so.
CLIENT = OpenAI(base_url=f"{URL}/v1", api_key=TOKEN, default_headers={"X-Octavo-Cache": "off"}, timeout=30)


def user(content):
    """A conversation of one question."""
    return [{"role": "user", "content": content}]


def chat(model="gpt-4.1", content="count to 30", client=CLIENT, **options):
    return client.chat.completions.create(model=model, messages=user(content), **options)


def respond(model="gpt-4.1", content="count to 30", client=CLIENT, **options):
    return client.responses.create(model=model, input=content, **options)


def text(answer):
    return answer.choices[0].message.content


def tries(client=CLIENT):
    """A list that grows by one with each request that the client sends from now on, its own retries among them."""
    sent = []
    client._client.event_hooks = {"request": [lambda request: sent.append(request.url.path)], "response": []}
    return sent
