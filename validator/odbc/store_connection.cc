// SPDX-License-Identifier: Apache-2.0
#include "validator/db/store_connection.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "validator/odbc/connection_string.h"
#include "validator/odbc/fetcher.h"
#include "validator/odbc/link.h"
#include "validator/odbc/odbc.h"
#include "validator/odbc/parameters.h"

namespace assay::odbc {
namespace {

// Statements kept prepared; constant texts do not come near it.
constexpr size_t kMaxPrepared = 256;

// An integer as its whole text, else nothing: SQLite's columns may hold both.
std::optional<int64_t> WholeInteger(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return std::to_string(value) == text ? std::optional(value) : std::nullopt;
}

bool IsIntegerType(int16_t type) {
  return type == SQL_INTEGER || type == SQL_BIGINT || type == SQL_SMALLINT ||
         type == SQL_TINYINT;
}

class OdbcStore final : public db::StoreConnection {
 public:
  explicit OdbcStore(std::unique_ptr<Link> link) : link_(std::move(link)) {}

  absl::StatusOr<std::vector<db::StoreRow>> Run(
      const db::Statement& statement) override {
    ASSAY_ASSIGN_OR_RETURN(const SQLHSTMT handle, Prepare(statement.sql));
    Parameters parameters;
    absl::StatusOr<std::vector<db::StoreRow>> rows =
        Execute(handle, statement, &parameters);
    SQLFreeStmt(handle, SQL_CLOSE);
    SQLFreeStmt(handle, SQL_RESET_PARAMS);
    if (!rows.ok()) prepared_.erase(statement.sql);
    return rows;
  }

  bool alive() const override { return !lost_ && link_->alive(); }

  int64_t changed_rows() const override { return changed_rows_; }

  absl::Status Begin() override {
    // SQLite takes the write lock at once: a reader that becomes a writer in
    // the middle of its transaction fails without waiting.
    if (link_->quirks().typed_values) return Control("BEGIN IMMEDIATE");
    // Others by the driver: psqlODBC ends a transaction that it was not told of
    // after some statements, CREATE TABLE for one.
    return Autocommit(SQL_AUTOCOMMIT_OFF);
  }
  absl::Status Commit() override {
    if (link_->quirks().typed_values) return Control("COMMIT");
    return End(SQL_COMMIT);
  }
  absl::Status Rollback() override {
    if (link_->quirks().typed_values) return Control("ROLLBACK");
    return End(SQL_ROLLBACK);
  }

 private:
  absl::Status Control(const char* sql) { return Run({sql, {}}).status(); }

  absl::Status Autocommit(int64_t mode) {
    const SQLRETURN result =
        SQLSetConnectAttr(link_->connection(), SQL_ATTR_AUTOCOMMIT,
                          OdbcInteger(mode), SQL_IS_UINTEGER);
    return SQL_SUCCEEDED(result) ? absl::OkStatus() : ConnectionFailure();
  }

  absl::Status End(SQLSMALLINT how) {
    const SQLRETURN result =
        SQLEndTran(SQL_HANDLE_DBC, link_->connection(), how);
    // Before the next call on the connection takes the diagnostics away.
    absl::Status ended =
        SQL_SUCCEEDED(result) ? absl::OkStatus() : ConnectionFailure();
    const absl::Status mode = Autocommit(SQL_AUTOCOMMIT_ON);
    return ended.ok() ? mode : ended;
  }

  absl::Status ConnectionFailure() {
    absl::Status status =
        ToStatus(ReadDiagnostics(SQL_HANDLE_DBC, link_->connection()),
                 Phase::kStatement, link_->scrubber());
    SQLUINTEGER dead = SQL_CD_FALSE;
    SQLGetConnectAttr(link_->connection(), SQL_ATTR_CONNECTION_DEAD, &dead, 0,
                      nullptr);
    // What a transaction that cannot be ended has done is not known.
    lost_ = true;
    if (dead != SQL_CD_TRUE) return status;
    return MakeError(ErrorReason::kConnectionLost,
                     std::string(status.message()));
  }

  absl::StatusOr<SQLHSTMT> Prepare(const std::string& sql) {
    auto it = prepared_.find(sql);
    if (it != prepared_.end()) return it->second.get();
    if (prepared_.size() >= kMaxPrepared) prepared_.clear();
    ASSAY_ASSIGN_OR_RETURN(StatementHandle statement, link_->NewStatement());
    if (!SQL_SUCCEEDED(
            SQLPrepare(statement.get(), OdbcText(sql.c_str()), SQL_NTS))) {
      return link_->Failure(statement.get(), CancellationToken());
    }
    return prepared_.emplace(sql, std::move(statement)).first->second.get();
  }

  absl::StatusOr<std::vector<db::StoreRow>> Execute(
      SQLHSTMT handle, const db::Statement& statement, Parameters* parameters) {
    const CancellationToken never;
    ASSAY_RETURN_IF_ERROR(parameters->Bind(*link_, handle, statement.parameters,
                                           link_->quirks().typed_values));
    const SQLRETURN result = SQLExecute(handle);
    if (!SQL_SUCCEEDED(result) && result != SQL_NO_DATA) {
      return link_->Failure(handle, never);
    }
    std::vector<db::StoreRow> rows;
    ASSAY_ASSIGN_OR_RETURN(const std::vector<ResultColumn> columns,
                           DescribeResult(*link_, handle, never));
    if (columns.empty()) {
      SQLLEN changed = 0;
      SQLRowCount(handle, &changed);
      changed_rows_ = changed;
      return rows;
    }
    db::QueryOptions options;
    options.max_value_bytes = size_t{1} << 30;
    std::unique_ptr<Fetcher> fetcher =
        NewFetcher(link_.get(), handle, &columns, options);
    while (true) {
      ASSAY_ASSIGN_OR_RETURN(const db::RowBlock* block, fetcher->Next());
      if (block == nullptr) return rows;
      for (size_t i = 0; i < block->rows(); ++i) {
        rows.push_back(ReadRow(*block, i, columns));
      }
    }
  }

  db::StoreRow ReadRow(const db::RowBlock& block, size_t row,
                       const std::vector<ResultColumn>& columns) const {
    db::StoreRow out;
    for (size_t i = 0; i < columns.size(); ++i) {
      const db::ColumnDescription& column = columns[i].description;
      if (block.IsNull(row, i)) {
        out.emplace_back(Null());
        continue;
      }
      switch (column.kind) {
        case db::CellKind::kInt64:
          out.emplace_back(block.Int64(row, i));
          continue;
        case db::CellKind::kDouble:
          out.emplace_back(block.Double(row, i));
          continue;
        case db::CellKind::kBytes:
          out.emplace_back(Bytes{std::string(block.Text(row, i))});
          continue;
        case db::CellKind::kText:
          break;
      }
      if (link_->quirks().typed_values && IsIntegerType(column.sql_type)) {
        if (const auto integer = WholeInteger(block.Text(row, i))) {
          out.emplace_back(*integer);
          continue;
        }
      }
      out.emplace_back(std::string(block.Text(row, i)));
    }
    return out;
  }

  const std::unique_ptr<Link> link_;
  std::map<std::string, StatementHandle> prepared_;
  int64_t changed_rows_ = 0;
  bool lost_ = false;
};

// Makes the file before SQLite does, for SQLite asks nobody about its mode.
// The journal and the shared memory take the mode of the file.
absl::Status CreatePrivateFile(const std::string& path) {
  if (path.empty() || path[0] == ':') return absl::OkStatus();
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    return MakeError(
        ErrorReason::kStoreFailed,
        absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
  }
  close(file);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<db::StoreConnection>> OpenStore(
    const OpenOptions& options) {
  OpenOptions changed = options;
  ConnectionString string(options.connection_string);
  const bool sqlite = absl::StrContains(
      absl::AsciiStrToLower(string.Get("driver").value_or("")), "sqlite");
  if (sqlite) {
    ASSAY_RETURN_IF_ERROR(
        CreatePrivateFile(string.Get("database").value_or("")));
    string.SetDefault("Timeout", "10000");
    // Only whole results tell the type of an expression.
    string.Set("StepAPI", "0");
    changed.connection_string = string.ToString();
  }
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<Link> link, Link::Open(changed));
  auto store = std::make_unique<OdbcStore>(std::move(link));
  if (sqlite) {
    for (const char* pragma :
         {"PRAGMA busy_timeout = 10000", "PRAGMA journal_mode = WAL",
          "PRAGMA synchronous = NORMAL", "PRAGMA foreign_keys = ON"}) {
      ASSAY_RETURN_IF_ERROR(store->Run({pragma, {}}).status());
    }
  }
  return store;
}

}  // namespace assay::odbc
