"""What may be asked of a model that speaks OpenAI's API: these fields and no others are forwarded.

What is not here is refused, by name: servers take fields that say more than a seller wants to tell
(``prompt_logprobs``), or that cost more than the call (``n``, ``best_of``).
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from flock.web.errors import BadFields

Probability = Annotated[float, Field(ge=0, le=1)]
Penalty = Annotated[float, Field(ge=-2, le=2)]
Tokens = Annotated[int, Field(ge=1, le=1 << 20)]
Text = Annotated[str, Field(max_length=1 << 20)]


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    model: Annotated[str, Field(max_length=200)]
    user: Annotated[str, Field(max_length=200)] | None = None


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    include_usage: bool = False


class _Sampled(_Fields):
    max_tokens: Tokens | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Probability | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    stop: Annotated[str, Field(max_length=200)] | Annotated[list[str], Field(max_length=4)] | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None


class Message(BaseModel):
    """One message; ``content`` is text, or parts as OpenAI has them."""

    model_config = ConfigDict(extra="forbid", strict=True)

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Text | list[dict[str, Any]] | None = None
    name: Annotated[str, Field(max_length=200)] | None = None
    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: Annotated[str, Field(max_length=200)] | None = None


class ChatRequest(_Sampled):
    """POST /v1/chat/completions."""

    messages: Annotated[list[Message], Field(min_length=1, max_length=10_000)]
    max_completion_tokens: Tokens | None = None
    tools: Annotated[list[dict[str, Any]], Field(max_length=128)] | None = None
    tool_choice: str | dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None


class CompletionRequest(_Sampled):
    """POST /v1/completions."""

    prompt: Text
    logprobs: Annotated[int, Field(ge=0, le=5)] | None = None


class EmbeddingRequest(_Fields):
    """POST /v1/embeddings."""

    input: Text | Annotated[list[Text], Field(min_length=1, max_length=2048)]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Tokens | None = None


TextRequest = ChatRequest | CompletionRequest | EmbeddingRequest
REQUESTS: dict[str, type[TextRequest]] = {
    "/v1/chat/completions": ChatRequest,
    "/v1/completions": CompletionRequest,
    "/v1/embeddings": EmbeddingRequest,
}


def parse_request(path: str, document: object) -> TextRequest:
    """What is asked at ``path``. Raises BadFields, naming what does not hold."""
    try:
        return TypeAdapter(REQUESTS[path]).validate_python(document)
    except ValidationError as error:
        raise bad_fields(error) from None


def bad_fields(error: ValidationError) -> BadFields:
    """Each field at fault by its name."""
    found: dict[str, str] = {}
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        name = ".".join(map(str, item["loc"])) or "body"
        unknown = "this host does not take it; leave it out."
        found.setdefault(name, unknown if item["type"] == "extra_forbidden" else item["msg"])
    return BadFields(found)
