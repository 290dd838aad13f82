# SPDX-License-Identifier: Apache-2.0
"""The tables, the rules, and the SQL that somebody would write by hand."""

# SQL of column values from the row's number `n`.
COLUMNS = {
    "postgresql": """n, n % 100000 + 1,
      (ARRAY['new','paid','sent','done'])[n % 4 + 1],
      (ARRAY['BE','NL','FR','DE','LU'])[n % 5 + 1], n % 100 + 1,
      (n % 100000) / 100.0,
      TIMESTAMP '2024-01-01' + (n % 31536000) * INTERVAL '1 second',
      'user' || n || '@example' || (n % 50) || '.com',
      CASE WHEN n % 10 > 0 THEN 'note ' || (n % 1000) END""",
    "mariadb": """n, n % 100000 + 1, ELT(n % 4 + 1, 'new','paid','sent','done'),
      ELT(n % 5 + 1, 'BE','NL','FR','DE','LU'), n % 100 + 1,
      (n % 100000) / 100.0,
      TIMESTAMP '2024-01-01 00:00:00' + INTERVAL (n % 31536000) SECOND,
      CONCAT('user', n, '@example', n % 50, '.com'),
      IF(n % 10 > 0, CONCAT('note ', n % 1000), NULL)""",
    "sqlite": """n, n % 100000 + 1,
      CASE n % 4 WHEN 0 THEN 'new' WHEN 1 THEN 'paid' WHEN 2 THEN 'sent'
      ELSE 'done' END,
      CASE n % 5 WHEN 0 THEN 'BE' WHEN 1 THEN 'NL' WHEN 2 THEN 'FR'
      WHEN 3 THEN 'DE' ELSE 'LU' END, n % 100 + 1, (n % 100000) / 100.0,
      datetime('2024-01-01', (n % 31536000) || ' seconds'),
      'user' || n || '@example' || (n % 50) || '.com',
      CASE WHEN n % 10 > 0 THEN 'note ' || (n % 1000) END""",
}
TEXT_COLUMNS = {
    "postgresql": """n, 'user' || n || '@example' || (n % 50) || '.com',
      (n / 100) || '.' || (n % 10) || (n % 7),
      (DATE '2000-01-01' + (n % 9000)::int)::text""",
    "mariadb": """n, CONCAT('user', n, '@example', n % 50, '.com'),
      CONCAT(n DIV 100, '.', n % 10, n % 7),
      CAST(DATE '2000-01-01' + INTERVAL (n % 9000) DAY AS CHAR)""",
    "sqlite": """n, 'user' || n || '@example' || (n % 50) || '.com',
      (n / 100) || '.' || (n % 10) || (n % 7),
      date('2000-01-01', (n % 9000) || ' days')""",
}
NUMBERS = {
    "postgresql": "(SELECT n FROM generate_series({a}::bigint, {b}) AS n) AS s",
    "mariadb": "(SELECT seq AS n FROM seq_{a}_to_{b}) AS s",
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT {a} UNION ALL SELECT n + 1 "
              "FROM s WHERE n < {b}) SELECT n FROM s) AS s",
}
ANALYZE = {"postgresql": "VACUUM ANALYZE {t};", "mariadb": "ANALYZE TABLE {t};",
           "sqlite": "ANALYZE {t};"}
TIMESTAMP = {"postgresql": "timestamp(0)", "mariadb": "DATETIME",
             "sqlite": "TIMESTAMP"}

ROWS_TABLE = """CREATE TABLE bench_rows (id BIGINT NOT NULL PRIMARY KEY,
  customer_id INTEGER NOT NULL, status VARCHAR(10), country VARCHAR(2),
  quantity INTEGER, amount DECIMAL(12,2), created_at {timestamp},
  email VARCHAR(60), note VARCHAR(40));"""
TEXTS_TABLE = """CREATE TABLE bench_texts (id BIGINT NOT NULL PRIMARY KEY,
  email VARCHAR(60), amount VARCHAR(20), day VARCHAR(20));"""


def fill(database, table, columns, first, last):
    """The INSERT of rows first to last."""
    numbers = NUMBERS[database].format(a=first, b=last)
    return (f"INSERT INTO {table} SELECT {columns[database]} FROM {numbers};"
            + ANALYZE[database].format(t=table))


# 30 rules; beside each what it counts, written as one would by hand: the
# failing rows as conditions, `value` for a computed number. {exact} is what
# makes a text comparison one of bytes; PostgreSQL and SQLite do so anyway.
# Both sides' numbers are compared: a floor that counts something else is none.
RULES = [
    ("row_count: {min: 1}", {"rows_total": "COUNT(*)"}),
    ("not_null: [id]", {"failing": "id IS NULL"}),
    ("not_null: [customer_id, status]",
     {"failing": "customer_id IS NULL OR status IS NULL"}),
    ("not_null: [amount]", {"failing": "amount IS NULL"}),
    ("not_null: [created_at]", {"failing": "created_at IS NULL"}),
    ("not_null: {columns: email, also: ['']}",
     {"failing": "email IS NULL OR email{exact} = ''"}),
    ("not_null: {columns: note}\nfail_above: 20%\nsamples: 0",
     {"failing": "note IS NULL"}),
    ("range: {column: id, min: 1}",
     {"failing": "id < 1", "considered": "COUNT(id)"}),
    ("range: {column: customer_id, min: 1, max: 100000}",
     {"failing": "customer_id NOT BETWEEN 1 AND 100000",
      "considered": "COUNT(customer_id)"}),
    ("range: {column: quantity, min: 1, max: 100}",
     {"failing": "quantity NOT BETWEEN 1 AND 100",
      "considered": "COUNT(quantity)"}),
    ("range: {column: quantity, below: 91}\nfail_above: 20%\nsamples: 0",
     {"failing": "quantity >= 91", "considered": "COUNT(quantity)"}),
    ("range: {column: amount, min: 0, max: 999.99}",
     {"failing": "amount NOT BETWEEN 0 AND 999.99",
      "considered": "COUNT(amount)"}),
    ("range: {column: amount, above: -0.01}",
     {"failing": "amount <= -0.01", "considered": "COUNT(amount)"}),
    ("range: {column: created_at, min: '2024-01-01 00:00:00', "
     "max: '2024-12-31 23:59:59'}",
     {"failing": "created_at NOT BETWEEN '2024-01-01 00:00:00' AND "
                 "'2024-12-31 23:59:59'", "considered": "COUNT(created_at)"}),
    ("range: {column: created_at, below: '2030-01-01 00:00:00'}",
     {"failing": "created_at >= '2030-01-01 00:00:00'",
      "considered": "COUNT(created_at)"}),
    ("enum: {column: status, values: [new, paid, sent, done]}",
     {"failing": "status{exact} NOT IN ('new', 'paid', 'sent', 'done')",
      "considered": "COUNT(status)"}),
    ("enum: {column: status, forbid: [void]}",
     {"failing": "status{exact} = 'void'", "considered": "COUNT(status)"}),
    ("enum: {column: country, values: [BE, NL, FR, DE]}\nfail_above: 30%\n"
     "samples: 0",
     {"failing": "country{exact} NOT IN ('BE', 'NL', 'FR', 'DE')",
      "considered": "COUNT(country)"}),
    ("enum: {column: quantity, forbid: [0, -1]}",
     {"failing": "quantity IN (0, -1)", "considered": "COUNT(quantity)"}),
    ("length: {column: country, min: 2, max: 2}",
     {"failing": "{length}(country) <> 2", "considered": "COUNT(country)"}),
    ("length: {column: status, min: 3, max: 10}",
     {"failing": "{length}(status) NOT BETWEEN 3 AND 10",
      "considered": "COUNT(status)"}),
    ("length: {column: email, min: 6, max: 60}",
     {"failing": "{length}(email) NOT BETWEEN 6 AND 60",
      "considered": "COUNT(email)"}),
    ("length: {column: note, max: 160, unit: bytes}",
     {"failing": "{octets}(note) > 160", "considered": "COUNT(note)"}),
    ("aggregate: {function: sum, column: amount, min: 0}",
     {"value": "SUM(amount)"}),
    ("aggregate: {function: min, column: amount, min: 0}",
     {"value": "MIN(amount)"}),
    ("aggregate: {function: max, column: amount, max: 1000}",
     {"value": "MAX(amount)"}),
    ("aggregate: {function: sum, column: quantity, min: 1}",
     {"value": "SUM(quantity)"}),
    ("aggregate: {function: count, column: note, min: 1}",
     {"value": "COUNT(note)"}),
    ("expression: {sql: 'amount >= 0 AND quantity > 0'}",
     {"failing": "NOT (amount >= 0 AND quantity > 0)",
      "considered": "COUNT(amount >= 0 AND quantity > 0)"}),
    ("expression: {sql: 'quantity * amount < 100000'}",
     {"failing": "NOT (quantity * amount < 100000)",
      "considered": "COUNT(quantity * amount)"}),
]
BY_HAND = {
    "postgresql": {"exact": "", "length": "char_length",
                   "octets": "octet_length"},
    "mariadb": {"exact": " COLLATE utf8mb4_nopad_bin",
                "length": "CHAR_LENGTH", "octets": "LENGTH"},
    # SQLite's own length; nothing in this table has a zero byte.
    "sqlite": {"exact": "", "length": "length", "octets": "length"},
}
COUNT_WHERE = {
    "postgresql": "COUNT(*) FILTER (WHERE {})",
    "mariadb": "COUNT(IF({}, 1, NULL))",
    "sqlite": "COUNT(*) FILTER (WHERE {})",
}


def rules_yaml():
    lines = []
    for number, (rule, _) in enumerate(RULES):
        body = rule.split("\n") + [f"id: r{number}"]
        lines.append("- " + body[0])
        lines += ["  " + line for line in body[1:]]
    return "\n".join(lines)


def fused_select(database, table="bench_rows"):
    """One SELECT with each distinct number once, and where each rule's are:
    (sql, [{counter: position}])."""
    expressions, places = [], []
    for _, counters in RULES:
        place = {}
        for counter, text in counters.items():
            text = text.format(**BY_HAND[database])
            if counter == "failing":
                text = COUNT_WHERE[database].format(text)
            if text not in expressions:
                expressions.append(text)
            place[counter] = expressions.index(text)
        places.append(place)
    return f"SELECT {', '.join(expressions)} FROM {table}", places


PATTERN = r"user[0-9]+@[a-z0-9.-]+\.[a-z]{2,}"
PATTERN_RULE = f"- pattern: {{column: email, full: '{PATTERN}'}}"
TEXT_RULES = PATTERN_RULE + """
- type: {column: amount, is: decimal}
- type: {column: day, is: date}"""
