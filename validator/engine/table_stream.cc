// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/table_stream.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "validator/base/status.h"
#include "validator/engine/statement.h"
#include "validator/sql/statements.h"

namespace assay::engine {
namespace {

using OnBlock = std::function<absl::Status(const db::RowBlock&)>;

constexpr int64_t kFirstPageRows = 1000;
constexpr size_t kPageBytes = 8 << 20;

// The next page's rows, from the bytes of this one.
int64_t NextPageRows(int64_t rows, size_t bytes, int64_t most) {
  if (rows == 0) return kFirstPageRows;
  const size_t width = std::max<size_t>(1, bytes / static_cast<size_t>(rows));
  return std::clamp<int64_t>(static_cast<int64_t>(kPageBytes / width), 1, most);
}

// About how many bytes the block's texts have: every 16th row stands for its
// neighbours, since this only sets the next page's size.
size_t BytesOf(const db::RowBlock& block, size_t columns) {
  constexpr size_t kStride = 16;
  size_t bytes = 0;
  for (size_t r = 0; r < block.rows(); r += kStride) {
    for (size_t c = 0; c < columns; ++c) {
      if (!block.IsNull(r, c)) bytes += block.Text(r, c).size();
    }
  }
  return bytes * std::min(kStride, block.rows());
}

// A key to page by, proven by the catalog (a declared primary key alone is not,
// see CatalogTable): non-NULL, unique, and ordered alike by ORDER BY and '>'.
const std::vector<std::string>* PagingKey(const sql::Dialect& dialect,
                                          const connections::Table& table) {
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

db::QueryOptions Options(const StreamRequest& request) {
  db::QueryOptions options;
  options.cancel = StatementToken(*request.session, request.cancel);
  return options;
}

absl::Status StreamPlainSelect(const StreamRequest& request,
                               const OnBlock& on_block) {
  sql::SqlWriter writer(sql::WriteMode::kBound);
  ASSAY_RETURN_IF_ERROR(
      sql::PutScan(writer, MakeScope(*request.session, *request.table),
                   request.where, request.columns));
  ASSAY_ASSIGN_OR_RETURN(
      const std::unique_ptr<db::Cursor> cursor,
      request.session->connection().Query(
          MarkedStatement(writer, request.marker), Options(request)));
  while (true) {
    ASSAY_ASSIGN_OR_RETURN(const db::RowBlock* block, cursor->Next());
    if (block == nullptr) return absl::OkStatus();
    ASSAY_RETURN_IF_ERROR(on_block(*block));
  }
}

absl::Status FetchAll(const StreamRequest& request, const OnBlock& on_block) {
  const sql::Dialect& dialect = request.session->dialect();
  int64_t page = kFirstPageRows;
  while (true) {
    ASSAY_ASSIGN_OR_RETURN(
        const std::unique_ptr<db::Cursor> cursor,
        request.session->connection().Query({dialect.FetchCursor(page), {}},
                                            Options(request)));
    int64_t rows = 0;
    size_t bytes = 0;
    while (true) {
      ASSAY_ASSIGN_OR_RETURN(const db::RowBlock* block, cursor->Next());
      if (block == nullptr) break;
      rows += static_cast<int64_t>(block->rows());
      bytes += BytesOf(*block, request.columns.size());
      ASSAY_RETURN_IF_ERROR(on_block(*block));
    }
    if (rows < page) return absl::OkStatus();
    page =
        NextPageRows(rows, bytes, request.session->dialect().max_page_rows());
  }
}

absl::Status StreamServerCursor(const StreamRequest& request,
                                const OnBlock& on_block) {
  const sql::Dialect& dialect = request.session->dialect();
  sql::SqlWriter select(sql::WriteMode::kBound);
  ASSAY_RETURN_IF_ERROR(
      sql::PutScan(select, MakeScope(*request.session, *request.table),
                   request.where, request.columns));
  db::Statement declare = MarkedStatement(select, request.marker);
  declare.sql = dialect.DeclareCursor(declare.sql);
  ASSAY_RETURN_IF_ERROR(
      request.session->connection().Query(declare, Options(request)).status());
  absl::Status status = FetchAll(request, on_block);
  if (status.ok()) {
    status = request.session->connection().Execute(dialect.CloseCursor(),
                                                   request.cancel);
  }
  return status;
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

absl::Status StreamKeysetPages(const StreamRequest& request,
                               const std::vector<std::string>& key_names,
                               const OnBlock& on_block) {
  const sql::Scope scope = MakeScope(*request.session, *request.table);
  std::vector<sql::ResolvedColumn> key;
  for (const std::string& name : key_names) {
    ASSAY_ASSIGN_OR_RETURN(sql::ResolvedColumn column,
                           scope.resolve(Column{name, {}}));
    key.push_back(std::move(column));
  }
  std::vector<Value> last;
  int64_t page = kFirstPageRows;
  while (true) {
    sql::SqlWriter writer(sql::WriteMode::kBound);
    ASSAY_RETURN_IF_ERROR(sql::PutScanPage(writer, scope, request.where,
                                           request.columns, key, last, page));
    ASSAY_ASSIGN_OR_RETURN(
        const std::unique_ptr<db::Cursor> cursor,
        request.session->connection().Query(
            MarkedStatement(writer, request.marker), Options(request)));
    int64_t rows = 0;
    size_t bytes = 0;
    while (true) {
      ASSAY_ASSIGN_OR_RETURN(const db::RowBlock* block, cursor->Next());
      if (block == nullptr) break;
      if (block->rows() == 0) continue;
      rows += static_cast<int64_t>(block->rows());
      bytes += BytesOf(*block, request.columns.size());
      last.clear();
      for (size_t i = 0; i < key.size(); ++i) {
        ASSAY_ASSIGN_OR_RETURN(
            Value value,
            KeyValue(db::CellValue(*cursor, *block, block->rows() - 1,
                                   request.columns.size() + i),
                     key[i].type.type));
        last.push_back(std::move(value));
      }
      ASSAY_RETURN_IF_ERROR(on_block(*block));
    }
    if (rows < page) return absl::OkStatus();
    page =
        NextPageRows(rows, bytes, request.session->dialect().max_page_rows());
  }
}

}  // namespace

absl::Status StreamTable(const StreamRequest& request,
                         const OnBlock& on_block) {
  switch (request.session->dialect().stream_method()) {
    case sql::StreamMethod::kServerCursor:
      return StreamServerCursor(request, on_block);
    case sql::StreamMethod::kKeysetPages:
      if (const auto* key =
              PagingKey(request.session->dialect(), *request.table)) {
        return StreamKeysetPages(request, *key, on_block);
      }
      break;
    case sql::StreamMethod::kDirect:
      break;
  }
  return StreamPlainSelect(request, on_block);
}

std::string StreamMethodText(const connections::Session& session,
                             const connections::Table& table) {
  switch (session.dialect().stream_method()) {
    case sql::StreamMethod::kServerCursor:
      return "server cursor";
    case sql::StreamMethod::kKeysetPages:
      if (const auto* key = PagingKey(session.dialect(), table)) {
        return absl::StrCat("pages by (", absl::StrJoin(*key, ", "), ")");
      }
      break;
    case sql::StreamMethod::kDirect:
      break;
  }
  return "plain select";
}

}  // namespace assay::engine
