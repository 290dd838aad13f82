// SPDX-License-Identifier: Apache-2.0
// Reads the payload of a digested row (digest.h has its layout). Pure.
#ifndef ASSAY_VALIDATOR_DIFF_PAYLOAD_H_
#define ASSAY_VALIDATOR_DIFF_PAYLOAD_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace assay::diff {

// How many columns of each kind follow the key.
struct PayloadLayout {
  size_t exact_columns = 0;
  size_t tolerance_columns = 0;
};

// Canonical bytes of the key.
std::string_view PayloadKey(std::string_view payload);
// The key's first column, where it is a whole number of 64 bits.
std::optional<int64_t> PayloadLeadingInteger(std::string_view payload);
// Low digest half of exactly compared column `i`.
uint64_t PayloadColumn(std::string_view payload, size_t i);
// Canonical bytes of tolerance column `i`.
std::string_view PayloadTolerance(std::string_view payload,
                                  const PayloadLayout& layout, size_t i);

}  // namespace assay::diff

#endif  // ASSAY_VALIDATOR_DIFF_PAYLOAD_H_
