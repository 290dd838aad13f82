# SPDX-License-Identifier: Apache-2.0
"""Random tables in three databases, and what two of them differ by.

`Expected` counts by definition what a full diff must report.
"""
import collections
import datetime
import decimal
import sqlite3
import uuid

from diff_values import (ENGINES, KEY_TYPES, TYPES, by_policy, literal, near,
                         observed, sqlite_value)

Column = collections.namedtuple("Column", "name kind key")


def quote(engine, name):
    mark = "`" if engine == "mariadb" else '"'
    return mark + name.replace(mark, mark * 2) + mark


class Table:
    """One side: a database, a name, declared types, and rows of the model."""

    def __init__(self, rng, database, name, columns, unique):
        self.database = database
        self.engine = database.name
        self.name = name
        self.columns = columns
        self.unique = unique
        self.order = list(range(len(columns)))
        rng.shuffle(self.order)
        self.declared = [
            rng.choice((KEY_TYPES if c.key else TYPES)[c.kind][
                ENGINES.index(self.engine)].split("|")) for c in columns]
        self.rng = rng

    def ddl(self):
        parts = []
        for i in self.order:
            column = self.columns[i]
            null = " NOT NULL" if column.key and self.unique else " NULL"
            if self.engine == "sqlite" and null == " NULL":
                null = ""
            parts.append(f"{quote(self.engine, column.name)} "
                         f"{self.declared[i]}{null}")
        if self.unique:
            names = ", ".join(quote(self.engine, c.name)
                              for c in self.columns if c.key)
            parts.append(f"PRIMARY KEY ({names})")
        return f"CREATE TABLE {self.name} ({', '.join(parts)})"

    def load(self, rows):
        rows = list(rows)
        self.rng.shuffle(rows)
        drop = f"DROP TABLE IF EXISTS {self.name}"
        if self.engine == "sqlite":
            path = self.database.odbc.split("Database=")[1]
            with sqlite3.connect(path) as connection:
                connection.execute(drop)
                connection.execute(self.ddl())
                marks = ", ".join("?" * len(self.columns))
                connection.executemany(
                    f"INSERT INTO {self.name} VALUES ({marks})",
                    [[sqlite_value(self.rng, self.columns[i].kind,
                                   self.declared[i], row[i])
                      for i in self.order] for row in rows])
            connection.close()
            return
        self.database.load(self.sql(rows, drop))

    def sql(self, rows, drop=""):
        out = [drop, self.ddl()] if drop else [self.ddl()]
        for begin in range(0, len(rows), 200):
            values = ",\n".join(
                "(" + ", ".join(literal(self.rng, self.engine,
                                        self.columns[i].kind,
                                        self.declared[i], row[i])
                                for i in self.order) + ")"
                for row in rows[begin:begin + 200])
            out.append(f"INSERT INTO {self.name} VALUES {values}")
        return ";\n".join(out) + ";\n"

    def drop(self):
        if self.engine != "sqlite":
            self.database.load(f"DROP TABLE IF EXISTS {self.name};")

    def seen(self, row, policies=None):
        return tuple(by_policy(c.kind, (policies or {}).get(c.name),
                               observed(self.engine, c.kind, v))
                     for c, v in zip(self.columns, row))


class Expected:
    """What a full diff must say."""

    def __init__(self, source, target, source_rows, target_rows, keyed,
                 policies):
        columns = source.columns
        tolerances = {i: policies[c.name] for i, c in enumerate(columns)
                      if any("tolerance" in p
                             for p in policies.get(c.name, ()))}
        key = [i for i, c in enumerate(columns) if c.key] if keyed else []
        sides = []
        for table, rows in ((source, source_rows), (target, target_rows)):
            by_key = collections.defaultdict(collections.Counter)
            for row in (table.seen(row, policies) for row in rows):
                by_key[tuple(row[i] for i in key) if keyed else row][row] += 1
            sides.append(by_key)
        self.rows = [len(source_rows), len(target_rows)]
        self.keys = len(set(sides[0]) | set(sides[1]))
        self.least_keys = max(map(len, sides))
        if not keyed:  # Each row is a key of its own, equal ones counted.
            self.keys = sum((sum((sides[0][k] | sides[1][k]).values())
                             for k in set(sides[0]) | set(sides[1])))
        self.missing = self.extra = self.changed = 0
        self.columns = collections.Counter()
        self.columns_known = True
        self.listed = set()
        self.duplicates = [
            sum(1 for k, rows in side.items()
                if keyed and None not in k and sum(rows.values()) > 1)
            for side in sides]
        self.nulls = [
            sum(sum(rows.values()) for k, rows in side.items()
                if keyed and None in k) for side in sides]
        if sum(self.duplicates) + sum(self.nulls) == 0:
            self.least_keys = self.keys
        for k in set(sides[0]) | set(sides[1]):
            left = list((sides[0][k] - sides[1][k]).elements())
            right = list((sides[1][k] - sides[0][k]).elements())
            if tolerances and left and right:  # Then keys are unique.
                left[0] = tuple(
                    b if i in tolerances and near(tolerances[i], a, b) else a
                    for i, (a, b) in enumerate(zip(left[0], right[0])))
                if left == right:
                    continue
            pairs = min(len(left), len(right))
            kinds = {"changed": pairs, "missing": len(left) - pairs,
                     "extra": len(right) - pairs}
            for kind, count in kinds.items():
                if count > 0:
                    setattr(self, kind, getattr(self, kind) + count)
                    self.listed.add((kind, k))
            if pairs and len(left) + len(right) > 2:
                self.columns_known = False
            elif pairs:
                for i, column in enumerate(columns):
                    if left[0][i] != right[0][i]:
                        self.columns[column.name] += 1
        if not keyed:
            self.listed = set()

    @property
    def failing(self):
        return (self.missing + self.extra + self.changed +
                sum(self.duplicates) + sum(self.nulls))


def key_from_text(kind, text):
    """A key's value as a list of differences shows it, as `observed` has it."""
    if text is None:
        return None
    if kind.startswith("int") or kind in ("uint64", "boolean"):
        return int(text)
    if kind in ("decimal", "huge"):
        return decimal.Decimal(text).normalize() + 0
    if kind == "date":
        return datetime.date.fromisoformat(text)
    if kind == "timestamp":
        head, _, fraction = text.removesuffix("Z").partition(".")
        moment = datetime.datetime.fromisoformat(head)
        return moment.replace(microsecond=int((fraction + "000000")[:6]))
    if kind == "time":
        head, _, fraction = text.partition(".")
        moment = datetime.time.fromisoformat(head)
        return moment.replace(microsecond=int((fraction + "000000")[:6]))
    if kind == "uuid":
        if text != text.lower():
            raise ValueError(f"a UUID in capitals: {text}")
        return uuid.UUID(text)
    return text
