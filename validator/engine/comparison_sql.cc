// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/comparison_sql.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "validator/base/status.h"
#include "validator/engine/key_draw.h"
#include "validator/engine/key_reader.h"
#include "validator/engine/statement.h"
#include "validator/engine/table_stream.h"
#include "validator/sql/read_statements.h"
#include "validator/sql/statements.h"

namespace assay::engine {
namespace {

using diff::Side;

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

// `column` of `side` and the moment to hold it against.
struct Edge {
  std::string name;
  ExprPtr column, moment;
};
absl::StatusOr<Edge> EdgeOf(const DiffContext& context, const Column& column,
                            int64_t micros, Side side) {
  ASSAY_ASSIGN_OR_RETURN(const PairedColumn* pair,
                         FindPair(*context.plan, column));
  const Column own{pair->on(side), column.range};
  return Edge{own.name, MakeExpr(own),
              MakeExpr(Instant{absl::ToUnixMicros(context.as_of) - micros,
                               own.name, own.range})};
}

}  // namespace

std::vector<std::string> KeyOrderOf(const ComparedSide& side) {
  const auto* key = KeyOrder(side.session->dialect(), side.table);
  return key == nullptr ? std::vector<std::string>() : *key;
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

absl::Status PutCount(sql::SqlWriter& out, const DiffContext& context,
                      Side side) {
  out.Put("SELECT COUNT(*)");
  return sql::PutFromWhere(out, context.side(side).scope(),
                           context.where(side));
}

absl::StatusOr<std::vector<std::string>> ResolveNames(
    const ComparedSide& side, const std::vector<Column>& columns) {
  const sql::Scope scope = side.scope();
  std::vector<std::string> out;
  for (const Column& column : columns) {
    auto resolved = scope.resolve(column);
    if (!resolved.ok()) {
      return Annotate(resolved.status(), SideName(side.side));
    }
    out.push_back(std::move(resolved->name));
  }
  return out;
}

ExprPtr CompleteKeys(const std::vector<std::string>& columns) {
  And all;
  for (const std::string& column : columns) {
    all.operands.push_back(
        MakeExpr(Not{MakeExpr(NullTest{MakeExpr(Column{column, {}})})}));
  }
  return MakeExpr(std::move(all));
}

absl::Status PutDistinctKeys(sql::SqlWriter& out, const ComparedSide& side,
                             const ExprPtr& where,
                             const std::vector<std::string>& columns) {
  const sql::Scope scope = side.scope();
  const sql::Dialect& dialect = side.session->dialect();
  out.Put("SELECT DISTINCT ");
  for (size_t i = 0; i < columns.size(); ++i) {
    const connections::Column* column = side.table.FindColumn(columns[i]);
    out.Put(i > 0 ? ", " : "")
        .Put(dialect.ByteExact(NameOf(scope, column->name), column->type))
        .Put(" AS ")
        .Put(dialect.QuoteIdentifier(absl::StrCat("assay_k", i)));
  }
  return sql::PutFromWhere(out, scope,
                           Conjunction(where, CompleteKeys(columns)));
}

absl::StatusOr<std::vector<sql::ResolvedColumn>> ResolveKey(
    const DiffContext& context, Side side) {
  return Resolved(context.side(side).scope(), KeyOf(context, side));
}

absl::Status PutDuplicateKeys(sql::SqlWriter& out, const DiffContext& context,
                              Side side) {
  Duplicates step;
  for (std::string& name : KeyOf(context, side)) {
    step.columns.push_back(Column{std::move(name), {}});
  }
  return sql::PutDuplicates(out, context.side(side).scope(),
                            context.where(side), step);
}

absl::Status PutRowHashes(sql::SqlWriter& out, const DiffContext& context,
                          Side side) {
  const ComparedSide& from = context.side(side);
  const sql::Dialect& dialect = from.session->dialect();
  std::vector<std::string> columns;
  for (const PairedColumn& pair : context.plan->columns) {
    columns.push_back(dialect.QuoteIdentifier(pair.on(side)));
  }
  out.Put("SELECT ").Put(dialect.RowHash(columns, context.seed));
  return sql::PutFromWhere(out, from.scope(), context.where(side));
}

absl::Status PutEdgeKey(sql::SqlWriter& out, const DiffContext& context,
                        Side side, bool greatest) {
  ASSAY_ASSIGN_OR_RETURN(const std::vector<sql::ResolvedColumn> key,
                         ResolveKey(context, side));
  return sql::PutReadEdge(out, context.side(side).scope(), context.where(side),
                          KeyColumnsOf(context, side).expressions, key,
                          greatest, 1);
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

absl::Status PutRecentKeys(sql::SqlWriter& out, const DiffContext& context,
                           const Column& column, int64_t micros, int64_t limit,
                           Side side) {
  ASSAY_ASSIGN_OR_RETURN(const Edge edge,
                         EdgeOf(context, column, micros, side));
  const ExprPtr newer = MakeExpr(
      BinaryCompare{CompareOp::kGreaterEqual, edge.column, edge.moment});
  const sql::Scope scope = context.side(side).scope();
  ASSAY_ASSIGN_OR_RETURN(const std::vector<sql::ResolvedColumn> by,
                         Resolved(scope, {edge.name}));
  return sql::PutReadEdge(out, scope, Conjunction(context.where(side), newer),
                          KeyColumnsOf(context, side).expressions, by,
                          /*greatest=*/true, limit);
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

std::string RowsSql(const DiffContext& context, Side side,
                    const std::vector<std::string>& keys) {
  const PairPlan& plan = *context.plan;
  for (size_t i = 0; i < plan.key_columns; ++i) {
    if (!MayShowPair(*context.source, *context.target, plan.columns[i], true)) {
      return "";
    }
  }
  const auto columns = ResolveKey(context, side);
  const auto values = LookupKeys(context, side, keys);
  if (!columns.ok() || !values.ok() || values->empty()) return "";
  sql::SqlWriter writer(sql::WriteMode::kPaste);
  // Without the rule's where: the rows themselves are meant.
  const absl::Status status = sql::PutReadKeys(
      writer, context.side(side).scope(), nullptr, {"*"}, *columns, *values);
  return status.ok() ? writer.sql() : "";
}

}  // namespace assay::engine
