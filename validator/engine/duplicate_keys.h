// SPDX-License-Identifier: Apache-2.0
// Counts the keys of one side that more than one row has: a finding of its own,
// also where both sides have the same duplicates.
#ifndef ASSAY_VALIDATOR_ENGINE_DUPLICATE_KEYS_H_
#define ASSAY_VALIDATOR_ENGINE_DUPLICATE_KEYS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "validator/engine/diff_context.h"

namespace assay::engine {

struct DuplicateKeys {
  int64_t keys = 0;
  int64_t rows = 0;  // Of these keys.
};

// How the duplicates of a side come to be known.
enum class DuplicateCount {
  kProvenNone,   // The catalog proves that there are none; or there is no key.
  kGroupBy,      // The database counts them byte by byte.
  kAllKeysRead,  // One value of the key has more than one spelling, which the
                 // database tells apart and a comparison does not.
};
DuplicateCount HowDuplicatesCount(const DiffContext& context, diff::Side side);

// Keys with a NULL are left out.
absl::StatusOr<DuplicateKeys> CountDuplicateKeys(const DiffContext& context,
                                                 diff::Side side);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_DUPLICATE_KEYS_H_
