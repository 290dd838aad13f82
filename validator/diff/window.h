// SPDX-License-Identifier: Apache-2.0
// Matches the rows of two sides by key digest, in whatever order they come.
//
// A row that meets its equal on the other side is forgotten, so that the window
// holds what one side is ahead of the other and what differs. Beyond its memory
// budget the window writes entries to files by partition of the key digest, and
// Finish matches partition by partition.
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
#include "absl/types/span.h"
#include "validator/diff/digest.h"
#include "validator/diff/payload.h"

namespace assay::diff {

struct WindowOptions {
  size_t memory_bytes = 64 << 20;  // Beyond, it spills.
  // An existing directory of this window's own; spill files are made in it.
  // The caller removes it.
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

// A row that met no equal.
struct Leftover {
  Digest row;
  std::string_view payload;  // Valid during the call it is handed to.
};

// All that is left of one key. Both sides non-empty: changed (pairwise, the
// surplus missing or extra); one side: missing or extra.
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

  // Hands every leftover key over, each once, in no particular order, and
  // empties the window. Stops at the first error, its own or `visit`'s.
  // `cancelled` is asked now and then; true ends with kCancelled.
  absl::Status Finish(const std::function<absl::Status(const LeftoverKey&)>& visit,
                      const std::function<bool()>& cancelled);

  int64_t rows(Side side) const;   // Added so far.
  int64_t matched() const;         // Pairs of equal rows so far.
  // Distinct keys of the union, once Finish has returned OK; with unique keys
  // that is matched() + leftover keys. Without unique keys, keys whose rows
  // all cancelled are only known by number of pairs: see the .cc for how they
  // are counted (docs say "rows" then).
  int64_t changed() const;         // Keys known to be changed; unique_keys only.
  size_t entries() const;          // Held in memory.
  size_t memory_bytes() const;     // About what they take.
  int64_t spilled_bytes() const;

  // Writes the whole state durably to `path` (by a temporary file and rename),
  // so that Load on a window with equal options goes on from it. Spill files
  // stay where they are and their present lengths are part of the state; Load
  // cuts what was appended later. Fails with kSpillFailed.
  absl::Status Save(const std::string& path);
  // Fails with kInternal where the file is damaged or of another version; the
  // caller then starts anew.
  absl::Status Load(const std::string& path);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_WINDOW_H_
