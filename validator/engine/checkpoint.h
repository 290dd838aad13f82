// SPDX-License-Identifier: Apache-2.0
// How far a diff is, durable: where each side's reading stands, and which
// window file belongs to that. A checkpoint is bound to everything that its
// digests depend on.
#ifndef ASSAY_VALIDATOR_ENGINE_CHECKPOINT_H_
#define ASSAY_VALIDATOR_ENGINE_CHECKPOINT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "validator/engine/key_order.h"
#include "validator/engine/leftover_list.h"
#include "validator/value/value.h"

namespace assay::engine {

struct CheckpointSide {
  std::vector<Value> position;
  int64_t rows = 0;
  int64_t null_keys = 0;
  bool done = false;
};

// One range of keys, and how far both sides have read it.
struct CheckpointRange {
  KeyRange keys;
  CheckpointSide source, target;
};

struct Checkpoint {
  std::vector<CheckpointRange> ranges;
  std::string window;      // Path of the window's file (diff::Window::Save).
  ListExtent drained;      // Of the list of keys that have left the window.
  int64_t generation = 0;  // Grows with every checkpoint.
};

// Replaces the checkpoint of `folder` durably and removes the window file of
// the one before. kSpillFailed.
absl::Status WriteCheckpoint(const std::string& folder,
                             const std::string& binding,
                             const Checkpoint& checkpoint);

// kNotFound where there is none; another error where it is damaged or belongs
// to something else.
absl::StatusOr<Checkpoint> ReadCheckpoint(const std::string& folder,
                                          const std::string& binding);

void RemoveCheckpoint(const std::string& folder);

// How many rows of both sides the checkpoints below `folder` have behind them,
// whatever they are bound to: 0 where there is none.
int64_t CheckpointedRows(const std::string& folder);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_CHECKPOINT_H_
