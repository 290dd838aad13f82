// SPDX-License-Identifier: Apache-2.0
// Where the leftovers of a scan go: to the conclusion at once, on a thread of
// its own while the scan goes on, or to a list that is concluded later.
#ifndef ASSAY_VALIDATOR_ENGINE_LEFTOVER_SINK_H_
#define ASSAY_VALIDATOR_ENGINE_LEFTOVER_SINK_H_

#include <future>
#include <vector>

#include "absl/status/status.h"
#include "validator/diff/window.h"
#include "validator/engine/diff_conclusion.h"
#include "validator/engine/leftover_list.h"

namespace assay::engine {

// One thread at a time. Borrows both; the conclusion is its own until Flush.
class LeftoverSink {
 public:
  LeftoverSink(DiffConclusion& conclusion, LeftoverList& list)
      : conclusion_(conclusion), list_(list) {}
  ~LeftoverSink();

  // Concludes the key's differences.
  absl::Status Conclude(const diff::LeftoverKey& leftover);
  // Keeps them for later.
  absl::Status Keep(const diff::LeftoverKey& leftover) {
    return list_.Add(leftover);
  }

  // Waits until all are concluded.
  absl::Status Flush();

 private:
  // Hands the chunk over, once the one before is concluded.
  absl::Status HandOver();

  DiffConclusion& conclusion_;
  LeftoverList& list_;
  // Of both the memory is used again.
  std::vector<LeftoverRecord> chunk_;
  size_t filled_ = 0;        // Of `chunk_`.
  size_t filled_bytes_ = 0;  // Their payloads.
  std::vector<LeftoverRecord> in_work_;
  std::future<absl::Status> concluded_;  // Of `in_work_`.
};

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_LEFTOVER_SINK_H_
