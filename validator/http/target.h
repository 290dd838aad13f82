// SPDX-License-Identifier: Apache-2.0
// The target of a request line, taken apart: "/v1/runs/ab%20c:wait?timeout=5s".
//
// Stateless; thread-safe.
#ifndef ASSAY_VALIDATOR_HTTP_TARGET_H_
#define ASSAY_VALIDATOR_HTTP_TARGET_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace assay::http {

struct QueryItem {
  std::string name;
  std::string value;
};

struct Target {
  // Between the slashes, decoded; {"v1", "runs", "ab c"}. "/" has none.
  std::vector<std::string> segments;
  std::string verb;  // What follows the last segment's last ':', as "wait".
  std::vector<QueryItem> query;  // Decoded, in order; '+' is a blank.
};

// Fails with kHttpRequestInvalid where `whole` is no absolute path, has an
// escape that is none, is no UTF-8 or holds control characters when decoded, or
// has more than 200 items in its query. A ':' that belongs to a name is to be
// written %3A.
absl::StatusOr<Target> ParseTarget(std::string_view whole);

// "a b/c" -> "a%20b%2Fc": one segment of a path.
std::string EncodeSegment(std::string_view text);

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_TARGET_H_
