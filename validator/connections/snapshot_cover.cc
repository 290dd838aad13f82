// SPDX-License-Identifier: Apache-2.0
#include "validator/connections/snapshot_cover.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"

namespace assay::connections {
namespace {

bool IsWord(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return absl::ascii_isalnum(byte) || c == '_' || c == '$' || byte >= 0x80;
}

// The content of the quoted text that begins at `i`, which moves behind it.
std::string TakeQuoted(std::string_view text, bool escapes, size_t& i) {
  const char quote = text[i++];
  std::string out;
  for (; i < text.size(); ++i) {
    if (escapes && text[i] == '\\' && i + 1 < text.size()) {
      ++i;
    } else if (text[i] == quote) {
      if (i + 1 == text.size() || text[i + 1] != quote) break;
      ++i;
    }
    out += text[i];
  }
  if (i < text.size()) ++i;
  return out;
}

struct Found {
  std::string schema, name;
  bool own_schema = false;
  std::string reason;      // Empty: a view.
  std::string definition;  // Of a view; empty: not shown.
};

absl::StatusOr<std::vector<Found>> Look(Session& session,
                                        const std::string& schema,
                                        const std::vector<std::string>& names,
                                        const CancellationToken& cancel) {
  std::vector<Found> out;
  const std::string query = session.dialect().SnapshotGapsQuery(schema, names);
  if (query.empty() || names.empty()) return out;
  db::QueryOptions options;
  options.cancel = cancel;
  options.block_rows = 50;
  const auto read = [&]() -> absl::Status {
    ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<db::Cursor> cursor,
                           session.connection().Query({query, {}}, options));
    while (true) {
      ASSAY_ASSIGN_OR_RETURN(const db::RowBlock* block, cursor->Next());
      if (block == nullptr) return absl::OkStatus();
      for (size_t row = 0; row < block->rows(); ++row) {
        const auto text = [&](size_t column) {
          return std::string(block->Text(row, column));
        };
        out.push_back({text(0), text(1), text(2) == "1", text(3), text(4)});
      }
    }
  };
  if (absl::Status status = read(); !status.ok()) {
    return Annotate(status, absl::StrCat("connection ", session.config().name));
  }
  return out;
}

class Follower {
 public:
  Follower(Session& session, const CancellationToken& cancel)
      : session_(session), cancel_(cancel) {}

  absl::StatusOr<std::string> OfTable(const Table& table) {
    ASSAY_ASSIGN_OR_RETURN(const std::vector<Found> found,
                           Look(session_, table.schema, {table.name}, cancel_));
    for (const Found& one : found) {
      if (table.schema.empty() && !one.own_schema) continue;
      ASSAY_ASSIGN_OR_RETURN(std::string outside, Of(one));
      if (!outside.empty()) return outside;
    }
    return std::string();
  }

  absl::StatusOr<std::string> OfText(const std::string& text) {
    const std::vector<std::string> names =
        NamesIn(text, session_.dialect().lex_rules());
    const auto has = [&names](const std::string& wanted) {
      return std::any_of(names.begin(), names.end(),
                         [&wanted](const std::string& name) {
                           return absl::EqualsIgnoreCase(name, wanted);
                         });
    };
    // An expression without a SELECT reads the row that it stands in.
    if (!has("select")) return std::string();
    ASSAY_ASSIGN_OR_RETURN(const std::vector<Found> found,
                           Look(session_, "", names, cancel_));
    for (const Found& one : found) {
      if (!one.own_schema && !has(one.schema)) continue;
      ASSAY_ASSIGN_OR_RETURN(std::string outside, Of(one));
      if (!outside.empty()) return outside;
    }
    return std::string();
  }

 private:
  absl::StatusOr<std::string> Of(const Found& one) {
    const std::string name = absl::StrCat(one.schema, ".", one.name);
    if (!one.reason.empty()) return absl::StrCat(name, " (", one.reason, ")");
    if (one.definition.empty()) {
      return absl::StrCat(name,
                          " (a view: what it reads is not shown to this "
                          "role, which has no SHOW VIEW)");
    }
    if (!views_.insert(name).second) return std::string();
    return OfText(one.definition);
  }

  Session& session_;
  const CancellationToken& cancel_;
  std::set<std::string> views_;  // Looked at.
};

}  // namespace

std::string ConsistencyText(const sql::Dialect& dialect,
                            const std::string& outside) {
  return outside.empty()
             ? std::string(dialect.consistency())
             : absl::StrCat("each statement for itself: no snapshot covers ",
                            outside);
}

std::vector<std::string> NamesIn(std::string_view text,
                                 const sql::Dialect::LexRules& rules) {
  std::set<std::string> names;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\'') {
      TakeQuoted(text, rules.backslash_escapes, i);
    } else if (c == '"' || (c == '`' && rules.backtick_quotes)) {
      names.insert(TakeQuoted(text, false, i));
    } else if (IsWord(c)) {
      const size_t begin = i;
      while (i < text.size() && IsWord(text[i])) ++i;
      const std::string_view word = text.substr(begin, i - begin);
      if (std::all_of(word.begin(), word.end(), absl::ascii_isdigit)) continue;
      names.insert(std::string(word));
    } else {
      ++i;
    }
  }
  return {names.begin(), names.end()};
}

absl::StatusOr<std::string> OutsideSnapshot(
    Session& session, const Table& table, const std::vector<std::string>& texts,
    const CancellationToken& cancel) {
  Follower follower(session, cancel);
  if (!table.name.empty()) {
    ASSAY_ASSIGN_OR_RETURN(std::string outside, follower.OfTable(table));
    if (!outside.empty()) return outside;
  }
  for (const std::string& text : texts) {
    ASSAY_ASSIGN_OR_RETURN(std::string outside, follower.OfText(text));
    if (!outside.empty()) return outside;
  }
  return std::string();
}

}  // namespace assay::connections
