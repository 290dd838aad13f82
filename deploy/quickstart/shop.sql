-- SPDX-License-Identifier: Apache-2.0
-- A small order system: 1 000 customers, 3 000 orders, 3 000 payments.
CREATE TABLE customers (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT,
  country TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL,
  status TEXT NOT NULL,
  total NUMERIC(10, 2) NOT NULL,
  ordered_at TIMESTAMP NOT NULL,
  shipped_at TIMESTAMP
);
CREATE TABLE payments (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL,
  amount NUMERIC(10, 2),
  method TEXT NOT NULL,
  paid_at TIMESTAMP NOT NULL
);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
INSERT INTO customers
SELECT i, 'Customer ' || i,
       CASE WHEN i % 17 = 0 THEN NULL ELSE 'c' || i || '@example.com' END,
       CASE i % 4 WHEN 0 THEN 'BE' WHEN 1 THEN 'NL' WHEN 2 THEN 'DE' ELSE 'FR' END,
       datetime('2026-01-01', '+' || i || ' hours')
FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO orders
SELECT i, 1 + (i * 7) % 1000,
       CASE i % 3 WHEN 0 THEN 'new' WHEN 1 THEN 'paid' ELSE 'sent' END,
       (i * 37 % 9000 + 100) / 4.0,
       datetime('2026-03-01', '+' || i || ' minutes'),
       CASE WHEN i % 3 = 2 THEN datetime('2026-03-02', '+' || i || ' minutes') END
FROM n;
INSERT INTO payments
SELECT id, id, total, CASE id % 2 WHEN 0 THEN 'card' ELSE 'transfer' END,
       datetime(ordered_at, '+1 hour')
FROM orders;
