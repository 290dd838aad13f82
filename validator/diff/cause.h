// SPDX-License-Identifier: Apache-2.0
// Why two values differ, where that can be recognised, and what many
// differences have in common. Pure; thread-safe.
#ifndef ASSAY_VALIDATOR_DIFF_CAUSE_H_
#define ASSAY_VALIDATOR_DIFF_CAUSE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "rules/verdict/result.h"
#include "validator/diff/compare_type.h"
#include "validator/value/value.h"

namespace assay::diff {

// The reason for one pair of unequal values, e.g. "trailing blanks", "case",
// "rounded to 2 digits", "cut to 40 characters", "shifted by +1h", "'' became
// NULL", "NULL became 1", "read as Latin-1", "sign"; "" where none is
// recognised. Holds no value of the data, but NULL, '', 0, 1, true, false, the
// bounds of number types ("clamped to 32767") and names of JSON members.
std::string CauseOf(CompareType type, const Value& source, const Value& target);

// Collects pairs and finds the causes that only show in numbers: one constant
// in place of everything, one time shift for all rows, the digits to which all
// were rounded. Takes little memory however many pairs. Not thread-safe.
class CauseClusters {
 public:
  CauseClusters();
  ~CauseClusters();
  CauseClusters(const CauseClusters&) = delete;
  CauseClusters& operator=(const CauseClusters&) = delete;

  void Add(const std::string& column, CompareType type, const Value& source,
           const Value& target);
  // Most frequent first, then by name, each with the policy that forgives it.
  // Pairs without a cause are left out.
  // Constants are named by value only where `may_show(column)`.
  std::vector<ColumnChange> Clusters(
      const std::function<bool(const std::string&)>& may_show) const;

 private:
  struct Column;
  std::map<std::string, Column> columns_;
};

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_CAUSE_H_
