// SPDX-License-Identifier: Apache-2.0
#include "validator/report/html_writer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "validator/report/display.h"

namespace assay::report {
namespace {

// `text` is valid UTF-8 and shows nothing strange.
void AppendEscaped(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      case '"':
        out.append("&quot;");
        break;
      case '\'':
        out.append("&#39;");
        break;
      default:
        out.push_back(c);
    }
  }
}

void AppendCutNote(size_t bytes, std::string& out) {
  absl::StrAppend(&out, "<span class=\"cut\">… cut here, ",
                  Count(static_cast<int64_t>(bytes)),
                  bytes == 1 ? " more byte" : " more bytes", "</span>");
}

}  // namespace

std::string_view WholeCharacters(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  size_t end = most;
  // At most three bytes of a character stand before a lead that is cut off.
  for (int i = 0; i < 3 && end > 0; ++i) {
    if ((static_cast<unsigned char>(text[end]) & 0xc0) != 0x80) break;
    --end;
  }
  return text.substr(0, end);
}

Html& Html::Raw(Markup markup) {
  out_.append(markup.text());
  return *this;
}

Html& Html::Text(std::string_view value, size_t most) {
  const std::string_view shown = WholeCharacters(value, most);
  AppendEscaped(Escape(shown), out_);
  if (shown.size() < value.size()) {
    AppendCutNote(value.size() - shown.size(), out_);
  }
  return *this;
}

Html& Html::Lines(std::string_view value, size_t most) {
  const std::string_view shown = WholeCharacters(value, most);
  std::string_view rest = shown;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    AppendEscaped(Escape(rest.substr(0, end)), out_);
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
    if (!rest.empty()) out_.append("<br>");
  }
  if (shown.size() < value.size()) {
    AppendCutNote(value.size() - shown.size(), out_);
  }
  return *this;
}

Html& Html::Attribute(std::string_view value, size_t most) {
  const std::string_view shown = WholeCharacters(value, most);
  AppendEscaped(Escape(shown), out_);
  if (shown.size() < value.size()) out_.append("…");
  return *this;
}

Html& Html::Verbatim(std::string_view value, size_t most) {
  std::string_view rest = WholeCharacters(value, most);
  const size_t missing = value.size() - rest.size();
  while (!rest.empty()) {
    uint32_t c = 0;
    const size_t length = DecodeUtf8(rest, &c);
    const std::string_view bytes = rest.substr(0, std::max<size_t>(length, 1));
    rest.remove_prefix(bytes.size());
    if (c == '\n' || c == '\t') {
      out_.push_back(static_cast<char>(c));
    } else if (length != 0 && Escape(bytes) == bytes) {
      AppendEscaped(bytes, out_);
    } else if (length == 0 || c == 0) {
      // HTML has no such character.
      absl::StrAppendFormat(&out_, "<span class=\"u\" data-u=\"%02X\">",
                            static_cast<unsigned char>(bytes.front()));
      out_.append("\xEF\xBF\xBD</span>");
    } else {
      absl::StrAppendFormat(&out_, "<span class=\"u\" data-u=\"U+%04X\">", c);
      // A bare one becomes a line feed when HTML is read.
      out_.append(c == '\r' ? std::string_view("&#13;") : bytes);
      out_.append("</span>");
    }
  }
  if (missing > 0) AppendCutNote(missing, out_);
  return *this;
}

Html& Html::Address(std::string_view value) {
  out_.append(PercentEncode(value));
  return *this;
}

Html& Html::Number(int64_t number) {
  out_.append(Count(number));
  return *this;
}

Html& Html::Digits(int64_t number) {
  absl::StrAppend(&out_, number);
  return *this;
}

Html& Html::Add(const Html& other) {
  out_.append(other.out_);
  return *this;
}

std::string PercentEncode(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '-' || c == '.' || c == '_' ||
        c == '~') {
      out.push_back(c);
    } else {
      absl::StrAppendFormat(&out, "%%%02X", byte);
    }
  }
  return out;
}

bool IsWebAddress(std::string_view value) {
  constexpr size_t kMost = 2048;
  const std::string lower = absl::AsciiStrToLower(
      absl::string_view(value.data(), std::min<size_t>(value.size(), 8)));
  const size_t scheme = absl::StartsWith(lower, "https://")  ? 8
                        : absl::StartsWith(lower, "http://") ? 7
                                                             : 0;
  if (scheme == 0 || value.size() > kMost) return false;
  const std::string_view rest = value.substr(scheme);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  // What stands before "@" is often made to look like the host.
  if (authority.empty() || authority.find('@') != std::string_view::npos) {
    return false;
  }
  return std::all_of(rest.begin(), rest.end(), [](char c) {
    constexpr std::string_view kNever = "\"'<>\\^`{|}";
    return c > 0x20 && c < 0x7f && kNever.find(c) == std::string_view::npos;
  });
}

}  // namespace assay::report
