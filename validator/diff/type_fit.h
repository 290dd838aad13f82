// SPDX-License-Identifier: Apache-2.0
// Whether a target's column can hold every value of a source's. Pure.
#ifndef ASSAY_VALIDATOR_DIFF_TYPE_FIT_H_
#define ASSAY_VALIDATOR_DIFF_TYPE_FIT_H_

#include <string>

#include "validator/db/table_facts.h"

namespace assay::diff {

struct TypeFit {
  bool fits = true;
  // Where it does not fit: what is lost. Where it fits: what to know, or empty.
  std::string why;
};

TypeFit FitTypes(const db::ColumnFacts& source, const db::ColumnFacts& target);

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_TYPE_FIT_H_
