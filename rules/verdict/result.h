// SPDX-License-Identifier: Apache-2.0
// What comes out of a rule, and what a run's results add up to.
//
// Plain data and pure functions; thread-safe.
#ifndef ASSAY_RULES_VERDICT_RESULT_H_
#define ASSAY_RULES_VERDICT_RESULT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "validator/base/status.h"
#include "validator/value/value.h"

namespace assay {

// About the data. kError: could not judge.
enum class Verdict { kUnspecified, kPass, kWarn, kFail, kError };

// About the migration.
enum class Decision { kUnspecified, kProceed, kHold, kRollback };

// "PASS", "HOLD", …; "UNSPECIFIED" for kUnspecified.
const char* VerdictName(Verdict verdict);
const char* DecisionName(Decision decision);

// All counters that any tool's user may look for; absent: does not apply.
struct Counters {
  std::optional<int64_t> rows_total;       // Inside the table's and rule's where.
  std::optional<int64_t> rows_considered;  // Of these, judged: the denominator.
  std::optional<int64_t> rows_null;        // Not judged because NULL.
  std::optional<int64_t> rows_failing;
  std::optional<int64_t> groups_failing;   // Duplicate groups, missing values.
  friend bool operator==(const Counters&, const Counters&) = default;
};

// A named number beside the counters, e.g. {"customer_id NULL", "3"}.
struct Measure {
  std::string name;
  std::string value;
  friend bool operator==(const Measure&, const Measure&) = default;
};

// The target's side of a cell.
struct SampleText {
  std::string text;
  bool is_null = false;
  bool truncated = false;
  friend bool operator==(const SampleText&, const SampleText&) = default;
};

// A cell of a sample. A masked cell has text "***" and masked set.
struct SampleCell {
  std::string column;
  std::string text;  // ToText form; at most kMaxSampleBytes, then cut.
  bool is_null = false;
  bool truncated = false;  // The text was cut.
  bool masked = false;
  bool key = false;        // Part of the row's key.
  // In samples of comparisons: `text` is the source's, `target` the target's.
  std::optional<SampleText> target;
  bool differs = false;    // Source and target are unequal here.
  std::string cause;       // Why, where it is recognisable: "trailing blanks".
  friend bool operator==(const SampleCell&, const SampleCell&) = default;
};

struct Sample {
  std::vector<SampleCell> cells;
  std::string note;  // What is wrong in this row, where it adds something.
  friend bool operator==(const Sample&, const Sample&) = default;
};

inline constexpr size_t kMaxSampleBytes = 1024;

// A count of changed rows in one column, or of one cause in it.
struct ColumnChange {
  std::string column;
  std::string cause;  // Empty: any.
  int64_t rows = 0;
  // The policy with which such changes are hardly differences, e.g. "trim:
  // trailing"; empty: none.
  std::string policy;
  friend bool operator==(const ColumnChange&, const ColumnChange&) = default;
};

// What a comparison of rows counted. `missing`, `extra` and `changed` are
// confirmed as far as the rule asks for it, and lower bounds where `complete` is
// false.
struct DiffCounts {
  int64_t rows_source = 0;  // Read; duplicates count.
  int64_t rows_target = 0;
  // The denominator: distinct keys of both sides together. Where keys have
  // several rows, or a NULL, at least so many; without a key, rows, a pair of
  // equal ones once.
  int64_t keys = 0;
  int64_t missing = 0;  // Rows of the source that the target lacks.
  int64_t extra = 0;    // Rows of the target that the source lacks.
  int64_t changed = 0;  // Rows on both sides that differ.
  int64_t duplicate_keys_source = 0;  // Keys that more than one row has.
  int64_t duplicate_keys_target = 0;
  int64_t null_keys_source = 0;  // Rows with a NULL in the key.
  int64_t null_keys_target = 0;
  int64_t settled = 0;   // Differed at first and were equal when read again.
  int64_t unstable = 0;  // Still moving after the last reading.
  int64_t lost = 0;      // Looked up again by the key, and not found.
  int64_t accepted = 0;  // Known differences (`accept:`), not counted above.
  bool complete = true;  // Everything was compared.
  std::string incomplete_because;  // e.g. "stop_after: 10000 was reached".
  std::vector<ColumnChange> columns;  // Changed rows by column, most first.
  std::vector<ColumnChange> causes;   // By column and cause, most first; of
                                      // the `explained` changed rows.
  int64_t explained = 0;
  // Columns that are on one side only and not excepted.
  std::vector<std::string> source_only_columns;
  std::vector<std::string> target_only_columns;
  // How it was done, one line each for people: comparison types and policies
  // ("amount: decimal, exact"), the method and why, consistency, resumption.
  std::vector<std::string> notes;
  friend bool operator==(const DiffCounts&, const DiffCounts&) = default;
};

// Why a rule could not be judged.
struct ResultError {
  ErrorReason reason = ErrorReason::kUnspecified;
  std::string message;
  bool retryable = false;
  friend bool operator==(const ResultError&, const ResultError&) = default;
};

struct Result {
  std::string rule_id;
  std::string kind;
  std::string description;
  std::string owner;
  std::vector<std::string> tags;
  std::string connection;
  std::string table;     // As the catalog spells it, or as written.
  std::string columns;   // "a, b": what the rule is about; may be empty.
  Verdict verdict = Verdict::kUnspecified;
  std::optional<ResultError> error;  // Set where verdict is kError.
  // One line each for people: what was expected, what was found.
  std::string expected;  // e.g. "amount between 0 and 1000"
  std::string found;     // e.g. "12 of 16049 rows outside"
  Counters counters;
  std::string threshold;  // e.g. "fail above 0.1% of rows with a value"
  std::vector<Measure> measures;
  std::vector<Sample> samples;
  // Why there are no samples, or fewer, e.g. "policy of connection 'crm'".
  std::string samples_note;
  std::string sql;           // Paste to see the failing rows; may be empty.
  std::string consistency;   // e.g. "repeatable read snapshot"
  bool confirmed = false;    // A failure that survived a second reading.
  bool empty = false;        // Verdict comes from on_empty: nothing looked at.
  bool rollback = false;     // The rule says on_fail: rollback.
  // Non-empty: the same finding as that rule's (an empty table, a missing
  // table); reports show it once.
  std::string same_as;
  int64_t elapsed_micros = 0;
  int64_t attempts = 1;
  int line = 0;  // Of the rule in the rule set.
  // Of comparisons; `connection`, `table`, `sql` and `consistency` are then the
  // source's.
  std::string target_connection;
  std::string target_table;
  std::string target_sql;
  std::string target_consistency;
  std::optional<DiffCounts> diff;
  // How many differing keys ListDifferences has; 0 none.
  int64_t differences = 0;
  friend bool operator==(const Result&, const Result&) = default;
};

struct VerdictCounts {
  int64_t pass = 0;
  int64_t warn = 0;
  int64_t fail = 0;
  int64_t error = 0;
  friend bool operator==(const VerdictCounts&, const VerdictCounts&) = default;
};

struct Outcome {
  Verdict verdict = Verdict::kUnspecified;
  Decision decision = Decision::kUnspecified;
  bool retryable = false;  // Meaningful for kError: every error is retryable.
  VerdictCounts counts;
};

// How the caller wants a run to be folded.
struct FoldOptions {
  bool fail_on_warn = false;  // A WARN counts as FAIL.
};

// Folds results: FAIL > ERROR > WARN > PASS; no results at all is ERROR.
// Decision: PASS, WARN → PROCEED; ERROR → HOLD; FAIL → HOLD, or ROLLBACK where
// a confirmed, not merely empty, failure of a rule with on_fail: rollback
// stands behind it. `interrupted` (cancelled or out of time) adds ERROR for the
// rest and makes the decision HOLD whatever was found.
Outcome Fold(absl::Span<const Result> results, const FoldOptions& options,
             bool interrupted);

}  // namespace assay

#endif  // ASSAY_RULES_VERDICT_RESULT_H_
