// SPDX-License-Identifier: Apache-2.0
// Matches the rows of two sides by key digest, in whatever order they come.
//
// A row that meets its equal on the other side is forgotten, so that the window
// holds what one side is ahead of the other and what differs. Beyond its memory
// budget the window writes entries to files by partition of the key digest, and
// Finish matches partition by partition. The rows of one key must fit in memory
// in the end, whatever the budget; equal rows are held as one with a count.
//
// Duplicates are a multiset: k equal rows of one side cancel k of the other.
#ifndef ASSAY_VALIDATOR_DIFF_WINDOW_H_
#define ASSAY_VALIDATOR_DIFF_WINDOW_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "validator/diff/digest.h"
#include "validator/diff/payload.h"

namespace assay::diff {

struct WindowOptions {
  size_t memory_bytes = 64 << 20;  // Beyond, it spills.
  // An existing directory of this window's own; spill files are made in it.
  // The caller removes it. What an earlier window left there is overwritten,
  // unless Load takes it up.
  std::string directory;
  PayloadLayout layout;
  // Whether both sides are known to have each key once. Then a key that met an
  // unequal row is known to be changed at once (see changed()).
  bool unique_keys = false;
  // Where columns have a tolerance: whether two rows with equal digests are
  // equal in these too. Null: digests decide. REQUIRES: unique_keys.
  std::function<bool(std::string_view source_payload,
                     std::string_view target_payload)>
      within_tolerance;
};

// Rows that met no equal: `count` equal ones, mostly 1. (A keyless table may
// lack the same row a million times; there is one payload then.)
struct Leftover {
  Digest row;
  std::string_view payload;  // Valid during the call it is handed to.
  int64_t count = 1;
};

// All that is left of one key. Both sides non-empty: changed (pairwise, the
// surplus missing or extra); one side: missing or extra. How many rows a side
// has is the sum of its counts. Each side is in order of row digests.
struct LeftoverKey {
  Digest key;
  absl::Span<const Leftover> source;
  absl::Span<const Leftover> target;
};

// Not thread-safe: the caller's lock covers Add, Save and Finish.
class Window {
 public:
  explicit Window(WindowOptions options);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  // Takes the rows of one side. Fails with kSpillFailed (full disk: what and
  // where); the window is of no use afterwards.
  absl::Status Add(Side side, const DigestBatch& batch);
  // The same, but a row without a partner of whose payload `passed` is true is
  // handed over and forgotten at once, as Drain would: `passed` says that all
  // rows of the other side with this key have been added. Rows are held as
  // usual once something was spilled. Errors also as Finish.
  // REQUIRES: unique_keys.
  absl::Status Add(
      Side side, const DigestBatch& batch,
      const std::function<bool(std::string_view payload)>& passed,
      const std::function<absl::Status(const LeftoverKey&)>& visit);

  // Hands every leftover key over, each once, in no particular order, and
  // empties the window. Stops at the first error, its own or `visit`'s; the
  // window is of no use then. `cancelled`, unless null, is asked now and then;
  // true ends with kCancelled. The spill files stay, so that a checkpoint from
  // before Finish can still be loaded until the caller removes the directory.
  absl::Status Finish(
      const std::function<absl::Status(const LeftoverKey&)>& visit,
      const std::function<bool()>& cancelled);

  // Hands over, and forgets, the keys whose payloads `final` is true of: those
  // that no row to come can have. (All rows of one key must get the same
  // answer.) Does nothing once something was spilled: a partner may be on disk.
  // Returns how many keys that were. Errors as Finish.
  absl::StatusOr<int64_t> Drain(
      const std::function<bool(std::string_view payload)>& final,
      const std::function<absl::Status(const LeftoverKey&)>& visit);

  int64_t rows(Side side) const;  // Added so far.
  int64_t matched() const;        // Pairs of equal rows so far.
  // Distinct keys of the union, once Finish has returned OK: matched() and the
  // leftover keys, drained ones too. Only with unique keys: otherwise keys
  // whose rows all met their equals are counted by row pairs, and keys with
  // both are counted more than once; an upper bound then.
  int64_t keys() const;
  // Keys that are held by both sides with unequal rows; 0 without unique_keys.
  // Before Finish a lower bound (one side may be on disk), and afterwards
  // exact.
  int64_t changed() const;
  size_t entries() const;         // Held in memory.
  size_t memory_bytes() const;    // About what they take.
  int64_t spilled_bytes() const;  // Ever written; a split counts again.

  // Writes the whole state durably to `path` (by a temporary file and rename),
  // so that Load on a window with equal options goes on from it. Spill files
  // stay where they are and their present lengths are part of the state; Load
  // cuts what was appended later. Fails with kSpillFailed, in which case an
  // earlier file at `path` is still good.
  absl::Status Save(const std::string& path);
  // Forgets what was added before. Fails with kInternal where the file or a
  // spill file is missing, damaged, or of another version or comparison: the
  // window is empty then, and the caller starts anew. The budget may differ.
  absl::Status Load(const std::string& path);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_WINDOW_H_
