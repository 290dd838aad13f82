# SPDX-License-Identifier: Apache-2.0
"""Words that must be nowhere: searched for in all that leaves or is left by a
server, by every test that uses assay.Server, assay.assay, http_client or rpc.

The password of the scratch databases' reader is one from the start; tests
register their own: tokens, and values that a policy hides.
"""
import base64
import pathlib
import urllib.parse

# As it is, and in the forms in which it might travel.
_words = {}


def register(*words):
    for word in words:
        raw = word.encode()
        forms = {raw, raw.hex().encode(),
                 urllib.parse.quote(word, safe="").encode()}
        # What of base64 does not depend on what stands before and after.
        for skip in range(3):
            encoded = base64.b64encode(b"\0" * skip + raw)
            forms.add(encoded[(skip * 8 + 5) // 6:len(encoded) - 4])
        # Too short a piece would be found anywhere.
        _words[word] = {form for form in forms if len(form) >= 8}


def forget(*words):
    for word in words:
        _words.pop(word, None)


def check(where, data):
    """Fails where one of the words is in `data`, and does not repeat it."""
    if isinstance(data, str):
        data = data.encode(errors="replace")
    for number, forms in enumerate(_words.values()):
        for form in forms:
            at = data.find(form)
            if at >= 0:
                shown = data[max(0, at - 200):at].decode(errors="replace")
                raise AssertionError(
                    f"hidden word {number} is in {where}, after: {shown!r}")


def sweep(paths, leave_out=()):
    """Checks all files that are, or are below, one of the paths."""
    for path in map(pathlib.Path, paths):
        for file in [path, *path.rglob("*")]:
            if file.is_file() and file not in leave_out:
                check(file.name, file.read_bytes())


register("read;only}")
