// SPDX-License-Identifier: Apache-2.0
// Values of options as people write them, the same in every caller.
//
// Stateless; thread-safe. Errors are absl::Status with complete messages.
#ifndef ASSAY_PLUGINS_CLI_OPTION_VALUES_H_
#define ASSAY_PLUGINS_CLI_OPTION_VALUES_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"

namespace assay::cli {

using TextMap = std::map<std::string, std::string>;

// Splits each "k=v" of `pairs`; `option` is named in the error. One key twice
// is an error.
absl::StatusOr<TextMap> ParsePairs(const std::vector<std::string>& pairs,
                                   const std::string& option);

// A JSON object, or lines "key: value" or "key=value"; `name` says in errors
// where `text` comes from.
absl::StatusOr<TextMap> ParseTexts(const std::string& text,
                                   const std::string& name);

// "30s", "2h", "1h30m", "1d"; a positive time.
absl::StatusOr<absl::Duration> ParseDuration(const std::string& text,
                                             const std::string& option);

void SetDuration(absl::Duration duration, google::protobuf::Duration* out);

// The page of a run on the HTTP front that `base_url` names; "" where one of
// the two is not known.
std::string ReportUrl(const std::string& base_url, const std::string& run_id);

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_OPTION_VALUES_H_
