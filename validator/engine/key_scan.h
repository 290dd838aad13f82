// SPDX-License-Identifier: Apache-2.0
// Reads the keys, and nothing else, of all rows of one side.
#ifndef ASSAY_VALIDATOR_ENGINE_KEY_SCAN_H_
#define ASSAY_VALIDATOR_ENGINE_KEY_SCAN_H_

#include <functional>

#include "absl/status/status.h"
#include "validator/diff/digest.h"
#include "validator/engine/diff_context.h"

namespace assay::engine {

// Calls `take` for batches of rows of side `which` where `where` holds, whose
// keys are `columns`. Stops at the first error, its own or `take`'s.
absl::Status ScanKeys(
    const DiffContext& context, diff::Side which, const SideColumns& columns,
    const ExprPtr& where,
    const std::function<absl::Status(const diff::DigestBatch&)>& take);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_KEY_SCAN_H_
