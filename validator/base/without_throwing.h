// SPDX-License-Identifier: Apache-2.0
// Ours throw nothing; a library that does must fail its run only, since a run
// that ends the server ends it again at the next start.
#ifndef ASSAY_VALIDATOR_BASE_WITHOUT_THROWING_H_
#define ASSAY_VALIDATOR_BASE_WITHOUT_THROWING_H_

#include <exception>
#include <string>

#include "absl/status/status.h"
#include "validator/base/status.h"

namespace assay {

// work(), or kInternal with what it threw. Every thread that executes a part of
// a run begins with it: an exception that leaves a thread ends the process.
template <typename Work>
absl::Status WithoutThrowing(const Work& work) {
  try {
    return work();
  } catch (const std::exception& e) {
    return MakeError(
        ErrorReason::kInternal,
        std::string("an unexpected exception ended the run: ") + e.what());
  }
}

}  // namespace assay

#endif  // ASSAY_VALIDATOR_BASE_WITHOUT_THROWING_H_
