// SPDX-License-Identifier: Apache-2.0
// Whether bytes are well-formed UTF-8: what JSON and protobuf strings may hold.
// Pure.
#ifndef ASSAY_VALIDATOR_BASE_UTF8_H_
#define ASSAY_VALIDATOR_BASE_UTF8_H_

#include <string_view>

namespace assay {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsValidUtf8(std::string_view text);

}  // namespace assay

#endif  // ASSAY_VALIDATOR_BASE_UTF8_H_
