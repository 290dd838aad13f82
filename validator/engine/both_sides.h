// SPDX-License-Identifier: Apache-2.0
// Two sides have two sessions, so that both databases may work at once.
#ifndef ASSAY_VALIDATOR_ENGINE_BOTH_SIDES_H_
#define ASSAY_VALIDATOR_ENGINE_BOTH_SIDES_H_

#include <thread>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "validator/base/without_throwing.h"
#include "validator/diff/digest.h"

namespace assay::engine {

// Runs `read` for the target on a thread of its own and for the source on this
// one; returns when both are done. The source's trouble comes first.
inline absl::Status OnBothSides(
    absl::FunctionRef<absl::Status(diff::Side)> read) {
  absl::Status target;
  std::thread other([&] {
    target = WithoutThrowing([&] { return read(diff::Side::kTarget); });
  });
  absl::Status source =
      WithoutThrowing([&] { return read(diff::Side::kSource); });
  other.join();
  source.Update(target);
  return source;
}

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_BOTH_SIDES_H_
