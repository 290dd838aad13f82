# SPDX-License-Identifier: Apache-2.0
"""A Go that is new enough for tests/argo_go.

The `go` of PATH where it is; else the pinned one, from the module proxy that
GOPROXY names, into build/go. The proxy has toolchains as zip files of a module,
golang.org/toolchain; Go itself fetches newer ones from there.
"""
import fcntl
import hashlib
import os
import pathlib
import platform
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULE = ROOT / "tests/argo_go"
PINNED = "1.26.8"
# Of the zip for linux-amd64, whose module hash sum.golang.org confirms.
SHA256 = "30c2b1bf7dcc88d3eb0a1364e47ddd9128edb3110a30e8a0ef61cd5856b31de7"
_NAME = f"v0.0.1-go{PINNED}.linux-amd64"
_DEFAULT_PROXY = "https://proxy.golang.org"  # Go's own.


def folder():
    """build/go, which exists."""
    build = pathlib.Path(os.environ.get("ASSAY_BUILD_DIR", ROOT / "build/dev"))
    out = build.parent / "go"
    out.mkdir(parents=True, exist_ok=True)
    return out


def _version(text):
    return tuple(int(part) for part in
                 re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text).groups("0"))


def wanted():
    """The least version, of go.mod."""
    line = re.search(r"^go (\S+)$", (MODULE / "go.mod").read_text(), re.M)
    return _version(line[1])


def environment():
    """Neither another toolchain nor a workspace around us."""
    return {**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off"}


def _usable(program):
    done = subprocess.run([program, "env", "GOVERSION"], env=environment(),
                          capture_output=True, text=True, check=False,
                          cwd="/")
    match = re.fullmatch(r"go(\d[\d.]*).*", done.stdout.strip(), re.S)
    return (done.returncode == 0 and match is not None
            and _version(match[1]) >= wanted())


def _proxies():
    """(address, whether any failure lets the next one try), as Go reads
    GOPROXY."""
    text = os.environ.get("GOPROXY") or _DEFAULT_PROXY
    parts = re.split(r"([,|])", text)
    for address, mark in zip(parts[::2], parts[1::2] + [""]):
        yield address.strip().rstrip("/"), mark == "|"


def _download(path):
    """Fetches the toolchain; raises with what was tried."""
    tried = []
    for address, go_on in _proxies():
        if address in ("off", "direct", ""):
            tried.append(f"'{address}' has no toolchains")
            continue
        shown = urllib.parse.urlsplit(address).hostname or address
        try:
            with urllib.request.urlopen(
                    f"{address}/golang.org/toolchain/@v/{_NAME}.zip",
                    timeout=60) as got, open(path, "wb") as out:
                shutil.copyfileobj(got, out)
            return
        except urllib.error.HTTPError as error:
            tried.append(f"{shown}: {error}")
            go_on = go_on or error.code in (404, 410)
        except OSError as error:
            tried.append(f"{shown}: {error}")
        if not go_on:
            break
    raise RuntimeError(
        f"Go {PINNED} cannot be had from GOPROXY ({'; '.join(tried)}). Let the "
        "module proxy be reached, or put a go of at least "
        f"{'.'.join(map(str, wanted()))} on PATH.")


def _unpack(archive, target):
    with open(archive, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise RuntimeError(f"Go {PINNED} of the proxy has SHA-256 {found}; "
                           f"{SHA256} is pinned. Do not use it.")
    target = target.resolve()
    prefix = f"golang.org/toolchain@{_NAME}/"
    with zipfile.ZipFile(archive) as zipped:
        for entry in zipped.infolist():
            name = entry.filename.removeprefix(prefix)
            path = target / name
            if target not in path.resolve().parents:
                raise RuntimeError(f"{entry.filename} leads out of its place")
            path.parent.mkdir(parents=True, exist_ok=True)
            with zipped.open(entry) as packed, open(path, "wb") as out:
                shutil.copyfileobj(packed, out)
            # Zip files of modules have no modes.
            if name.startswith(("bin/", "pkg/tool/")):
                path.chmod(0o755)


def _pinned():
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise RuntimeError(
            f"only the Go for x86-64 Linux is pinned; put a go of at least "
            f"{'.'.join(map(str, wanted()))} on PATH")
    out = folder() / f"go{PINNED}"
    with open(folder() / ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():
            part, archive = folder() / "part", folder() / "part.zip"
            shutil.rmtree(part, ignore_errors=True)
            try:
                _download(archive)
                _unpack(archive, part)
            finally:
                archive.unlink(missing_ok=True)
            # All of it or nothing.
            part.rename(out)
    return str(out / "bin/go")


def go():
    """The program; raises where there is none and none can be had."""
    found = shutil.which("go")
    if found and _usable(found):
        return found
    out = _pinned()
    if not _usable(out):
        raise RuntimeError(f"{out} does not run, or is older than go.mod wants")
    return out
