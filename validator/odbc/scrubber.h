// SPDX-License-Identifier: Apache-2.0
// Takes secrets out of texts that a driver wrote.
#ifndef ASSAY_VALIDATOR_ODBC_SCRUBBER_H_
#define ASSAY_VALIDATOR_ODBC_SCRUBBER_H_

#include <string>
#include <string_view>
#include <vector>

namespace assay::odbc {

// Immutable; thread-safe.
class Scrubber {
 public:
  Scrubber() = default;
  // Looks for each secret as it is, brace-quoted, percent-encoded, and with
  // its quotes doubled or escaped. Secrets below 3 bytes are left: taking
  // every 'a' out of a message would tell more than it hides.
  explicit Scrubber(const std::vector<std::string>& secrets);

  // Returns `text` with every secret replaced by "***", also in the value of
  // a password keyword ("Pwd=…"), known or not.
  std::string Scrub(std::string_view text) const;

 private:
  std::vector<std::string> forms_;  // Longest first.
};

}  // namespace assay::odbc

#endif  // ASSAY_VALIDATOR_ODBC_SCRUBBER_H_
