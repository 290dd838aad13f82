// SPDX-License-Identifier: Apache-2.0
#include "validator/sql/read_statements.h"

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"

namespace assay::sql {
namespace {

void PutList(SqlWriter& out, const std::vector<std::string>& expressions) {
  for (size_t i = 0; i < expressions.size(); ++i) {
    out.Put(i > 0 ? ", " : "").Put(expressions[i]);
  }
}

void PutKeyList(SqlWriter& out, const Scope& scope,
                const std::vector<ResolvedColumn>& key) {
  for (size_t i = 0; i < key.size(); ++i) {
    out.Put(i > 0 ? ", " : "").Put(KeyText(scope, key[i]));
  }
}

// The table's columns: unqualified, a name could be that of an expression in
// the SELECT list (PostgreSQL calls CAST(k AS text) k).
void PutOrder(SqlWriter& out, const Scope& scope,
              const std::vector<ResolvedColumn>& key,
              std::string_view direction = "") {
  Scope qualified = scope;
  if (scope.alias.empty()) {
    qualified.alias = scope.derived.empty()
                          ? scope.dialect->QuoteIdentifier(scope.table.name)
                          : "assay_side";
  }
  out.Put("\nORDER BY ");
  for (size_t i = 0; i < key.size(); ++i) {
    if (i > 0) out.Put(", ");
    out.PutName(qualified, key[i].name);
    out.Put(direction);
  }
}

// a > x OR (a = x AND (b > y OR …)): MariaDB uses no index for a row
// comparison.
void PutAfter(SqlWriter& out, const Scope& scope, const ReadOrder& order) {
  const auto put = [&](size_t i, std::string_view op) {
    out.PutName(scope, order.key[i].name);
    out.Put(op);
    const Value& value = order.after[i];
    const ColumnType& type = order.key[i].type;
    const auto* text = std::get_if<std::string>(&value);
    const std::string literal =
        text == nullptr ? "" : scope.dialect->KeyLiteral(*text, type);
    if (!literal.empty()) {
      out.Put(literal);
    } else {
      out.PutValue(value, type.type, *scope.dialect);
    }
  };
  out.Put("(");
  for (size_t i = 0; i < order.key.size(); ++i) {
    put(i, " > ");
    if (i + 1 == order.key.size()) break;
    out.Put(" OR (");
    put(i, " = ");
    out.Put(" AND (");
  }
  for (size_t i = 0; i + 1 < order.key.size(); ++i) out.Put("))");
  out.Put(")");
}

void PutLimit(SqlWriter& out, const Scope& scope, int64_t limit) {
  if (limit > 0) out.Put("\n").Put(scope.dialect->Limit(limit).substr(1));
}

void PutKeyColumn(SqlWriter& out, const Scope& scope,
                  const ResolvedColumn& column) {
  SqlWriter name(WriteMode::kPaste);
  name.PutName(scope, column.name);
  out.Put(scope.dialect->KeyColumn(name.sql(), column.type));
}

void PutKeyIs(SqlWriter& out, const Scope& scope, const ResolvedColumn& column,
              const Value& value) {
  if (IsNull(value)) {
    out.PutName(scope, column.name);
    out.Put(" IS NULL");
    return;
  }
  PutKeyColumn(out, scope, column);
  out.Put(" IN (");
  out.PutKeyValue(value, column.type, *scope.dialect);
  out.Put(")");
}

// One column: an IN list, which every database looks up in an index.
void PutSingleKeys(SqlWriter& out, const Scope& scope,
                   const ResolvedColumn& column,
                   const std::vector<std::vector<Value>>& keys) {
  bool null = false;
  bool any = false;
  for (const std::vector<Value>& key : keys) {
    if (IsNull(key.front())) {
      null = true;
      continue;
    }
    if (any) {
      out.Put(", ");
    } else {
      PutKeyColumn(out, scope, column);
      out.Put(" IN (");
    }
    any = true;
    out.PutKeyValue(key.front(), column.type, *scope.dialect);
  }
  if (any) out.Put(")");
  if (!null) return;
  if (any) out.Put(" OR ");
  PutKeyIs(out, scope, column, Null{});
}

}  // namespace

absl::Status PutFromWhere(SqlWriter& out, const Scope& scope,
                          const ExprPtr& where) {
  out.Put("\nFROM ");
  out.PutTable(scope);
  if (where == nullptr) return absl::OkStatus();
  out.Put("\nWHERE ");
  return out.PutExpr(where, scope);
}

absl::StatusOr<std::vector<std::string>> TextExpressions(
    const Scope& scope, const std::vector<Column>& columns) {
  std::vector<std::string> out;
  for (const Column& column : columns) {
    ASSAY_ASSIGN_OR_RETURN(const ResolvedColumn resolved,
                           scope.resolve(column));
    SqlWriter name(WriteMode::kPaste);
    name.PutName(scope, resolved.name);
    out.push_back(scope.dialect->ScanText(name.sql(), resolved.type));
  }
  return out;
}

std::string KeyText(const Scope& scope, const ResolvedColumn& column) {
  SqlWriter name(WriteMode::kPaste);
  name.PutName(scope, column.name);
  return scope.dialect->KeyForm(name.sql(), column.type);
}

absl::Status PutRead(SqlWriter& out, const Scope& scope, const ExprPtr& where,
                     const std::vector<std::string>& expressions,
                     const ReadOrder* order, int64_t limit) {
  out.Put("SELECT ");
  PutList(out, expressions);
  if (order != nullptr && order->select_key) {
    out.Put(", ");
    PutKeyList(out, scope, order->key);
  }
  ASSAY_RETURN_IF_ERROR(PutFromWhere(out, scope, where));
  if (order != nullptr) {
    if (!order->after.empty()) {
      out.Put(where == nullptr ? "\nWHERE " : "\n  AND ");
      PutAfter(out, scope, *order);
    }
    PutOrder(out, scope, order->key);
  }
  PutLimit(out, scope, limit);
  return absl::OkStatus();
}

absl::Status PutReadKeys(SqlWriter& out, const Scope& scope,
                         const ExprPtr& where,
                         const std::vector<std::string>& expressions,
                         const std::vector<ResolvedColumn>& key,
                         const std::vector<std::vector<Value>>& keys) {
  out.Put("SELECT ");
  PutList(out, expressions);
  ASSAY_RETURN_IF_ERROR(PutFromWhere(out, scope, where));
  out.Put(where == nullptr ? "\nWHERE (" : "\n  AND (");
  if (key.size() == 1) {
    PutSingleKeys(out, scope, key.front(), keys);
  } else {
    for (size_t k = 0; k < keys.size(); ++k) {
      out.Put(k > 0 ? " OR (" : "(");
      for (size_t i = 0; i < key.size(); ++i) {
        if (i > 0) out.Put(" AND ");
        PutKeyIs(out, scope, key[i], keys[k][i]);
      }
      out.Put(")");
    }
  }
  out.Put(")");
  return absl::OkStatus();
}

absl::Status PutReadEdge(SqlWriter& out, const Scope& scope,
                         const ExprPtr& where,
                         const std::vector<std::string>& expressions,
                         const std::vector<ResolvedColumn>& key, bool greatest,
                         int64_t limit) {
  out.Put("SELECT ");
  PutList(out, expressions);
  ASSAY_RETURN_IF_ERROR(PutFromWhere(out, scope, where));
  PutOrder(out, scope, key, greatest ? " DESC" : "");
  PutLimit(out, scope, limit);
  return absl::OkStatus();
}

}  // namespace assay::sql
