"""The gateway that a stock Python SDK judges: where it is, the fake providers behind it, and the run of the checks.

argv[1] is JSON, as `tests/conformance/gateway.rs` writes it: `url` (no path), `fakes` (the fakes' control), `token` and `key`
of one person, `operator` (may reset breakers), `rated` and `spent` (tokens of administrators whose tenants are theirs alone,
to be limited), `other` (a token of yet another tenant).
"""

import contextlib
import json
import urllib.error
import urllib.request

from checks import SETTINGS, check, check_each, raises, run, same

__all__ = ["check", "check_each", "raises", "run", "same"]

URL, FAKES, TOKEN, KEY = (SETTINGS[name] for name in ("url", "fakes", "token", "key"))
# Each upstream, and a model that only it answers: the provider, its wire format, the name to ask for.
UPSTREAMS = [
    ("openai", "openai/gpt-4.1"),
    ("azure", "azure/gpt-4.1"),
    ("anthropic", "claude-sonnet-5-5"),
    ("local", "local-small"),
]
MODELS = [model for _, model in UPSTREAMS]
# A red PNG of 3 by 2 pixels.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=="
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "The city's name"}},
    "required": ["city"],
    "additionalProperties": False,
}
# What the fakes answer with a call of `get_weather` for each city.
TWO_CITIES = "What is the weather in Paris and Rome?"


def provider_of(model):
    """The only provider that answers for one of `MODELS`."""
    return next(provider for provider, name in UPSTREAMS if name == model)


def http(method, url, token=None, body=None, headers=()):
    """The platform's and the fakes' own API, which no SDK knows: status, headers, JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=dict(headers))
    if token:
        request.add_header("authorization", f"Bearer {token}")
    if data is not None:
        request.add_header("content-type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            text = response.read()
            return response.status, response.headers, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{method} {url}: {error.code} {error.read()!r}") from error


class Seen:
    """What the fakes were asked in a `with` block."""

    def __init__(self):
        self.after = max((request["number"] for request in self.all()), default=0)

    @staticmethod
    def all():
        return http("GET", f"{FAKES}/_requests")[2]["requests"]

    def requests(self, provider=None):
        found = [request for request in self.all() if request["number"] > self.after]
        return [request for request in found if provider in (None, request["provider"])]

    def count(self, provider=None):
        return len(self.requests(provider))

    def last(self, provider=None):
        return self.requests(provider)[-1]


@contextlib.contextmanager
def fault(provider, kind, **details):
    """A fault of the fake `provider`, and what it is asked meanwhile; after it, nothing of it is left."""
    _, _, added = http("POST", f"{FAKES}/_faults", body={"provider": provider, "kind": kind, **details})
    try:
        yield Seen()
    finally:
        http("DELETE", f"{FAKES}/_faults/{added['id']}")
        reset_breakers()


def reset_breakers():
    """Whoever failed is trusted again."""
    for provider, model in UPSTREAMS:
        name = model.split("/")[-1]
        http("POST", f"{URL}/v1/ai/breakers/{provider}/{name}/reset", token=SETTINGS["operator"])


@contextlib.contextmanager
def policy(token, **changes):
    """A policy of the tenant of `token`, which must be an administrator's; after it, the one before."""
    url = f"{URL}/v1/ai/policy"
    _, headers, before = http("GET", url, token=token)
    put = lambda policy, tag: http("PUT", url, token=token, body=policy, headers={"if-match": tag})[1]["etag"]
    tag = put({**before["policy"], **changes}, headers["etag"])
    try:
        yield
    finally:
        put(before["policy"], tag)


def weather(city):
    """What the weather tool answers."""
    return f"sunny in {city}"
