// SPDX-License-Identifier: Apache-2.0
// The bodies of the fuzzers of the rule set language. They abort on a broken
// promise and return otherwise; any bytes are allowed.
#ifndef ASSAY_TESTS_FUZZ_FUZZ_TARGETS_H_
#define ASSAY_TESTS_FUZZ_FUZZ_TARGETS_H_

#include <string_view>

namespace assay {

// The parser and everything behind it up to BindParameters.
void FuzzRuleSet(std::string_view text);

// ParseValue, ToText and Compare: what parses has a text that parses back to
// an equal value. The first byte chooses the type.
void FuzzValue(std::string_view text);

}  // namespace assay

#endif  // ASSAY_TESTS_FUZZ_FUZZ_TARGETS_H_
