// SPDX-License-Identifier: Apache-2.0
#include "validator/http/target.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "validator/base/status.h"
#include "validator/service/utf8.h"

namespace assay::http {
namespace {

constexpr size_t kMaxQueryItems = 200;

absl::Status Bad(const std::string& why) {
  return MakeError(ErrorReason::kHttpRequestInvalid,
                   absl::StrCat("the request's target ", why));
}

enum class Plus { kIsBlank, kIsItself };

int HexOf(char c) {
  if (absl::ascii_isdigit(static_cast<unsigned char>(c))) return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

absl::StatusOr<std::string> Decode(absl::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? HexOf(text[i + 1]) : -1;
      const int low = high < 0 ? -1 : HexOf(text[i + 2]);
      if (low < 0) return Bad("has a '%' that two hex digits do not follow");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus == Plus::kIsBlank) {
      c = ' ';
    }
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      return Bad("holds a control character");
    }
    out.push_back(c);
  }
  if (service::ValidUtf8(out) != out) return Bad("is no UTF-8 when decoded");
  return out;
}

absl::Status ParseQuery(absl::string_view text, Target& target) {
  for (const absl::string_view item : absl::StrSplit(text, '&')) {
    if (item.empty()) continue;
    if (target.query.size() == kMaxQueryItems) {
      return Bad(absl::StrCat("has more than ", kMaxQueryItems,
                              " items in its query"));
    }
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(item, absl::MaxSplits('=', 1));
    QueryItem out;
    ASSAY_ASSIGN_OR_RETURN(out.name, Decode(parts.first, Plus::kIsBlank));
    ASSAY_ASSIGN_OR_RETURN(out.value, Decode(parts.second, Plus::kIsBlank));
    target.query.push_back(std::move(out));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Target> ParseTarget(std::string_view whole) {
  Target out;
  absl::string_view text(whole.data(), whole.size());
  if (text.find('#') != absl::string_view::npos) {
    return Bad("has a '#', which is never sent");
  }
  if (const size_t mark = text.find('?'); mark != absl::string_view::npos) {
    ASSAY_RETURN_IF_ERROR(ParseQuery(text.substr(mark + 1), out));
    text = text.substr(0, mark);
  }
  if (!absl::ConsumePrefix(&text, "/")) {
    return Bad("must be a path that begins with '/'");
  }
  if (text.empty()) return out;
  if (const size_t colon = text.rfind(':');
      colon != absl::string_view::npos &&
      text.find('/', colon) == absl::string_view::npos) {
    ASSAY_ASSIGN_OR_RETURN(out.verb,
                           Decode(text.substr(colon + 1), Plus::kIsItself));
    if (out.verb.empty()) {
      return Bad("ends in ':' without a verb; a name's ':' is written %3A");
    }
    text = text.substr(0, colon);
  }
  for (const absl::string_view segment : absl::StrSplit(text, '/')) {
    ASSAY_ASSIGN_OR_RETURN(std::string decoded,
                           Decode(segment, Plus::kIsItself));
    out.segments.push_back(std::move(decoded));
  }
  return out;
}

std::string EncodeSegment(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
        std::string_view("-._~").find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      absl::StrAppend(&out, "%",
                      absl::AsciiStrToUpper(
                          absl::BytesToHexString(absl::string_view(&c, 1))));
    }
  }
  return out;
}

}  // namespace assay::http
