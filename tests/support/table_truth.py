# SPDX-License-Identifier: Apache-2.0
"""SELECTs that count what the rules about a table should have counted.

Each function gives {number of a result: a SELECT of that one number}: the
counters under their names in reports, and measures under theirs. They count in
another way than Assay does (joins instead of NOT EXISTS, single keys instead of
duplicates, the database's regular expressions instead of RE2).

In the SQL bytes(x) is x compared byte by byte, whatever the collation;
matches(x, 're') a regular expression over the bytes of x; {schema} the schema.
"""
import re

import sakila


def where(*conditions):
    given = [f"({c})" for c in conditions if c]
    return " WHERE " + " AND ".join(given) if given else ""


def count(table, *conditions, what="*"):
    return f"SELECT COUNT({what}) FROM {table}" + where(*conditions)


def rows(table, bad, judged=None, only=None):
    """`bad` of the rows that are `judged`, inside `only`."""
    return {"rows_total": count(table, only),
            "rows_considered": count(table, only, judged),
            "rows_null": count(table, only, f"NOT ({judged})") if judged
                         else "SELECT 0",
            "rows_failing": count(table, only, judged, bad)}


def values(table, column, bad, only=None):
    """Of the values that are not NULL."""
    return rows(table, bad, f"{column} IS NOT NULL", only)


def outside(table, column, low, high):
    return values(table, column, f"{column} NOT BETWEEN {low} AND {high}")


def not_like(table, column, pattern, only=None):
    return values(table, column, f"NOT matches({column}, '{pattern}')", only)


def nulls(table, bad, only=None):
    """not_null: every row is judged."""
    return rows(table, bad, only=only) | {"rows_null": count(table, only, bad)}


def total(table):
    return {"rows_total": count(table)}


def unique(table, *columns, only=None):
    """What is left of the rows when those with a key of their own are taken
    away."""
    keys = ", ".join(f"bytes({c})" for c in columns)
    given = " AND ".join(f"{c} IS NOT NULL" for c in columns)
    groups = (f"SELECT COUNT(*) FROM (SELECT COUNT(*) AS n FROM {table}"
              f"{where(given, only)} GROUP BY {keys}) g WHERE n ")
    return rows(table, "1 = 1", given, only) | {
        "rows_failing": f"SELECT COUNT(*) - ({groups} = 1) FROM {table}" +
                        where(given, only),
        "groups_failing": groups + "> 1"}


def orphans(table, column, parent, key=None, null_fails=False):
    """What is left of the rows when those with a partner are taken away."""
    partners = (f"SELECT COUNT(*) FROM {table} c JOIN {parent} p "
                f"ON p.{key or column} = c.{column}")
    judged = "*" if null_fails else column
    return {"rows_total": count(table),
            "rows_considered": count(table, what=judged),
            "rows_null": count(table, f"{column} IS NULL"),
            "rows_failing": f"SELECT COUNT({judged}) - ({partners}) "
                            f"FROM {table}"}


def enum(table, column, allowed):
    """`allowed` in SQL; of these, the absent ones are a group each."""
    known = f"bytes({column}) IN ({', '.join(allowed)})"
    return values(table, column, f"NOT ({known})") | {
        "groups_failing": f"SELECT {len(allowed)} - COUNT(DISTINCT "
                          f"bytes({column})) FROM {table} WHERE {known}"}


def texts(*of):
    return [f"'{text}'" for text in of]


def aggregate(table, column, name, sql=None):
    """`sql` where the measure's name is no SQL."""
    return {"rows_total": count(table),
            "rows_considered": count(table, what=column),
            "rows_null": count(table, f"{column} IS NULL"),
            "rows_failing": "SELECT 0",
            name: f"SELECT {sql or name} FROM {table}"}


def distinct(table, column):
    return aggregate(table, column, f"distinct({column})",
                     f"COUNT(DISTINCT {column})")


def query(table, failing):
    return {"rows_total": count(table), "rows_failing": failing}


def value(table, sql):
    return {"rows_total": count(table), "value": sql}


def newest(table, column):
    return {"rows_total": count(table),
            "rows_considered": count(table, what=column),
            "rows_null": count(table, f"{column} IS NULL"),
            "rows_failing": count(table, f"{column} > CURRENT_TIMESTAMP"),
            "newest": f"SELECT MAX({column}) FROM {table}"}


COLUMNS = "information_schema.columns"
NOT_NULL = "is_nullable = 'NO'"


def schema(table, demanded, key=(), absent=(), only_these=False):
    """`demanded`: columns, and conditions on information_schema.columns."""
    here = f"table_schema = {{schema}} AND table_name = '{table}'"
    like = " OR ".join(
        f"column_name = '{c}' AND {how}" for c, how in demanded.items())
    parts = []
    if demanded:
        parts.append(f"{len(demanded)} - ({count(COLUMNS, here, like)})")
    if only_these:
        names = ", ".join(texts(*demanded))
        others = count(COLUMNS, here, f"column_name NOT IN ({names})")
        parts.append(f"({others})")
    parts += [f"({count(COLUMNS, here, f'column_name = {name}')})"
              for name in texts(*absent)]
    if key:
        place = " OR ".join(
            f"u.column_name = '{c}' AND u.ordinal_position = {n}"
            for n, c in enumerate(key, 1))
        parts.append(
            f"(SELECT CASE COUNT(*) WHEN {len(key)} THEN 0 ELSE 1 END "
            "FROM information_schema.key_column_usage u JOIN "
            "information_schema.table_constraints t USING (table_schema, "
            "table_name, constraint_name) WHERE constraint_type = "
            f"'PRIMARY KEY' AND {here} AND ({place}))")
    return {"groups_failing": "SELECT " + " + ".join(parts)}


# ---------------------------------------------------------------------------


def translated(sql, database):
    """In the words of "mariadb" or "postgresql"."""
    if database == "mariadb":
        sql = re.sub(r"bytes\((\w+)\)", r"BINARY \1", sql)
        sql = re.sub(r"matches\((\w+), ('[^']*')\)",
                     r"(BINARY \1 REGEXP \2)", sql)
        return sql.replace("{schema}", "DATABASE()")
    sql = re.sub(r"bytes\((\w+)\)", r"\1", sql)
    sql = re.sub(r"matches\((\w+), ('[^']*')\)", r"(\1 ~ \2)", sql)
    return sql.replace("{schema}", "'public'")


def counted(truths, database, name):
    """{rule: {number: its text}} of {rule: {number: SELECT}} in the database
    `name` of the server `database`."""
    client = sakila.mariadb if database == "mariadb" else sakila.psql
    sql = "".join(f"SELECT '{rule}', '{number}', ({select});\n"
                  for rule, numbers in truths.items()
                  for number, select in numbers.items())
    found = {rule: {} for rule in truths}
    for line in client(translated(sql, database), database=name).splitlines():
        rule, number, text = line.split("\t")
        found[rule][number] = text
    return found
