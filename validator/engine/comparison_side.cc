// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/comparison_side.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/status.h"
#include "validator/connections/snapshot_cover.h"
#include "validator/engine/side_snapshots.h"
#include "validator/engine/statement.h"

namespace assay::engine {
namespace {

const std::optional<SqlText>& ExpressionOf(const ColumnMapping& mapping,
                                           diff::Side side) {
  return side == diff::Side::kSource ? mapping.source_sql : mapping.target_sql;
}

// Adds what the driver's description of a result does not tell: psqlODBC calls
// every type that it does not know "unknown", and none knows character sets.
absl::Status AddDetails(const SideRequest& request, const std::string& derived,
                        std::vector<connections::Column>& columns) {
  const sql::Dialect& dialect = request.session->dialect();
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const connections::Column& column : columns) {
    names.push_back(column.name);
  }
  sql::SqlWriter writer(sql::WriteMode::kBound);
  writer.Put(dialect.DerivedDetailsQuery(derived, names));
  if (writer.sql().empty() || columns.empty()) return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(const Rows rows,
                         ReadRows(*request.session, writer, request.marker,
                                  columns.size(), request.cancel));
  if (rows.rows.size() != columns.size()) {
    return MakeError(ErrorReason::kInternal,
                     "the catalog does not know each column of the query");
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto text = [&](size_t cell) {
      return ToText(rows.rows[i].cells.at(cell));
    };
    sql::ColumnType& type = columns[i].type;
    const std::string native = text(1).empty() ? text(0) : text(1);
    if (!native.empty()) {
      type.native_name = native;
      type.type = dialect.ClassifyType(native, 0, columns[i].size);
    }
    if (!text(2).empty()) type.full_name = text(2);
    type.character_set = text(3);
    type.collation = text(4);
  }
  return absl::OkStatus();
}

// The columns of `derived` as the driver describes its result.
absl::StatusOr<std::vector<connections::Column>> DescribeDerived(
    const SideRequest& request, const std::string& derived) {
  const sql::Dialect& dialect = request.session->dialect();
  sql::SqlWriter writer(sql::WriteMode::kBound);
  writer.Put("SELECT * FROM (\n")
      .Put(derived)
      .Put("\n) AS assay_side\nWHERE 1 = 0");
  db::QueryOptions options;
  options.cancel = StatementToken(*request.session, request.cancel);
  options.block_rows = 1;
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<db::Cursor> cursor,
                         request.session->connection().Query(
                             MarkedStatement(writer, request.marker), options));
  std::vector<connections::Column> columns;
  for (const db::ColumnDescription& description : cursor->columns()) {
    connections::Column& column = columns.emplace_back();
    column.name = description.name;
    column.type.native_name = absl::AsciiStrToLower(description.type_name);
    column.type.type = dialect.ClassifyType(
        column.type.native_name, description.sql_type, description.size);
    column.type.full_name =
        dialect.DescribedType(column.type.native_name, description.size);
    column.size = description.size;
    column.scale = description.scale;
  }
  ASSAY_RETURN_IF_ERROR(AddDetails(request, derived, columns));
  return columns;
}

bool HasColumn(const connections::Table& table, const std::string& name) {
  return std::any_of(table.columns.begin(), table.columns.end(),
                     [&](const connections::Column& column) {
                       return absl::EqualsIgnoreCase(column.name, name);
                     });
}

absl::Status OpenQuery(const SideRequest& request, ComparedSide& out) {
  sql::SqlWriter writer(sql::WriteMode::kPaste);
  ASSAY_RETURN_IF_ERROR(writer.PutAuthorSelect(
      BindSql(*request.rules->query, *request.parameters),
      request.session->dialect()));
  out.derived = writer.sql();
  out.label = "query";
  out.is_query = true;
  out.table.name = "query";
  return absl::OkStatus();
}

// "SELECT t.*, (expression) AS assay_m0 FROM t", where the side has any.
absl::Status AddMappings(const SideRequest& request, ComparedSide& out) {
  const sql::Dialect& dialect = request.session->dialect();
  sql::SqlWriter writer(sql::WriteMode::kPaste);
  bool any = false;
  out.mapped.resize(request.mappings->size());
  for (size_t i = 0; i < request.mappings->size(); ++i) {
    const auto& sql = ExpressionOf((*request.mappings)[i], request.side);
    if (!sql.has_value()) continue;
    if (!any) {
      // By name: a "*" would leave out columns that are invisible.
      writer.Put("SELECT ");
      for (const connections::Column& column : out.table.columns) {
        writer.Put("assay_base.").Put(dialect.QuoteIdentifier(column.name));
        writer.Put(",\n");
      }
    } else {
      writer.Put(",\n");
    }
    any = true;
    ASSAY_RETURN_IF_ERROR(writer.PutAuthorExpression(
        BindSql(*sql, *request.parameters), dialect));
    std::string& name = out.mapped[i];
    name = absl::StrCat("assay_m", i);
    while (HasColumn(out.table, name)) name += "_";
    writer.Put(" AS ").Put(dialect.QuoteIdentifier(name));
  }
  if (!any) return absl::OkStatus();
  writer.Put("\nFROM ");
  sql::Scope base = out.scope();
  base.alias = "assay_base";
  writer.PutTable(base);
  const size_t known = out.table.columns.size();
  out.derived = writer.sql();
  ASSAY_ASSIGN_OR_RETURN(std::vector<connections::Column> described,
                         DescribeDerived(request, out.derived));
  // The catalog knows more of a table's own columns than a result tells.
  for (size_t i = known; i < described.size(); ++i) {
    out.table.columns.push_back(std::move(described[i]));
  }
  return absl::OkStatus();
}

absl::Status Open(const SideRequest& request, ComparedSide& out) {
  if (request.rules->query.has_value()) {
    ASSAY_RETURN_IF_ERROR(OpenQuery(request, out));
    ASSAY_ASSIGN_OR_RETURN(out.table.columns,
                           DescribeDerived(request, out.derived));
  } else {
    ASSAY_ASSIGN_OR_RETURN(out.table, request.session->DescribeTable(
                                          request.table, request.cancel));
    out.label = out.table.schema.empty()
                    ? out.table.name
                    : absl::StrCat(out.table.schema, ".", out.table.name);
  }
  if (request.rules->where.has_value()) {
    out.where =
        MakeExpr(Author{BindSql(*request.rules->where, *request.parameters)});
  }
  ASSAY_RETURN_IF_ERROR(AddMappings(request, out));
  ASSAY_ASSIGN_OR_RETURN(
      out.outside_snapshot,
      connections::OutsideSnapshot(
          *request.session, out.is_query ? connections::Table() : out.table,
          {out.derived, WhereText(out, out.where)}, request.cancel));
  return absl::OkStatus();
}

}  // namespace

std::string ConsistencyOf(const ComparedSide& side, bool wanted) {
  if (!ReadsInSnapshot(*side.session, wanted)) {
    return "each statement for itself";
  }
  return connections::ConsistencyText(side.session->dialect(),
                                      side.outside_snapshot);
}

std::string WhereText(const ComparedSide& side, const ExprPtr& where) {
  if (where == nullptr) return "";
  sql::SqlWriter writer(sql::WriteMode::kPaste);
  return writer.PutExpr(where, side.scope()).ok() ? writer.sql() : "";
}

const char* SideName(diff::Side side) {
  return side == diff::Side::kSource ? "the source" : "the target";
}

bool ComparedSide::IsMapped(const std::string& column) const {
  return std::find(mapped.begin(), mapped.end(), column) != mapped.end();
}

sql::Scope ComparedSide::scope() const {
  sql::Scope scope = MakeScope(*session, table);
  scope.derived = derived;
  return scope;
}

absl::StatusOr<ComparedSide> OpenSide(const SideRequest& request) {
  ComparedSide out;
  out.side = request.side;
  out.session = request.session;
  if (absl::Status status = Open(request, out); !status.ok()) {
    return Annotate(status, SideName(request.side));
  }
  return out;
}

}  // namespace assay::engine
