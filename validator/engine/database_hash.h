// SPDX-License-Identifier: Apache-2.0
// Proves two tables equal by hashes that the databases compute, where that is
// sound and cheaper than reading. It never proves a difference.
#ifndef ASSAY_VALIDATOR_ENGINE_DATABASE_HASH_H_
#define ASSAY_VALIDATOR_ENGINE_DATABASE_HASH_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "validator/engine/diff_context.h"

namespace assay::engine {

struct HashOutcome {
  bool equal = false;
  int64_t rows = 0;  // Of each side, where equal.
  // The choice and why, for people: "hashed in both databases: equal",
  // "streamed: column note is text under a non-deterministic collation".
  std::string note;
};

// Why hashing in the databases would not be sound, or not be cheaper; empty:
// it is both. Asks the catalogs for collations.
absl::StatusOr<std::string> WhyNotHashed(const DiffContext& context);

// Hashes both sides at once where WhyNotHashed is empty. Trouble with the
// hashing itself is no failure: the rows are then read.
absl::StatusOr<HashOutcome> CompareHashes(const DiffContext& context);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_DATABASE_HASH_H_
