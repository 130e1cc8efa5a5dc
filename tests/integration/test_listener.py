"""Answers leave at once (chat.md, answers in milliseconds), and a port that cannot be had is explained."""

import socket

import pytest

from core.domain.errors import InvalidInput
from web.listener import listen


def test_accepted_connections_send_small_answers_without_delay():
    """Otherwise each small message waits about 40 ms for the other side's acknowledgement."""
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_taken_port_is_explained_with_what_to_do():
    """Promise: errors of the first start are plain (product.md, the first ten minutes)."""
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(InvalidInput, match=f"Port {port} on 127.0.0.1 is taken"):
            listen("127.0.0.1", port)
