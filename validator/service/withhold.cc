// SPDX-License-Identifier: Apache-2.0
#include "validator/service/withhold.h"

#include <set>
#include <string>

#include "rules/kinds/kinds.h"
#include "validator/base/status.h"

namespace assay::service {
namespace {

constexpr char kWithheld[] =
    "withheld: the principal may not see values of the data (samples)";

// A kind that this server does not know (a newer one has stored the result)
// may find anything.
bool MayFindValues(const std::string& kind) {
  static const auto* const kCounting = [] {
    auto* counting = new std::set<std::string>;
    for (const KindSpec* spec : AllKindSpecs()) {
      if (!spec->finds_values) counting->insert(spec->name);
    }
    // One name may be a kind of tables and one of comparisons.
    for (const KindSpec* spec : AllKindSpecs()) {
      if (spec->finds_values) counting->erase(spec->name);
    }
    return counting;
  }();
  return !kCounting->contains(kind);
}

// The database's own words, which may quote a value.
bool QuotesData(const std::string& reason) {
  for (const ErrorReason quoting :
       {ErrorReason::kDataError, ErrorReason::kSqlError,
        ErrorReason::kValueInvalid, ErrorReason::kValueTooLarge,
        ErrorReason::kInternal}) {
    if (reason == GetErrorReasonInfo(quoting).name) return true;
  }
  return false;
}

}  // namespace

void Withhold(v1::RuleResult& result) {
  if (result.samples_size() > 0) result.set_samples_note(kWithheld);
  result.clear_samples();
  result.clear_sql();
  result.clear_target_sql();
  result.clear_differences_count();
  if (result.has_diff()) result.mutable_diff()->clear_causes();
  const bool values = MayFindValues(result.kind());
  if (values) {
    for (v1::Measure& measure : *result.mutable_measures()) {
      measure.set_value("***");
    }
    if (!result.empty() && !result.found().empty()) {
      result.set_found(kWithheld);
    }
  }
  if (result.has_error() && (values || QuotesData(result.error().reason()))) {
    result.mutable_error()->set_message(kWithheld);
    // `on_error` puts the message there.
    if (!result.found().empty()) result.set_found(kWithheld);
  }
}

}  // namespace assay::service
