# SPDX-License-Identifier: Apache-2.0
"""Prometheus, as far as a restart of the daemon is concerned: it asks again and again, and no answer may be missing."""

import ctypes
import socket
import threading

import daemon


class Scraper(threading.Thread):
    """Asks the endpoint at Prometheus' path again and again, and counts what was not answered."""

    def __init__(self, asked, over_tcp, pause=0.02):
        super().__init__(daemon=True)
        self.asked, self.over_tcp, self.pause = asked, over_tcp, pause
        self.done, self.answers, self.failures = threading.Event(), 0, []

    def run(self):
        connect = self.tcp if self.over_tcp else None
        if self.over_tcp:
            enter_network(self.asked.node.leader)
        while not self.done.wait(self.pause):
            try:
                status, text = self.asked.get("/metrics", timeout=10, connect=connect)
                if status != 200 or "crihealthd_" not in text:
                    raise daemon.NotAnswering(f"status {status}: {text[:100]}")
                self.answers += 1
            except daemon.NotAnswering as error:
                self.failures.append(f"{'tcp' if self.over_tcp else 'unix'}: {error}")

    @staticmethod
    def tcp(timeout):
        """A connection to the port, in the network of the thread."""
        return socket.create_connection(("127.0.0.1", 10274), timeout)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()


def enter_network(pid):
    """Puts the calling thread, and no other, into the network of a process: setns(2), which Python 3.11 lacks."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/proc/{pid}/ns/net") as namespace:
        if libc.setns(namespace.fileno(), 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), "setns")
