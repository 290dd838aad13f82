// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/statement.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "validator/base/issue.h"
#include "validator/base/status.h"

namespace assay::engine {
namespace {

absl::StatusOr<sql::ResolvedColumn> Resolve(const connections::Table& table,
                                            const Column& column) {
  if (const connections::Column* found = table.FindColumn(column.name)) {
    return sql::ResolvedColumn{found->name, found->type};
  }
  std::vector<std::string> names;
  for (const connections::Column& candidate : table.columns) {
    names.push_back(candidate.name);
  }
  const std::string nearest = NearestName(column.name, names);
  return MakeError(
      ErrorReason::kColumnNotFound,
      absl::StrCat(
          column.range.known() ? absl::StrCat("line ", column.range.line, ": ")
                               : "",
          "table ", table.name, " has no column '", column.name, "'",
          nearest.empty() ? ""
                          : absl::StrCat("; did you mean '", nearest, "'?")));
}

}  // namespace

db::Statement MarkedStatement(const sql::SqlWriter& writer,
                              const std::string& marker) {
  return {absl::StrCat(writer.sql(), "\n/* ", marker, " */"), writer.values()};
}

CancellationToken StatementToken(const connections::Session& session,
                                 const CancellationToken& cancel) {
  const absl::Duration timeout = session.config().statement_timeout;
  if (timeout == absl::InfiniteDuration()) return cancel;
  // The database's own time-out comes first where it has one.
  const absl::Duration grace =
      session.dialect().embedded() ? absl::ZeroDuration() : absl::Seconds(5);
  return cancel.WithDeadline(
      absl::Now() + timeout + grace,
      MakeError(ErrorReason::kStatementTimeout,
                absl::StrCat("the statement_timeout of connection '",
                             session.config().name, "' is over")));
}

absl::StatusOr<Rows> ReadRows(connections::Session& session,
                              const sql::SqlWriter& writer,
                              const std::string& marker, size_t limit,
                              const CancellationToken& cancel) {
  db::QueryOptions options;
  options.cancel = StatementToken(session, cancel);
  options.block_rows = std::min<size_t>(std::max<size_t>(limit, 1), 1000);
  ASSAY_ASSIGN_OR_RETURN(
      const std::unique_ptr<db::Cursor> cursor,
      session.connection().Query(MarkedStatement(writer, marker), options));
  Rows out;
  out.columns = cursor->columns();
  while (out.rows.size() < limit) {
    ASSAY_ASSIGN_OR_RETURN(const db::RowBlock* block, cursor->Next());
    if (block == nullptr) break;
    for (size_t r = 0; r < block->rows() && out.rows.size() < limit; ++r) {
      Row row;
      for (size_t c = 0; c < out.columns.size(); ++c) {
        row.cells.push_back(db::CellValue(*cursor, *block, r, c));
      }
      out.rows.push_back(std::move(row));
    }
  }
  return out;
}

absl::StatusOr<std::vector<Value>> ReadOneRow(connections::Session& session,
                                              const sql::SqlWriter& writer,
                                              const std::string& marker,
                                              const CancellationToken& cancel) {
  ASSAY_ASSIGN_OR_RETURN(Rows rows,
                         ReadRows(session, writer, marker, 1, cancel));
  if (rows.rows.empty()) {
    return MakeError(ErrorReason::kInternal,
                     "the database returned no row for an aggregate");
  }
  return std::move(rows.rows.front().cells);
}

sql::Scope MakeScope(const connections::Session& session,
                     const connections::Table& table, std::string alias) {
  sql::Scope scope;
  scope.dialect = &session.dialect();
  scope.table = {table.catalog, table.schema, table.name};
  scope.resolve = [&table](const Column& column) {
    return Resolve(table, column);
  };
  scope.alias = std::move(alias);
  // The registry has validated the name; UTC where the zone is not installed.
  absl::LoadTimeZone(session.config().time_zone, &scope.zone);
  return scope;
}

ReferenceScopes MakeReferenceScopes(const connections::Session& session,
                                    const connections::Table& child,
                                    const connections::Table& parent) {
  const std::string alias = session.dialect().QuoteIdentifier(child.name);
  return {MakeScope(session, child, alias),
          MakeScope(session, parent,
                    absl::EqualsIgnoreCase(child.name, "p") ? "p2" : "p")};
}

}  // namespace assay::engine
