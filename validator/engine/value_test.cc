// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/value_test.h"

#include <cctype>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "re2/re2.h"
#include "validator/base/status.h"
#include "validator/base/utf8.h"

namespace assay::engine {
namespace {

bool AllDigits(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return true;
}

bool IsInteger(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    text.remove_prefix(1);
  }
  return AllDigits(text);
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-'
             : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) {
      return false;
    }
  }
  return true;
}

using Patterns = std::vector<std::unique_ptr<const RE2>>;

bool Matches(const Patterns& patterns, const PatternTest& test,
             std::string_view text) {
  const auto anchor =
      test.mode == MatchMode::kFull ? RE2::ANCHOR_BOTH : RE2::UNANCHORED;
  const bool all = test.combine == Combine::kAll;
  const re2::StringPiece piece(text.data(), text.size());
  for (const auto& pattern : patterns) {
    // No captures: RE2 then stays in its DFA.
    const bool match =
        pattern->Match(piece, 0, piece.size(), anchor, nullptr, 0);
    if (match != all) return match;
  }
  return all;
}

}  // namespace

bool HoldsType(TypeClass type, std::string_view text) {
  switch (type) {
    case TypeClass::kInteger:
      return IsInteger(text);
    case TypeClass::kDecimal:
      return ParseDecimal(text).has_value();
    case TypeClass::kUuid:
      return IsUuid(text);
    case TypeClass::kJson:
      // The parser takes a zero byte for the end and leaves a byte order mark
      // out; no database would.
      return text.find('\0') == std::string_view::npos &&
             !text.starts_with("\xEF\xBB\xBF") &&
             nlohmann::json::accept(text.begin(), text.end());
    case TypeClass::kTimestamp:
      // With or without a zone.
      return ParseValue(TypeClass::kTimestampTz, text).ok();
    default:
      return ParseValue(type, text).ok();
  }
}

absl::StatusOr<ValuePredicate> CompileValueTest(const ValueTest& test) {
  if (const auto* type = std::get_if<TypeTest>(&test)) {
    return ValuePredicate([wanted = type->type](std::string_view text) {
      return HoldsType(wanted, text);
    });
  }
  const auto& pattern_test = std::get<PatternTest>(test);
  RE2::Options options(RE2::Quiet);
  options.set_never_capture(true);
  options.set_max_mem(64 << 20);
  auto patterns = std::make_shared<Patterns>();
  for (const std::string& pattern : pattern_test.patterns) {
    auto compiled = std::make_unique<const RE2>(pattern, options);
    if (!compiled->ok()) {
      return MakeError(ErrorReason::kValueInvalid,
                       absl::StrCat("pattern '", pattern,
                                    "' is not valid RE2: ", compiled->error()));
    }
    patterns->push_back(std::move(compiled));
  }
  return ValuePredicate(
      [patterns = std::move(patterns), pattern_test](std::string_view text) {
        // RE2 matches nothing of what is not UTF-8, not even "a stray byte".
        if (pattern_test.forbid && !IsValidUtf8(text)) return false;
        return Matches(*patterns, pattern_test, text) != pattern_test.forbid;
      });
}

}  // namespace assay::engine
