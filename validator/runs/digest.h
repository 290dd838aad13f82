// SPDX-License-Identifier: Apache-2.0
// SHA-256 and the identifiers that are made of randomness.
//
// Pure functions but for the kernel's random source; thread-safe.
#ifndef ASSAY_VALIDATOR_RUNS_DIGEST_H_
#define ASSAY_VALIDATOR_RUNS_DIGEST_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "validator/runs/run.h"

namespace assay::runs {

// SHA-256 of `text`, 64 hexadecimal digits in lower case.
std::string Sha256Hex(std::string_view text);

// What makes two requests the same: rule set text, params, options, and the
// run that is rechecked.
std::string RequestDigest(const RunRequest& request);

// A claim of `principal` as the store looks it up: a request_id means nothing
// to other principals, so that nobody can take one in advance.
std::string ClaimKey(const std::string& principal,
                     const std::string& request_id);

// A label as the store looks it up.
std::string LabelKey(const std::string& name, const std::string& value);

inline constexpr size_t kRunIdLength = 20;

// A new run id: 20 characters of Crockford's base 32 in lower case, of which
// ten are the milliseconds of `now`, so that ids sort by time, and ten (50
// bits) are from the kernel. kInternal where the kernel has no randomness.
absl::StatusOr<std::string> NewRunId(absl::Time now);

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_DIGEST_H_
