// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/table_stream.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "validator/base/status.h"
#include "validator/engine/statement.h"
#include "validator/sql/read_statements.h"

namespace assay::engine {
namespace {

using OnBlock = std::function<absl::Status(const StreamBlock&)>;

// Of the first page, whose width is not known: a row may have megabytes, and
// drivers hold a page several times.
constexpr int64_t kFirstPageRows = 32;
// A page is at most so many times the one before: wide rows may follow.
constexpr int64_t kPageGrowth = 8;
constexpr size_t kPageBytes = 8 << 20;

// The next page's rows, from the bytes of this one.
int64_t NextPageRows(int64_t rows, size_t bytes, int64_t most) {
  if (rows == 0) return kFirstPageRows;
  const size_t width = std::max<size_t>(1, bytes / static_cast<size_t>(rows));
  return std::clamp<int64_t>(static_cast<int64_t>(kPageBytes / width), 1,
                             std::min(most, rows * kPageGrowth));
}

// About how many bytes the block's cells have: every 16th row stands for its
// neighbours, since this only sets the next page's size.
size_t BytesOf(const db::Cursor& cursor, const db::RowBlock& block,
               size_t columns) {
  constexpr size_t kStride = 16;
  size_t bytes = 0;
  for (size_t c = 0; c < columns; ++c) {
    const db::CellKind kind = cursor.columns()[c].kind;
    const bool fixed =
        kind == db::CellKind::kInt64 || kind == db::CellKind::kDouble;
    for (size_t r = 0; r < block.rows(); r += kStride) {
      if (fixed || block.IsNull(r, c)) {
        bytes += sizeof(int64_t);
      } else {
        bytes += block.Text(r, c).size();
      }
    }
  }
  return bytes * std::min(kStride, block.rows());
}

db::QueryOptions Options(const StreamRequest& request) {
  db::QueryOptions options;
  options.cancel = StatementToken(*request.session, request.cancel);
  return options;
}

// A key's value as the next page binds it.
absl::StatusOr<Value> KeyValue(Value value, TypeClass type) {
  const auto* text = std::get_if<std::string>(&value);
  // Exact numbers arrive as text; compared as text they would be doubles.
  if (text != nullptr &&
      (type == TypeClass::kInteger || type == TypeClass::kDecimal)) {
    return ParseValue(type, *text);
  }
  return value;
}

// One reading: its order and how far it is.
class Reading {
 public:
  Reading(const StreamRequest& request, const OnBlock& on_block)
      : request_(request), on_block_(on_block) {}

  absl::Status Run() {
    const sql::StreamMethod method =
        request_.session->dialect().stream_method();
    const auto* key = KeyOrder(request_.session->dialect(), *request_.table);
    const bool paged = method == sql::StreamMethod::kKeysetPages;
    if (key != nullptr && (paged || request_.in_key_order)) {
      for (const std::string& name : *key) {
        ASSAY_ASSIGN_OR_RETURN(sql::ResolvedColumn column,
                               request_.scope.resolve(Column{name, {}}));
        order_.key.push_back(std::move(column));
      }
      order_.after = request_.after;
      ordered_ = true;
      FindKeyCells();
    }
    paged_ = paged && ordered_;
    if (paged_) return Pages();
    if (method == sql::StreamMethod::kServerCursor) return ServerCursor();
    return ReadQuery(0).status();
  }

 private:
  struct Page {
    int64_t rows = 0;
    size_t bytes = 0;
  };

  // Where the key's own columns stand in a row: among the expressions where
  // all of them are read as they are, which saves reading them twice.
  void FindKeyCells() {
    const auto find = [&](const sql::ResolvedColumn& column) {
      const auto& all = request_.expressions;
      const auto it = std::find(all.begin(), all.end(),
                                sql::KeyText(request_.scope, column));
      return static_cast<size_t>(it - all.begin());
    };
    bool all_there = true;
    for (const sql::ResolvedColumn& column : order_.key) {
      key_cells_.push_back(find(column));
      all_there &= key_cells_.back() < request_.expressions.size();
    }
    order_.select_key = !all_there;
    for (size_t i = 0; i < key_cells_.size() && !all_there; ++i) {
      key_cells_[i] = request_.expressions.size() + i;
    }
  }

  absl::StatusOr<db::Statement> Select(int64_t limit) {
    sql::SqlWriter writer(sql::WriteMode::kBound);
    ASSAY_RETURN_IF_ERROR(sql::PutRead(writer, request_.scope, request_.where,
                                       request_.expressions,
                                       ordered_ ? &order_ : nullptr, limit));
    return MarkedStatement(writer, request_.marker);
  }

  absl::StatusOr<Page> ReadQuery(int64_t limit) {
    ASSAY_ASSIGN_OR_RETURN(const db::Statement statement, Select(limit));
    return ReadStatement(statement);
  }

  absl::StatusOr<Page> ReadStatement(const db::Statement& statement) {
    ASSAY_ASSIGN_OR_RETURN(
        const std::unique_ptr<db::Cursor> cursor,
        request_.session->connection().Query(statement, Options(request_)));
    Page page;
    while (true) {
      ASSAY_ASSIGN_OR_RETURN(const db::RowBlock* block, cursor->Next());
      if (block == nullptr) return page;
      if (block->rows() == 0) continue;
      page.rows += static_cast<int64_t>(block->rows());
      page.bytes += BytesOf(*cursor, *block, request_.expressions.size());
      if (ordered_) {
        order_.after.clear();
        // A position that cannot be written as a value (NaN) only means that
        // the reading cannot be resumed from here.
        for (size_t i = 0; i < order_.key.size(); ++i) {
          absl::StatusOr<Value> value = KeyValue(
              db::CellValue(*cursor, *block, block->rows() - 1, key_cells_[i]),
              order_.key[i].type.type);
          if (!value.ok()) {
            if (paged_) return value.status();
            order_.after.clear();
            break;
          }
          order_.after.push_back(*std::move(value));
        }
      }
      ASSAY_RETURN_IF_ERROR(
          on_block_({block, &cursor->columns(), &order_.after}));
    }
  }

  absl::Status Pages() {
    int64_t limit = kFirstPageRows;
    while (true) {
      ASSAY_ASSIGN_OR_RETURN(const Page page, ReadQuery(limit));
      if (page.rows < limit) return absl::OkStatus();
      limit = Next(page);
    }
  }

  absl::Status ServerCursor() {
    const sql::Dialect& dialect = request_.session->dialect();
    ASSAY_ASSIGN_OR_RETURN(db::Statement declare, Select(0));
    declare.sql = dialect.DeclareCursor(declare.sql);
    ASSAY_RETURN_IF_ERROR(request_.session->connection()
                              .Query(declare, Options(request_))
                              .status());
    const absl::Status fetched = Fetches();
    // Also after a failure, and where the rule's own time is over: the next
    // rule declares one of that name in the same transaction.
    absl::Status closed = request_.session->connection().Execute(
        dialect.CloseCursor(), CancellationToken());
    return fetched.ok() ? closed : fetched;
  }

  absl::Status Fetches() {
    int64_t limit = kFirstPageRows;
    while (true) {
      ASSAY_ASSIGN_OR_RETURN(
          const Page page,
          ReadStatement({request_.session->dialect().FetchCursor(limit), {}}));
      if (page.rows < limit) return absl::OkStatus();
      limit = Next(page);
    }
  }

  int64_t Next(const Page& page) const {
    return NextPageRows(page.rows, page.bytes,
                        request_.session->dialect().max_page_rows());
  }

  const StreamRequest& request_;
  const OnBlock& on_block_;
  sql::ReadOrder order_;
  std::vector<size_t> key_cells_;
  bool ordered_ = false;
  bool paged_ = false;
};

}  // namespace

absl::Status StreamTable(const StreamRequest& request,
                         const OnBlock& on_block) {
  return Reading(request, on_block).Run();
}

// Proven by the catalog: a declared primary key alone is not, see CatalogTable.
const std::vector<std::string>* KeyOrder(const sql::Dialect& dialect,
                                         const connections::Table& table) {
  // A key whose values have types of their own may hold any of them.
  if (dialect.tags_values()) return nullptr;
  const auto usable = [&](const std::vector<std::string>& key) {
    return !key.empty() &&
           std::all_of(key.begin(), key.end(), [&](const auto& name) {
             const connections::Column* column = table.FindColumn(name);
             return column != nullptr && dialect.PagesBy(column->type);
           });
  };
  for (const auto& key : table.unique_keys) {
    if (usable(key)) return &key;
  }
  return nullptr;
}

std::string StreamMethodText(const connections::Session& session,
                             const connections::Table& table) {
  switch (session.dialect().stream_method()) {
    case sql::StreamMethod::kServerCursor:
      return "server cursor";
    case sql::StreamMethod::kKeysetPages:
      if (const auto* key = KeyOrder(session.dialect(), table)) {
        return absl::StrCat("pages by (", absl::StrJoin(*key, ", "), ")");
      }
      break;
    case sql::StreamMethod::kDirect:
      break;
  }
  return "plain select";
}

}  // namespace assay::engine
