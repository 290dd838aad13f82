// SPDX-License-Identifier: Apache-2.0
// How often each principal may ask: a bucket of one second's requests, filled
// at its rate.
//
// Thread-safe.
#ifndef ASSAY_VALIDATOR_SERVICE_RATE_LIMIT_H_
#define ASSAY_VALIDATOR_SERVICE_RATE_LIMIT_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace assay::service {

class RateLimits {
 public:
  // Takes one request of `name` at `now`, which never falls, where
  // `per_second` allow it. Returns zero, or how long to wait for the next;
  // the refused request is not counted.
  absl::Duration Take(const std::string& name, int64_t per_second,
                      absl::Duration now);

 private:
  struct Bucket {
    double left = 0;
    absl::Duration filled;
  };

  absl::Mutex mu_;
  // Of principals of the configuration, so that it stays small.
  std::map<std::string, Bucket> buckets_ ABSL_GUARDED_BY(mu_);
};

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_RATE_LIMIT_H_
