// SPDX-License-Identifier: Apache-2.0
#include "validator/report/findings.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/strings/str_cat.h"
#include "validator/report/diff_text.h"
#include "validator/report/display.h"
#include "validator/report/outcome.h"

namespace assay::report {
namespace {

// Of measures; rules/kinds/compare_schema.cc and engine/merge_results.cc make
// them.
constexpr std::string_view kMismatch = "mismatch";
constexpr std::string_view kTable = "table";
constexpr std::string_view kPassedTable = "table passed";

// Smaller is worse.
int Order(const v1::RuleResult& result) {
  switch (KnownVerdict(result.verdict())) {
    case v1::VERDICT_FAIL:
      return result.rollback() && result.confirmed() ? 0 : 1;
    case v1::VERDICT_ERROR:
      return 2;
    case v1::VERDICT_WARN:
      return 3;
    default:
      return 4;
  }
}

}  // namespace

std::vector<Finding> Findings(const v1::Run& run) {
  std::unordered_map<std::string, const v1::RuleResult*> by_id;
  for (const v1::RuleResult& result : run.results()) {
    if (result.same_as_rule_id().empty()) by_id[result.rule_id()] = &result;
  }
  std::vector<Finding> findings;
  std::unordered_map<const v1::RuleResult*, size_t> repeats;
  for (const v1::RuleResult& result : run.results()) {
    if (KnownVerdict(result.verdict()) == v1::VERDICT_PASS) continue;
    if (!result.same_as_rule_id().empty()) {
      // Folding into something milder, or into nothing, would hide a failure.
      auto it = by_id.find(result.same_as_rule_id());
      if (it != by_id.end() && Order(*it->second) <= Order(result)) {
        ++repeats[it->second];
        continue;
      }
    }
    findings.push_back({&result, 0});
  }
  for (Finding& finding : findings) {
    auto it = repeats.find(finding.result);
    if (it != repeats.end()) finding.repeats = it->second;
  }
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) {
                     return Order(*a.result) < Order(*b.result);
                   });
  return findings;
}

std::string FoundText(const v1::RuleResult& result) {
  std::string out = Escape(result.found());
  if (result.has_error()) {
    const std::string message =
        Escape(result.error().message().empty() ? result.error().reason()
                                                : result.error().message());
    // Either may say what the other does.
    if (message.find(out) != std::string::npos) {
      out = message;
    } else if (out.find(message) == std::string::npos) {
      absl::StrAppend(&out, ": ", message);
    }
  }
  if (out.empty() && KnownVerdict(result.verdict()) == v1::VERDICT_ERROR) {
    out = "could not be judged";
  }
  return out;
}

bool IsFoundLine(const v1::Measure& measure) {
  return measure.name() == kMismatch || measure.name() == kTable ||
         measure.name() == kPassedTable;
}

std::vector<std::string> FoundLines(const v1::RuleResult& result, bool passed) {
  std::vector<std::string> lines;
  if (!IsComparison(result)) return lines;
  for (const v1::Measure& measure : result.measures()) {
    if (!IsFoundLine(measure)) continue;
    if (passed || measure.name() != kPassedTable) {
      lines.push_back(Escape(measure.value()));
    }
  }
  return lines;
}

std::string FoundSummary(const v1::RuleResult& result) {
  const std::vector<std::string> lines = FoundLines(result);
  if (lines.empty()) return FoundText(result);
  if (result.measures(0).name() == kMismatch) {
    return absl::StrCat(Count(static_cast<int64_t>(lines.size())),
                        lines.size() == 1 ? " mismatch" : " mismatches");
  }
  // The tables follow the first semicolon.
  return Escape(result.found().substr(0, result.found().find(';')));
}

std::string RepeatsText(const Finding& finding) {
  if (finding.repeats == 0) return "";
  return absl::StrCat(" (", finding.repeats, " more ",
                      finding.repeats == 1 ? "rule" : "rules",
                      " not judged for the same reason)");
}

}  // namespace assay::report
