// SPDX-License-Identifier: Apache-2.0
// Whether bytes are well-formed UTF-8: what JSON and protobuf strings may hold.
#ifndef ASSAY_VALIDATOR_RUNS_UTF8_H_
#define ASSAY_VALIDATOR_RUNS_UTF8_H_

#include <string_view>

namespace assay::runs {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsValidUtf8(std::string_view text);

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_UTF8_H_
