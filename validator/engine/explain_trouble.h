// SPDX-License-Identifier: Apache-2.0
// What Explain cannot show as SQL. A plain record; confined to one thread.
#ifndef ASSAY_VALIDATOR_ENGINE_EXPLAIN_TROUBLE_H_
#define ASSAY_VALIDATOR_ENGINE_EXPLAIN_TROUBLE_H_

#include "absl/status/status.h"
#include "validator/base/status.h"

namespace assay::engine {

struct ExplainTrouble {
  int count = 0;
  bool all_retryable = true;  // Each may pass by itself.

  // REQUIRES: !status.ok().
  void Add(const absl::Status& status) {
    ++count;
    all_retryable = all_retryable && IsRetryable(status);
  }
  void AddPermanent() {
    ++count;
    all_retryable = false;
  }
};

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_EXPLAIN_TROUBLE_H_
