// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/connections/pool.h"
#include "validator/connections/registry.h"
#include "validator/connections/table_name.h"

namespace assay::connections {

namespace {

// Adds what the driver's catalog functions do not tell: the type behind a
// domain or an enumeration, the declared type and the character set.
absl::Status AddDetails(db::Connection& connection, const sql::Dialect& dialect,
                        const CancellationToken& cancel, Table& table) {
  const std::string query =
      dialect.ColumnDetailsQuery(table.schema, table.name);
  if (query.empty()) return absl::OkStatus();
  db::QueryOptions options;
  options.cancel = cancel;
  options.block_rows = 100;
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<db::Cursor> cursor,
                         connection.Query({query, {}}, options));
  while (true) {
    ASSAY_ASSIGN_OR_RETURN(const db::RowBlock* block, cursor->Next());
    if (block == nullptr) return absl::OkStatus();
    for (size_t row = 0; row < block->rows(); ++row) {
      const auto column = std::find_if(
          table.columns.begin(), table.columns.end(),
          [&](const Column& c) { return c.name == block->Text(row, 0); });
      if (column == table.columns.end()) continue;
      sql::ColumnType& type = column->type;
      type.full_name = std::string(block->Text(row, 2));
      type.character_set = std::string(block->Text(row, 3));
      column->nullable = block->Text(row, 4) == "1";
      type.collation = std::string(block->Text(row, 5));
      const std::string base(block->Text(row, 1));
      if (!base.empty() && type.type == TypeClass::kOther) {
        type.type = dialect.ClassifyType(base, 0, 0);
        type.native_name = base;
      }
      column->size = dialect.DeclaredLength(type).value_or(column->size);
    }
  }
}

}  // namespace

Session::Session(std::shared_ptr<Pool> pool,
                 std::unique_ptr<db::Connection> connection,
                 int64_t server_connection_id)
    : pool_(std::move(pool)),
      connection_(std::move(connection)),
      server_connection_id_(server_connection_id) {}

Session::Session(Session&& other) noexcept
    : pool_(std::move(other.pool_)),
      connection_(std::move(other.connection_)),
      in_snapshot_(other.in_snapshot_),
      server_connection_id_(other.server_connection_id_) {}

Session& Session::operator=(Session&& other) noexcept {
  if (this == &other) return *this;
  Release();
  pool_ = std::move(other.pool_);
  connection_ = std::move(other.connection_);
  in_snapshot_ = other.in_snapshot_;
  server_connection_id_ = other.server_connection_id_;
  return *this;
}

Session::~Session() { Release(); }

void Session::Release() {
  if (pool_ == nullptr) return;
  const bool reusable = !in_snapshot_ && connection_->clean();
  Connected connected;
  connected.dialect = &pool_->dialect();
  connected.connection = std::move(connection_);
  connected.server_connection_id = server_connection_id_;
  std::exchange(pool_, nullptr)->GiveBack(std::move(connected), reusable);
}

const sql::Dialect& Session::dialect() const { return pool_->dialect(); }

const ConnectionConfig& Session::config() const { return pool_->config(); }

absl::Status Session::BeginSnapshot(const CancellationToken& cancel) {
  // From the first statement on: half a snapshot is not given back either.
  in_snapshot_ = true;
  for (const std::string& sql : dialect().BeginSnapshot()) {
    ASSAY_RETURN_IF_ERROR(connection_->Execute(sql, cancel));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Session::BeginSharedSnapshot(
    const CancellationToken& cancel) {
  in_snapshot_ = true;
  ASSAY_RETURN_IF_ERROR(
      connection_->Execute(dialect().BeginSharedSnapshot(), cancel));
  ASSAY_ASSIGN_OR_RETURN(
      const std::optional<std::vector<Value>> row,
      FirstRow(*connection_, dialect().SnapshotNameQuery(), cancel));
  const auto* name = row.has_value() && !row->empty()
                         ? std::get_if<std::string>(&row->front())
                         : nullptr;
  if (name == nullptr) {
    return MakeError(ErrorReason::kInternal, "the snapshot has no name");
  }
  return *name;
}

absl::Status Session::JoinSnapshot(const std::string& name,
                                   const CancellationToken& cancel) {
  in_snapshot_ = true;
  return connection_->Execute(dialect().JoinSnapshot(name), cancel);
}

absl::Status Session::EndSnapshot(const CancellationToken& cancel) {
  for (const std::string& sql : dialect().EndSnapshot()) {
    ASSAY_RETURN_IF_ERROR(connection_->Execute(sql, cancel));
  }
  in_snapshot_ = false;
  return absl::OkStatus();
}

absl::StatusOr<Table> Session::DescribeTable(std::string_view name,
                                             const CancellationToken& cancel) {
  const std::optional<db::TableName> parts =
      SplitTableName(name, dialect().lex_rules());
  if (!parts.has_value()) {
    return MakeError(ErrorReason::kTableNotFound,
                     absl::StrCat("\"", std::string(name),
                                  "\" is no table name: table, schema.table or "
                                  "catalog.schema.table"));
  }
  absl::StatusOr<db::CatalogTable> found =
      connection_->Describe(*parts, cancel);
  if (!found.ok()) {
    return Annotate(found.status(), absl::StrCat("connection ", config().name));
  }
  Table table;
  table.catalog = std::move(found->catalog);
  table.schema = std::move(found->schema);
  table.name = std::move(found->name);
  table.primary_key = std::move(found->primary_key);
  table.unique_keys = std::move(found->unique_keys);
  for (db::CatalogColumn& column : found->columns) {
    Column& out = table.columns.emplace_back();
    out.type.type =
        dialect().ClassifyType(column.type_name, column.sql_type, column.size);
    out.type.native_name = std::move(column.type_name);
    out.name = std::move(column.name);
    out.size = column.size;
    out.scale = column.scale;
    out.nullable = column.nullable;
  }
  ASSAY_RETURN_IF_ERROR(AddDetails(*connection_, dialect(), cancel, table));
  return table;
}

absl::StatusOr<std::vector<db::TableName>> Session::ListTables(
    std::string_view schema_pattern, const CancellationToken& cancel) {
  absl::StatusOr<std::vector<db::TableName>> tables =
      connection_->ListTables(schema_pattern, cancel);
  if (!tables.ok()) {
    return Annotate(tables.status(),
                    absl::StrCat("connection ", config().name));
  }
  return tables;
}

const Column* Table::FindColumn(std::string_view column_name) const {
  const absl::string_view wanted(column_name.data(), column_name.size());
  const Column* without_case = nullptr;
  bool several = false;
  for (const Column& column : columns) {
    if (column.name == column_name) return &column;
    if (!absl::EqualsIgnoreCase(column.name, wanted)) continue;
    several = without_case != nullptr;
    without_case = &column;
  }
  return several ? nullptr : without_case;
}

}  // namespace assay::connections
