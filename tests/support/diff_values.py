# SPDX-License-Identifier: Apache-2.0
"""Random values of all kinds, and what three databases hold of them.

It knows values, not the product: `observed` says which value a database holds
after a load, `by_policy` and `near` what of it counts.
"""
import datetime
import decimal
import fractions
import json
import math
import struct
import uuid

decimal.getcontext().prec = 100

# kind: (PostgreSQL, MariaDB, SQLite) declarations to choose from; "": the kind
# cannot live there.
TYPES = {
    "int8": ("smallint", "tinyint", "TINYINT"),
    "int16": ("smallint", "smallint", "SMALLINT"),
    "int24": ("integer", "mediumint", "MEDIUMINT"),
    "int32": ("integer", "int", "INTEGER"),
    "int64": ("bigint", "bigint", "BIGINT"),
    "uint64": ("numeric(20)", "bigint unsigned", ""),
    "decimal": ("numeric(12,4)|numeric(14,5)|numeric", "decimal(12,4)|"
                "decimal(15,6)", "DECIMAL(12,4)|NUMERIC"),
    "huge": ("numeric(38,10)|numeric", "decimal(38,10)|decimal(60,20)", ""),
    "double": ("double precision", "double", "REAL|DOUBLE"),
    "float": ("real", "float", "FLOAT"),
    "text": ("text|varchar(200)", "text|varchar(200)|varchar(200) COLLATE "
             "utf8mb4_bin|varchar(200) COLLATE utf8mb4_unicode_ci|"
             "varchar(200) CHARACTER SET utf16|longtext",
             "TEXT|VARCHAR(200)|TEXT COLLATE NOCASE"),
    "char": ("char(20)", "char(20)", "CHAR(20)"),
    "date": ("date", "date", "DATE"),
    "timestamp": ("timestamp|timestamp(6)", "datetime(6)",
                  "DATETIME|TIMESTAMP"),
    "millis": ("timestamp(3)|timestamp", "datetime(3)|datetime(6)",
               "DATETIME"),
    "zoned": ("timestamptz", "timestamp(6)", ""),
    "time": ("time", "time(6)", "TIME"),
    "boolean": ("boolean", "tinyint(1)|boolean", "BOOLEAN"),
    "uuid": ("uuid", "uuid|char(36)|binary(16)", "TEXT|CHAR(36)|BLOB"),
    "bytes": ("bytea", "blob|varbinary(300)|longblob", "BLOB"),
    # Not "JSON" in SQLite, which makes a number of a document that is one.
    "json": ("jsonb|json", "json", "TEXT"),
}
ENGINES = ("postgresql", "mariadb", "sqlite")
# MariaDB cannot have a TEXT in a key; a key in latin letters of its default
# collation is what people have.
KEY_TYPES = dict(TYPES, text=(
    "text|varchar(200)", "varchar(200)", "TEXT"))
KEY_KINDS = ("int32", "int64", "text", "uuid", "date", "decimal", "huge",
             "uint64", "timestamp", "char", "boolean", "time", "int16")

PIECES = (["'", "''", '"', "\\", "\\'", "\n", "\r\n", "\t", "\x01", "\x1b",
           "\x7f", "\x1f", "\x1e", "|", ",", ";", "#", ":", "--", "/*", "%",
           "$$", "`", " ", "  ", "NULL", "<null>", "\\N", "X'00'", "4:abcd",
           "a", "A", "b", "ä", "Ä", "a\u0308", "ß", "ss", "é", "ı", "İ", "ſ",
           "K", "日本", "\u200b", "\ufeff", "😀", "𝒳", "\U0010ffff", "\ufffd",
           "0", "1.0", "true", "{", "}", "[1]"])



def text_value(rng, most=8):
    return "".join(rng.choice(PIECES) for _ in range(rng.randint(0, most)))


def json_value(rng, depth=0):
    kind = rng.randint(0, 8 if depth < 3 else 5)
    if kind <= 1:
        return rng.choice([0, 1, -1, 10, 2**53 + 1, 12345678901234567890])
    if kind == 2:
        return decimal.Decimal(rng.choice(
            ["0.1", "1.5", "-2.25", "1e-7", "0.10000000000000000001"]))
    if kind == 3:
        return rng.choice([True, False, None])
    if kind <= 5:
        return text_value(rng, 4)
    if kind == 6:
        return [json_value(rng, depth + 1) for _ in range(rng.randint(0, 3))]
    return {text_value(rng, 2): json_value(rng, depth + 1)
            for _ in range(rng.randint(0, 4))}


def spell_json(rng, value):
    """One of the texts of a JSON value."""
    blank = rng.choice(["", "", " ", "\n "])
    if isinstance(value, dict):
        items = list(value.items())
        rng.shuffle(items)
        return "{" + ("," + blank).join(
            spell_json(rng, k) + blank + ":" + spell_json(rng, v)
            for k, v in items) + blank + "}"
    if isinstance(value, list):
        return "[" + blank + ("," + blank).join(
            spell_json(rng, v) for v in value) + "]"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=rng.random() < 0.5)
    number = decimal.Decimal(value)
    forms = [format(number, "f")]
    if "." in forms[0]:
        forms.append(forms[0] + "0")
    else:
        forms.append(forms[0] + ".0")
    if number:
        forms.append(f"{number * 10:f}e-1")
    return rng.choice(forms)


def json_identity(value):
    if isinstance(value, dict):
        return ("object", tuple(sorted((k, json_identity(v))
                                       for k, v in value.items())))
    if isinstance(value, list):
        return ("array", tuple(json_identity(v) for v in value))
    if value is None or isinstance(value, bool):
        return ("word", str(value))
    if isinstance(value, str):
        return ("text", value)
    return ("number", decimal.Decimal(value).normalize() + 0)


def value_of(rng, kind):
    """A random value of a kind, as Python has it; never None."""
    bits = {"int8": 7, "int16": 15, "int24": 23, "int32": 31, "int64": 63}
    if kind in bits:
        most = 2 ** bits[kind]
        return rng.choice([0, 1, -1, most - 1, -most,
                           rng.randint(-most, most - 1),
                           rng.randint(-9, 99)])
    if kind == "uint64":
        return rng.choice([0, 1, 2**63 - 1, 2**63, 2**64 - 1,
                           rng.randint(0, 2**64 - 1)])
    if kind == "decimal":
        return decimal.Decimal(rng.choice(
            [0, 10000, 11000, -10000, rng.randint(-10**11, 10**11),
             rng.randint(-10**5, 10**5)])).scaleb(-4)
    if kind == "huge":
        return decimal.Decimal(rng.choice(
            [0, 10**10, 10**38 - 1, 1 - 10**38,
             rng.randint(-10**37, 10**37)])).scaleb(-10)
    if kind == "double":
        return rng.choice([0.0, -0.0, 0.1, 0.1 + 0.2, 1e15, 1e-5, 5e-324,
                           1.7976931348623157e308, -1.5, 2.0**53, 1 / 3,
                           rng.uniform(-1e6, 1e6), rng.gauss(0, 1),
                           struct.unpack("d", struct.pack(
                               "Q", rng.randrange(1, 0x7fe << 52)))[0]])
    if kind == "float":
        value = rng.choice([0.0, 0.1, 123456.1, 1e-20, -3.5, 16777216.0,
                            rng.uniform(-1e5, 1e5)])
        return struct.unpack("f", struct.pack("f", value))[0]
    if kind == "text":
        return text_value(rng, rng.choice([2, 8, 20]))[:180]
    if kind == "char":
        return text_value(rng, 6)[:20].rstrip(" ")
    if kind == "date":
        return datetime.date(1000, 1, 1) + datetime.timedelta(
            days=rng.choice([0, 364877, 359000, rng.randint(0, 3287181)]))
    if kind in ("timestamp", "millis", "zoned"):
        start = datetime.datetime(1970, 1, 2 if kind == "zoned" else 1)
        unit = 1000 if kind == "millis" else 1
        span = (60 if kind == "zoned" else 1500) * 365 * 86400
        return start + datetime.timedelta(
            seconds=rng.randint(0, span), microseconds=rng.choice(
                [0, 500000, 999000, 1000 * rng.randint(0, 999),
                 rng.randint(0, 999999) // unit * unit]))
    if kind == "time":
        return datetime.time(rng.randint(0, 23), rng.randint(0, 59),
                             rng.randint(0, 59), rng.choice(
                                 [0, 100000, rng.randint(0, 999999)]))
    if kind == "boolean":
        return rng.random() < 0.5
    if kind == "uuid":
        # MariaDB refuses some that are of no version.
        return uuid.UUID(int=rng.getrandbits(128), version=4)
    if kind == "bytes":
        return bytes(rng.choice([0, 255, 39, 92, 120, rng.randrange(256)])
                     for _ in range(rng.randint(0, 12)))
    return json_value(rng)


def observed(engine, kind, value):
    """What the database holds of a value, so that equal means equal."""
    if value is None:
        return None
    if kind == "char" and engine != "sqlite":
        return value.rstrip(" ")
    if kind == "boolean":
        return int(value)
    if kind in ("decimal", "huge"):
        return value.normalize() + 0
    if kind in ("double", "float"):
        return struct.pack("d", value + 0.0)
    if kind == "json":
        return json_identity(value)
    return value


def literal(rng, engine, kind, declared, value):
    """SQL of a value for PostgreSQL or MariaDB; hexadecimal where it may."""
    if value is None:
        return "NULL"
    pg = engine == "postgresql"
    if kind == "json":
        value = spell_json(rng, value)
    if kind in ("text", "char", "json"):
        digits = value.encode().hex()
        if not pg:
            return f"_utf8mb4 x'{digits}'"
        cast = f"::{declared}" if kind == "json" else ""
        return f"convert_from('\\x{digits}'::bytea, 'UTF8'){cast}"
    if kind == "bytes":
        return f"'\\x{value.hex()}'::bytea" if pg else f"x'{value.hex()}'"
    if kind in ("double", "float"):
        shown = format(value, ".17e")
        return f"'{shown}'::float8" if pg else shown
    if kind == "boolean":
        return str(value).lower()
    if kind == "uuid":
        if declared.startswith("binary"):
            return f"x'{value.hex}'"
        shown = str(value)
        return f"'{shown.upper() if rng.random() < 0.3 else shown}'"
    if kind == "zoned":
        if not pg:
            return f"'{value}'"
        zone = datetime.timezone(datetime.timedelta(
            minutes=rng.choice([0, 330, -300, 60])))
        moment = value.replace(tzinfo=datetime.timezone.utc).astimezone(zone)
        return f"'{moment}'"
    if kind in ("date", "timestamp", "millis", "time"):
        return f"'{value}'"
    return format(value, "f") if isinstance(value, decimal.Decimal) else str(
        value)


def sqlite_value(rng, kind, declared, value):
    if value is None:
        return None
    if kind == "json":
        return spell_json(rng, value)
    if kind == "uuid":
        if declared == "BLOB":
            return value.bytes
        return str(value).upper() if rng.random() < 0.3 else str(value)
    if kind == "decimal":
        return format(value, "f")
    if kind == "boolean":
        return int(value)
    if kind in ("date", "timestamp", "millis", "time"):
        return str(value)
    return value


def needed_policy(kind, declared):
    """`as`, where both declarations could hold something else."""
    natural = {"uuid": ("uuid",), "json": ("json", "jsonb")}.get(kind)
    if natural is None or any(
            d in natural and e != "sqlite" and (e, d) != ("mariadb", "json")
            for e, d in declared):
        return None
    return kind


def has_one_spelling(kind, engine, declared):
    """Whether a key's value is stored in one way only, so that a look-up by
    value finds it."""
    if kind in ("text", "char", "uint64") or kind.startswith("int"):
        return True
    if kind == "uuid":
        return engine != "sqlite" and declared == "uuid"
    return engine != "sqlite" and kind in ("decimal", "huge", "date",
                                           "timestamp", "time", "boolean")


def random_policy(rng, kind, tolerant):
    """A policy of a rule set for a column that is no key."""
    if kind in ("text", "char"):
        return {k: v for k, v in (("trim", rng.choice(["trailing", "both"])),
                                  ("ignore_case", True),
                                  ("empty_is_null", True))
                if rng.random() < 0.5}
    if kind in ("timestamp", "millis", "zoned", "time"):
        out = {"precision": rng.choice([0, 0, 3, 5, 6])}
        return dict(out, rounding="round") if rng.random() < 0.5 else out
    if tolerant and (kind.startswith("int") or kind in (
            "decimal", "huge", "double", "float", "uint64")):
        return rng.choice([{"tolerance": 0.01}, {"relative_tolerance": 0.1},
                           {"tolerance": 1, "relative_tolerance": 0.001}])
    return {}


def by_policy(kind, policy, value):
    """What of an observed value counts."""
    if value is None or not policy:
        return value
    if kind in ("text", "char"):
        if policy.get("trim"):
            value = value.rstrip(" ")
        if policy.get("trim") == "both":
            value = value.lstrip(" ")
        if policy.get("ignore_case"):
            value = "".join(c.lower() if c.isascii() else c for c in value)
        return value if value or not policy.get("empty_is_null") else None
    if "precision" in policy:
        if kind == "time":
            value = datetime.datetime.combine(datetime.date(1970, 1, 1), value)
        micros = (value - datetime.datetime(1970, 1, 1)) // (
            datetime.timedelta(microseconds=1))
        unit = 10 ** (6 - policy["precision"])
        half = unit // 2 if policy.get("rounding") == "round" else 0
        return (micros + half) // unit
    return value


def near(policy, source, target):
    """Whether two observed values are within a tolerance."""
    if source == target:
        return True
    if source is None or target is None:
        return False
    source, target = [
        fractions.Fraction(struct.unpack("d", v)[0] if isinstance(v, bytes)
                           else v) for v in (source, target)]
    return abs(source - target) <= fractions.Fraction(
        str(policy.get("tolerance", 0))) or (
            abs(source - target) <= abs(source) * fractions.Fraction(
                str(policy.get("relative_tolerance", 0))))


def nudged(rng, kind, value):
    """The nearest other value, in the way in which migrations damage it."""
    if value is None:
        return value_of(rng, kind)
    if kind in ("double", "float"):
        if kind == "double":
            return math.nextafter(value, -math.inf)
        return value_of(rng, kind)
    if kind in ("decimal", "huge"):
        step = decimal.Decimal(1).scaleb(-4 if kind == "decimal" else -10)
        return value - step if value > 0 else value + step
    if kind == "uint64" or kind.startswith("int"):
        return value - 1 if value > 0 else value + 1
    if kind in ("timestamp", "zoned"):
        return value + datetime.timedelta(microseconds=1)
    if kind == "millis":
        return value + datetime.timedelta(milliseconds=1)
    if kind == "date":
        return value + datetime.timedelta(days=-1 if value.year > 1000 else 1)
    if kind == "boolean":
        return not value
    if kind == "uuid":
        return uuid.UUID(int=value.int ^ (1 << rng.randrange(128)), version=4)
    if kind == "bytes":
        return value + b"\x00" if rng.random() < 0.5 else value[:-1]
    if kind == "json":
        return str(value) if isinstance(value, int) else [value]
    if kind == "text":
        return rng.choice([value + " ", " " + value, value.swapcase(),
                           value + "\u0308", value + "\t"])
    if kind == "char":
        return rng.choice([value + " ", value.swapcase()])[:20]
    return value_of(rng, kind)
