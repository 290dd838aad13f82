-- sqlite

-- aggregates, bound
SELECT COUNT(*),
       COUNT(CASE WHEN ("name" COLLATE BINARY = ? COLLATE BINARY) THEN 1 END),
       COUNT(CASE WHEN (("amount" IS NOT NULL AND typeof("amount") NOT IN ('integer', 'real')) OR ("amount" COLLATE BINARY < CAST(? AS NUMERIC)) OR ("id" COLLATE BINARY > CAST(? AS NUMERIC))) THEN 1 END),
       COUNT(CASE WHEN ((date("day") >= ?) AND (CASE WHEN (rtrim("seen", char(9, 10, 11, 12, 13, 32)) GLOB '*[Zz]' OR substr(rtrim("seen", char(9, 10, 11, 12, 13, 32)), -6) GLOB '[-+][0-9][0-9]:[0-9][0-9]') THEN strftime('%Y-%m-%d %H:%M:%f', "seen") < ? ELSE strftime('%Y-%m-%d %H:%M:%f', "seen") < ? END) AND (CASE WHEN (rtrim("seen", char(9, 10, 11, 12, 13, 32)) GLOB '*[Zz]' OR substr(rtrim("seen", char(9, 10, 11, 12, 13, 32)), -6) GLOB '[-+][0-9][0-9]:[0-9][0-9]') THEN strftime('%Y-%m-%d %H:%M:%f', "seen") < ? ELSE strftime('%Y-%m-%d %H:%M:%f', "seen") < ? END) AND (CASE WHEN (rtrim("day", char(9, 10, 11, 12, 13, 32)) GLOB '*[Zz]' OR substr(rtrim("day", char(9, 10, 11, 12, 13, 32)), -6) GLOB '[-+][0-9][0-9]:[0-9][0-9]') THEN strftime('%Y-%m-%d %H:%M:%f', "day") > ? ELSE strftime('%Y-%m-%d %H:%M:%f', "day") > ? END) AND (strftime('%Y-%m-%d %H:%M:%f', "at") <= ?)) THEN 1 END),
       COUNT(CASE WHEN (("name" COLLATE BINARY IN (? COLLATE BINARY, ? COLLATE BINARY)) OR ("code" IN (?)) OR ("amount" COLLATE BINARY IN (CAST(? AS NUMERIC)))) THEN 1 END),
       COUNT(CASE WHEN (length(CAST("odd""`]name" AS BLOB)) > 5) THEN 1 END),
       COUNT("odd""`]name"),
       COUNT(DISTINCT "name" COLLATE BINARY),
       COUNT(DISTINCT "name"),
       MIN("amount"),
       MAX(CASE WHEN ("name" COLLATE BINARY = ? COLLATE BINARY) THEN "ratio" END),
       SUM("id"),
       MAX(strftime('%Y-%m-%d %H:%M:%f', "seen")),
       MAX(date("day")),
       SUM((CASE WHEN ("name" COLLATE BINARY = ? COLLATE BINARY) THEN "amount" END - (SELECT AVG(CASE WHEN ("name" COLLATE BINARY = ? COLLATE BINARY) THEN "amount" END) 
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS NUMERIC) OR name = 'a;b'  
))) * (CASE WHEN ("name" COLLATE BINARY = ? COLLATE BINARY) THEN "amount" END - (SELECT AVG(CASE WHEN ("name" COLLATE BINARY = ? COLLATE BINARY) THEN "amount" END) 
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS NUMERIC) OR name = 'a;b'  
)))) / NULLIF(COUNT(CASE WHEN ("name" COLLATE BINARY = ? COLLATE BINARY) THEN "amount" END) - 1, 0)
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS NUMERIC) OR name = 'a;b'  
)
--   ? it's \' " ` ; -- /* ) ?
--   ? -0.005
--   ? 9223372036854775808
--   ? 2026-02-28
--   ? 2026-01-01 08:00:00.250
--   ? 2026-01-01 10:00:00.250
--   ? 2023-11-14 22:13:20.123
--   ? 2023-11-15 00:13:20.123
--   ? 2023-11-14 22:13:20.000
--   ? 2023-11-15 00:13:20.000
--   ? 2023-11-14 22:13:20.000
--   ? it's \' " ` ; -- /* ) ?
--   ? x
--   ? x
--   ? 1.1
--   ? it's \' " ` ; -- /* ) ?
--   ? it's \' " ` ; -- /* ) ?
--   ? it's \' " ` ; -- /* ) ?
--   ? 9.5
--   ? it's \' " ` ; -- /* ) ?
--   ? it's \' " ` ; -- /* ) ?
--   ? 9.5
--   ? it's \' " ` ; -- /* ) ?
--   ? 9.5

-- any row, bound
SELECT 1
FROM "sch""`ema"."pay;ment"
LIMIT 1

-- duplicates, bound
SELECT COUNT(*), SUM(n) FROM (
SELECT COUNT(*) AS n
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS NUMERIC) OR name = 'a;b'  
)
  AND ("name" COLLATE BINARY = ? COLLATE BINARY)
  AND ((NOT ("id" IS NULL)) AND (NOT ("name" IS NULL)))
GROUP BY "id" COLLATE BINARY, "name" COLLATE BINARY
HAVING COUNT(*) > 1
) AS assay_groups
--   ? 9.5
--   ? it's \' " ` ; -- /* ) ?

-- rows of duplicates, NULL equals NULL, bound
SELECT "id", "amount" FROM (
SELECT "id", "amount", "name", COUNT(*) OVER (PARTITION BY "id" COLLATE BINARY, "name" COLLATE BINARY) AS assay_n
FROM "sch""`ema"."pay;ment"
) AS assay_rows
WHERE assay_n > 1
ORDER BY "id", "name"
LIMIT 10

-- missing references, bound
WITH assay_parent AS (SELECT * FROM "sch""`ema"."parent" WHERE (
amount < CAST(? AS NUMERIC) OR name = 'a;b'  
))
SELECT COUNT(*)
FROM "sch""`ema"."child" AS c
WHERE ((NOT (c."id" IS NULL)) AND (NOT (c."code" IS NULL)))
  AND NOT EXISTS (SELECT 1 FROM assay_parent AS p WHERE p."id" COLLATE BINARY = c."id" COLLATE BINARY AND p."name" COLLATE BINARY = c."code" COLLATE BINARY)
--   ? 9.5

-- rows of missing references, bound
WITH assay_parent AS (SELECT * FROM "sch""`ema"."parent" WHERE (
amount < CAST(? AS NUMERIC) OR name = 'a;b'  
))
SELECT c."id", c."odd""`]name"
FROM "sch""`ema"."child" AS c
WHERE (
amount < CAST(? AS NUMERIC) OR name = 'a;b'  
)
  AND ((NOT (c."id" IS NULL)) AND (NOT (c."code" IS NULL)))
  AND NOT EXISTS (SELECT 1 FROM assay_parent AS p WHERE p."id" COLLATE BINARY = c."id" COLLATE BINARY AND p."name" COLLATE BINARY = c."code" COLLATE BINARY)
LIMIT 10
--   ? 9.5
--   ? 9.5

-- rows, bound
SELECT "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS NUMERIC) OR name = 'a;b'  
)
  AND ("name" COLLATE BINARY = ? COLLATE BINARY)
LIMIT 10
--   ? 9.5
--   ? it's \' " ` ; -- /* ) ?

-- rows with text, bound
SELECT "id"
FROM "sch""`ema"."pay;ment"
WHERE CAST("code" AS TEXT) COLLATE BINARY IN (?, ?)
LIMIT 10
--   ? it's \' " ` ; -- /* ) ?
--   ? 

-- scan, bound
SELECT CAST(CAST("name" AS TEXT) AS BLOB), CAST(CAST("amount" AS TEXT) AS BLOB)
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS NUMERIC) OR name = 'a;b'  
)
--   ? 9.5

-- first page, bound
SELECT CAST(CAST("name" AS TEXT) AS BLOB), "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
ORDER BY "pay;ment"."id", "pay;ment"."odd""`]name"
LIMIT 100

-- next page, bound
SELECT CAST(CAST("name" AS TEXT) AS BLOB), "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS NUMERIC) OR name = 'a;b'  
)
  AND ("id" > ? OR ("id" = ? AND ("odd""`]name" > ?)))
ORDER BY "pay;ment"."id", "pay;ment"."odd""`]name"
LIMIT 100
--   ? 9.5
--   ? -7
--   ? -7
--   ? it's \' " ` ; -- /* ) ?

-- keys, bound
SELECT 1
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS NUMERIC) OR name = 'a;b'  
)
  AND (("id" IN (?) AND "odd""`]name" IN (?)) OR ("id" IN (?) AND "odd""`]name" IS NULL))
--   ? 9.5
--   ? -7
--   ? it's \' " ` ; -- /* ) ?
--   ? 8

-- keys of one column, bound
SELECT 1
FROM "sch""`ema"."pay;ment"
WHERE ("id" IN (?) OR "id" IS NULL)
--   ? -7

-- greatest keys, bound
SELECT 1
FROM "sch""`ema"."pay;ment"
ORDER BY "pay;ment"."id" DESC, "pay;ment"."odd""`]name" DESC
LIMIT 5

-- quantile, bound
SELECT assay_k, assay_v, assay_n FROM (
SELECT ROW_NUMBER() OVER (ORDER BY "amount") - 1 AS assay_k, "amount" AS assay_v, COUNT(*) OVER () AS assay_n
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS NUMERIC) OR name = 'a;b'  
)
  AND ("name" COLLATE BINARY = ? COLLATE BINARY)
  AND ((NOT ("amount" IS NULL)))
) AS assay_sorted
WHERE assay_k * 100 > (assay_n - 1) * 95 - 100 AND assay_k * 100 < (assay_n - 1) * 95 + 100
ORDER BY assay_k
--   ? 9.5
--   ? it's \' " ` ; -- /* ) ?

-- author's count, bound
SELECT COUNT(*) FROM (
SELECT id FROM t WHERE name = ?  
) AS assay_query
--   ? it's \' " ` ; -- /* ) ?

-- aggregates, to paste
SELECT COUNT(*),
       COUNT(CASE WHEN ("name" COLLATE BINARY = 'it''s \'' " ` ; -- /* ) ?' COLLATE BINARY) THEN 1 END),
       COUNT(CASE WHEN (("amount" IS NOT NULL AND typeof("amount") NOT IN ('integer', 'real')) OR ("amount" COLLATE BINARY < (-0.005)) OR ("id" COLLATE BINARY > 9223372036854775808)) THEN 1 END),
       COUNT(CASE WHEN ((date("day") >= '2026-02-28') AND (CASE WHEN (rtrim("seen", char(9, 10, 11, 12, 13, 32)) GLOB '*[Zz]' OR substr(rtrim("seen", char(9, 10, 11, 12, 13, 32)), -6) GLOB '[-+][0-9][0-9]:[0-9][0-9]') THEN strftime('%Y-%m-%d %H:%M:%f', "seen") < '2026-01-01 08:00:00.250' ELSE strftime('%Y-%m-%d %H:%M:%f', "seen") < '2026-01-01 10:00:00.250' END) AND (CASE WHEN (rtrim("seen", char(9, 10, 11, 12, 13, 32)) GLOB '*[Zz]' OR substr(rtrim("seen", char(9, 10, 11, 12, 13, 32)), -6) GLOB '[-+][0-9][0-9]:[0-9][0-9]') THEN strftime('%Y-%m-%d %H:%M:%f', "seen") < '2023-11-14 22:13:20.123' ELSE strftime('%Y-%m-%d %H:%M:%f', "seen") < '2023-11-15 00:13:20.123' END) AND (CASE WHEN (rtrim("day", char(9, 10, 11, 12, 13, 32)) GLOB '*[Zz]' OR substr(rtrim("day", char(9, 10, 11, 12, 13, 32)), -6) GLOB '[-+][0-9][0-9]:[0-9][0-9]') THEN strftime('%Y-%m-%d %H:%M:%f', "day") > '2023-11-14 22:13:20.000' ELSE strftime('%Y-%m-%d %H:%M:%f', "day") > '2023-11-15 00:13:20.000' END) AND (strftime('%Y-%m-%d %H:%M:%f', "at") <= '2023-11-14 22:13:20.000')) THEN 1 END),
       COUNT(CASE WHEN (("name" COLLATE BINARY IN ('it''s \'' " ` ; -- /* ) ?' COLLATE BINARY, 'x' COLLATE BINARY)) OR ("code" IN ('x')) OR ("amount" COLLATE BINARY IN (1.1))) THEN 1 END),
       COUNT(CASE WHEN (length(CAST("odd""`]name" AS BLOB)) > 5) THEN 1 END),
       COUNT("odd""`]name"),
       COUNT(DISTINCT "name" COLLATE BINARY),
       COUNT(DISTINCT "name"),
       MIN("amount"),
       MAX(CASE WHEN ("name" COLLATE BINARY = 'it''s \'' " ` ; -- /* ) ?' COLLATE BINARY) THEN "ratio" END),
       SUM("id"),
       MAX(strftime('%Y-%m-%d %H:%M:%f', "seen")),
       MAX(date("day")),
       SUM((CASE WHEN ("name" COLLATE BINARY = 'it''s \'' " ` ; -- /* ) ?' COLLATE BINARY) THEN "amount" END - (SELECT AVG(CASE WHEN ("name" COLLATE BINARY = 'it''s \'' " ` ; -- /* ) ?' COLLATE BINARY) THEN "amount" END) 
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
))) * (CASE WHEN ("name" COLLATE BINARY = 'it''s \'' " ` ; -- /* ) ?' COLLATE BINARY) THEN "amount" END - (SELECT AVG(CASE WHEN ("name" COLLATE BINARY = 'it''s \'' " ` ; -- /* ) ?' COLLATE BINARY) THEN "amount" END) 
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)))) / NULLIF(COUNT(CASE WHEN ("name" COLLATE BINARY = 'it''s \'' " ` ; -- /* ) ?' COLLATE BINARY) THEN "amount" END) - 1, 0)
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)

-- any row, to paste
SELECT 1
FROM "sch""`ema"."pay;ment"
LIMIT 1

-- duplicates, to paste
SELECT COUNT(*), SUM(n) FROM (
SELECT COUNT(*) AS n
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND ("name" COLLATE BINARY = 'it''s \'' " ` ; -- /* ) ?' COLLATE BINARY)
  AND ((NOT ("id" IS NULL)) AND (NOT ("name" IS NULL)))
GROUP BY "id" COLLATE BINARY, "name" COLLATE BINARY
HAVING COUNT(*) > 1
) AS assay_groups

-- rows of duplicates, NULL equals NULL, to paste
SELECT "id", "amount" FROM (
SELECT "id", "amount", "name", COUNT(*) OVER (PARTITION BY "id" COLLATE BINARY, "name" COLLATE BINARY) AS assay_n
FROM "sch""`ema"."pay;ment"
) AS assay_rows
WHERE assay_n > 1
ORDER BY "id", "name"
LIMIT 10

-- missing references, to paste
WITH assay_parent AS (SELECT * FROM "sch""`ema"."parent" WHERE (
amount < 9.5 OR name = 'a;b'  
))
SELECT COUNT(*)
FROM "sch""`ema"."child" AS c
WHERE ((NOT (c."id" IS NULL)) AND (NOT (c."code" IS NULL)))
  AND NOT EXISTS (SELECT 1 FROM assay_parent AS p WHERE p."id" COLLATE BINARY = c."id" COLLATE BINARY AND p."name" COLLATE BINARY = c."code" COLLATE BINARY)

-- rows of missing references, to paste
WITH assay_parent AS (SELECT * FROM "sch""`ema"."parent" WHERE (
amount < 9.5 OR name = 'a;b'  
))
SELECT c."id", c."odd""`]name"
FROM "sch""`ema"."child" AS c
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND ((NOT (c."id" IS NULL)) AND (NOT (c."code" IS NULL)))
  AND NOT EXISTS (SELECT 1 FROM assay_parent AS p WHERE p."id" COLLATE BINARY = c."id" COLLATE BINARY AND p."name" COLLATE BINARY = c."code" COLLATE BINARY)
LIMIT 10

-- rows, to paste
SELECT "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND ("name" COLLATE BINARY = 'it''s \'' " ` ; -- /* ) ?' COLLATE BINARY)
LIMIT 10

-- rows with text, to paste
SELECT "id"
FROM "sch""`ema"."pay;ment"
WHERE CAST("code" AS TEXT) COLLATE BINARY IN ('it''s \'' " ` ; -- /* ) ?', '')
LIMIT 10

-- scan, to paste
SELECT CAST(CAST("name" AS TEXT) AS BLOB), CAST(CAST("amount" AS TEXT) AS BLOB)
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)

-- first page, to paste
SELECT CAST(CAST("name" AS TEXT) AS BLOB), "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
ORDER BY "pay;ment"."id", "pay;ment"."odd""`]name"
LIMIT 100

-- next page, to paste
SELECT CAST(CAST("name" AS TEXT) AS BLOB), "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND ("id" > (-7) OR ("id" = (-7) AND ("odd""`]name" > 'it''s \'' " ` ; -- /* ) ?')))
ORDER BY "pay;ment"."id", "pay;ment"."odd""`]name"
LIMIT 100

-- keys, to paste
SELECT 1
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND (("id" IN ((-7)) AND "odd""`]name" IN ('it''s \'' " ` ; -- /* ) ?')) OR ("id" IN (8) AND "odd""`]name" IS NULL))

-- keys of one column, to paste
SELECT 1
FROM "sch""`ema"."pay;ment"
WHERE ("id" IN ((-7)) OR "id" IS NULL)

-- greatest keys, to paste
SELECT 1
FROM "sch""`ema"."pay;ment"
ORDER BY "pay;ment"."id" DESC, "pay;ment"."odd""`]name" DESC
LIMIT 5

-- quantile, to paste
SELECT assay_k, assay_v, assay_n FROM (
SELECT ROW_NUMBER() OVER (ORDER BY "amount") - 1 AS assay_k, "amount" AS assay_v, COUNT(*) OVER () AS assay_n
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND ("name" COLLATE BINARY = 'it''s \'' " ` ; -- /* ) ?' COLLATE BINARY)
  AND ((NOT ("amount" IS NULL)))
) AS assay_sorted
WHERE assay_k * 100 > (assay_n - 1) * 95 - 100 AND assay_k * 100 < (assay_n - 1) * 95 + 100
ORDER BY assay_k

-- author's count, to paste
SELECT COUNT(*) FROM (
SELECT id FROM t WHERE name = 'it''s \'' " ` ; -- /* ) ?'  
) AS assay_query
