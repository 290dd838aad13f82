// SPDX-License-Identifier: Apache-2.0
#include "validator/connections/table_facts.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"

namespace assay::connections {
namespace {

using Row = std::vector<std::optional<std::string>>;

// Where the quoted text at `from` ends: behind the closing quote.
size_t EndOfQuoted(std::string_view text, size_t from) {
  const char close = text[from] == '[' ? ']' : text[from];
  for (size_t i = from + 1; i < text.size(); ++i) {
    if (text[i] != close) continue;
    if (i + 1 < text.size() && text[i + 1] == close) {
      ++i;
    } else {
      return i + 1;
    }
  }
  return text.size();
}

// Where a comment, a quoted text or a single character at `from` ends.
size_t EndOfToken(std::string_view text, size_t from) {
  const char c = text[from];
  if (c == '\'' || c == '"' || c == '`' || c == '[') {
    return EndOfQuoted(text, from);
  }
  if (text.substr(from, 2) == "--") {
    const size_t end = text.find('\n', from);
    return end == std::string_view::npos ? text.size() : end + 1;
  }
  if (text.substr(from, 2) == "/*") {
    const size_t end = text.find("*/", from + 2);
    return end == std::string_view::npos ? text.size() : end + 2;
  }
  if (!absl::ascii_isalpha(static_cast<unsigned char>(c))) return from + 1;
  size_t end = from;
  while (end < text.size() &&
         (absl::ascii_isalnum(static_cast<unsigned char>(text[end])) ||
          text[end] == '_')) {
    ++end;
  }
  return end;
}

bool IsJsonCheck(const std::string& check, const std::string& column) {
  for (const char* quote : {"`", "\"", ""}) {
    if (absl::EqualsIgnoreCase(
            check, absl::StrCat("json_valid(", quote, column, quote, ")"))) {
      return true;
    }
  }
  return false;
}

class Reader {
 public:
  Reader(Session& session, const Table& table, const CancellationToken& cancel)
      : session_(session), table_(table), cancel_(cancel) {
    facts_.schema = table.schema;
    facts_.name = table.name;
  }

  absl::StatusOr<db::TableFacts> Read() {
    ASSAY_RETURN_IF_ERROR(ReadColumns());
    ASSAY_RETURN_IF_ERROR(ReadIndexes());
    ASSAY_RETURN_IF_ERROR(ReadForeignKeys());
    ASSAY_RETURN_IF_ERROR(ReadChecks());
    ASSAY_RETURN_IF_ERROR(ReadSequences());
    // MariaDB's JSON is text with a check.
    for (db::ColumnFacts& column : facts_.columns) {
      const bool json = std::any_of(
          facts_.checks.begin(), facts_.checks.end(),
          [&column](const db::CheckFacts& check) {
            return IsJsonCheck(check.text, column.name);
          });
      if (json && column.capacity.kind == TypeCapacity::Kind::kText) {
        column.base_type = "json";
        column.capacity = {};
        column.capacity.kind = TypeCapacity::Kind::kJson;
      }
    }
    return std::move(facts_);
  }

 private:
  // The rows of `fact`, cells as text. Empty, with the reason in `unread`,
  // where the catalog does not hand it out.
  absl::StatusOr<std::vector<Row>> Rows(sql::CatalogFact fact, size_t cells,
                                        std::string* unread) {
    const std::string query =
        session_.dialect().FactQuery(fact, table_.schema, table_.name);
    if (query.empty()) {
      *unread = absl::StrCat("not readable through dialect ",
                             std::string(session_.dialect().name()));
      return std::vector<Row>();
    }
    absl::StatusOr<std::vector<Row>> rows = Query(query);
    if (rows.ok()) {
      for (const Row& row : *rows) {
        if (row.size() == cells) continue;
        return MakeError(ErrorReason::kInternal,
                         "a catalog query has another number of columns");
      }
      return rows;
    }
    switch (GetReason(rows.status())) {
      case ErrorReason::kSqlError:
      case ErrorReason::kPermissionDenied:
      case ErrorReason::kDataError:
      case ErrorReason::kTableNotFound:
      case ErrorReason::kColumnNotFound:
      case ErrorReason::kUnsupported:
        *unread = std::string(rows.status().message());
        return std::vector<Row>();
      default:
        return Annotate(rows.status(),
                        absl::StrCat("connection ", session_.config().name));
    }
  }

  absl::StatusOr<std::vector<Row>> Query(const std::string& query) {
    db::QueryOptions options;
    options.cancel = cancel_;
    options.block_rows = 200;
    ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<db::Cursor> cursor,
                           session_.connection().Query({query, {}}, options));
    std::vector<Row> rows;
    while (true) {
      ASSAY_ASSIGN_OR_RETURN(const db::RowBlock* block, cursor->Next());
      if (block == nullptr) return rows;
      for (size_t row = 0; row < block->rows(); ++row) {
        Row& out = rows.emplace_back();
        for (size_t i = 0; i < cursor->columns().size(); ++i) {
          if (block->IsNull(row, i)) {
            out.push_back(std::nullopt);
            continue;
          }
          const Value value = db::CellValue(*cursor, *block, row, i);
          const auto* bytes = std::get_if<Bytes>(&value);
          out.push_back(bytes != nullptr ? bytes->data : ToText(value));
        }
      }
    }
  }

  static bool Flag(const std::optional<std::string>& cell) {
    return cell.has_value() && *cell != "0" && *cell != "f" && !cell->empty();
  }

  absl::Status ReadColumns() {
    ASSAY_ASSIGN_OR_RETURN(
        const std::vector<Row> rows,
        Rows(sql::CatalogFact::kColumns, 9, &facts_.details_unread));
    for (const Row& row : rows) {
      db::ColumnFacts& column = facts_.columns.emplace_back();
      column.name = row[0].value_or("");
      column.native_type = row[1].value_or("");
      column.base_type = row[2].value_or("");
      column.nullable = Flag(row[3]);
      const Column* described = table_.FindColumn(column.name);
      if (described != nullptr) column.type = described->type.type;
      column.default_text = row[4];
      column.numbered = Flag(row[5]);
      column.generated = Flag(row[6]);
      column.updated_with_row = Flag(row[7]);
      column.character_set = row[8].value_or("");
      column.capacity = session_.dialect().Capacity(column.base_type);
      if (row[4].has_value()) {
        column.numbered = column.numbered || db::IsSequenceDefault(*row[4]);
        column.default_value = db::NormalDefault(*row[4], column.type);
      }
    }
    if (!facts_.columns.empty()) return absl::OkStatus();
    if (facts_.details_unread.empty() && !table_.columns.empty()) {
      facts_.details_unread = "the catalog shows no columns to this role";
    }
    for (const Column& described : table_.columns) {
      db::ColumnFacts& column = facts_.columns.emplace_back();
      column.name = described.name;
      column.native_type = described.type.full_name.empty()
                               ? described.type.native_name
                               : described.type.full_name;
      column.base_type = column.native_type;
      column.type = described.type.type;
      column.nullable = described.nullable;
      column.capacity = session_.dialect().Capacity(column.base_type);
    }
    return absl::OkStatus();
  }

  absl::Status ReadIndexes() {
    ASSAY_ASSIGN_OR_RETURN(
        const std::vector<Row> rows,
        Rows(sql::CatalogFact::kIndexes, 5, &facts_.indexes_unread));
    for (const Row& row : rows) {
      const std::string name = row[0].value_or("");
      if (facts_.indexes.empty() || facts_.indexes.back().name != name) {
        db::IndexFacts& index = facts_.indexes.emplace_back();
        index.name = name;
        index.primary = Flag(row[1]);
        index.unique = Flag(row[2]);
      }
      db::IndexFacts& index = facts_.indexes.back();
      index.whole = index.whole && Flag(row[3]);
      index.columns.push_back(row[4].value_or(""));
    }
    if (facts_.indexes_unread.empty() || table_.unique_keys.empty()) {
      return absl::OkStatus();
    }
    // The keys at least, from the driver.
    for (const std::vector<std::string>& key : table_.unique_keys) {
      db::IndexFacts& index = facts_.indexes.emplace_back();
      index.columns = key;
      index.primary = key == table_.primary_key;
      index.unique = true;
    }
    return absl::OkStatus();
  }

  absl::Status ReadForeignKeys() {
    ASSAY_ASSIGN_OR_RETURN(
        const std::vector<Row> rows,
        Rows(sql::CatalogFact::kForeignKeys, 6, &facts_.foreign_keys_unread));
    for (const Row& row : rows) {
      const std::string name = row[0].value_or("");
      if (facts_.foreign_keys.empty() ||
          facts_.foreign_keys.back().name != name) {
        db::ForeignKeyFacts& key = facts_.foreign_keys.emplace_back();
        key.name = name;
        key.schema = row[2].value_or("");
        key.table = row[3].value_or("");
        key.validated = Flag(row[5]);
      }
      facts_.foreign_keys.back().columns.push_back(row[1].value_or(""));
      facts_.foreign_keys.back().key.push_back(row[4].value_or(""));
    }
    return absl::OkStatus();
  }

  absl::Status ReadChecks() {
    ASSAY_ASSIGN_OR_RETURN(
        const std::vector<Row> rows,
        Rows(sql::CatalogFact::kChecks, 3, &facts_.checks_unread));
    for (const Row& row : rows) {
      const std::string text = row[2].value_or("");
      if (absl::StartsWithIgnoreCase(text, "CREATE ")) {
        for (std::string& check : ChecksOfCreateTable(text)) {
          facts_.checks.push_back({"", "", std::move(check)});
        }
      } else if (!text.empty()) {
        facts_.checks.push_back({row[0].value_or(""), row[1].value_or(""),
                                 text});
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadSequences() {
    ASSAY_ASSIGN_OR_RETURN(
        const std::vector<Row> rows,
        Rows(sql::CatalogFact::kSequences, 5, &facts_.sequences_unread));
    for (const Row& row : rows) {
      db::SequenceFacts& sequence = facts_.sequences.emplace_back();
      sequence.column = row[0].value_or("");
      sequence.name = row[1].value_or("");
      sequence.unknown = row[3].value_or("");
      sequence.follows_keys = Flag(row[4]);
      int64_t next = 0;
      if (row[2].has_value() && absl::SimpleAtoi(*row[2], &next)) {
        sequence.next_value = next;
      } else if (row[2].has_value()) {
        sequence.unknown = absl::StrCat("its next value is ", *row[2]);
      }
    }
    // A default may take its number from where the catalog does not show.
    for (const db::ColumnFacts& column : facts_.columns) {
      const bool known = std::any_of(
          facts_.sequences.begin(), facts_.sequences.end(),
          [&column](const db::SequenceFacts& sequence) {
            return sequence.column == column.name;
          });
      if (!column.numbered || known || !facts_.sequences_unread.empty()) {
        continue;
      }
      db::SequenceFacts& sequence = facts_.sequences.emplace_back();
      sequence.column = column.name;
      sequence.unknown = absl::StrCat("the catalog does not tell what feeds ",
                                      column.default_text.value_or("it"));
    }
    return absl::OkStatus();
  }

  Session& session_;
  const Table& table_;
  const CancellationToken cancel_;
  db::TableFacts facts_;
};

}  // namespace

std::vector<std::string> ChecksOfCreateTable(std::string_view ddl) {
  std::vector<std::string> out;
  bool check = false;  // The token before was CHECK.
  for (size_t i = 0; i < ddl.size();) {
    const size_t end = EndOfToken(ddl, i);
    const std::string_view token = ddl.substr(i, end - i);
    if (check && token == "(") {
      int depth = 1;
      size_t close = end;
      while (close < ddl.size() && depth > 0) {
        const size_t next = EndOfToken(ddl, close);
        if (ddl[close] == '(') ++depth;
        if (ddl[close] == ')') --depth;
        close = next;
      }
      if (depth == 0) out.emplace_back(ddl.substr(end, close - 1 - end));
      i = close;
      check = false;
      continue;
    }
    if (!absl::ascii_isspace(static_cast<unsigned char>(ddl[i]))) {
      check = absl::EqualsIgnoreCase(
          absl::string_view(token.data(), token.size()), "check");
    }
    i = end;
  }
  return out;
}

absl::StatusOr<db::TableFacts> ReadTableFacts(Session& session,
                                              const Table& table,
                                              const CancellationToken& cancel) {
  return Reader(session, table, cancel).Read();
}

}  // namespace assay::connections
