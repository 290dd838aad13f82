// SPDX-License-Identifier: Apache-2.0
#include "rules/kinds/scan_rule.h"

namespace assay {

Judgement JudgeScanRule(const Observation& observation,
                        const std::string& what) {
  Judgement out;
  out.counters = {.rows_total = observation.rows_total,
                  .rows_considered = observation.rows_considered,
                  .rows_null = observation.rows_null,
                  .rows_failing = observation.rows_failing};
  out.found = RowsText(observation.rows_failing.value_or(0),
                       observation.rows_considered, what);
  return out;
}

}  // namespace assay
