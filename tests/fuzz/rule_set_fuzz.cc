// SPDX-License-Identifier: Apache-2.0
// libFuzzer entry: any bytes as a rule set. Linked without a main, so that it
// also runs inside the unit tests (rule_set_fuzz_test.cc).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "rules/ruleset/parser.h"
#include "tests/fuzz/fuzz_targets.h"
#include "tests/ruleset/fake_kinds.h"

namespace assay {

void FuzzRuleSet(std::string_view text) {
  const ParseResult result = ParseRuleSet(text, FakeKinds());
  const ParseResult again = ParseRuleSet(text, FakeKinds());
  if (again.issues.size() != result.issues.size()) std::abort();
  int shown = 0;
  for (const Issue& issue : result.issues) {
    if (issue.code.empty() || issue.message.empty()) std::abort();
    if (issue.range.line < 0 || issue.range.column < 0) std::abort();
    if (issue.range.end_line < issue.range.line) std::abort();
    // Finding a line is linear in the text.
    if (++shown < 20) FormatIssue(issue, "fuzz.yaml", text);
  }
  if (HasErrors(result.issues)) return;
  // What was accepted is complete.
  if (result.rule_set.name.empty() ||
      (result.rule_set.tables.empty() && result.rule_set.comparisons.empty())) {
    std::abort();
  }
  for (const Comparison& comparison : result.rule_set.comparisons) {
    for (const ComparisonSide* side :
         {&comparison.source, &comparison.target}) {
      if (side->connection.text.empty()) std::abort();
      const int forms = (side->table.has_value() ? 1 : 0) +
                        (side->tables.has_value() ? 1 : 0) +
                        (side->query.has_value() ? 1 : 0);
      if (forms != 1) std::abort();
    }
    if (comparison.rules.empty()) std::abort();
    for (const Rule& rule : comparison.rules) {
      if (rule.id.empty() || rule.kind.empty()) std::abort();
    }
  }
  for (const TableRules& table : result.rule_set.tables) {
    if (table.rules.empty() || table.table.text.empty()) std::abort();
    for (const Rule& rule : table.rules) {
      if (rule.id.empty() || rule.kind.empty()) std::abort();
    }
  }
  std::vector<Issue> issues;
  BindParameters(result.rule_set, {}, issues);
}

}  // namespace assay

#ifndef ASSAY_FUZZ_IN_TEST
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  assay::FuzzRuleSet({reinterpret_cast<const char*>(data), size});
  return 0;
}
#endif
