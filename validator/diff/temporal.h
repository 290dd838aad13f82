// SPDX-License-Identifier: Apache-2.0
// Dates and times as the databases print them → canonical bytes. Wider than
// validator/value's parser, which reads what authors write: years before 1 and
// after 9999, infinity, zero dates, days that do not exist, any number of
// fractional digits. Nothing is rounded without a policy.
//
// Pure; thread-safe.
#ifndef ASSAY_VALIDATOR_DIFF_TEMPORAL_H_
#define ASSAY_VALIDATOR_DIFF_TEMPORAL_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "rules/ruleset/model.h"

namespace assay::diff {

// Each returns false, and appends nothing, where `text` has another shape.
// `policy` may be null; only its precision counts.

// A timestamp at midnight is a date too; any other is not.
bool PutDate(std::string_view text, std::string& out);
bool PutTime(std::string_view text, const ColumnPolicy* policy,
             std::string& out);
// Without a zone in the text it is the wall time of `zone`; of a wall time that
// the clocks showed twice, the first. One that they skipped is a special.
bool PutTimestamp(std::string_view text, absl::TimeZone zone,
                  const ColumnPolicy* policy, std::string& out);

// "0044-03-15 BC", "2024-02-29", "12024-01-01": any day, for people.
std::string DayText(int64_t days);
// The same with a time: "0044-03-15T10:00:00Z BC".
std::string MomentText(int64_t micros);

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_TEMPORAL_H_
