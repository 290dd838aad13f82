// SPDX-License-Identifier: Apache-2.0
// Leftover records, of any number: in memory while they are few, in a file
// beyond.
#ifndef ASSAY_VALIDATOR_ENGINE_LEFTOVER_LIST_H_
#define ASSAY_VALIDATOR_ENGINE_LEFTOVER_LIST_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "validator/diff/disk.h"
#include "validator/diff/spill.h"
#include "validator/diff/window.h"
#include "validator/engine/leftover.h"

namespace assay::engine {

// Of the file's layout. Part of what a checkpoint is bound to: a server of
// another release begins anew.
inline constexpr int kLeftoverListVersion = 2;

// What of a list's file counts, and how many records that are.
struct ListExtent {
  diff::SpillExtent bytes;
  int64_t records = 0;
};

// Written first, then read. Confined to one thread at a time. All errors are
// kSpillFailed.
class LeftoverList {
 public:
  // Keeps its file in `folder`; empty: always in memory. With a `name` the file
  // stays when the list goes, so that a checkpoint can refer to it; without
  // one it goes too.
  explicit LeftoverList(std::string folder, const std::string& name = "");
  ~LeftoverList();
  LeftoverList(const LeftoverList&) = delete;
  LeftoverList& operator=(const LeftoverList&) = delete;

  absl::Status Add(const LeftoverRecord& record);
  // The same without a copy.
  absl::Status Add(const diff::LeftoverKey& leftover);
  int64_t size() const { return size_; }

  // Makes all records durable.
  // REQUIRES: a folder and a name.
  absl::Status Sync(ListExtent& extent);
  // Goes on from what was synced: cuts off what came later. Forgets what was
  // added before. Damage shows in ForEach.
  absl::Status Restore(const ListExtent& extent);

  // Hands the records over in chunks of at most `chunk`.
  absl::Status ForEach(
      size_t chunk,
      const std::function<absl::Status(std::vector<LeftoverRecord>&)>& visit);

 private:
  absl::Status Open(int flags);
  absl::Status Flush();
  // After a record was put into the buffer.
  absl::Status Added();

  const std::string folder_;
  const bool keep_;
  std::string path_;
  diff::Descriptor file_;
  ListExtent written_;  // In the file.
  std::string buffer_;  // Serialized records that are not in the file.
  int64_t size_ = 0;
};

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_LEFTOVER_LIST_H_
