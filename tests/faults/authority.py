"""Certificates of a test's own, and a proxy that tunnels to where a test says."""

from __future__ import annotations

import select
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "meter.test"  # resolves nowhere: who reaches it has gone through the proxy
_LAX = "ALL:@SECLEVEL=0"


class Authority:
    """Who vouches for servers, to whoever believes `file`."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self.file = folder / f"{name}.pem"
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        made = (
            _builder(self._name, self._key, days=1)
            .issuer_name(self._name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def server(
        self, *names: str, days: int = 1, newest: ssl.TLSVersion | None = None
    ) -> ssl.SSLContext:
        """A server's TLS for these names; expired with days below 0.

        Args:
            names: Of the server; none: localhost and HOST.
            days: It is valid for.
            newest: The newest version that it speaks.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = [x509.DNSName(name) for name in names or ("localhost", HOST)]
        made = (
            _builder(x509.Name([]), key, days=days)
            .issuer_name(self._name)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        file = self._folder / f"server-{made.serial_number}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + made.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        if newest is not None:
            context.set_ciphers(_LAX)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that such a version is no good: it is not
                context.minimum_version = context.maximum_version = newest
        return context


def _builder(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, *, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=days))
    )


class Tunnel:
    """A proxy: what it was asked for, and all that passed through it to the other side."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.heads: list[bytes] = []
        self.passed = b""


@contextmanager
def tunnel(
    target: int, refusal: bytes = b"", secured: ssl.SSLContext | None = None
) -> Iterator[Tunnel]:
    """A proxy on this machine that leads every CONNECT to one port, or refuses each.

    Args:
        target: The port.
        refusal: What it answers in place of that.
        secured: Its own TLS, for one that is spoken to by https://.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    made = Tunnel(listener.getsockname()[1])

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=converse, args=(connection,), daemon=True).start()

    def converse(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(10)
            end = secured.wrap_socket(connection, server_side=True) if secured else connection
            with end:
                head = b""
                while b"\r\n\r\n" not in head and (piece := end.recv(65_536)):
                    head += piece
                made.heads.append(head)
                if refusal or not head.startswith(b"CONNECT "):
                    end.sendall(refusal or b"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n")
                    return
                with socket.create_connection(("127.0.0.1", target), timeout=10) as there:
                    end.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                    _pump(end, there, made)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield made
    finally:
        listener.close()


def _pump(one: socket.socket, other: socket.socket, made: Tunnel) -> None:
    """Pass on what each of two says, until one has gone; keep what the first one said."""
    while True:
        waits = isinstance(one, ssl.SSLSocket) and one.pending()
        ready = [one] if waits else select.select([one, other], [], [], 10)[0]
        for source in ready:
            try:
                piece = source.recv(65_536)
            except OSError:
                piece = b""
            if not piece:
                return
            made.passed += piece if source is one else b""
            (other if source is one else one).sendall(piece)
        if not ready:
            return
