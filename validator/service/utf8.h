// SPDX-License-Identifier: Apache-2.0
// Protobuf strings must be UTF-8, databases deliver anything.
//
// Stateless; thread-safe.
#ifndef ASSAY_VALIDATOR_SERVICE_UTF8_H_
#define ASSAY_VALIDATOR_SERVICE_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace assay::service {

// Returns `text` with each maximal ill-formed part replaced by U+FFFD, as the
// Unicode standard recommends (3.9, "substitution of maximal subparts").
std::string ValidUtf8(std::string_view text);

// Returns ValidUtf8(text), cut at the boundary of a character to at most
// `max_bytes`, the last of them "…" where something was cut.
// REQUIRES: max_bytes >= 3.
std::string ValidUtf8Prefix(std::string_view text, size_t max_bytes);

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_UTF8_H_
