-- SPDX-License-Identifier: Apache-2.0
-- What a hasty copy did to the data.
-- Customers lost, so that their orders hang in the air.
DELETE FROM customers WHERE id BETWEEN 901 AND 912;
-- NULLs that became a word.
UPDATE customers SET email = 'NULL' WHERE email IS NULL AND id < 400;
-- Amounts that lost their value, or their sign.
UPDATE payments SET amount = NULL WHERE id IN (41, 1042, 2043);
UPDATE payments SET amount = -amount WHERE id = 1500;
-- A status that the new system does not know.
UPDATE orders SET status = 'SENT' WHERE id IN (5, 8, 11);
