// SPDX-License-Identifier: Apache-2.0
// What stands in the page tokens of this service's listings.
//
// Stateless; thread-safe. Damaged tokens are kPageTokenInvalid.
#ifndef ASSAY_VALIDATOR_SERVICE_PAGE_CURSOR_H_
#define ASSAY_VALIDATOR_SERVICE_PAGE_CURSOR_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "validator/runs/run_manager.h"

namespace assay::service {

// Everything that must stay the same between two pages, unambiguously.
template <typename Request>
std::string FilterOf(Request request) {
  request.clear_page_token();
  request.clear_page_size();
  // A map has no order of its own: the text form sorts it.
  return absl::StrCat(Request::descriptor()->full_name(), "\n",
                      request.ShortDebugString());
}

std::string ToText(const runs::ListCursor& cursor);

// The cursor in `token`; nullopt without a token.
absl::StatusOr<std::optional<runs::ListCursor>> DecodeCursor(
    const std::string& filter, const std::string& token);

// A cursor that is a number, at least 0; 0 without a token.
absl::StatusOr<int64_t> DecodeNumber(const std::string& filter,
                                     const std::string& token);

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_PAGE_CURSOR_H_
