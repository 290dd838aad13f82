-- SPDX-License-Identifier: Apache-2.0
-- The repair of damage.sql, from what the old shop still knows.
WITH RECURSIVE n(i) AS (SELECT 901 UNION ALL SELECT i + 1 FROM n WHERE i < 912)
INSERT INTO customers
SELECT i, 'Customer ' || i,
       CASE WHEN i % 17 = 0 THEN NULL ELSE 'c' || i || '@example.com' END,
       CASE i % 4 WHEN 0 THEN 'BE' WHEN 1 THEN 'NL' WHEN 2 THEN 'DE' ELSE 'FR' END,
       datetime('2026-01-01', '+' || i || ' hours')
FROM n;
UPDATE customers SET email = NULL WHERE email = 'NULL';
UPDATE payments
SET amount = (SELECT total FROM orders WHERE orders.id = payments.order_id)
WHERE amount IS NULL OR amount < 0;
UPDATE orders SET status = lower(status);
