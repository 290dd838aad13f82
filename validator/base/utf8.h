// SPDX-License-Identifier: Apache-2.0
// Whether bytes are well-formed UTF-8: what JSON and protobuf strings may hold.
// Pure.
#ifndef ASSAY_VALIDATOR_BASE_UTF8_H_
#define ASSAY_VALIDATOR_BASE_UTF8_H_

#include <cstddef>
#include <string_view>

namespace assay {

struct Utf8Part {
  size_t length;  // In bytes.
  bool valid;
};

// The well-formed character, or the maximal ill-formed part, at `text[at]`.
// Table 3-7 of the Unicode standard: only the second byte has narrow bounds.
// REQUIRES: at < text.size().
Utf8Part Utf8PartAt(std::string_view text, size_t at);

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsValidUtf8(std::string_view text);

}  // namespace assay

#endif  // ASSAY_VALIDATOR_BASE_UTF8_H_
