// SPDX-License-Identifier: Apache-2.0
// What a comparison found, as text: the sides, every count, causes, and rows
// field by field.
//
// Pure functions; thread-safe. Everything is escaped; nothing is said that the
// result does not hold.
#ifndef ASSAY_VALIDATOR_REPORT_DIFF_TEXT_H_
#define ASSAY_VALIDATOR_REPORT_DIFF_TEXT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "assay/v1/run.pb.h"
#include "assay/v1/value.pb.h"

namespace assay::report {

// Whether `result` is about a source and a target.
bool IsComparison(const v1::RuleResult& result);

// "legacy.customer → warehouse.public.customer".
std::string SidesText(const v1::RuleResult& result);

// A label and what it says, which may be several lines.
struct DiffField {
  std::string label;
  std::vector<std::string> lines;
};

// Differences, changed columns, causes, columns of one side, the other counts;
// what matters most comes first. Lists are broken into lines of `width`
// columns, with at most `most` columns and causes each.
std::vector<DiffField> DiffFields(const v1::RuleResult& result, size_t width,
                                  size_t most);

// A key with its rows: what is wrong with it, then each differing column with
// source and target side by side, or the one row that there is. At most
// `width` columns a line.
std::vector<std::string> DiffSampleLines(const v1::Sample& sample,
                                         size_t width);

// "amount '5.00' → 5.01 (rounded to 1 digit)".
std::string DiffCellText(const v1::Cell& cell, size_t width);

// The command that lists all differing keys of `result`; "" where there are
// none, or the run has no id.
std::string DifferencesCommand(const v1::Run& run,
                               const v1::RuleResult& result);

// The command that looks again at what failed in `run`; "" where no comparison
// of rows did.
std::string RecheckCommand(const v1::Run& run);

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_DIFF_TEXT_H_
