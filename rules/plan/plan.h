// SPDX-License-Identifier: Apache-2.0
// What a rule compiles to: measures that share one SELECT with other rules, and
// steps that need a statement of their own. No SQL, no opinion.
//
// Immutable once built; shared between threads without locks.
#ifndef ASSAY_RULES_PLAN_PLAN_H_
#define ASSAY_RULES_PLAN_PLAN_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rules/plan/expression.h"
#include "validator/base/issue.h"
#include "validator/value/value.h"

namespace assay {

enum class AggregateFunction {
  kCountRows,      // Rows that the filter keeps.
  kCountNonNull,   // Of these, rows where `operand` is not NULL.
  kCountDistinct,  // Distinct non-NULL values, text byte by byte.
  kMin,            // Of numbers.
  kMax,            // Of numbers.
  kLatest,         // The greatest date or timestamp.
  kSum,
  kVariance,  // Sample variance (n - 1).
};

// One aggregate over the rows of a table for which `filter` holds.
struct AggregateMeasure {
  AggregateFunction function = AggregateFunction::kCountRows;
  ExprPtr operand;                       // Null for kCountRows.
  ExprPtr filter;                        // Null: all rows.
  Equality equality = Equality::kBytes;  // For kCountDistinct.
};

// Canonical text; measures with equal text are computed once.
std::string ExplainText(const AggregateMeasure& measure);

// Groups of rows that share the values of `columns`. Text compares as
// `equality` says. Rows with a NULL in a column form no group, or group with
// NULL equal to NULL.
struct Duplicates {
  std::vector<Column> columns;
  bool null_equals_null = false;
  Equality equality = Equality::kBytes;
  ExprPtr filter;
};

// Rows whose `columns`, all non-NULL, have no partner in another table of the
// same connection.
struct MissingReferences {
  std::vector<Column> columns;
  std::string parent_table;
  SourceRange parent_range;
  std::vector<Column> parent_columns;
  Equality equality = Equality::kBytes;
  ExprPtr filter;
  ExprPtr parent_filter;
  // Rows with a NULL among `columns` are failing rows, too. They have no
  // partner, and are counted apart.
  bool null_fails = false;
};

// A test of one value, made outside the database. NULL is never tested.
enum class MatchMode { kFull, kPartial };
enum class Combine { kAny, kAll };
struct PatternTest {
  std::vector<std::string> patterns;  // RE2 syntax, UTF-8; they compile.
  MatchMode mode = MatchMode::kFull;
  Combine combine = Combine::kAny;
  bool forbid = false;  // A value that matches fails.
};
struct TypeTest {
  TypeClass type = TypeClass::kInteger;
};
using ValueTest = std::variant<PatternTest, TypeTest>;

// Reads `column` of every row and tests it.
struct ValueScan {
  Column column;
  ValueTest test;
  ExprPtr filter;
};

// The value at `fraction` of the sorted non-NULL values of `column`, linearly
// interpolated between neighbours (SQL's PERCENTILE_CONT).
struct Quantile {
  Column column;
  Decimal fraction;  // 0 to 1.
  ExprPtr filter;
};

// A whole statement of the author's.
enum class QueryShape {
  kRows,    // Counts rows; the rows are the samples.
  kScalar,  // One row, one column.
};
struct AuthorQuery {
  AuthorSql sql;
  QueryShape shape = QueryShape::kRows;
};

// What a schema rule demands of one column. Absent: any.
struct ColumnDemand {
  Column column;
  std::string type;  // A TypeClassName or the native name; "" any.
  std::optional<bool> nullable;
  std::optional<int64_t> length;
};
struct CatalogCheck {
  std::vector<ColumnDemand> columns;
  bool forbid_extra = false;
  bool in_order = false;
  std::vector<Column> absent;  // Columns that must not be there.
  std::vector<Column> primary_key;
};

using Step = std::variant<Duplicates, MissingReferences, ValueScan, Quantile,
                          AuthorQuery, CatalogCheck>;

// One line for people, e.g. "duplicates of (id) by bytes".
std::string ExplainText(const Step& step);

// What one rule needs. At most one step.
struct RulePlan {
  std::vector<AggregateMeasure> measures;
  std::optional<Step> step;
  // Rows that break the rule, for samples; null where the step itself knows
  // them, or where no row alone breaks the rule.
  ExprPtr failing;
  // Columns shown in samples beside the key.
  std::vector<Column> shown;
  // What the rule demands, one line for people.
  std::string expected;
  // The columns that the rule is about, for people: "a, b".
  std::string subject;
};

// What was measured for one rule: numbers, never an opinion.
struct Observation {
  std::vector<Value> measures;  // As RulePlan::measures.
  // Of the step; absent: does not apply.
  std::optional<int64_t> rows_total;       // Rows in the filter.
  std::optional<int64_t> rows_considered;  // Tested, or with a complete key.
  std::optional<int64_t> rows_null;
  std::optional<int64_t> rows_failing;
  std::optional<int64_t> groups_failing;
  std::optional<Value> scalar;          // Quantile, AuthorQuery kScalar.
  std::vector<std::string> mismatches;  // CatalogCheck: one line each.
};

}  // namespace assay

#endif  // ASSAY_RULES_PLAN_PLAN_H_
