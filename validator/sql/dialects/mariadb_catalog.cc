// SPDX-License-Identifier: Apache-2.0
// MariaDB's information_schema, and its types.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "validator/sql/dialects/catalog.h"
#include "validator/sql/type_words.h"

namespace assay::sql {
namespace {

using Kind = TypeCapacity::Kind;

// $P stands for the condition on schema and table.
constexpr char kColumns[] =
    "SELECT COLUMN_NAME, COLUMN_TYPE, COLUMN_TYPE,"
    " IF(IS_NULLABLE = 'YES', 1, 0), COLUMN_DEFAULT,"
    " IF(EXTRA LIKE '%auto_increment%', 1, 0),"
    " IF(EXTRA LIKE '%GENERATED%' AND EXTRA NOT LIKE '%DEFAULT_GENERATED%',"
    " 1, 0), IF(EXTRA LIKE '%on update%', 1, 0),"
    " COALESCE(CHARACTER_SET_NAME, '')"
    " FROM information_schema.COLUMNS WHERE $P ORDER BY ORDINAL_POSITION";

constexpr char kIndexes[] =
    "SELECT INDEX_NAME, IF(INDEX_NAME = 'PRIMARY', 1, 0),"
    " IF(NON_UNIQUE = 0, 1, 0),"
    " IF(SUB_PART IS NULL AND COLUMN_NAME IS NOT NULL, 1, 0),"
    " COALESCE(COLUMN_NAME, '(expression)')"
    " FROM information_schema.STATISTICS WHERE $P"
    " ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX";

constexpr char kForeignKeys[] =
    "SELECT CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA,"
    " REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME, 1"
    " FROM information_schema.KEY_COLUMN_USAGE"
    " WHERE $P AND REFERENCED_TABLE_NAME IS NOT NULL"
    " ORDER BY CONSTRAINT_NAME, ORDINAL_POSITION";

constexpr char kChecks[] =
    "SELECT CONSTRAINT_NAME, '', CHECK_CLAUSE"
    " FROM information_schema.CHECK_CONSTRAINTS WHERE $P"
    " ORDER BY CONSTRAINT_NAME";

constexpr char kSequences[] =
    "SELECT c.COLUMN_NAME, '', t.AUTO_INCREMENT,"
    " IF(t.AUTO_INCREMENT IS NULL, 'the catalog does not tell', ''), 0"
    " FROM (SELECT TABLE_SCHEMA, TABLE_NAME, AUTO_INCREMENT"
    " FROM information_schema.TABLES WHERE $P) AS t"
    " JOIN (SELECT COLUMN_NAME FROM information_schema.COLUMNS"
    " WHERE $P AND EXTRA LIKE '%auto_increment%') AS c";

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

}  // namespace

std::string MariaDbFactQuery(CatalogFact fact, const std::string& schema,
                             const std::string& table) {
  const char* const column =
      fact == CatalogFact::kChecks ? "CONSTRAINT_SCHEMA" : "TABLE_SCHEMA";
  return absl::StrReplaceAll(
      Template(fact), {{"$P", absl::StrCat(column, " = ", schema,
                                           " AND TABLE_NAME = ", table)}});
}

namespace {

TypeCapacity CapacityOf(const TypeWords& words) {
  const std::string& name = words.name;
  if (name == "tinyint") {
    TypeCapacity out = IntegerCapacity(8, words.is_unsigned);
    out.boolean_by_custom = words.Number(0) == 1;
    return out;
  }
  if (name == "mediumint") return IntegerCapacity(24, words.is_unsigned);
  if (name == "year") return IntegerRange(0, 2155);
  if (name == "decimal" || name == "numeric") {
    return DecimalCapacity(words.Number(0).value_or(10),
                           words.Number(1).value_or(0));
  }
  if (name == "float") {
    return FloatCapacity(words.Number(0).value_or(0) > 24 ? 53 : 24);
  }
  if (name == "real") return FloatCapacity(53);
  if (name == "char") {
    return TextCapacity(words.Number(0).value_or(1), TypeCapacity::kNoLimit,
                        true);
  }
  constexpr int64_t kTiny = 255;
  constexpr int64_t kShort = 65535;
  constexpr int64_t kMedium = 16777215;
  constexpr int64_t kLong = 4294967295;
  const struct {
    const char* prefix;
    int64_t bytes;
  } kSizes[] = {
      {"tiny", kTiny}, {"", kShort}, {"medium", kMedium}, {"long", kLong}};
  for (const auto& size : kSizes) {
    if (name == absl::StrCat(size.prefix, "text")) {
      return TextCapacity(TypeCapacity::kNoLimit, size.bytes, false);
    }
    if (name == absl::StrCat(size.prefix, "blob")) {
      return BytesCapacity(size.bytes);
    }
  }
  if (name == "binary") return BytesCapacity(words.Number(0).value_or(1));
  if (name == "datetime" || name == "timestamp") {
    TypeCapacity out =
        TimeCapacity(Kind::kTimestamp, words.Number(0).value_or(0));
    out.unix_seconds = name == "timestamp";
    return out;
  }
  if (name == "time") {
    return TimeCapacity(Kind::kTime, words.Number(0).value_or(0));
  }
  return CommonCapacity(words);
}

}  // namespace

TypeCapacity MariaDbCapacity(std::string_view native_type) {
  const TypeWords words = ParseTypeWords(native_type);
  TypeCapacity out = CapacityOf(words);
  out.no_negatives = words.is_unsigned;
  return out;
}

std::string MariaDbColumnDetails(const std::string& schema,
                                 const std::string& table) {
  return absl::StrCat(
      "SELECT COLUMN_NAME, '', COLUMN_TYPE, COALESCE(CHARACTER_SET_NAME, ''),"
      " IF(IS_NULLABLE = 'YES', '1', '0'), COALESCE(COLLATION_NAME, '')"
      " FROM information_schema.COLUMNS"
      " WHERE TABLE_NAME = ",
      table, " AND TABLE_SCHEMA = ", schema);
}

std::string MariaDbDerivedDetails(const std::string& derived,
                                  const std::vector<std::string>& columns) {
  // One row without a value, so that nothing is executed; a column keeps its
  // character set. 'binary' is what all that is no text has.
  std::vector<std::string> sets;
  std::vector<std::string> collations;
  std::vector<std::string> places;
  for (size_t i = 0; i < columns.size(); ++i) {
    sets.push_back(absl::StrCat("CHARSET(assay_d.", columns[i], ")"));
    collations.push_back(absl::StrCat("COLLATION(assay_d.", columns[i], ")"));
    places.push_back(absl::StrCat("SELECT ", i + 1, " AS n"));
  }
  const auto of = [](const std::vector<std::string>& all) {
    return absl::StrCat("COALESCE(NULLIF(ELT(assay_n.n, ",
                        absl::StrJoin(all, ", "), "), 'binary'), '')");
  };
  return absl::StrCat(
      "SELECT '', '', '', ", of(sets), ", ", of(collations), " FROM (",
      absl::StrJoin(places, " UNION ALL "),
      ") AS assay_n LEFT JOIN (SELECT * FROM (\n", derived,
      "\n) AS assay_q LIMIT 0) AS assay_d ON TRUE ORDER BY assay_n.n");
}

std::string MariaDbSnapshotGaps(const std::string& schema,
                                const std::vector<std::string>& names) {
  const std::string where = absl::StrCat(
      " WHERE TABLE_NAME IN (", absl::StrJoin(names, ", "), ")",
      schema.empty() ? "" : absl::StrCat(" AND TABLE_SCHEMA = ", schema));
  // START TRANSACTION WITH CONSISTENT SNAPSHOT is for engines that keep old
  // versions of rows; FEDERATED and SPIDER know transactions, of elsewhere.
  return absl::StrCat(
      "SELECT TABLE_SCHEMA, TABLE_NAME,"
      " IF(TABLE_SCHEMA <=> DATABASE(), '1', '0'),"
      " COALESCE(ENGINE, 'an engine that is not loaded'), ''"
      " FROM information_schema.TABLES",
      where,
      " AND TABLE_TYPE <> 'VIEW' AND COALESCE(ENGINE, '') NOT IN"
      " ('InnoDB', 'ROCKSDB', 'TokuDB')"
      " UNION ALL SELECT TABLE_SCHEMA, TABLE_NAME,"
      " IF(TABLE_SCHEMA <=> DATABASE(), '1', '0'), '',"
      " COALESCE(VIEW_DEFINITION, '') FROM information_schema.VIEWS",
      where);
}

}  // namespace assay::sql
