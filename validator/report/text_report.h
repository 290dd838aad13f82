// SPDX-License-Identifier: Apache-2.0
// A run for people: what failed, expected and found, in at most 15 lines, and
// 25 more where a comparison failed; or everything.
//
// Pure functions; thread-safe. Data cannot drive the terminal: see Escape.
#ifndef ASSAY_VALIDATOR_REPORT_TEXT_REPORT_H_
#define ASSAY_VALIDATOR_REPORT_TEXT_REPORT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "assay/v1/rule_set.pb.h"
#include "assay/v1/run.pb.h"

namespace assay::report {

// The most lines that the short report has, and of them those about what
// comparisons found.
inline constexpr int kMaxTextLines = 40;
inline constexpr int kMaxDiffLines = 25;

struct TextOptions {
  bool color = false;    // ANSI colours.
  bool verbose = false;  // All results, samples as tables, SQL.
  // How to see more, e.g. "assay show 0198ab --all"; empty: said nowhere.
  std::string more_command;
  // Whether to say how to go on from a failed comparison: the server that has
  // the run stays.
  bool commands = false;
};

// Ends in a newline.
std::string TextReport(const v1::Run& run, const TextOptions& options = {});

// One result on one line, as `assay watch` prints it when it comes. No newline.
std::string TextResultLine(const v1::RuleResult& result, bool color);

// Runs as a table with a heading; wide: with their labels. Ends in a newline.
enum class RunColumns { kUsual, kWide };
std::string TextRuns(const std::vector<v1::Run>& runs,
                     RunColumns columns = RunColumns::kUsual);

// The kinds as a table; one kind with all that is known of it.
std::string TextKinds(const std::vector<v1::RuleKind>& kinds);
std::string TextKind(const v1::RuleKind& kind);

// Rows with aligned columns, two blanks between, `indent` before each line; a
// rule of dashes below the first row. Cells must be escaped. Ends in a newline.
std::string AlignedTable(const std::vector<std::vector<std::string>>& rows,
                         std::string_view indent);

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_TEXT_REPORT_H_
