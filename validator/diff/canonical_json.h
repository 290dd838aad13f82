// SPDX-License-Identifier: Apache-2.0
// One text for all JSON texts of the same value: keys sorted by their bytes, no
// blanks, strings with the fewest escapes, numbers exact (1.0 = 1 = 1e0, never
// through a double). The result is JSON again, but for lone surrogates, which
// stay escaped.
#ifndef ASSAY_VALIDATOR_DIFF_CANONICAL_JSON_H_
#define ASSAY_VALIDATOR_DIFF_CANONICAL_JSON_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace assay::diff {

// Appends the canonical form of `text`. kNotComparable, without a value of the
// data, where it does not parse, repeats a key within an object, or nests
// deeper than 500.
absl::Status AppendCanonicalJson(std::string_view text, std::string& out);

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_CANONICAL_JSON_H_
