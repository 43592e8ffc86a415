# SPDX-License-Identifier: MIT
"""Servers over https, with certificates of our own."""

import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path

from .callback import Callback
from .origin import Origin

HAVE_OPENSSL = shutil.which("openssl") is not None


class Certificate:
    """Self-signed, for the names given: "IP:127.0.0.1", "DNS:a.test".  With
    `ended` it was good until some day in the past."""

    def __init__(self, folder: Path, *names: str, ended: bool = False
                 ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.key, self.chain = folder / "key.pem", folder / "cert.pem"
        request, config = folder / "request.pem", folder / "config"
        config.write_text(_CONFIG.format(folder=folder,
                                         names=",".join(names)))
        (folder / "index").write_text("")
        (folder / "serial").write_text("01\n")
        _openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test",
                 "-keyout", self.key, "-out", request, "-config", config)
        # Only `ca` takes dates of any kind.
        until = "20200102000000Z" if ended else "20991231000000Z"
        _openssl("ca", "-selfsign", "-batch", "-notext", "-config", config,
                 "-keyfile", self.key, "-in", request, "-out", self.chain,
                 "-startdate", "20200101000000Z", "-enddate", until,
                 "-extensions", "names")

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context


_CONFIG = """
[ca]
default_ca = here
[here]
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
[any]
commonName = supplied
[req]
distinguished_name = any_name
[any_name]
[names]
subjectAltName = {names}
basicConstraints = critical,CA:true
"""


def _openssl(*words: object) -> None:
    done = subprocess.run(["openssl", *map(str, words)], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


class Tls:
    """Mixed into a server.  It has the certificate that `certificate` is when
    a connection comes."""

    certificate: Certificate

    @property
    def base(self) -> str:
        return f"https://{self.host}:{self.port}"

    def _serve(self, sock: socket.socket, number: int,
               stopping: threading.Event) -> None:
        with self._lock:
            self._open.discard(sock)
        try:
            wrapped = self.certificate.context().wrap_socket(
                sock, server_side=True)
        except OSError:
            sock.close()
            return
        with self._lock:
            self._open.add(wrapped)
        super()._serve(wrapped, number, stopping)


class TlsOrigin(Tls, Origin):
    pass


class TlsCallback(Tls, Callback):
    pass
