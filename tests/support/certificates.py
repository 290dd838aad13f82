# SPDX-License-Identifier: Apache-2.0
"""Certificates of the tests' own, made with openssl; nothing of it outlives
its directory."""
import pathlib
import subprocess


def openssl(*args, **kwargs):
    done = subprocess.run(["openssl", *map(str, args)], capture_output=True,
                          text=True, check=False, **kwargs)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {args}: {done.stderr}")
    return done.stdout


class Authority:
    """A CA in a directory."""

    def __init__(self, directory, name="Test CA"):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(exist_ok=True)
        self.name = name
        self.certificate = self.directory / "ca.crt"
        self.key = self.directory / "ca.key"
        self._count = 0
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", f"/CN={name}", "-keyout", self.key,
                "-out", self.certificate)

    def issue(self, subject, names=(), days=2, prefix=None):
        """A certificate and its key; `names` as in "DNS:localhost"."""
        self._count += 1
        prefix = prefix or f"leaf{self._count}"
        certificate = self.directory / f"{prefix}.crt"
        key = self.directory / f"{prefix}.key"
        request = self.directory / f"{prefix}.csr"
        extensions = self.directory / f"{prefix}.ext"
        openssl("req", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-subj", subject,
                "-keyout", key, "-out", request)
        extensions.write_text(
            f"subjectAltName={','.join(names)}\n" if names else "\n")
        dates = ["-days", str(days)]
        openssl("x509", "-req", "-in", request, "-CA", self.certificate,
                "-CAkey", self.key, "-CAcreateserial", "-out", certificate,
                "-extfile", extensions, *dates)
        return certificate, key

    def issue_expired(self, subject, names=(), prefix=None):
        """One that ended yesterday."""
        certificate, key = self.issue(subject, names, prefix=prefix)
        database = self.directory / "index.txt"
        database.write_text("")
        config = self.directory / "ca.cnf"
        config.write_text(
            "[ca]\ndefault_ca=own\n[own]\n"
            f"database={database}\nnew_certs_dir={self.directory}\n"
            f"rand_serial=yes\ndefault_md=sha256\npolicy=any\n"
            "copy_extensions=copy\n[any]\ncommonName=supplied\n"
            "organizationName=optional\n")
        request = certificate.with_suffix(".csr")
        openssl("ca", "-batch", "-config", config, "-in", request, "-cert",
                self.certificate, "-keyfile", self.key, "-out", certificate,
                "-startdate", "20200101000000Z", "-enddate",
                "20200201000000Z", "-notext", "-extfile",
                certificate.with_suffix(".ext"))
        return certificate, key
