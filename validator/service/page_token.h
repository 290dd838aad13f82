// SPDX-License-Identifier: Apache-2.0
// Page tokens: a cursor, bound to the filter that it was made for.
//
// Stateless; thread-safe. A token outlives the server. It is checked against
// mistakes, not against forgery: it says nothing that the listing does not.
#ifndef ASSAY_VALIDATOR_SERVICE_PAGE_TOKEN_H_
#define ASSAY_VALIDATOR_SERVICE_PAGE_TOKEN_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace assay::service {

// Returns base64url of `cursor` and a hash of it and `filter`. `filter` names
// the listing and holds everything that must not change between pages.
std::string EncodePageToken(std::string_view filter, std::string_view cursor);

// Returns the cursor. kPageTokenInvalid where the token is damaged or was made
// for another filter.
absl::StatusOr<std::string> DecodePageToken(std::string_view filter,
                                            std::string_view token);

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_PAGE_TOKEN_H_
