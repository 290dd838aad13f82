// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/pair_types.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "validator/base/status.h"
#include "validator/engine/pair_names.h"

namespace assay::engine {
namespace {

const ColumnPolicy* PolicyOf(const PairInput& input, const PairPlan& plan,
                             size_t column) {
  for (const ColumnPolicy& policy : input.comparison.columns.policies) {
    const auto found = Matches(plan.columns, input.TextOf(policy.column));
    if (std::find(found.begin(), found.end(), column) != found.end()) {
      return &policy;
    }
  }
  return nullptr;
}

diff::ColumnSide TypeOf(const PairedColumn& pair, const ComparedSide& side) {
  return {side.table.FindColumn(pair.on(side.side))->type,
          &side.session->dialect()};
}

// Two keys of the database may be one with it.
bool MergesKeys(const ColumnPolicy& policy) {
  return policy.precision.has_value() || policy.trim != Trim::kNone ||
         policy.ignore_case || policy.empty_is_null;
}

// A type with one way to write each value: text '007' compared as a number, a
// UUID as text, and times in a database without types have more.
bool OneSpelling(const PairedColumn& pair, const ComparedSide& side) {
  const sql::ColumnType& type = side.table.FindColumn(pair.on(side.side))->type;
  if (pair.policy.as.has_value()) return false;
  const bool untyped = side.session->dialect().tags_values();
  switch (pair.compared.type) {
    case diff::CompareType::kNumber:
      return type.type == TypeClass::kInteger ||
             (!untyped && (type.type == TypeClass::kDecimal ||
                           type.type == TypeClass::kBoolean));
    case diff::CompareType::kText:
      return type.type == TypeClass::kText && type.native_name != "enum";
    case diff::CompareType::kUuid:
      return type.type == TypeClass::kUuid || type.type == TypeClass::kBytes;
    case diff::CompareType::kBytes:
      return type.type == TypeClass::kBytes;
    case diff::CompareType::kDate:
    case diff::CompareType::kTime:
    case diff::CompareType::kTimestamp:
      return !untyped;
    default:
      return false;
  }
}

// Why the pair, compared as chosen, cannot be where it is; "": it can.
std::string WhyNotThere(const PairedColumn& pair, bool is_key, bool keyless) {
  const bool tolerant = pair.compared.has_tolerance;
  if (is_key && (tolerant || pair.compared.type == diff::CompareType::kJson)) {
    return absl::StrCat(
        "a key is compared exactly; ",
        tolerant ? "remove its tolerance" : "JSON cannot be one");
  }
  if (keyless && tolerant) {
    return "a tolerance needs a key, so that it is known which rows meet";
  }
  return "";
}

void Arrange(const PairInput& input, PairPlan& plan) {
  for (size_t i = 0; i < plan.key_columns; ++i) {
    plan.trusted_source &= OneSpelling(plan.columns[i], input.source);
    plan.trusted_target &= OneSpelling(plan.columns[i], input.target);
  }
  // What is unique as it is written need not be as it is compared.
  plan.proven_source &= plan.trusted_source;
  plan.proven_target &= plan.trusted_target;
  const auto values =
      plan.columns.begin() + static_cast<std::ptrdiff_t>(plan.key_columns);
  const auto tolerant = std::stable_partition(
      values, plan.columns.end(),
      [](const auto& pair) { return !pair.compared.has_tolerance; });
  plan.layout = {};
  plan.layout.exact_columns = static_cast<size_t>(tolerant - values);
  plan.layout.tolerance_columns =
      static_cast<size_t>(plan.columns.end() - tolerant);
}

}  // namespace

void CheckPolicyNames(const PairInput& input, const PairPlan& plan,
                      NameIssues& issues) {
  if (input.any_table) return;
  // A column that one side alone has is a finding, and not a slip of the pen.
  const auto one_sided = [&](const std::string& name) {
    const auto same = [&](const auto& only) { return Same(only, name); };
    return std::any_of(plan.source_only.begin(), plan.source_only.end(),
                       same) ||
           std::any_of(plan.target_only.begin(), plan.target_only.end(), same);
  };
  for (const ColumnPolicy& policy : input.comparison.columns.policies) {
    const std::string name = input.TextOf(policy.column);
    if (Matches(plan.columns, name).empty() && !one_sided(name)) {
      issues.Add(input.NotFound(name, policy.column.range));
    }
  }
  for (const AcceptedDifference& accept : input.comparison.accept) {
    const bool known = accept.column.empty() || one_sided(accept.column) ||
                       std::any_of(plan.columns.begin(), plan.columns.end(),
                                   [&](const PairedColumn& pair) {
                                     return Same(pair.name, accept.column);
                                   });
    if (!known) issues.Add(input.NotFound(accept.column, accept.range));
  }
}

absl::Status ChooseTypes(const PairInput& input, PairPlan& plan) {
  std::vector<std::string> refused;
  for (size_t i = 0; i < plan.columns.size(); ++i) {
    PairedColumn& pair = plan.columns[i];
    if (const ColumnPolicy* policy = PolicyOf(input, plan, i)) {
      pair.policy = *policy;
      pair.has_policy = true;
    }
    auto compared = diff::ChooseCompareType(
        TypeOf(pair, input.source), TypeOf(pair, input.target),
        pair.has_policy ? &pair.policy : nullptr);
    if (!compared.ok()) {
      refused.push_back(
          absl::StrCat(pair.name, ": ", compared.status().message()));
      continue;
    }
    pair.compared = *std::move(compared);
    const bool is_key = i < plan.key_columns;
    if (const std::string why =
            WhyNotThere(pair, is_key, plan.key_columns == 0);
        !why.empty()) {
      refused.push_back(absl::StrCat(pair.name, ": ", why));
    }
    if (is_key && pair.has_policy && MergesKeys(pair.policy)) {
      plan.proven_source = plan.proven_target = plan.key_lookup = false;
    }
  }
  if (!refused.empty()) {
    return MakeError(ErrorReason::kNotComparable, absl::StrJoin(refused, "; "));
  }
  Arrange(input, plan);
  return absl::OkStatus();
}

}  // namespace assay::engine
