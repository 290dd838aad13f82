// SPDX-License-Identifier: Apache-2.0
// A request that is being answered, so that it can be given up when its client
// goes away.
//
// Thread-safe.
#ifndef ASSAY_VALIDATOR_HTTP_EXCHANGE_H_
#define ASSAY_VALIDATOR_HTTP_EXCHANGE_H_

#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace assay::http {

class Exchange {
 public:
  // Nobody waits for the answer any more. Runs the last OnCancel's `stop`.
  void Cancel();

  bool cancelled() const;

  // `stop` is to run on Cancel(); at once where that was called already. It
  // takes the place of the one before. It must not block.
  void OnCancel(std::function<void()> stop);

 private:
  mutable absl::Mutex mu_;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  std::function<void()> stop_ ABSL_GUARDED_BY(mu_);
};

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_EXCHANGE_H_
