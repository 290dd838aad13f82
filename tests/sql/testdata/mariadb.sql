-- mariadb

-- aggregates, bound
SELECT COUNT(*),
       COUNT(CASE WHEN (CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin = ?) THEN 1 END),
       COUNT(CASE WHEN ((`amount` < (-0.005)) OR (`id` > 9223372036854775808)) THEN 1 END),
       COUNT(CASE WHEN ((`day` >= DATE'2026-02-28') AND (`seen` < TIMESTAMP'2026-01-01 10:00:00.25') AND (`seen` < TIMESTAMP'2023-11-15 00:13:20.123456') AND (`day` > TIMESTAMP'2023-11-15 00:13:20') AND (`at` <= TIMESTAMP'2023-11-14 22:13:20')) THEN 1 END),
       COUNT(CASE WHEN ((CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin IN (?, ?)) OR (`code` IN (?)) OR (`amount` IN (1.1))) THEN 1 END),
       COUNT(CASE WHEN (OCTET_LENGTH(`odd"``]name`) > 5) THEN 1 END),
       COUNT(`odd"``]name`),
       COUNT(DISTINCT CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin),
       COUNT(DISTINCT `name`),
       MIN(`amount`),
       MAX(CASE WHEN (CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin = ?) THEN `ratio` END),
       SUM(`id`),
       MAX(`seen`),
       MAX(`day`),
       VAR_SAMP(CASE WHEN (CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin = ?) THEN `amount` END)
FROM `sch"``ema`.`pay;ment`
WHERE (
amount < 9.5 OR name = 'a;b'  
)
--   ? it's \' " ` ; -- /* ) ?
--   ? it's \' " ` ; -- /* ) ?
--   ? x
--   ? x
--   ? it's \' " ` ; -- /* ) ?
--   ? it's \' " ` ; -- /* ) ?

-- any row, bound
SELECT 1
FROM `sch"``ema`.`pay;ment`
LIMIT 1

-- duplicates, bound
SELECT COUNT(*), SUM(n) FROM (
SELECT COUNT(*) AS n
FROM `sch"``ema`.`pay;ment`
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND (CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin = ?)
  AND ((NOT (`id` IS NULL)) AND (NOT (`name` IS NULL)))
GROUP BY `id`, CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin
HAVING COUNT(*) > 1
) AS assay_groups
--   ? it's \' " ` ; -- /* ) ?

-- rows of duplicates, NULL equals NULL, bound
SELECT `id`, `amount` FROM (
SELECT `id`, `amount`, `name`, COUNT(*) OVER (PARTITION BY `id`, CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin) AS assay_n
FROM `sch"``ema`.`pay;ment`
) AS assay_rows
WHERE assay_n > 1
ORDER BY `id`, `name`
LIMIT 10

-- missing references, bound
WITH assay_parent AS (SELECT * FROM `sch"``ema`.`parent` WHERE (
amount < 9.5 OR name = 'a;b'  
))
SELECT COUNT(*)
FROM `sch"``ema`.`child` AS c
WHERE ((NOT (c.`id` IS NULL)) AND (NOT (c.`code` IS NULL)))
  AND NOT EXISTS (SELECT 1 FROM assay_parent AS p WHERE p.`id` = c.`id` AND CONVERT(p.`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin = CONVERT(c.`code` USING utf8mb4) COLLATE utf8mb4_nopad_bin)

-- rows of missing references, bound
WITH assay_parent AS (SELECT * FROM `sch"``ema`.`parent` WHERE (
amount < 9.5 OR name = 'a;b'  
))
SELECT c.`id`, c.`odd"``]name`
FROM `sch"``ema`.`child` AS c
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND ((NOT (c.`id` IS NULL)) AND (NOT (c.`code` IS NULL)))
  AND NOT EXISTS (SELECT 1 FROM assay_parent AS p WHERE p.`id` = c.`id` AND CONVERT(p.`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin = CONVERT(c.`code` USING utf8mb4) COLLATE utf8mb4_nopad_bin)
LIMIT 10

-- rows, bound
SELECT `id`, `odd"``]name`
FROM `sch"``ema`.`pay;ment`
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND (CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin = ?)
LIMIT 10
--   ? it's \' " ` ; -- /* ) ?

-- rows with text, bound
SELECT `id`
FROM `sch"``ema`.`pay;ment`
WHERE CONVERT(`code` USING utf8mb4) COLLATE utf8mb4_nopad_bin IN (?, ?)
LIMIT 10
--   ? it's \' " ` ; -- /* ) ?
--   ? 

-- scan, bound
SELECT `name`, CONVERT(`amount` USING utf8mb4)
FROM `sch"``ema`.`pay;ment`
WHERE (
amount < 9.5 OR name = 'a;b'  
)

-- first page, bound
SELECT `name`, `id`, `odd"``]name`
FROM `sch"``ema`.`pay;ment`
ORDER BY `pay;ment`.`id`, `pay;ment`.`odd"``]name`
LIMIT 100

-- next page, bound
SELECT `name`, `id`, `odd"``]name`
FROM `sch"``ema`.`pay;ment`
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND (`id` > ? OR (`id` = ? AND (`odd"``]name` > ?)))
ORDER BY `pay;ment`.`id`, `pay;ment`.`odd"``]name`
LIMIT 100
--   ? -7
--   ? -7
--   ? it's \' " ` ; -- /* ) ?

-- keys, bound
SELECT 1
FROM `sch"``ema`.`pay;ment`
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND ((`id` IN (?) AND `odd"``]name` IN (?)) OR (`id` IN (?) AND `odd"``]name` IS NULL))
--   ? -7
--   ? it's \' " ` ; -- /* ) ?
--   ? 8

-- keys of one column, bound
SELECT 1
FROM `sch"``ema`.`pay;ment`
WHERE (`id` IN (?) OR `id` IS NULL)
--   ? -7

-- greatest keys, bound
SELECT 1
FROM `sch"``ema`.`pay;ment`
ORDER BY `pay;ment`.`id` DESC, `pay;ment`.`odd"``]name` DESC
LIMIT 5

-- quantile, bound
SELECT assay_k, assay_v, assay_n FROM (
SELECT ROW_NUMBER() OVER (ORDER BY `amount`) - 1 AS assay_k, `amount` AS assay_v, COUNT(*) OVER () AS assay_n
FROM `sch"``ema`.`pay;ment`
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND (CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin = ?)
  AND ((NOT (`amount` IS NULL)))
) AS assay_sorted
WHERE assay_k * 100 > (assay_n - 1) * 95 - 100 AND assay_k * 100 < (assay_n - 1) * 95 + 100
ORDER BY assay_k
--   ? it's \' " ` ; -- /* ) ?

-- author's count, bound
SELECT COUNT(*) FROM (
SELECT id FROM t WHERE name = ?  
) AS assay_query
--   ? it's \' " ` ; -- /* ) ?

-- aggregates, to paste
SELECT COUNT(*),
       COUNT(CASE WHEN (CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin = 'it''s \\'' " ` ; -- /* ) ?') THEN 1 END),
       COUNT(CASE WHEN ((`amount` < (-0.005)) OR (`id` > 9223372036854775808)) THEN 1 END),
       COUNT(CASE WHEN ((`day` >= DATE'2026-02-28') AND (`seen` < TIMESTAMP'2026-01-01 10:00:00.25') AND (`seen` < TIMESTAMP'2023-11-15 00:13:20.123456') AND (`day` > TIMESTAMP'2023-11-15 00:13:20') AND (`at` <= TIMESTAMP'2023-11-14 22:13:20')) THEN 1 END),
       COUNT(CASE WHEN ((CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin IN ('it''s \\'' " ` ; -- /* ) ?', 'x')) OR (`code` IN ('x')) OR (`amount` IN (1.1))) THEN 1 END),
       COUNT(CASE WHEN (OCTET_LENGTH(`odd"``]name`) > 5) THEN 1 END),
       COUNT(`odd"``]name`),
       COUNT(DISTINCT CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin),
       COUNT(DISTINCT `name`),
       MIN(`amount`),
       MAX(CASE WHEN (CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin = 'it''s \\'' " ` ; -- /* ) ?') THEN `ratio` END),
       SUM(`id`),
       MAX(`seen`),
       MAX(`day`),
       VAR_SAMP(CASE WHEN (CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin = 'it''s \\'' " ` ; -- /* ) ?') THEN `amount` END)
FROM `sch"``ema`.`pay;ment`
WHERE (
amount < 9.5 OR name = 'a;b'  
)

-- any row, to paste
SELECT 1
FROM `sch"``ema`.`pay;ment`
LIMIT 1

-- duplicates, to paste
SELECT COUNT(*), SUM(n) FROM (
SELECT COUNT(*) AS n
FROM `sch"``ema`.`pay;ment`
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND (CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin = 'it''s \\'' " ` ; -- /* ) ?')
  AND ((NOT (`id` IS NULL)) AND (NOT (`name` IS NULL)))
GROUP BY `id`, CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin
HAVING COUNT(*) > 1
) AS assay_groups

-- rows of duplicates, NULL equals NULL, to paste
SELECT `id`, `amount` FROM (
SELECT `id`, `amount`, `name`, COUNT(*) OVER (PARTITION BY `id`, CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin) AS assay_n
FROM `sch"``ema`.`pay;ment`
) AS assay_rows
WHERE assay_n > 1
ORDER BY `id`, `name`
LIMIT 10

-- missing references, to paste
WITH assay_parent AS (SELECT * FROM `sch"``ema`.`parent` WHERE (
amount < 9.5 OR name = 'a;b'  
))
SELECT COUNT(*)
FROM `sch"``ema`.`child` AS c
WHERE ((NOT (c.`id` IS NULL)) AND (NOT (c.`code` IS NULL)))
  AND NOT EXISTS (SELECT 1 FROM assay_parent AS p WHERE p.`id` = c.`id` AND CONVERT(p.`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin = CONVERT(c.`code` USING utf8mb4) COLLATE utf8mb4_nopad_bin)

-- rows of missing references, to paste
WITH assay_parent AS (SELECT * FROM `sch"``ema`.`parent` WHERE (
amount < 9.5 OR name = 'a;b'  
))
SELECT c.`id`, c.`odd"``]name`
FROM `sch"``ema`.`child` AS c
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND ((NOT (c.`id` IS NULL)) AND (NOT (c.`code` IS NULL)))
  AND NOT EXISTS (SELECT 1 FROM assay_parent AS p WHERE p.`id` = c.`id` AND CONVERT(p.`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin = CONVERT(c.`code` USING utf8mb4) COLLATE utf8mb4_nopad_bin)
LIMIT 10

-- rows, to paste
SELECT `id`, `odd"``]name`
FROM `sch"``ema`.`pay;ment`
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND (CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin = 'it''s \\'' " ` ; -- /* ) ?')
LIMIT 10

-- rows with text, to paste
SELECT `id`
FROM `sch"``ema`.`pay;ment`
WHERE CONVERT(`code` USING utf8mb4) COLLATE utf8mb4_nopad_bin IN ('it''s \\'' " ` ; -- /* ) ?', '')
LIMIT 10

-- scan, to paste
SELECT `name`, CONVERT(`amount` USING utf8mb4)
FROM `sch"``ema`.`pay;ment`
WHERE (
amount < 9.5 OR name = 'a;b'  
)

-- first page, to paste
SELECT `name`, `id`, `odd"``]name`
FROM `sch"``ema`.`pay;ment`
ORDER BY `pay;ment`.`id`, `pay;ment`.`odd"``]name`
LIMIT 100

-- next page, to paste
SELECT `name`, `id`, `odd"``]name`
FROM `sch"``ema`.`pay;ment`
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND (`id` > (-7) OR (`id` = (-7) AND (`odd"``]name` > 'it''s \\'' " ` ; -- /* ) ?')))
ORDER BY `pay;ment`.`id`, `pay;ment`.`odd"``]name`
LIMIT 100

-- keys, to paste
SELECT 1
FROM `sch"``ema`.`pay;ment`
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND ((`id` IN ((-7)) AND `odd"``]name` IN ('it''s \\'' " ` ; -- /* ) ?')) OR (`id` IN (8) AND `odd"``]name` IS NULL))

-- keys of one column, to paste
SELECT 1
FROM `sch"``ema`.`pay;ment`
WHERE (`id` IN ((-7)) OR `id` IS NULL)

-- greatest keys, to paste
SELECT 1
FROM `sch"``ema`.`pay;ment`
ORDER BY `pay;ment`.`id` DESC, `pay;ment`.`odd"``]name` DESC
LIMIT 5

-- quantile, to paste
SELECT assay_k, assay_v, assay_n FROM (
SELECT ROW_NUMBER() OVER (ORDER BY `amount`) - 1 AS assay_k, `amount` AS assay_v, COUNT(*) OVER () AS assay_n
FROM `sch"``ema`.`pay;ment`
WHERE (
amount < 9.5 OR name = 'a;b'  
)
  AND (CONVERT(`name` USING utf8mb4) COLLATE utf8mb4_nopad_bin = 'it''s \\'' " ` ; -- /* ) ?')
  AND ((NOT (`amount` IS NULL)))
) AS assay_sorted
WHERE assay_k * 100 > (assay_n - 1) * 95 - 100 AND assay_k * 100 < (assay_n - 1) * 95 + 100
ORDER BY assay_k

-- author's count, to paste
SELECT COUNT(*) FROM (
SELECT id FROM t WHERE name = 'it''s \\'' " ` ; -- /* ) ?'  
) AS assay_query
