"""A proxy between an application and its server, that cuts, resets and delays what passes."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

Fault = Literal["cut before", "cut after", "reset", "delay", "none"]


@dataclass
class Proxy:
    """Forwards to `port`; at the n-th message from the client it does its `fault`, once.

    "cut before": the message never arrives. "cut after": it arrives, its answer does not. "reset":
    as "cut before", by RST. "delay": everything comes late, nothing is lost.
    """

    port: int
    fault: Fault = "none"
    at: int = 0
    messages: int = 0
    struck: bool = False
    _server: socket.socket = field(init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def own_port(self) -> int:
        """Where clients connect to."""
        return int(self._server.getsockname()[1])

    def set(self, fault: Fault, at: int) -> None:
        """What to do next, and at which message from now on."""
        with self._lock:
            self.fault, self.at, self.messages, self.struck = fault, at, 0, False

    def close(self) -> None:
        """Take no more clients."""
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.port))
            threading.Thread(target=self._to_server, args=(client, server), daemon=True).start()
            threading.Thread(target=self._to_client, args=(client, server), daemon=True).start()

    def _strikes(self) -> bool:
        with self._lock:
            self.messages += 1
            strikes = self.messages == self.at and not self.struck
            self.struck |= strikes
            return strikes

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while data := client.recv(65536):
                if self.fault == "delay":
                    time.sleep(0.002)
                elif self.fault != "none" and self._strikes():
                    if self.fault == "cut after":
                        server.sendall(data)
                        time.sleep(0.05)  # the server has done it; the answer is lost
                    if self.fault == "reset":
                        linger = struct.pack("ii", 1, 0)
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    break
                server.sendall(data)
        except OSError:
            pass
        finally:
            _close(client, server)

    def _to_client(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while data := server.recv(65536):
                if self.struck:
                    break
                client.sendall(data)
        except OSError:
            pass
        finally:
            _close(client, server)


def _close(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def proxied(port: int) -> Iterator[Proxy]:
    """A proxy in front of a local port."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
