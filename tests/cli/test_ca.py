from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from realtime_inspector.cli.main import main


@pytest.mark.parametrize(("arguments", "name"), [([], "ca.pem"), (["--bundle"], "bundle.pem")])
def test_the_path_printed_holds_certificates(
    arguments: list[str],
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(tmp_path))
    assert main(["ca", *arguments]) == 0
    path = capsys.readouterr().out.rstrip("\n")
    assert path == str(tmp_path / "ca" / name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(path)
    assert context.cert_store_stats()["x509_ca"] >= 1
