// SPDX-License-Identifier: Apache-2.0
// What a rule about a source and a target compiles to.
//
// Immutable once built; shared between threads without locks.
#ifndef ASSAY_RULES_PLAN_COMPARISON_H_
#define ASSAY_RULES_PLAN_COMPARISON_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rules/plan/expression.h"
#include "rules/plan/plan.h"
#include "validator/base/issue.h"
#include "validator/value/value.h"

namespace assay {

// A difference that is let pass: relative to the source's number where
// `percent`, absolute where that number is 0.
struct Tolerance {
  Decimal value;
  bool percent = false;
};

// Counts the rows of both sides.
struct CompareCounts {
  Tolerance tolerance;
};

// One aggregate on both sides, over all rows or for each group of `group_by`.
struct CompareAggregate {
  enum class Function { kCount, kDistinct, kMin, kMax, kSum, kAverage };
  Function function = Function::kCount;
  std::optional<Column> column;  // The source's name, or a mapped one; absent
                                 // for a count of rows.
  std::vector<Column> group_by;  // The source's names, or mapped ones.
  Tolerance tolerance;
};

// Which facts of the two catalogs must agree.
struct CompareSchemas {
  bool columns = true;  // Every column of one side is on the other.
  bool types = true;
  bool nullability = true;
  bool defaults = true;
  bool keys = true;  // Primary and unique keys.
  bool indexes = true;
  bool foreign_keys = true;
  // The next value of the target's sequence or AUTO_INCREMENT is above the
  // target's greatest key.
  bool sequences = true;
};

// Every non-NULL `columns` of the child side is a `key` of the parent side.
struct CompareForeignKey {
  enum class Child { kSource, kTarget };
  Child child = Child::kSource;
  std::vector<Column> columns;  // Of the child side.
  std::vector<Column> key;      // Of the parent side; as many.
};

// Differing rows are read again up to `times` times, each `after_micros` after
// the reading before. 0 times: the first reading counts.
struct Recheck {
  int64_t times = 0;
  int64_t after_micros = 0;
};

struct SampleDiff {
  int64_t random = 0;  // Keys drawn uniformly from the union of both sides.
  uint64_t seed = 0;
  bool edges = false;  // The least and the greatest key of each side.
  std::vector<std::vector<Constant>> keys;  // Given ones; one value a column.
  // Rows of either side that are newer than this; at most `recent_limit`.
  std::optional<Column> recent_column;
  int64_t recent_micros = 0;  // Before as_of.
  int64_t recent_limit = 1000;
  Recheck recheck;
};

struct FullDiff {
  enum class Hashing { kAuto, kNever };    // In the database, where sound.
  std::optional<int64_t> stop_after;       // Differing rows.
  std::optional<int64_t> max_rows;         // Read, of both sides together.
  std::optional<int64_t> rows_per_second;  // Of each side.
  // Rows newer than this are left out on both sides.
  std::optional<Column> older_than_column;
  int64_t older_than_micros = 0;  // Before as_of.
  Hashing hashing = Hashing::kAuto;
  int64_t readers = 1;  // Connections a side, at most.
  Recheck recheck;
};

using ComparisonStep =
    std::variant<CompareCounts, CompareAggregate, CompareSchemas,
                 CompareForeignKey, SampleDiff, FullDiff>;

// One line for people, e.g. "sum(amount) of both sides by (store_id) ± 0.1%".
std::string ExplainText(const ComparisonStep& step);

// What one rule of a comparison needs.
struct ComparisonPlan {
  ComparisonStep step;
  ExprPtr filter;        // The rule's `where`, for both sides; null: none.
  std::string expected;  // What the rule demands, one line for people.
  std::string subject;   // The columns that the rule is about, for people.
};

// What was measured: numbers, never an opinion.
struct AggregatePair {
  std::vector<std::string> group;  // ToText of the group's values; "NULL".
  std::optional<Value> source;     // Absent: the group is on one side only.
  std::optional<Value> target;
};

}  // namespace assay

#endif  // ASSAY_RULES_PLAN_COMPARISON_H_
