-- ansi

-- aggregates, bound
SELECT COUNT(*),
       COUNT(CASE WHEN ("name" = ?) THEN 1 END),
       COUNT(CASE WHEN (("amount" < CAST(? AS DECIMAL(38,10))) OR ("id" > CAST(? AS DECIMAL(38,10)))) THEN 1 END),
       COUNT(CASE WHEN (("day" >= CAST(? AS DATE)) AND ("seen" < CAST(? AS TIMESTAMP)) AND ("seen" < CAST(? AS TIMESTAMP)) AND ("day" > CAST(? AS TIMESTAMP)) AND ("at" <= CAST(? AS TIMESTAMP))) THEN 1 END),
       COUNT(CASE WHEN (("name" IN (?, ?)) OR ("code" IN (?)) OR ("amount" IN (CAST(? AS DECIMAL(38,10))))) THEN 1 END),
       COUNT(CASE WHEN (OCTET_LENGTH("odd""`]name") > 5) THEN 1 END),
       COUNT("odd""`]name"),
       COUNT(DISTINCT "name"),
       COUNT(DISTINCT "name"),
       MIN("amount"),
       MAX(CASE WHEN ("name" = ?) THEN "ratio" END),
       SUM("id"),
       MAX("seen"),
       MAX("day"),
       VAR_SAMP(CASE WHEN ("name" = ?) THEN "amount" END)
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS DECIMAL(38,10)) OR name = 'a;b'  
)
--   ? it's \' " ` ; -- /* ) ?
--   ? -0.005
--   ? 9223372036854775808
--   ? 2026-02-28
--   ? 2026-01-01 10:00:00.25
--   ? 2023-11-15 00:13:20.123456
--   ? 2023-11-15 00:13:20
--   ? 2023-11-14 22:13:20
--   ? it's \' " ` ; -- /* ) ?
--   ? x
--   ? x
--   ? 1.1
--   ? it's \' " ` ; -- /* ) ?
--   ? it's \' " ` ; -- /* ) ?
--   ? 9.5

-- any row, bound
SELECT 1
FROM "sch""`ema"."pay;ment"
FETCH FIRST 1 ROWS ONLY

-- duplicates, bound
SELECT COUNT(*), SUM(n) FROM (
SELECT COUNT(*) AS n
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS DECIMAL(38,10)) OR name = 'a;b'  
)
  AND ("name" = ?)
  AND ((NOT ("id" IS NULL)) AND (NOT ("name" IS NULL)))
GROUP BY "id", "name"
HAVING COUNT(*) > 1
) AS assay_groups
--   ? 9.5
--   ? it's \' " ` ; -- /* ) ?

-- rows of duplicates, NULL equals NULL, bound
SELECT "id", "amount" FROM (
SELECT "id", "amount", "name", COUNT(*) OVER (PARTITION BY "id", "name") AS assay_n
FROM "sch""`ema"."pay;ment"
) AS assay_rows
WHERE assay_n > 1
ORDER BY "id", "name"
FETCH FIRST 10 ROWS ONLY

-- missing references, bound
WITH assay_parent AS (SELECT * FROM "sch""`ema"."parent" WHERE (
amount < CAST(? AS DECIMAL(38,10)) OR name = 'a;b'  
))
SELECT COUNT(*)
FROM "sch""`ema"."child" AS c
WHERE ((NOT (c."id" IS NULL)) AND (NOT (c."code" IS NULL)))
  AND NOT EXISTS (SELECT 1 FROM assay_parent AS p WHERE p."id" = c."id" AND p."name" = c."code")
--   ? 9.5

-- rows of missing references, bound
WITH assay_parent AS (SELECT * FROM "sch""`ema"."parent" WHERE (
amount < CAST(? AS DECIMAL(38,10)) OR name = 'a;b'  
))
SELECT c."id", c."odd""`]name"
FROM "sch""`ema"."child" AS c
WHERE (
amount < CAST(? AS DECIMAL(38,10)) OR name = 'a;b'  
)
  AND ((NOT (c."id" IS NULL)) AND (NOT (c."code" IS NULL)))
  AND NOT EXISTS (SELECT 1 FROM assay_parent AS p WHERE p."id" = c."id" AND p."name" = c."code")
FETCH FIRST 10 ROWS ONLY
--   ? 9.5
--   ? 9.5

-- rows, bound
SELECT "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS DECIMAL(38,10)) OR name = 'a;b'  
)
  AND ("name" = ?)
FETCH FIRST 10 ROWS ONLY
--   ? 9.5
--   ? it's \' " ` ; -- /* ) ?

-- rows with text, bound
SELECT "id"
FROM "sch""`ema"."pay;ment"
WHERE "code" IN (?, ?)
FETCH FIRST 10 ROWS ONLY
--   ? it's \' " ` ; -- /* ) ?
--   ? 

-- scan, bound
SELECT "name", CAST("amount" AS VARCHAR(4000))
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS DECIMAL(38,10)) OR name = 'a;b'  
)
--   ? 9.5

-- first page, bound
SELECT "name", "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
ORDER BY "pay;ment"."id", "pay;ment"."odd""`]name"
FETCH FIRST 100 ROWS ONLY

-- next page, bound
SELECT "name", "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS DECIMAL(38,10)) OR name = 'a;b'  
)
  AND ("id" > ? OR ("id" = ? AND ("odd""`]name" > ?)))
ORDER BY "pay;ment"."id", "pay;ment"."odd""`]name"
FETCH FIRST 100 ROWS ONLY
--   ? 9.5
--   ? -7
--   ? -7
--   ? it's \' " ` ; -- /* ) ?

-- keys, bound
SELECT 1
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS DECIMAL(38,10)) OR name = 'a;b'  
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
FETCH FIRST 5 ROWS ONLY

-- quantile, bound
SELECT assay_k, assay_v, assay_n FROM (
SELECT ROW_NUMBER() OVER (ORDER BY "amount") - 1 AS assay_k, "amount" AS assay_v, COUNT(*) OVER () AS assay_n
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS DECIMAL(38,10)) OR name = 'a;b'  
)
  AND ("name" = ?)
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
       COUNT(CASE WHEN ("name" = 'it''s \'' " ` ; -- /* ) ?') THEN 1 END),
       COUNT(CASE WHEN (("amount" < (-0.005)) OR ("id" > 9223372036854775808)) THEN 1 END),
       COUNT(CASE WHEN (("day" >= CAST('2026-02-28' AS DATE)) AND ("seen" < CAST('2026-01-01 10:00:00.25' AS TIMESTAMP)) AND ("seen" < CAST('2023-11-15 00:13:20.123456' AS TIMESTAMP)) AND ("day" > CAST('2023-11-15 00:13:20' AS TIMESTAMP)) AND ("at" <= CAST('2023-11-14 22:13:20' AS TIMESTAMP))) THEN 1 END),
       COUNT(CASE WHEN (("name" IN ('it''s \'' " ` ; -- /* ) ?', 'x')) OR ("code" IN ('x')) OR ("amount" IN (1.1))) THEN 1 END),
       COUNT(CASE WHEN (OCTET_LENGTH("odd""`]name") > 5) THEN 1 END),
       COUNT("odd""`]name"),
       COUNT(DISTINCT "name"),
       COUNT(DISTINCT "name"),
       MIN("amount"),
       MAX(CASE WHEN ("name" = 'it''s \'' " ` ; -- /* ) ?') THEN "ratio" END),
       SUM("id"),
       MAX("seen"),
       MAX("day"),
       VAR_SAMP(CASE WHEN ("name" = 'it''s \'' " ` ; -- /* ) ?') THEN "amount" END)
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)

-- any row, to paste
SELECT 1
FROM "sch""`ema"."pay;ment"
FETCH FIRST 1 ROWS ONLY

-- duplicates, to paste
SELECT COUNT(*), SUM(n) FROM (
SELECT COUNT(*) AS n
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND ("name" = 'it''s \'' " ` ; -- /* ) ?')
  AND ((NOT ("id" IS NULL)) AND (NOT ("name" IS NULL)))
GROUP BY "id", "name"
HAVING COUNT(*) > 1
) AS assay_groups

-- rows of duplicates, NULL equals NULL, to paste
SELECT "id", "amount" FROM (
SELECT "id", "amount", "name", COUNT(*) OVER (PARTITION BY "id", "name") AS assay_n
FROM "sch""`ema"."pay;ment"
) AS assay_rows
WHERE assay_n > 1
ORDER BY "id", "name"
FETCH FIRST 10 ROWS ONLY

-- missing references, to paste
WITH assay_parent AS (SELECT * FROM "sch""`ema"."parent" WHERE (
amount < 9.5 OR name = 'a;b'  
))
SELECT COUNT(*)
FROM "sch""`ema"."child" AS c
WHERE ((NOT (c."id" IS NULL)) AND (NOT (c."code" IS NULL)))
  AND NOT EXISTS (SELECT 1 FROM assay_parent AS p WHERE p."id" = c."id" AND p."name" = c."code")

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
  AND NOT EXISTS (SELECT 1 FROM assay_parent AS p WHERE p."id" = c."id" AND p."name" = c."code")
FETCH FIRST 10 ROWS ONLY

-- rows, to paste
SELECT "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND ("name" = 'it''s \'' " ` ; -- /* ) ?')
FETCH FIRST 10 ROWS ONLY

-- rows with text, to paste
SELECT "id"
FROM "sch""`ema"."pay;ment"
WHERE "code" IN ('it''s \'' " ` ; -- /* ) ?', '')
FETCH FIRST 10 ROWS ONLY

-- scan, to paste
SELECT "name", CAST("amount" AS VARCHAR(4000))
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)

-- first page, to paste
SELECT "name", "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
ORDER BY "pay;ment"."id", "pay;ment"."odd""`]name"
FETCH FIRST 100 ROWS ONLY

-- next page, to paste
SELECT "name", "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND ("id" > (-7) OR ("id" = (-7) AND ("odd""`]name" > 'it''s \'' " ` ; -- /* ) ?')))
ORDER BY "pay;ment"."id", "pay;ment"."odd""`]name"
FETCH FIRST 100 ROWS ONLY

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
FETCH FIRST 5 ROWS ONLY

-- quantile, to paste
SELECT assay_k, assay_v, assay_n FROM (
SELECT ROW_NUMBER() OVER (ORDER BY "amount") - 1 AS assay_k, "amount" AS assay_v, COUNT(*) OVER () AS assay_n
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND ("name" = 'it''s \'' " ` ; -- /* ) ?')
  AND ((NOT ("amount" IS NULL)))
) AS assay_sorted
WHERE assay_k * 100 > (assay_n - 1) * 95 - 100 AND assay_k * 100 < (assay_n - 1) * 95 + 100
ORDER BY assay_k

-- author's count, to paste
SELECT COUNT(*) FROM (
SELECT id FROM t WHERE name = 'it''s \'' " ` ; -- /* ) ?'  
) AS assay_query
