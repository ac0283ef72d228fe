"""A server that does to a connection whatever a test wants."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

Behaviour = Callable[[socket.socket], None]  # called when a request's head has come


class Wild:
    """It, and how many requests it has seen."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/readings"
        self.requests: list[bytes] = []
        self.closing = threading.Event()


@contextmanager
def wild(behave: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Wild]:
    """Listen for the length of a block; nothing of it stays."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    server = Wild(listener.getsockname()[1])
    threads: list[threading.Thread] = []

    def converse(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(5)
            end = tls.wrap_socket(connection, server_side=True) if tls else connection
            with suppress(OSError), end:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = end.recv(65_536)
                    if not piece:
                        return
                    head += piece
                server.requests.append(head)
                behave(end)

    def accept() -> None:
        while not server.closing.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=converse, args=(connection,))
            thread.start()
            threads.append(thread)

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield server
    finally:
        server.closing.set()
        accepting.join()
        listener.close()
        for thread in threads:
            thread.join(10)


def answering(raw: bytes) -> Behaviour:
    """Send these bytes and close."""
    return lambda end: end.sendall(raw)


def answer(status: str, body: bytes, *headers: str) -> bytes:
    """An answer, whole."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def reset(end: socket.socket) -> None:
    """Break the connection off."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def until_gone(end: socket.socket) -> None:
    """Say nothing until the client leaves."""
    while end.recv(65_536):
        pass


def dripping(raw: bytes) -> Behaviour:
    """A byte now and then: no wait for the next one is ever long."""

    def drip(end: socket.socket) -> None:
        for byte in raw:
            end.sendall(bytes((byte,)))
            threading.Event().wait(0.05)

    return drip


def certificate(folder: Path, *, days: int = 1) -> ssl.SSLContext:
    """A server's TLS with a certificate that nobody vouches for; of the past with days below 0."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
