// SPDX-License-Identifier: Apache-2.0
// PostgreSQL's system catalogs.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "validator/sql/dialects/catalog.h"

namespace assay::sql {
namespace {

// $T stands for the table's oid in all of these.

// A domain's base type, its NOT NULL and its default are found by walking down
// from the column's type.
constexpr char kColumns[] =
    "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod),"
    " CASE WHEN b.typtype = 'e' THEN 'enum(' || (SELECT string_agg('''' ||"
    " replace(e.enumlabel, '''', '''''') || '''', ',' ORDER BY"
    " e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = b.oid) || ')'"
    " ELSE format_type(b.oid, b.mod) END,"
    " (NOT (a.attnotnull OR b.no_null))::int,"
    " CASE WHEN a.attgenerated <> '' THEN NULL"
    " ELSE COALESCE(pg_get_expr(d.adbin, d.adrelid), b.preset) END,"
    " (a.attidentity <> '')::int, (a.attgenerated <> '')::int, 0, ''"
    " FROM pg_attribute a CROSS JOIN LATERAL ("
    "WITH RECURSIVE chain AS ("
    "SELECT t.oid, t.typtype, t.typbasetype, t.typtypmod, a.atttypmod AS mod,"
    " t.typnotnull AS no_null, t.typdefault AS preset"
    " FROM pg_type t WHERE t.oid = a.atttypid"
    " UNION ALL "
    "SELECT n.oid, n.typtype, n.typbasetype, n.typtypmod, c.typtypmod,"
    " c.no_null OR n.typnotnull, COALESCE(c.preset, n.typdefault)"
    " FROM pg_type n JOIN chain c ON n.oid = c.typbasetype)"
    " SELECT * FROM chain WHERE typbasetype = 0) b"
    " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " WHERE a.attrelid = $T AND a.attnum > 0 AND NOT a.attisdropped"
    " ORDER BY a.attnum";

constexpr char kIndexes[] =
    "SELECT c.relname::text, i.indisprimary::int, i.indisunique::int,"
    " (i.indpred IS NULL AND i.indexprs IS NULL AND i.indisvalid)::int,"
    " COALESCE(a.attname::text,"
    " pg_get_indexdef(i.indexrelid, k.place::int, true))"
    " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    " CROSS JOIN LATERAL"
    " unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)"
    " LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND"
    " a.attnum = k.number AND k.number > 0"
    " WHERE i.indrelid = $T AND k.place <= i.indnkeyatts"
    " ORDER BY i.indisprimary DESC, c.relname, k.place";

// Where the table that is referred to is partitioned, the catalog has a copy of
// the constraint for each partition.
constexpr char kForeignKeys[] =
    "SELECT c.conname::text, a.attname::text, s.nspname::text,"
    " t.relname::text, b.attname::text, c.convalidated::int"
    " FROM pg_constraint c JOIN pg_class t ON t.oid = c.confrelid"
    " JOIN pg_namespace s ON s.oid = t.relnamespace"
    " CROSS JOIN LATERAL unnest(c.conkey, c.confkey)"
    " WITH ORDINALITY AS k(child, parent, place)"
    " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.child"
    " JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.parent"
    " WHERE c.contype = 'f' AND c.conrelid = $T AND NOT EXISTS (SELECT 1 FROM"
    " pg_constraint p WHERE p.oid = c.conparentid AND"
    " p.conrelid = c.conrelid) ORDER BY c.conname, k.place";

// Also those of the columns' domains.
constexpr char kChecks[] =
    "SELECT c.conname::text, '', pg_get_expr(c.conbin, c.conrelid)"
    " FROM pg_constraint c WHERE c.contype = 'c' AND c.conrelid = $T"
    " UNION ALL "
    "SELECT c.conname::text, a.attname::text, pg_get_expr(c.conbin, 0)"
    " FROM pg_attribute a CROSS JOIN LATERAL ("
    "WITH RECURSIVE chain AS ("
    "SELECT oid, typbasetype FROM pg_type WHERE oid = a.atttypid UNION ALL "
    "SELECT n.oid, n.typbasetype FROM pg_type n JOIN chain c"
    " ON n.oid = c.typbasetype) SELECT oid FROM chain) d"
    " JOIN pg_constraint c ON c.contypid = d.oid AND c.contype = 'c'"
    " WHERE a.attrelid = $T AND a.attnum > 0 AND NOT a.attisdropped"
    " ORDER BY 1, 2";

// The sequence itself says what comes next, and only to who may SELECT it:
// after setval(…, false) or RESTART the catalog knows nothing. query_to_xml
// reads a relation that has no name until the query runs.
constexpr char kSequences[] =
    "SELECT q.column_name, q.name,"
    " CASE WHEN q.why = '' AND q.next <= q.seqmax THEN q.next END,"
    " CASE WHEN q.why = '' AND q.next > q.seqmax THEN"
    " 'it is used up: its greatest number is ' || q.seqmax"
    " WHEN q.why = '' AND q.next IS NULL THEN"
    " 'role ' || current_user || ' has no SELECT on it, and it was not used'"
    " ELSE q.why END, 0"
    " FROM (SELECT o.attnum, o.attname::text AS column_name,"
    " quote_ident(n.nspname) || '.' || quote_ident(s.relname) AS name,"
    " p.seqmax::numeric, CASE WHEN p.seqincrement < 0 THEN 'it counts down'"
    " WHEN p.seqcycle THEN 'it cycles'"
    " WHEN NOT has_sequence_privilege(s.oid, 'SELECT, USAGE') THEN"
    " 'role ' || current_user || ' has no SELECT on it' ELSE '' END AS why,"
    " CASE WHEN has_schema_privilege(n.oid, 'USAGE')"
    " AND has_sequence_privilege(s.oid, 'SELECT') THEN ("
    "SELECT substring(x FROM '<last_value>([-0-9]+)')::numeric +"
    " substring(x FROM '<is_called>([01])')::int * p.seqincrement"
    " FROM CAST(query_to_xml(format('SELECT last_value, is_called::int AS"
    " is_called FROM %I.%I', n.nspname, s.relname), false, true, '') AS text)"
    " AS x)"
    " WHEN has_sequence_privilege(s.oid, 'USAGE') THEN"
    " pg_sequence_last_value(s.oid)::numeric + p.seqincrement END AS next"
    " FROM ("
    "SELECT a.attnum, a.attname, d.objid AS sequence FROM pg_depend d"
    " JOIN pg_attribute a ON a.attrelid = d.refobjid AND"
    " a.attnum = d.refobjsubid"
    " WHERE d.classid = 'pg_class'::regclass AND"
    " d.refclassid = 'pg_class'::regclass AND d.deptype = 'i' AND"
    " d.refobjid = $T UNION "
    "SELECT a.attnum, a.attname, d.refobjid FROM pg_attrdef f"
    " JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND"
    " d.objid = f.oid AND d.refclassid = 'pg_class'::regclass"
    " JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum"
    " WHERE f.adrelid = $T) o"
    " JOIN pg_class s ON s.oid = o.sequence AND s.relkind = 'S'"
    " JOIN pg_namespace n ON n.oid = s.relnamespace"
    " JOIN pg_sequence p ON p.seqrelid = s.oid) q ORDER BY q.attnum, q.name";

const char* Template(CatalogFact fact) {
  switch (fact) {
    case CatalogFact::kColumns:
      return kColumns;
    case CatalogFact::kIndexes:
      return kIndexes;
    case CatalogFact::kForeignKeys:
      return kForeignKeys;
    case CatalogFact::kChecks:
      return kChecks;
    case CatalogFact::kSequences:
      return kSequences;
  }
  return "";
}

// What is behind the type `t`: 'enum' for an enumeration, the base type of a
// domain; '' where the type says itself what it is.
constexpr char kBaseType[] =
    "CAST(CASE WHEN t.typtype NOT IN ('d', 'e') THEN '' "
    "WHEN COALESCE(b.typtype, t.typtype) = 'e' THEN 'enum' "
    "ELSE COALESCE(b.typname, t.typname) END AS text)";
// Joins it as `b`: of a domain over domains, the last.
constexpr char kBehindDomain[] =
    " LEFT JOIN LATERAL (WITH RECURSIVE chain AS (SELECT p.oid, p.typtype, "
    "p.typname, p.typbasetype, p.typtypmod, t.typtypmod AS modifier, "
    "t.typnotnull OR p.typnotnull AS not_null "
    "FROM pg_type p WHERE p.oid = t.typbasetype UNION ALL SELECT n.oid, "
    "n.typtype, n.typname, n.typbasetype, n.typtypmod, c.typtypmod, "
    "c.not_null OR n.typnotnull "
    "FROM pg_type n JOIN chain c ON n.oid = c.typbasetype) SELECT oid, "
    "typtype, typname, modifier, not_null FROM chain WHERE typbasetype = 0) "
    "b ON true";

}  // namespace

std::string PostgreSqlFactQuery(CatalogFact fact, const std::string& relation) {
  return absl::StrReplaceAll(
      Template(fact), {{"$T", absl::StrCat("to_regclass(", relation, ")")}});
}

std::string PostgreSqlColumnDetails(const std::string& relation) {
  return absl::StrCat(
      "SELECT CAST(a.attname AS text), ", kBaseType, ", format_type(",
      "COALESCE(b.oid, t.oid), COALESCE(b.modifier, a.atttypmod)), '',"
      // An outer join fills a view's column with NULL whatever its domain says.
      " CASE WHEN a.attnotnull OR (COALESCE(b.not_null, false) AND"
      " r.relkind IN ('r', 'p')) THEN '0' ELSE '1' END, ''"
      " FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid"
      " JOIN pg_class r ON r.oid = a.attrelid",
      kBehindDomain,
      " WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = "
      "to_regclass(",
      relation, ")");
}

std::string PostgreSqlDerivedDetails(const std::string& derived,
                                     size_t columns) {
  // One row of NULLs, so that nothing is executed; each keeps its type.
  std::vector<std::string> names;
  std::vector<std::string> types;
  for (size_t i = 0; i < columns; ++i) {
    names.push_back(absl::StrCat("c", i));
    types.push_back(absl::StrCat("CAST(pg_typeof(d.c", i, ") AS oid)"));
  }
  return absl::StrCat(
      "SELECT CAST(t.typname AS text), ", kBaseType,
      ", format_type(COALESCE(b.oid, t.oid), b.modifier), '', ''"
      " FROM (SELECT 1) AS one LEFT JOIN (SELECT * FROM (\n",
      derived, "\n) AS assay_q LIMIT 0) AS d(", absl::StrJoin(names, ", "),
      ") ON true CROSS JOIN LATERAL unnest(ARRAY[", absl::StrJoin(types, ", "),
      "]) WITH ORDINALITY AS u(type, place)"
      " JOIN pg_type t ON t.oid = u.type",
      kBehindDomain, " ORDER BY u.place");
}

}  // namespace assay::sql
