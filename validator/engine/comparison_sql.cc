// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/comparison_sql.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "validator/base/status.h"
#include "validator/engine/key_draw.h"
#include "validator/engine/statement.h"
#include "validator/engine/table_stream.h"
#include "validator/sql/read_statements.h"
#include "validator/sql/statements.h"

namespace assay::engine {
namespace {

using diff::Side;
using Function = CompareAggregate::Function;

absl::StatusOr<std::string> Select(const std::string& list,
                                   const sql::Scope& scope,
                                   const ExprPtr& where) {
  sql::SqlWriter writer(sql::WriteMode::kPaste);
  writer.Put("SELECT ").Put(list);
  ASSAY_RETURN_IF_ERROR(sql::PutFromWhere(writer, scope, where));
  return writer.sql();
}

std::string NameOf(const sql::Scope& scope, const std::string& column) {
  sql::SqlWriter writer(sql::WriteMode::kPaste);
  writer.PutName(scope, column);
  return writer.sql();
}

absl::StatusOr<std::vector<sql::ResolvedColumn>> Resolved(
    const sql::Scope& scope, const std::vector<std::string>& names) {
  std::vector<sql::ResolvedColumn> out;
  for (const std::string& name : names) {
    ASSAY_ASSIGN_OR_RETURN(sql::ResolvedColumn column,
                           scope.resolve(Column{name, {}}));
    out.push_back(std::move(column));
  }
  return out;
}

std::vector<std::string> KeyOf(const DiffContext& context, Side side) {
  std::vector<std::string> names;
  for (size_t i = 0; i < context.plan->key_columns; ++i) {
    names.push_back(context.plan->columns[i].on(side));
  }
  return names;
}

std::string MeasureList(const CompareAggregate& step, const std::string& name,
                        const sql::ColumnType& type,
                        const sql::Dialect& dialect) {
  switch (step.function) {
    case Function::kCount:
      return absl::StrCat("COUNT(", name, ")");
    case Function::kDistinct:
      return absl::StrCat("COUNT(DISTINCT ", dialect.GroupForm(name, type),
                          ")");
    case Function::kMin:
      return absl::StrCat("MIN(", dialect.Comparable(name, type), ")");
    case Function::kMax:
      return absl::StrCat("MAX(", dialect.Comparable(name, type), ")");
    case Function::kSum:
      return dialect.Sum(name, type.type);
    case Function::kAverage:  // Divided by us, alike for all databases.
      return absl::StrCat(dialect.Sum(name, type.type), ", COUNT(", name, ")");
  }
  return "";
}

// `column` of `side` and the moment to hold it against.
struct Edge {
  ExprPtr column, moment;
};
absl::StatusOr<Edge> EdgeOf(const DiffContext& context, const Column& column,
                            int64_t micros, Side side) {
  ASSAY_ASSIGN_OR_RETURN(const PairedColumn* pair,
                         FindPair(*context.plan, column));
  const Column own{pair->on(side), column.range};
  return Edge{MakeExpr(own),
              MakeExpr(Instant{absl::ToUnixMicros(context.as_of) - micros,
                               own.name, own.range})};
}

}  // namespace

std::vector<std::string> KeyOrderOf(const ComparedSide& side) {
  connections::Table one = side.table;
  for (const auto& key : side.table.unique_keys) {
    one.unique_keys = {key};
    if (HasKeyOrder(side.session->dialect(), one)) return key;
  }
  return {};
}

std::string ReadingText(const ComparedSide& side) {
  std::string method = StreamMethodText(*side.session, side.table);
  const std::vector<std::string> key = KeyOrderOf(side);
  const bool pages = side.session->dialect().stream_method() ==
                     sql::StreamMethod::kKeysetPages;
  if (key.empty() || pages) return method;
  return absl::StrCat(method, " in the order of (", absl::StrJoin(key, ", "),
                      ")");
}

absl::StatusOr<std::string> CountSql(const DiffContext& context, Side side) {
  return Select("COUNT(*)", context.side(side).scope(), context.where(side));
}

absl::StatusOr<std::string> AggregateSql(const DiffContext& context,
                                         const CompareAggregate& step,
                                         Side side) {
  const ComparedSide& from = context.side(side);
  const sql::Dialect& dialect = from.session->dialect();
  const sql::Scope scope = from.scope();
  std::vector<std::string> list;
  for (const Column& column : step.group_by) {
    ASSAY_ASSIGN_OR_RETURN(const PairedColumn* pair,
                           FindPair(*context.plan, column));
    std::string read = ColumnsOf({*pair}, from).expressions.front();
    if (pair->compared.type == diff::CompareType::kText) {
      read = dialect.ByteExact(read, {TypeClass::kText, ""});
    }
    list.push_back(std::move(read));
  }
  const std::string groups = absl::StrJoin(list, ", ");
  if (step.column.has_value()) {
    ASSAY_ASSIGN_OR_RETURN(const PairedColumn* pair,
                           FindPair(*context.plan, *step.column));
    const connections::Column& column = *from.table.FindColumn(pair->on(side));
    list.push_back(
        MeasureList(step, NameOf(scope, column.name), column.type, dialect));
  } else {
    list.emplace_back("COUNT(*)");
  }
  ASSAY_ASSIGN_OR_RETURN(std::string out, Select(absl::StrJoin(list, ", "),
                                                 scope, context.where(side)));
  if (!groups.empty()) absl::StrAppend(&out, "\nGROUP BY ", groups);
  return out;
}

absl::StatusOr<std::string> DistinctKeysSql(const DiffContext& context,
                                            const std::vector<Column>& columns,
                                            Side side) {
  const ComparedSide& from = context.side(side);
  const sql::Scope scope = from.scope();
  std::vector<std::string> list;
  And complete;
  for (const Column& column : columns) {
    auto resolved = scope.resolve(column);
    if (!resolved.ok()) return Annotate(resolved.status(), SideName(side));
    list.push_back(from.session->dialect().ByteExact(
        NameOf(scope, resolved->name), resolved->type));
    complete.operands.push_back(MakeExpr(
        Not{MakeExpr(NullTest{MakeExpr(Column{resolved->name, {}})})}));
  }
  return Select(
      absl::StrCat("DISTINCT ", absl::StrJoin(list, ", ")), scope,
      Conjunction(context.where(side), MakeExpr(std::move(complete))));
}

absl::StatusOr<std::string> ScanSql(const DiffContext& context, Side side,
                                    bool keys_only) {
  const ComparedSide& from = context.side(side);
  const sql::Scope scope = from.scope();
  const SideColumns columns = keys_only
                                  ? KeyColumnsOf(context, side)
                                  : ColumnsOf(context.plan->columns, from);
  // Keys alone are in order only where they are read in pages.
  const bool ordered = !keys_only || from.session->dialect().stream_method() ==
                                         sql::StreamMethod::kKeysetPages;
  sql::ReadOrder order;
  if (ordered) {
    ASSAY_ASSIGN_OR_RETURN(order.key, Resolved(scope, KeyOrderOf(from)));
  }
  const auto& list = columns.expressions;
  order.select_key =
      !std::all_of(order.key.begin(), order.key.end(), [&](const auto& column) {
        return std::find(list.begin(), list.end(),
                         NameOf(scope, column.name)) != list.end();
      });
  sql::SqlWriter writer(sql::WriteMode::kPaste);
  ASSAY_RETURN_IF_ERROR(sql::PutRead(writer, scope, context.where(side), list,
                                     order.key.empty() ? nullptr : &order, 0));
  return writer.sql();
}

absl::StatusOr<std::string> DuplicateKeysSql(const DiffContext& context,
                                             Side side) {
  Duplicates step;
  for (std::string& name : KeyOf(context, side)) {
    step.columns.push_back(Column{std::move(name), {}});
  }
  sql::SqlWriter writer(sql::WriteMode::kPaste);
  ASSAY_RETURN_IF_ERROR(sql::PutDuplicates(writer, context.side(side).scope(),
                                           context.where(side), step));
  return writer.sql();
}

absl::StatusOr<std::string> HashSql(const DiffContext& context, Side side) {
  const ComparedSide& from = context.side(side);
  const sql::Dialect& dialect = from.session->dialect();
  std::vector<std::string> columns;
  for (const PairedColumn& pair : context.plan->columns) {
    columns.push_back(dialect.QuoteIdentifier(pair.on(side)));
  }
  return Select(dialect.RowHash(columns, 0), from.scope(), context.where(side));
}

absl::StatusOr<std::string> EdgeSql(const DiffContext& context, Side side,
                                    bool greatest) {
  const sql::Scope scope = context.side(side).scope();
  ASSAY_ASSIGN_OR_RETURN(const std::vector<sql::ResolvedColumn> key,
                         Resolved(scope, KeyOf(context, side)));
  sql::SqlWriter writer(sql::WriteMode::kPaste);
  ASSAY_RETURN_IF_ERROR(sql::PutReadEdge(
      writer, scope, context.where(side),
      KeyColumnsOf(context, side).expressions, key, greatest, 1));
  return writer.sql();
}

absl::StatusOr<ExprPtr> NotNewerThan(const DiffContext& context,
                                     const Column& column, int64_t micros,
                                     Side side) {
  ASSAY_ASSIGN_OR_RETURN(const Edge edge,
                         EdgeOf(context, column, micros, side));
  return MakeExpr(Or{{MakeExpr(NullTest{edge.column}),
                      MakeExpr(BinaryCompare{CompareOp::kLessEqual, edge.column,
                                             edge.moment})}});
}

absl::StatusOr<std::string> RecentSql(const DiffContext& context,
                                      const Column& column, int64_t micros,
                                      int64_t limit, Side side) {
  const sql::Scope scope = context.side(side).scope();
  ASSAY_ASSIGN_OR_RETURN(const Edge edge,
                         EdgeOf(context, column, micros, side));
  const ExprPtr newer = MakeExpr(
      BinaryCompare{CompareOp::kGreaterEqual, edge.column, edge.moment});
  ASSAY_ASSIGN_OR_RETURN(const PairedColumn* pair,
                         FindPair(*context.plan, column));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<sql::ResolvedColumn> by,
                         Resolved(scope, {pair->on(side)}));
  sql::SqlWriter writer(sql::WriteMode::kPaste);
  ASSAY_RETURN_IF_ERROR(sql::PutReadEdge(
      writer, scope, Conjunction(context.where(side), newer),
      KeyColumnsOf(context, side).expressions, by, /*greatest=*/true, limit));
  return writer.sql();
}

}  // namespace assay::engine
