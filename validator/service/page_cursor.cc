// SPDX-License-Identifier: Apache-2.0
#include "validator/service/page_cursor.h"

#include <charconv>
#include <string_view>

#include "absl/time/time.h"
#include "validator/base/status.h"
#include "validator/service/page_token.h"

namespace assay::service {
namespace {

bool ParseInt(std::string_view text, int64_t* out) {
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, *out);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

}  // namespace

std::string ToText(const runs::ListCursor& cursor) {
  return absl::StrCat(absl::ToUnixNanos(cursor.as_of_time), "/", cursor.run_id);
}

absl::StatusOr<std::optional<runs::ListCursor>> DecodeCursor(
    const std::string& filter, const std::string& token) {
  if (token.empty()) return std::optional<runs::ListCursor>();
  ASSAY_ASSIGN_OR_RETURN(const std::string text,
                         DecodePageToken(filter, token));
  const size_t slash = text.find('/');
  int64_t nanos = 0;
  if (slash == std::string::npos || !ParseInt(text.substr(0, slash), &nanos)) {
    return MakeError(ErrorReason::kPageTokenInvalid, "page_token: is damaged");
  }
  return std::optional(
      runs::ListCursor{.as_of_time = absl::FromUnixNanos(nanos),
                       .run_id = text.substr(slash + 1)});
}

absl::StatusOr<int64_t> DecodeNumber(const std::string& filter,
                                     const std::string& token) {
  if (token.empty()) return 0;
  ASSAY_ASSIGN_OR_RETURN(const std::string text,
                         DecodePageToken(filter, token));
  int64_t number = 0;
  if (ParseInt(text, &number) && number >= 0) return number;
  return MakeError(ErrorReason::kPageTokenInvalid, "page_token: is damaged");
}

}  // namespace assay::service
