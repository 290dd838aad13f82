-- postgresql

-- aggregates, bound
SELECT COUNT(*),
       COUNT(CASE WHEN ("name" COLLATE "C" = CAST(? AS text) COLLATE "C") THEN 1 END),
       COUNT(CASE WHEN (("amount" < CAST(? AS numeric)) OR ("id" > CAST(? AS numeric))) THEN 1 END),
       COUNT(CASE WHEN (("day" >= CAST(? AS date)) AND ("seen" < CAST(? AS timestamp)) AND ("seen" < CAST(? AS timestamp)) AND ("day" > CAST(? AS timestamp)) AND ("at" <= CAST(? AS timestamptz))) THEN 1 END),
       COUNT(CASE WHEN (("name" COLLATE "C" IN (CAST(? AS text) COLLATE "C", CAST(? AS text) COLLATE "C")) OR ("code" IN (CAST(? AS text))) OR ("amount" IN (CAST(? AS numeric)))) THEN 1 END),
       COUNT(CASE WHEN (octet_length("odd""`]name") > 5) THEN 1 END),
       COUNT("odd""`]name"),
       COUNT(DISTINCT "name" COLLATE "C"),
       COUNT(DISTINCT "name"),
       MIN("amount"),
       MAX(CASE WHEN ("name" COLLATE "C" = CAST(? AS text) COLLATE "C") THEN "ratio" END),
       SUM("id"),
       MAX("seen"),
       MAX("day"),
       VAR_SAMP(CASE WHEN ("name" COLLATE "C" = CAST(? AS text) COLLATE "C") THEN "amount" END)
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS numeric) OR name = 'a;b'  
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
LIMIT 1

-- duplicates, bound
SELECT COUNT(*), SUM(n) FROM (
SELECT COUNT(*) AS n
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS numeric) OR name = 'a;b'  
)
  AND ("name" COLLATE "C" = CAST(? AS text) COLLATE "C")
  AND ((NOT ("id" IS NULL)) AND (NOT ("name" IS NULL)))
GROUP BY "id", "name" COLLATE "C"
HAVING COUNT(*) > 1
) AS assay_groups
--   ? 9.5
--   ? it's \' " ` ; -- /* ) ?

-- rows of duplicates, NULL equals NULL, bound
SELECT "id", "amount" FROM (
SELECT "id", "amount", "name", COUNT(*) OVER (PARTITION BY "id", "name" COLLATE "C") AS assay_n
FROM "sch""`ema"."pay;ment"
) AS assay_rows
WHERE assay_n > 1
ORDER BY "id", "name"
LIMIT 10

-- missing references, bound
WITH assay_parent AS (SELECT * FROM "sch""`ema"."parent" WHERE (
amount < CAST(? AS numeric) OR name = 'a;b'  
))
SELECT COUNT(*)
FROM "sch""`ema"."child" AS c
WHERE ((NOT (c."id" IS NULL)) AND (NOT (c."code" IS NULL)))
  AND NOT EXISTS (SELECT 1 FROM assay_parent AS p WHERE p."id" = c."id" AND p."name" COLLATE "C" = CAST(c."code" AS text) COLLATE "C")
--   ? 9.5

-- rows of missing references, bound
WITH assay_parent AS (SELECT * FROM "sch""`ema"."parent" WHERE (
amount < CAST(? AS numeric) OR name = 'a;b'  
))
SELECT c."id", c."odd""`]name"
FROM "sch""`ema"."child" AS c
WHERE (
amount < CAST(? AS numeric) OR name = 'a;b'  
)
  AND ((NOT (c."id" IS NULL)) AND (NOT (c."code" IS NULL)))
  AND NOT EXISTS (SELECT 1 FROM assay_parent AS p WHERE p."id" = c."id" AND p."name" COLLATE "C" = CAST(c."code" AS text) COLLATE "C")
LIMIT 10
--   ? 9.5
--   ? 9.5

-- rows, bound
SELECT "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS numeric) OR name = 'a;b'  
)
  AND ("name" COLLATE "C" = CAST(? AS text) COLLATE "C")
LIMIT 10
--   ? 9.5
--   ? it's \' " ` ; -- /* ) ?

-- rows with text, bound
SELECT "id"
FROM "sch""`ema"."pay;ment"
WHERE CAST("code" AS text) COLLATE "C" IN (CAST(? AS text), CAST(? AS text))
LIMIT 10
--   ? it's \' " ` ; -- /* ) ?
--   ? 

-- scan, bound
SELECT "name", CAST("amount" AS text)
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS numeric) OR name = 'a;b'  
)
--   ? 9.5

-- first page, bound
SELECT "name", "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
ORDER BY "pay;ment"."id", "pay;ment"."odd""`]name"
LIMIT 100

-- next page, bound
SELECT "name", "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
WHERE (
amount < CAST(? AS numeric) OR name = 'a;b'  
)
  AND ("id" > CAST(? AS bigint) OR ("id" = CAST(? AS bigint) AND ("odd""`]name" > CAST(? AS text))))
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
amount < CAST(? AS numeric) OR name = 'a;b'  
)
  AND (("id" IN (CAST(? AS bigint)) AND "odd""`]name" IN (CAST(? AS text))) OR ("id" IN (CAST(? AS bigint)) AND "odd""`]name" IS NULL))
--   ? 9.5
--   ? -7
--   ? it's \' " ` ; -- /* ) ?
--   ? 8

-- keys of one column, bound
SELECT 1
FROM "sch""`ema"."pay;ment"
WHERE ("id" IN (CAST(? AS bigint)) OR "id" IS NULL)
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
amount < CAST(? AS numeric) OR name = 'a;b'  
)
  AND ("name" COLLATE "C" = CAST(? AS text) COLLATE "C")
  AND ((NOT ("amount" IS NULL)))
) AS assay_sorted
WHERE assay_k * 100 > (assay_n - 1) * 95 - 100 AND assay_k * 100 < (assay_n - 1) * 95 + 100
ORDER BY assay_k
--   ? 9.5
--   ? it's \' " ` ; -- /* ) ?

-- author's count, bound
SELECT COUNT(*) FROM (
SELECT id FROM t WHERE name = CAST(? AS text)  
) AS assay_query
--   ? it's \' " ` ; -- /* ) ?

-- aggregates, to paste
SELECT COUNT(*),
       COUNT(CASE WHEN ("name" COLLATE "C" = E'it''s \\'' " ` ; -- /* ) ?' COLLATE "C") THEN 1 END),
       COUNT(CASE WHEN (("amount" < (-0.005)) OR ("id" > 9223372036854775808)) THEN 1 END),
       COUNT(CASE WHEN (("day" >= CAST('2026-02-28' AS date)) AND ("seen" < CAST('2026-01-01 10:00:00.25' AS timestamp)) AND ("seen" < CAST('2023-11-15 00:13:20.123456' AS timestamp)) AND ("day" > CAST('2023-11-15 00:13:20' AS timestamp)) AND ("at" <= CAST('2023-11-14T22:13:20Z' AS timestamptz))) THEN 1 END),
       COUNT(CASE WHEN (("name" COLLATE "C" IN (E'it''s \\'' " ` ; -- /* ) ?' COLLATE "C", 'x' COLLATE "C")) OR ("code" IN ('x')) OR ("amount" IN (1.1))) THEN 1 END),
       COUNT(CASE WHEN (octet_length("odd""`]name") > 5) THEN 1 END),
       COUNT("odd""`]name"),
       COUNT(DISTINCT "name" COLLATE "C"),
       COUNT(DISTINCT "name"),
       MIN("amount"),
       MAX(CASE WHEN ("name" COLLATE "C" = E'it''s \\'' " ` ; -- /* ) ?' COLLATE "C") THEN "ratio" END),
       SUM("id"),
       MAX("seen"),
       MAX("day"),
       VAR_SAMP(CASE WHEN ("name" COLLATE "C" = E'it''s \\'' " ` ; -- /* ) ?' COLLATE "C") THEN "amount" END)
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
  AND ("name" COLLATE "C" = E'it''s \\'' " ` ; -- /* ) ?' COLLATE "C")
  AND ((NOT ("id" IS NULL)) AND (NOT ("name" IS NULL)))
GROUP BY "id", "name" COLLATE "C"
HAVING COUNT(*) > 1
) AS assay_groups

-- rows of duplicates, NULL equals NULL, to paste
SELECT "id", "amount" FROM (
SELECT "id", "amount", "name", COUNT(*) OVER (PARTITION BY "id", "name" COLLATE "C") AS assay_n
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
  AND NOT EXISTS (SELECT 1 FROM assay_parent AS p WHERE p."id" = c."id" AND p."name" COLLATE "C" = CAST(c."code" AS text) COLLATE "C")

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
  AND NOT EXISTS (SELECT 1 FROM assay_parent AS p WHERE p."id" = c."id" AND p."name" COLLATE "C" = CAST(c."code" AS text) COLLATE "C")
LIMIT 10

-- rows, to paste
SELECT "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND ("name" COLLATE "C" = E'it''s \\'' " ` ; -- /* ) ?' COLLATE "C")
LIMIT 10

-- rows with text, to paste
SELECT "id"
FROM "sch""`ema"."pay;ment"
WHERE CAST("code" AS text) COLLATE "C" IN (E'it''s \\'' " ` ; -- /* ) ?', '')
LIMIT 10

-- scan, to paste
SELECT "name", CAST("amount" AS text)
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)

-- first page, to paste
SELECT "name", "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
ORDER BY "pay;ment"."id", "pay;ment"."odd""`]name"
LIMIT 100

-- next page, to paste
SELECT "name", "id", "odd""`]name"
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND ("id" > (-7) OR ("id" = (-7) AND ("odd""`]name" > E'it''s \\'' " ` ; -- /* ) ?')))
ORDER BY "pay;ment"."id", "pay;ment"."odd""`]name"
LIMIT 100

-- keys, to paste
SELECT 1
FROM "sch""`ema"."pay;ment"
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND (("id" IN ((-7)) AND "odd""`]name" IN (E'it''s \\'' " ` ; -- /* ) ?')) OR ("id" IN (8) AND "odd""`]name" IS NULL))

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
  AND ("name" COLLATE "C" = E'it''s \\'' " ` ; -- /* ) ?' COLLATE "C")
  AND ((NOT ("amount" IS NULL)))
) AS assay_sorted
WHERE assay_k * 100 > (assay_n - 1) * 95 - 100 AND assay_k * 100 < (assay_n - 1) * 95 + 100
ORDER BY assay_k

-- author's count, to paste
SELECT COUNT(*) FROM (
SELECT id FROM t WHERE name = E'it''s \\'' " ` ; -- /* ) ?'  
) AS assay_query
