// SPDX-License-Identifier: Apache-2.0
// What a rule kind is: its documentation and parameters (KindSpec), how a rule
// of it becomes a plan, and how an observation becomes counters. A kind sees no
// dialect and does no I/O. One kind is one file and one line in kinds.inc.
//
// All functions are pure; thread-safe.
#ifndef ASSAY_RULES_KINDS_RULE_KIND_H_
#define ASSAY_RULES_KINDS_RULE_KIND_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "rules/plan/plan.h"
#include "rules/ruleset/kind_spec.h"
#include "rules/ruleset/parser.h"
#include "rules/verdict/result.h"

namespace assay {

// What a kind may use while it compiles. Parameters are resolved here, so that
// a kind never sees ":name".
class CompileContext {
 public:
  // All borrowed; must outlive the context.
  CompileContext(const Rule& rule, const BoundParameters& parameters,
                 absl::Time as_of)
      : rule_(rule), parameters_(parameters), as_of_(as_of) {}

  const Rule& rule() const { return rule_; }
  const Arguments& args() const { return rule_.arguments; }

  // The rule's own `where`; null where it has none.
  ExprPtr filter() const;

  Column ColumnArg(const std::string& param) const;
  std::vector<Column> ColumnsArg(const std::string& param) const;
  Column ToColumn(const Word& word) const;
  // Text of a Word, or the value of the parameter that it names.
  std::string WordText(const Word& word) const;
  // A literal, or the text of the parameter that it names.
  Constant ToConstant(const Literal& literal, const Column& typed_by) const;
  std::string LiteralText(const Literal& literal) const;
  ExprPtr ToBound(const Bound& bound, const Column& typed_by) const;
  // The bound for people: "now() - 1d", "1000".
  std::string BoundText(const Bound& bound) const;
  AuthorSql ToSql(const SqlText& sql) const;
  absl::Time as_of() const { return as_of_; }

 private:
  const Rule& rule_;
  const BoundParameters& parameters_;
  absl::Time as_of_;
};

// What a kind makes of an observation. Thresholds, severity and on_empty are
// applied to it by judge.h, the same for all kinds.
struct Judgement {
  Counters counters;
  // For kinds without thresholds: whether the demand is broken.
  std::optional<bool> broken;
  std::string found;  // One line for people, without verdict.
  std::vector<Measure> measures;
  // An error of the data that makes judging impossible, e.g. a query that
  // returns two rows where one value is wanted.
  std::optional<ResultError> error;
  // The demand is broken whatever was looked at: on_empty has no say.
  bool certain = false;
  // What was found stands whatever rows the entry's table has: on_empty can
  // make the verdict worse, not better.
  bool looked_elsewhere = false;
  // Nothing was there to judge although the kind has no denominator, e.g. the
  // maximum of no values.
  bool nothing = false;
};

struct RuleKind {
  KindSpec spec;
  // Fills `plan`. Fails with kValueInvalid where an argument, now that
  // parameters are known, makes no sense.
  absl::Status (*compile)(const CompileContext& context,
                          RulePlan& plan) = nullptr;
  Judgement (*judge)(const CompileContext& context,
                     const Observation& observation) = nullptr;
};

// `sql` with the parameters that occur in it.
AuthorSql BindSql(const SqlText& sql, const BoundParameters& parameters);

// The text of `literal`, or of the parameter that it names.
std::string BoundLiteralText(const Literal& literal,
                             const BoundParameters& parameters);

// Compiles `rule`, adding what every kind needs.
absl::StatusOr<RulePlan> CompileRule(const Rule& rule,
                                     const BoundParameters& parameters,
                                     absl::Time as_of);

// Judges `observation`: fills verdict, counters, expected, found, threshold,
// measures, empty, error of `result`. `table_rows_exist` tells an empty table
// from one whose rows were all filtered out; only asked where no row was
// looked at.
void JudgeRule(const Rule& rule, const BoundParameters& parameters,
               absl::Time as_of, const RulePlan& plan,
               const Observation& observation, bool table_rows_exist,
               Result& result);

// The integer in an observation's cell: counts arrive as int64, or as exact
// decimals from some drivers. 0 for NULL.
int64_t CountOf(const Value& value);

// "12 of 16049 rows", with "row" for one.
std::string RowsText(int64_t count, std::optional<int64_t> of,
                     const std::string& what);

// "a, b".
std::string ColumnNames(const std::vector<Column>& columns);

}  // namespace assay

#endif  // ASSAY_RULES_KINDS_RULE_KIND_H_
