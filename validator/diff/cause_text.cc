// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "validator/diff/cause_rules.h"

namespace assay::diff {
namespace {

std::string_view WithoutTrailing(std::string_view text) {
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::string_view WithoutLeading(std::string_view text) {
  const size_t begin = text.find_first_not_of(' ');
  return begin == std::string_view::npos ? std::string_view()
                                         : text.substr(begin);
}

// Small letters for what most alphabets have in two forms; no locale.
char32_t Fold(char32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 32;
  if (c < 0xC0) return c;
  if (c <= 0xDE) return c == 0xD7 ? c : c + 32;
  if (c == 0x178) return 0xFF;
  if (c == 0x130 || c == 0x131 || c == 0x138 || c == 0x149) return c;
  // Latin Extended-A: capitals are even, in two stretches odd.
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) {
    return c % 2 == 1 ? c + 1 : c;
  }
  if (c >= 0x100 && c <= 0x177) return c | 1;
  if (c >= 0x391 && c <= 0x3A9) return c + 32;  // Greek.
  if (c >= 0x410 && c <= 0x42F) return c + 32;  // Cyrillic.
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  if (c >= 0x1E00 && c <= 0x1EFF) return c | 1;  // Vietnamese and others.
  return c;
}

std::string Folded(std::string_view text) {
  const std::optional<std::u32string> decoded = DecodeUtf8(text);
  std::string out;
  out.reserve(text.size());
  if (!decoded.has_value()) {
    for (char c : text) {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    return out;
  }
  for (char32_t c : *decoded) AppendUtf8(Fold(c), out);
  return out;
}

std::string WithUnixLines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
    } else if (i + 1 == text.size() || text[i + 1] != '\n') {
      out += '\n';
    }
  }
  return out;
}

std::string WithoutWhitespace(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    if (c == ' ' || (c >= '\t' && c <= '\r')) continue;
    if (c == 0xC2 && text.substr(i, 2) == "\xC2\xA0") {  // No-break space.
      ++i;
      continue;
    }
    out += text[i];
  }
  return out;
}

std::string WithoutControls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) out += c;
  }
  return out;
}

std::string CutCause(std::string_view source, std::string_view target) {
  if (!source.starts_with(target)) return "";
  const std::string_view lost = source.substr(target.size());
  if (lost.front() == '\0') return "cut at a NUL";
  // MySQL's utf8mb3 ends a text there.
  if (static_cast<unsigned char>(lost.front()) >= 0xF0) {
    return "cut at a character beyond U+FFFF";
  }
  const std::optional<std::u32string> decoded = DecodeUtf8(target);
  if (!decoded.has_value()) {
    return absl::StrCat("cut to ",
                        Count(static_cast<int64_t>(target.size()), "byte"));
  }
  return absl::StrCat(
      "cut to ", Count(static_cast<int64_t>(decoded->size()), "character"));
}

}  // namespace

std::string TextCause(std::string_view source, std::string_view target) {
  if (source == target) return "";
  if (WithoutTrailing(source) == WithoutTrailing(target)) {
    return "trailing blanks";
  }
  if (WithoutLeading(source) == WithoutLeading(target)) {
    return "leading blanks";
  }
  if (WithoutLeading(WithoutTrailing(source)) ==
      WithoutLeading(WithoutTrailing(target))) {
    return "leading and trailing blanks";
  }
  if (source.empty()) return "'' became a value";
  if (target.empty()) return "a value became ''";
  if (WithUnixLines(source) == WithUnixLines(target)) return "line ends";
  if (Folded(source) == Folded(target)) return "case";
  const std::string dense_source = WithoutWhitespace(source);
  const std::string dense_target = WithoutWhitespace(target);
  if (dense_source == dense_target) return "whitespace";
  const std::optional<Decimal> source_number = ParseDecimal(source);
  if (source_number.has_value() && source_number == ParseDecimal(target)) {
    return "same number, written differently";
  }
  if (std::string cause = CutCause(source, target); !cause.empty()) {
    return cause;
  }
  if (WithoutControls(source) == WithoutControls(target)) {
    return "control characters";
  }
  if (std::string cause = CharacterSetCause(source, target); !cause.empty()) {
    return cause;
  }
  if (Folded(dense_source) == Folded(dense_target)) {
    return "case and whitespace";
  }
  return "";
}

}  // namespace assay::diff
