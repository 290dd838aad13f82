// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <string_view>

#include "validator/diff/cause_rules.h"

namespace assay::diff {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// Windows-1252 from 0x80 to 0x9F; the five that it leaves out are controls, as
// Windows and MySQL have it.
constexpr char32_t kWindows1252[32] = {
    0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
    0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
    0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

// The bytes of `text` taken for characters of a one-byte set, in UTF-8.
std::string ReadAs(std::string_view text, bool windows) {
  std::string out;
  out.reserve(text.size() * 2);
  for (char byte : text) {
    char32_t c = static_cast<unsigned char>(byte);
    if (windows && c >= 0x80 && c < 0xA0) c = kWindows1252[c - 0x80];
    AppendUtf8(c, out);
  }
  return out;
}

size_t Utf8Length(char32_t c) {
  return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

// `text` with every character from `first` on replaced by `by`, once or once a
// byte.
std::string Replaced(const std::u32string& text, char32_t first,
                     std::string_view by, bool each_byte) {
  std::string out;
  for (char32_t c : text) {
    if (c < first) {
      AppendUtf8(c, out);
      continue;
    }
    for (size_t i = each_byte ? Utf8Length(c) : 1; i > 0; --i) out += by;
  }
  return out;
}

// Latin-1's letters from U+00C0 as base letter and mark; ' ': not composed.
constexpr std::string_view kBases =
    "AAAAAA CEEEEIIII NOOOOO  UUUUY  aaaaaa ceeeeiiii nooooo  uuuuy y";
// ` grave, ' acute, ^ circumflex, ~ tilde, : diaeresis, o ring, , cedilla.
constexpr std::string_view kMarks =
    "`'^~:o ,`'^:`'^: ~`'^~:  `'^:'  `'^~:o ,`'^:`'^: ~`'^~:  `'^:' :";
static_assert(kBases.size() == 64 && kMarks.size() == 64);

char32_t CombiningMark(char mark) {
  switch (mark) {
    case '`':
      return 0x300;
    case '\'':
      return 0x301;
    case '^':
      return 0x302;
    case '~':
      return 0x303;
    case ':':
      return 0x308;
    case 'o':
      return 0x30A;
    default:
      return 0x327;
  }
}

// Letters apart from their marks, which are left out where not `marks`.
std::u32string Decomposed(const std::u32string& text, bool marks) {
  std::u32string out;
  out.reserve(text.size());
  for (char32_t c : text) {
    if (c >= 0x300 && c <= 0x36F) {
      if (marks) out += c;
      continue;
    }
    if (c >= 0xC0 && c <= 0xFF && kBases[c - 0xC0] != ' ') {
      out += static_cast<char32_t>(kBases[c - 0xC0]);
      if (marks) out += CombiningMark(kMarks[c - 0xC0]);
      continue;
    }
    out += c;
  }
  return out;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x80;
  });
}

}  // namespace

void AppendUtf8(char32_t c, std::string& out) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

std::optional<std::u32string> DecodeUtf8(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const unsigned char lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80   ? 1
                          : lead < 0xC2 ? 0
                          : lead < 0xE0 ? 2
                          : lead < 0xF0 ? 3
                          : lead < 0xF5 ? 4
                                        : 0;
    if (length == 0 || text.size() - i < length) return std::nullopt;
    char32_t c = length == 1 ? lead : lead & (0x7F >> length);
    for (size_t k = 1; k < length; ++k) {
      const unsigned char byte = static_cast<unsigned char>(text[i + k]);
      if ((byte & 0xC0) != 0x80) return std::nullopt;
      c = c << 6 | (byte & 0x3F);
    }
    if (Utf8Length(c) != length || c > 0x10FFFF) return std::nullopt;
    out += c;
    i += length;
  }
  return out;
}

std::string CharacterSetCause(std::string_view source,
                              std::string_view target) {
  if (IsAscii(source) && IsAscii(target)) return "";
  if (target == ReadAs(source, /*windows=*/false)) return "read as Latin-1";
  if (target == ReadAs(source, /*windows=*/true)) return "read as Windows-1252";
  if (source == ReadAs(target, /*windows=*/false)) {
    return "the source was read as Latin-1";
  }
  if (source == ReadAs(target, /*windows=*/true)) {
    return "the source was read as Windows-1252";
  }
  const std::optional<std::u32string> from = DecodeUtf8(source);
  const std::optional<std::u32string> to = DecodeUtf8(target);
  if (!from.has_value() || !to.has_value()) return "";
  std::string replacement;
  AppendUtf8(kReplacement, replacement);
  for (const bool each_byte : {false, true}) {
    if (target == Replaced(*from, 0x80, "?", each_byte)) {
      return "characters beyond ASCII became ?";
    }
    if (target == Replaced(*from, 0x80, replacement, each_byte)) {
      return "characters beyond ASCII became U+FFFD";
    }
    if (target == Replaced(*from, 0x100, "?", each_byte)) {
      return "characters beyond Latin-1 became ?";
    }
    if (target == Replaced(*from, 0x10000, "?", each_byte) ||
        target == Replaced(*from, 0x10000, replacement, each_byte)) {
      return "characters beyond U+FFFF replaced";
    }
  }
  if (target == Replaced(*from, 0x80, "", false)) {
    return "characters beyond ASCII lost";
  }
  if (Decomposed(*from, true) == Decomposed(*to, true)) {
    return "Unicode normalisation";
  }
  if (Decomposed(*from, false) == *to) return "accents lost";
  return "";
}

}  // namespace assay::diff
