# SPDX-License-Identifier: Apache-2.0
"""The Debian package, and a clean Debian to install it into: debootstrap's
minbase, kept in build/debian so that a repetition is quick. Needs root."""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get(
    "ASSAY_PACKAGE_BUILD",
    os.environ.get("ASSAY_BUILD_DIR", ROOT / "build/dev")))
SUITE = "bookworm"
# Of a clean Debian nothing but this is needed.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
               "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
MOUNTS = """
set -e
root=$1; shift
mount --make-rprivate /
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev"
for node in null zero random urandom tty; do
  touch "$root/dev/$node"
  mount --bind "/dev/$node" "$root/dev/$node"
done
mkdir "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
exec chroot "$root" "$@"
"""


def run(*args, **kwargs):
    done = subprocess.run(list(map(str, args)), capture_output=True, text=True,
                          check=False, **kwargs)
    if done.returncode != 0:
        raise AssertionError(f"{args}: exit {done.returncode}\n{done.stdout}\n"
                             f"{done.stderr}")
    return done.stdout


def package(directory):
    """Packages BUILD; the path of the .deb."""
    run("cmake", "--build", BUILD, "--target", "assay_completion", "assayd")
    run("cpack", "-G", "DEB", "--config", BUILD / "CPackConfig.cmake", "-B",
        directory, cwd=directory)
    return next(pathlib.Path(directory).glob("assay_*.deb"))


def mirror():
    """Where this machine's apt gets SUITE from."""
    found = []
    for path in [pathlib.Path("/etc/apt/sources.list"), *sorted(
            pathlib.Path("/etc/apt/sources.list.d").glob("*"))]:
        if not path.exists():
            continue
        text = path.read_text(errors="replace")
        if path.suffix == ".sources":
            for block in re.split(r"\n\s*\n", text):
                fields = dict(re.findall(r"(?m)^(\w[\w-]*):\s*(.*)$", block))
                if SUITE in fields.get("Suites", "").split():
                    found.append(fields["URIs"].split()[0])
        else:
            found += re.findall(
                rf"(?m)^deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+{SUITE}\s+main", text)
    if not found:
        raise RuntimeError(f"no source of {SUITE} in /etc/apt")
    return found[0]


def base():
    """The clean root as a tar; made where it is missing."""
    url = mirror()
    directory = ROOT / "build/debian"
    directory.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(f"{SUITE} {url}".encode()).hexdigest()[:12]
    tar = directory / f"{SUITE}-{name}.tar"
    if tar.exists():
        return tar
    scratch = pathlib.Path(tempfile.mkdtemp(dir=directory, prefix="making-"))
    try:
        subprocess.run(["debootstrap", "--variant=minbase", SUITE, scratch,
                        url], check=True)
        unfinished = tar.with_suffix(".part")
        subprocess.run(["tar", "-C", scratch, "--numeric-owner", "-cf",
                        unfinished, "."], check=True)
        unfinished.rename(tar)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return tar


class DebianRoot:
    """One root of the test's own; gone with __exit__. Its processes see
    themselves only, and mounts are theirs: they end with them."""

    def __init__(self):
        self.cache = ROOT / "build/debian"
        self.path = None

    def __enter__(self):
        tar = base()
        self.path = pathlib.Path(tempfile.mkdtemp(dir=self.cache,
                                                  prefix="root-"))
        subprocess.run(["tar", "-C", self.path, "--numeric-owner", "-xf",
                        tar], check=True)
        # mkdtemp's 0700 would shut out everybody but root.
        self.path.chmod(0o755)
        (self.path / "etc/apt/sources.list").write_text(
            f"deb {mirror()} {SUITE} main\n")
        shutil.copy("/etc/resolv.conf", self.path / "etc/resolv.conf")
        proxies = {name: value for name, value in os.environ.items()
                   if name.lower() in ("http_proxy", "https_proxy",
                                       "no_proxy")}
        ENVIRONMENT.update(proxies)
        # What apt has fetched before.
        archives = self.cache / "archives"
        if archives.exists():
            shutil.copytree(archives, self.path / "var/cache/apt/archives",
                            dirs_exist_ok=True)
        return self

    def __exit__(self, *_):
        if self.path is not None:
            self.keep_archives()
            shutil.rmtree(self.path)

    def keep_archives(self):
        archives = self.cache / "archives"
        archives.mkdir(exist_ok=True)
        for package in (self.path / "var/cache/apt/archives").glob("*.deb"):
            shutil.copy(package, archives)

    def command(self, *args, user=None):
        """What to execute so that `args` is executed inside."""
        inside = list(map(str, args))
        if user:
            inside = ["/usr/sbin/runuser", "-u", user, "--", *inside]
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh",
                "-c", MOUNTS, "sh", str(self.path), *inside]

    def run(self, *args, user=None, check=True, **kwargs):
        done = subprocess.run(
            self.command(*args, user=user), env=ENVIRONMENT, text=True,
            capture_output=True, check=False, **kwargs)
        if check and done.returncode != 0:
            raise RuntimeError(f"{args}: exit {done.returncode}\n"
                               f"{done.stdout}\n{done.stderr}")
        return done

    def popen(self, *args, user=None, **kwargs):
        return subprocess.Popen(self.command(*args, user=user),
                                env=ENVIRONMENT, **kwargs)

    def files(self):
        """All paths, without what apt and dpkg know, and logs."""
        skip = ("proc", "dev", "sys", "var/cache", "var/lib/apt",
                "var/lib/dpkg", "var/log/apt", "var/log/dpkg.log",
                "var/log/alternatives.log", "tmp")
        out = set()
        for directory, names, files in os.walk(self.path):
            relative = os.path.relpath(directory, self.path)
            names[:] = [name for name in names if os.path.normpath(
                os.path.join(relative, name)) not in skip]
            for name in names + files:
                path = os.path.normpath(os.path.join(relative, name))
                if path not in skip:
                    out.add(path)
        return out
