"""What the checks of the stock `anthropic` SDK ask, where it is not the question that matters."""

import anthropic
from anthropic import Anthropic
from gateway_under_test import TOKEN, URL

# 0.x: 2023-06-01, `x-api-key`.
OLD = anthropic.__version__.startswith("0.")
# The SDK's own retries are left as they come: where it should not try again it must be told so.
CLIENT = Anthropic(base_url=URL, api_key=TOKEN, default_headers={"X-Octavo-Cache": "off"}, timeout=30)


def ask(content, model="claude-sonnet-5-5", **options):
    """The arguments of a question."""
    return {"model": model, "max_tokens": 1_024, "messages": [{"role": "user", "content": content}], **options}


def say(model="claude-sonnet-5-5", content="count to 30", client=CLIENT, **options):
    return client.messages.create(**ask(content, model, **options))


def text(message):
    return "".join(block.text for block in message.content if block.type == "text")


def tries(client=CLIENT):
    """A list that grows by one with each request that the client sends from now on, its own retries among them."""
    sent = []
    client._client.event_hooks = {"request": [lambda request: sent.append(request.url.path)], "response": []}
    return sent
