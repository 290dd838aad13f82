// SPDX-License-Identifier: Apache-2.0
// SQLite's pragmas and master table, and what its declared types promise.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "validator/sql/dialects/catalog.h"
#include "validator/sql/type_words.h"

namespace assay::sql {
namespace {

using Kind = TypeCapacity::Kind;

// $T stands for the table's name. A column is an alias of the row id where it
// alone is the primary key, is exactly INTEGER, and no index keeps it.
#define ASSAY_SQLITE_ROW_ID                                                \
  "(x.pk = 1 AND upper(x.type) = 'INTEGER' AND (SELECT count(*) FROM"      \
  " pragma_table_info($T) WHERE pk > 0) = 1 AND NOT EXISTS (SELECT 1 FROM" \
  " pragma_index_list($T) WHERE origin = 'pk'))"

constexpr char kColumns[] =
    "SELECT x.name, x.type, x.type,"
    " NOT (x.\"notnull\" OR " ASSAY_SQLITE_ROW_ID
    "), x.dflt_value, " ASSAY_SQLITE_ROW_ID
    ", x.hidden IN (2, 3), 0, ''"
    " FROM pragma_table_xinfo($T) AS x WHERE x.hidden <> 1 ORDER BY x.cid";

constexpr char kIndexes[] =
    "SELECT name, is_primary, is_unique, whole, part FROM ("
    "SELECT 0 AS o, 'primary key' AS name, 1 AS is_primary, 1 AS is_unique,"
    " 1 AS whole, name AS part, pk AS place FROM pragma_table_info($T)"
    " WHERE pk > 0 UNION ALL "
    "SELECT 1 + l.seq, l.name, 0, l.\"unique\", NOT l.partial AND i.cid >= 0,"
    " COALESCE(i.name, '(expression)'), i.seqno"
    " FROM pragma_index_list($T) AS l, pragma_index_info(l.name) AS i"
    " WHERE l.origin <> 'pk') ORDER BY o, place";

constexpr char kForeignKeys[] =
    "SELECT 'foreign key ' || f.id, f.\"from\", '', f.\"table\","
    " COALESCE(f.\"to\", (SELECT p.name FROM pragma_table_info(f.\"table\")"
    " AS p WHERE p.pk = f.seq + 1)), 1"
    " FROM pragma_foreign_key_list($T) AS f ORDER BY f.id, f.seq";

// Checks are nowhere but in the text of CREATE TABLE.
constexpr char kChecks[] =
    "SELECT '', '', sql FROM sqlite_master WHERE type = 'table' AND"
    " lower(name) = lower($T)";

constexpr char kSequences[] =
    "SELECT x.name, '', NULL, '', 1 FROM pragma_table_info($T) AS x"
    " WHERE " ASSAY_SQLITE_ROW_ID;

#undef ASSAY_SQLITE_ROW_ID

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

TypeCapacity Declared(const TypeWords& words) {
  const std::string& name = words.name;
  const auto has = [&name](const char* part) {
    return absl::StrContains(name, part);
  };
  if (has("timestamp") || has("datetime")) {
    return TimeCapacity(Kind::kTimestamp, words.Number(0).value_or(6));
  }
  // Whatever is called an integer holds 64 bits.
  if (has("int")) return IntegerCapacity(64, false);
  if (has("doub") || has("floa") || has("real")) return FloatCapacity(53);
  if (has("blob") || name.empty()) {
    return name.empty() ? TypeCapacity{}
                        : BytesCapacity(TypeCapacity::kNoLimit);
  }
  TypeCapacity out = CommonCapacity(words);
  if (out.kind != Kind::kUnknown) {
    out.fixed = false;  // Nothing is padded, no blank is cut.
    return out;
  }
  if (has("char") || has("clob") || has("text")) {
    return TextCapacity(words.Number(0).value_or(TypeCapacity::kNoLimit),
                        TypeCapacity::kNoLimit, false);
  }
  return out;
}

}  // namespace

std::string SqliteFactQuery(CatalogFact fact, const std::string& table) {
  return absl::StrReplaceAll(Template(fact), {{"$T", table}});
}

TypeCapacity SqliteCapacity(std::string_view native_type) {
  TypeCapacity out = Declared(ParseTypeWords(native_type));
  out.enforced = false;
  return out;
}

}  // namespace assay::sql
