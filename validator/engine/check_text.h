// SPDX-License-Identifier: Apache-2.0
// Recognises what a CHECK constraint demands, where a rule kind can say it:
// lists of values and bounds of one column, as PostgreSQL, MariaDB and SQLite
// print them. Pure.
#ifndef ASSAY_VALIDATOR_ENGINE_CHECK_TEXT_H_
#define ASSAY_VALIDATOR_ENGINE_CHECK_TEXT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::engine {

struct CheckLiteral {
  std::string text;  // Without quotes.
  bool quoted = false;
};

// One demand on one column. Exactly one of `values`, `forbid` and the bounds is
// set.
struct CheckDemand {
  std::string column;  // As written; "value" for a domain's.
  std::vector<CheckLiteral> values;
  std::vector<CheckLiteral> forbid;
  std::optional<CheckLiteral> min, max, above, below;
};

// The demands that together are `text`; nullopt where any of it is not
// recognised.
std::optional<std::vector<CheckDemand>> ReadCheck(std::string_view text);

}  // namespace assay::engine

#endif  // ASSAY_VALIDATOR_ENGINE_CHECK_TEXT_H_
