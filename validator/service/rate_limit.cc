// SPDX-License-Identifier: Apache-2.0
#include "validator/service/rate_limit.h"

#include <algorithm>

namespace assay::service {

absl::Duration RateLimits::Take(const std::string& name, int64_t per_second,
                                absl::Duration now) {
  if (per_second <= 0) return absl::ZeroDuration();
  const double rate = static_cast<double>(per_second);
  absl::MutexLock lock(&mu_);
  const auto [at, first] = buckets_.try_emplace(name, Bucket{rate, now});
  Bucket& bucket = at->second;
  const double since =
      std::max(0.0, absl::ToDoubleSeconds(now - bucket.filled));
  bucket.left = std::min(rate, bucket.left + since * rate);
  bucket.filled = now;
  if (bucket.left >= 1) {
    bucket.left -= 1;
    return absl::ZeroDuration();
  }
  return absl::Seconds((1 - bucket.left) / rate);
}

}  // namespace assay::service
