"""Server-sent events of the two OpenAI wire formats, made from text pieces and tool calls."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ARGUMENT_PIECE = 7  # arguments arrive in pieces of so many characters


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call; `arguments` as text is sent as it is, so that it can be broken JSON."""

    name: str
    arguments: Mapping[str, Any] | str

    @property
    def wire(self) -> str:
        """Arguments as the provider sends them."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)

    @property
    def pieces(self) -> list[str]:
        """Arguments as they are streamed."""
        return [self.wire[i : i + ARGUMENT_PIECE] for i in range(0, len(self.wire), ARGUMENT_PIECE)]


def chat_events(model: str, text: Sequence[str], calls: Sequence[Call]) -> list[str]:
    """A Chat Completions stream, from the first delta to `[DONE]`."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": piece} for piece in text]
    for index, call in enumerate(calls):
        head = {"id": f"call_{index}", "type": "function", "function": {"name": call.name, "arguments": ""}}
        deltas.append({"tool_calls": [{"index": index, **head}]})
        deltas += [{"tool_calls": [{"index": index, "function": {"arguments": piece}}]} for piece in call.pieces]
    chunks = [_chat_chunk(model, delta, None) for delta in deltas]
    chunks.append(_chat_chunk(model, {}, "tool_calls" if calls else "stop"))
    return [*(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks), "data: [DONE]\n\n"]


def _chat_chunk(model: str, delta: Mapping[str, Any], finish_reason: str | None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [choice]}


def responses_events(model: str, text: Sequence[str], calls: Sequence[Call]) -> list[str]:
    """A Responses stream, from `response.created` to `response.completed`."""
    events: list[dict[str, Any]] = [{"type": "response.created", "response": _response(model, "in_progress", [])}]
    items: list[dict[str, Any]] = []
    if text:
        events += _message_events(len(items), text)
        items.append(_message("completed", "".join(text)))
    for call in calls:
        events += _call_events(len(items), call)
        items.append(_call_item(len(items), call, "completed", call.wire))
    events.append({"type": "response.completed", "response": _response(model, "completed", items)})
    numbered = [{**event, "sequence_number": number} for number, event in enumerate(events)]
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in numbered]


def _response(model: str, status: str, output: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    usage = {
        "input_tokens": 1,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 1,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 2,
    }
    settings = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "temperature": 1, "top_p": 1}
    state = {"error": None, "incomplete_details": None, "instructions": None, "metadata": {}, "usage": usage}
    head = {"id": "resp_1", "object": "response", "created_at": 1, "model": model, "status": status}
    return {**head, **settings, **state, "output": list(output)}


def _message(status: str, text: str | None) -> dict[str, Any]:
    content = [] if text is None else [{"type": "output_text", "text": text, "annotations": []}]
    return {"id": "msg_0", "type": "message", "role": "assistant", "status": status, "content": content}


def _message_events(index: int, text: Sequence[str]) -> list[dict[str, Any]]:
    place = {"output_index": index, "item_id": "msg_0", "content_index": 0}
    whole = "".join(text)
    return [
        {"type": "response.output_item.added", "output_index": index, "item": _message("in_progress", None)},
        {
            "type": "response.content_part.added",
            **place,
            "part": {"type": "output_text", "text": "", "annotations": []},
        },
        *({"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []} for piece in text),
        {"type": "response.output_text.done", **place, "text": whole, "logprobs": []},
        {"type": "response.output_item.done", "output_index": index, "item": _message("completed", whole)},
    ]


def _call_item(index: int, call: Call, status: str, arguments: str) -> dict[str, Any]:
    ids = {"id": f"fc_{index}", "call_id": f"call_{index}"}
    return {**ids, "type": "function_call", "name": call.name, "arguments": arguments, "status": status}


def _call_events(index: int, call: Call) -> list[dict[str, Any]]:
    place = {"output_index": index, "item_id": f"fc_{index}"}
    delta = "response.function_call_arguments.delta"
    return [
        {
            "type": "response.output_item.added",
            "output_index": index,
            "item": _call_item(index, call, "in_progress", ""),
        },
        *({"type": delta, **place, "delta": piece} for piece in call.pieces),
        {"type": "response.function_call_arguments.done", **place, "arguments": call.wire, "name": call.name},
        {
            "type": "response.output_item.done",
            "output_index": index,
            "item": _call_item(index, call, "completed", call.wire),
        },
    ]
