"""The listening socket, opened before anything slow so that a taken port is told at once."""

import errno
import socket

from core.domain.errors import InvalidInput


def listen(host: str, port: int) -> socket.socket:
    """Listen for TCP connections; port 0 takes any free one.

    Raises:
        InvalidInput: the port is taken or the address cannot be used; the message says what to set.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InvalidInput(f"Port {port} on {host} is taken. Stop what uses it, or set PORT to another.") from error
        raise InvalidInput(f"Cannot listen on {host}:{port}: {error.strerror}. Check HOST and PORT.") from error
    # asyncio does this only for sockets it opens itself. Without it the second of two small packets, such as
    # an answer's body or the next chat event, waits 40 ms for the other side's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
