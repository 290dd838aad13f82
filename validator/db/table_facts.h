// SPDX-License-Identifier: Apache-2.0
// What the catalog says of a table, more than reading it needs: defaults, keys,
// indexes, constraints, sequences. Never data.
//
// Plain data; names are as the database spells them.
#ifndef ASSAY_VALIDATOR_DB_TABLE_FACTS_H_
#define ASSAY_VALIDATOR_DB_TABLE_FACTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validator/value/type_capacity.h"
#include "validator/value/value.h"

namespace assay::db {

struct ColumnFacts {
  std::string name;
  // As declared, whole: "character varying(20)", "int(10) unsigned", "mood".
  std::string native_type;
  // What is behind a domain or an enumeration of the schema's own, else the
  // same: "integer", "enum('sad','ok')".
  std::string base_type;
  TypeClass type = TypeClass::kOther;
  TypeCapacity capacity;
  // MariaDB's; empty: what the database has for all text.
  std::string character_set;
  bool nullable = true;
  std::optional<std::string> default_text;  // As the catalog has it.
  // default_text so that two databases' can be compared, see NormalDefault;
  // empty: none, or NULL.
  std::string default_value;
  // Numbered by the database: serial, IDENTITY, AUTO_INCREMENT, row id.
  bool numbered = false;
  bool generated = false;          // Computed from other columns.
  bool updated_with_row = false;   // ON UPDATE CURRENT_TIMESTAMP.
};

struct IndexFacts {
  std::string name;
  // In order; an expression's text where it is not a column.
  std::vector<std::string> columns;
  bool primary = false;
  bool unique = false;
  // Whole columns of all rows; false: an expression, a prefix, or partial.
  bool whole = true;
};

struct ForeignKeyFacts {
  std::string name;
  std::vector<std::string> columns;
  std::string schema;  // Of the table that is referred to; may be empty.
  std::string table;
  std::vector<std::string> key;  // In the order of `columns`.
  bool validated = true;         // False: holds for new rows only (NOT VALID).
};

struct CheckFacts {
  std::string name;
  std::string column;  // That VALUE stands for in a domain's; else empty.
  std::string text;    // The predicate, in the database's SQL.
};

// Where the numbers of a column come from.
struct SequenceFacts {
  std::string column;
  std::string name;  // The sequence's; empty for AUTO_INCREMENT and row ids.
  // The number that the next row gets; absent: not readable, see `unknown`.
  std::optional<int64_t> next_value;
  std::string unknown;
  // The database takes one above the greatest key by itself (SQLite).
  bool follows_keys = false;
};

struct TableFacts {
  std::string schema;
  std::string name;
  std::vector<ColumnFacts> columns;  // In order.
  std::vector<IndexFacts> indexes;   // The primary key first.
  std::vector<ForeignKeyFacts> foreign_keys;
  std::vector<CheckFacts> checks;
  std::vector<SequenceFacts> sequences;
  // Why a part above is empty or incomplete; empty text: it was read.
  std::string details_unread;  // Of columns: defaults, numbering.
  std::string indexes_unread;
  std::string foreign_keys_unread;
  std::string checks_unread;
  std::string sequences_unread;

  // Exactly as spelled, else the only one that matches without case.
  const ColumnFacts* FindColumn(std::string_view column_name) const;
  // Null where there is none.
  const IndexFacts* primary_key() const;
};

// A column's default such that defaults of different databases are equal where
// they mean the same: casts and quotes gone, numbers canonical, true as 1, one
// word for the time now. Empty: NULL, or `text` is a sequence's next value.
std::string NormalDefault(std::string_view text, TypeClass type);

// Whether `text` takes the next value of a sequence.
bool IsSequenceDefault(std::string_view text);

}  // namespace assay::db

#endif  // ASSAY_VALIDATOR_DB_TABLE_FACTS_H_
