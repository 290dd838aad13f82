// SPDX-License-Identifier: Apache-2.0
#include "validator/report/display.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "validator/report/diff_text.h"

namespace assay::report {
namespace {

struct Interval {
  uint32_t first;
  uint32_t last;
};

template <size_t N>
bool Contains(const std::array<Interval, N>& intervals, uint32_t c) {
  return std::any_of(
      intervals.begin(), intervals.end(),
      [c](const Interval& i) { return i.first <= c && c <= i.last; });
}

// Characters that show nothing, or change the direction or the line of what
// follows: in a sample they would hide a difference.
constexpr std::array<Interval, 10> kInvisible{{{0x00ad, 0x00ad},
                                               {0x061c, 0x061c},
                                               {0x115f, 0x1160},
                                               {0x180e, 0x180e},
                                               {0x200b, 0x200f},
                                               {0x2028, 0x202e},
                                               {0x2060, 0x206f},
                                               {0xfeff, 0xfeff},
                                               {0xfff9, 0xfffb},
                                               {0xe0000, 0xe0fff}}};

// The blocks of combining marks that occur in practice.
constexpr std::array<Interval, 12> kCombining{{{0x0300, 0x036f},
                                               {0x0483, 0x0489},
                                               {0x0591, 0x05bd},
                                               {0x0610, 0x061a},
                                               {0x064b, 0x065f},
                                               {0x0900, 0x0902},
                                               {0x0e31, 0x0e31},
                                               {0x0e34, 0x0e3a},
                                               {0x1ab0, 0x1aff},
                                               {0x20d0, 0x20ff},
                                               {0xfe00, 0xfe0f},
                                               {0xfe20, 0xfe2f}}};

// East Asian wide and full-width characters, and emoji.
constexpr std::array<Interval, 13> kWide{{{0x1100, 0x115f},
                                          {0x2e80, 0x303e},
                                          {0x3041, 0x33ff},
                                          {0x3400, 0x4dbf},
                                          {0x4e00, 0x9fff},
                                          {0xa000, 0xa4cf},
                                          {0xac00, 0xd7a3},
                                          {0xf900, 0xfaff},
                                          {0xfe30, 0xfe6f},
                                          {0xff00, 0xff60},
                                          {0xffe0, 0xffe6},
                                          {0x1f300, 0x1faff},
                                          {0x20000, 0x3fffd}}};

size_t WidthOf(uint32_t c) {
  if (c < 0x300) return 1;
  if (Contains(kCombining, c)) return 0;
  return Contains(kWide, c) ? 2 : 1;
}

// Whether a text must be quoted lest it be taken for something else: for
// nothing, for NULL, for a masked value, or for one without its blanks.
bool NeedsQuotes(std::string_view text) {
  return text.empty() || text == "NULL" || text == "***" ||
         text.front() == ' ' || text.back() == ' ' || text.front() == '\'' ||
         text.find("  ") != std::string_view::npos;
}

}  // namespace

size_t DecodeUtf8(std::string_view text, uint32_t* code_point) {
  const auto byte = [&text](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const uint32_t lead = byte(0);
  if (lead < 0x80) {
    *code_point = lead;
    return 1;
  }
  const size_t length = lead >= 0xf0   ? 4
                        : lead >= 0xe0 ? 3
                        : lead >= 0xc0 ? 2
                                       : 0;
  if (length == 0 || lead > 0xf4 || text.size() < length) return 0;
  uint32_t c = lead & (0xffU >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    c = (c << 6) | (byte(i) & 0x3f);
  }
  constexpr std::array<uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  if (c < kLeast[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
    return 0;
  }
  *code_point = c;
  return length;
}

std::string ValidUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    uint32_t c = 0;
    const size_t length = DecodeUtf8(text, &c);
    if (length == 0) {
      out.append("\xEF\xBF\xBD");
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

std::string Escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    uint32_t c = 0;
    const size_t length = DecodeUtf8(text, &c);
    if (length == 0) {
      absl::StrAppendFormat(&out, "\\x%02x",
                            static_cast<unsigned char>(text.front()));
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c == '\r') {
      out.append("\\r");
    } else if (c == '\t') {
      out.append("\\t");
    } else if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
      absl::StrAppendFormat(&out, "\\x%02x", c);
    } else if (Contains(kInvisible, c)) {
      absl::StrAppendFormat(&out, "\\u{%x}", c);
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    uint32_t c = 0;
    const size_t length = DecodeUtf8(text, &c);
    width += length == 0 ? 1 : WidthOf(c);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return width;
}

std::string Cut(std::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width == 0) return "";
  size_t used = 0;
  size_t at = 0;
  while (at < text.size()) {
    uint32_t c = 0;
    const size_t length = DecodeUtf8(text.substr(at), &c);
    const size_t next = length == 0 ? 1 : WidthOf(c);
    if (used + next > width - 1) break;
    used += next;
    at += std::max<size_t>(length, 1);
  }
  return absl::StrCat(std::string(text.substr(0, at)), "…");
}

std::string Pad(std::string_view text, size_t width) {
  std::string out(text);
  const size_t used = DisplayWidth(text);
  if (used < width) out.append(width - used, ' ');
  return out;
}

std::string CellText(const v1::Cell& cell) {
  if (cell.masked()) return "***";
  if (!cell.has_text()) return "NULL";
  const std::string escaped = Escape(cell.text());
  const bool quote = NeedsQuotes(cell.text()) || escaped != cell.text();
  return absl::StrCat(quote ? "'" : "", escaped, quote ? "'" : "",
                      cell.truncated() ? "…" : "");
}

std::string SampleText(const v1::Sample& sample, size_t width) {
  // One long value must not push the others out of sight.
  constexpr size_t kCellWidth = 60;
  std::string out;
  for (const v1::Cell& cell : sample.cells()) {
    if (cell.differs() || cell.has_target()) {
      absl::StrAppend(&out, out.empty() ? "" : ", ",
                      DiffCellText(cell, kCellWidth));
      continue;
    }
    absl::StrAppend(&out, out.empty() ? "" : " ",
                    Cut(Escape(cell.column()), kCellWidth), "=",
                    Cut(CellText(cell), kCellWidth));
  }
  if (!sample.note().empty()) {
    absl::StrAppend(&out, out.empty() ? "" : ": ", Escape(sample.note()));
  }
  return Cut(out, width);
}

std::string Count(int64_t number) {
  const std::string digits = absl::StrCat(number);
  const size_t sign = number < 0 ? 1 : 0;
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > sign && (digits.size() - i) % 3 == 0) out.push_back(',');
    out.push_back(digits[i]);
  }
  return out;
}

std::string Seconds(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) seconds = 0;
  // Beyond this the number is nonsense, and would not fit an integer.
  seconds = std::min(seconds, 1e12);
  if (seconds < 0.9995) {
    return absl::StrFormat("%d ms",
                           static_cast<int>(std::lround(seconds * 1e3)));
  }
  if (seconds < 59.95) return absl::StrFormat("%.1f s", seconds);
  const int64_t whole = std::llround(seconds);
  if (whole < 3600) {
    return absl::StrFormat("%d min %d s", whole / 60, whole % 60);
  }
  return absl::StrFormat("%d h %d min", whole / 3600, whole % 3600 / 60);
}

std::string Iso8601(const google::protobuf::Timestamp& time) {
  // The years 0001 to 9999 of google.protobuf.Timestamp.
  if (time.seconds() < -62135596800 || time.seconds() > 253402300799 ||
      time.nanos() < 0 || time.nanos() > 999999999 ||
      (time.seconds() == 0 && time.nanos() == 0)) {
    return "";
  }
  const absl::Time t =
      absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E3SZ", t, absl::UTCTimeZone());
}

std::string TableText(const v1::RuleResult& result) {
  if (IsComparison(result)) return SidesText(result);
  if (result.table().empty()) return Escape(result.connection());
  if (result.connection().empty()) return Escape(result.table());
  return absl::StrCat(Escape(result.table()), " (", Escape(result.connection()),
                      ")");
}

}  // namespace assay::report
