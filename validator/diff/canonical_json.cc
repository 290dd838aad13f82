// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/canonical_json.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"

namespace assay::diff {
namespace {

constexpr int kMaxDepth = 500;
// A number is written out up to this many digits, and with an exponent beyond.
constexpr int64_t kMaxPlainDigits = 60;
constexpr int64_t kMaxExponent = int64_t{1} << 60;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

void AppendUtf8(uint32_t code, std::string& out) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
    return;
  }
  if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (code >> 6)));
  } else {
    if (code < 0x10000) {
      out.push_back(static_cast<char>(0xE0 | (code >> 12)));
    } else {
      out.push_back(static_cast<char>(0xF0 | (code >> 18)));
      out.push_back(static_cast<char>(0x80 | ((code >> 12) & 0x3F)));
    }
    out.push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3F)));
  }
  out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
}

void AppendEscape(uint32_t code, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out.append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) {
    out.push_back(kHex[(code >> shift) & 15]);
  }
}

void AppendCharacter(uint32_t code, std::string& out) {
  if (code < 0x20 || (code >= 0xD800 && code < 0xE000)) {
    AppendEscape(code, out);
  } else {
    if (code == '"' || code == '\\') out.push_back('\\');
    AppendUtf8(code, out);
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text)
      : p_(text.data()), end_(text.data() + text.size()) {}

  absl::Status Run(std::string& out) {
    if (!Value(out, 0)) return Failure();
    SkipBlanks();
    if (p_ != end_) {
      Fail("text behind its end");
      return Failure();
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Failure() const {
    return MakeError(ErrorReason::kNotComparable,
                     absl::StrCat("a value cannot be compared as JSON: ",
                                  problem_));
  }
  bool Fail(const char* problem) {
    problem_ = problem;
    return false;
  }
  bool Syntax() { return Fail("it does not parse"); }

  void SkipBlanks() {
    while (p_ != end_ &&
           (*p_ == ' ' || *p_ == '\t' || *p_ == '\n' || *p_ == '\r')) {
      ++p_;
    }
  }
  bool Skip(char c) {
    SkipBlanks();
    if (p_ == end_ || *p_ != c) return false;
    ++p_;
    return true;
  }
  bool Word(std::string_view word, std::string& out) {
    if (static_cast<size_t>(end_ - p_) < word.size() ||
        std::string_view(p_, word.size()) != word) {
      return Syntax();
    }
    p_ += word.size();
    out.append(word);
    return true;
  }

  bool Value(std::string& out, int depth) {
    if (depth > kMaxDepth) return Fail("it is nested too deeply");
    SkipBlanks();
    if (p_ == end_) return Syntax();
    switch (*p_) {
      case '{':
        return Object(out, depth);
      case '[':
        return Array(out, depth);
      case '"':
        return String(out);
      case 't':
        return Word("true", out);
      case 'f':
        return Word("false", out);
      case 'n':
        return Word("null", out);
      default:
        return Number(out);
    }
  }

  bool Object(std::string& out, int depth) {
    ++p_;
    std::vector<std::pair<std::string, std::string>> members;
    if (!Skip('}')) {
      do {
        SkipBlanks();
        if (p_ == end_ || *p_ != '"') return Syntax();
        auto& [key, value] = members.emplace_back();
        if (!String(key)) return false;
        if (!Skip(':')) return Syntax();
        if (!Value(value, depth + 1)) return false;
      } while (Skip(','));
      if (!Skip('}')) return Syntax();
    }
    std::sort(members.begin(), members.end());
    out.push_back('{');
    for (size_t i = 0; i < members.size(); ++i) {
      if (i > 0) {
        if (members[i].first == members[i - 1].first) {
          return Fail("an object has the same key twice");
        }
        out.push_back(',');
      }
      absl::StrAppend(&out, members[i].first, ":", members[i].second);
    }
    out.push_back('}');
    return true;
  }

  bool Array(std::string& out, int depth) {
    ++p_;
    out.push_back('[');
    if (!Skip(']')) {
      bool first = true;
      do {
        if (!first) out.push_back(',');
        first = false;
        if (!Value(out, depth + 1)) return false;
      } while (Skip(','));
      if (!Skip(']')) return Syntax();
    }
    out.push_back(']');
    return true;
  }

  bool Hex4(uint32_t& code) {
    if (end_ - p_ < 4) return Syntax();
    code = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = *p_++;
      const int digit = IsDigit(c)               ? c - '0'
                        : (c >= 'a' && c <= 'f') ? c - 'a' + 10
                        : (c >= 'A' && c <= 'F') ? c - 'A' + 10
                                                 : -1;
      if (digit < 0) return Syntax();
      code = code * 16 + static_cast<uint32_t>(digit);
    }
    return true;
  }

  bool Escape(std::string& out) {
    if (p_ == end_) return Syntax();
    switch (*p_++) {
      case '"':
        out.append("\\\"");
        return true;
      case '\\':
        out.append("\\\\");
        return true;
      case '/':
        out.push_back('/');
        return true;
      case 'b':
        AppendEscape('\b', out);
        return true;
      case 'f':
        AppendEscape('\f', out);
        return true;
      case 'n':
        AppendEscape('\n', out);
        return true;
      case 'r':
        AppendEscape('\r', out);
        return true;
      case 't':
        AppendEscape('\t', out);
        return true;
      case 'u':
        break;
      default:
        return Syntax();
    }
    uint32_t code = 0;
    if (!Hex4(code)) return false;
    if (code >= 0xD800 && code < 0xDC00 && end_ - p_ >= 6 && p_[0] == '\\' &&
        p_[1] == 'u') {
      const char* const before = p_;
      p_ += 2;
      uint32_t low = 0;
      if (!Hex4(low)) return false;
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      } else {
        p_ = before;
      }
    }
    AppendCharacter(code, out);
    return true;
  }

  bool String(std::string& out) {
    ++p_;
    out.push_back('"');
    while (true) {
      const char* const run = p_;
      while (p_ != end_ && *p_ != '"' && *p_ != '\\' &&
             static_cast<unsigned char>(*p_) >= 0x20) {
        ++p_;
      }
      out.append(run, p_);
      // Control characters must be escaped; SQLite and MariaDB agree.
      if (p_ == end_ || static_cast<unsigned char>(*p_) < 0x20) return Syntax();
      if (*p_++ == '"') break;
      if (!Escape(out)) return false;
    }
    out.push_back('"');
    return true;
  }

  // Digits of the number without leading and trailing zeros, and the power of
  // ten behind them: the same for all spellings.
  bool Number(std::string& out) {
    const bool negative = *p_ == '-';
    if (negative) ++p_;
    const char* const whole = p_;
    while (p_ != end_ && IsDigit(*p_)) ++p_;
    if (p_ == whole || (*whole == '0' && p_ - whole > 1)) return Syntax();
    std::string digits(whole, p_);
    int64_t exponent = 0;
    if (p_ != end_ && *p_ == '.') {
      const char* const fraction = ++p_;
      while (p_ != end_ && IsDigit(*p_)) ++p_;
      if (p_ == fraction) return Syntax();
      digits.append(fraction, p_);
      exponent = -(p_ - fraction);
    }
    if (p_ != end_ && (*p_ == 'e' || *p_ == 'E')) {
      ++p_;
      const bool down = p_ != end_ && *p_ == '-';
      if (p_ != end_ && (*p_ == '-' || *p_ == '+')) ++p_;
      const char* const begin = p_;
      int64_t power = 0;
      for (; p_ != end_ && IsDigit(*p_); ++p_) {
        power = std::min(power * 10 + (*p_ - '0'), kMaxExponent / 16);
      }
      if (p_ == begin) return Syntax();
      if (power == kMaxExponent / 16) return Fail("a number is too large");
      exponent += down ? -power : power;
    }
    const size_t last = digits.find_last_not_of('0');
    if (last == std::string::npos) {
      out.push_back('0');
      return true;
    }
    exponent += static_cast<int64_t>(digits.size() - last - 1);
    digits.resize(last + 1);
    digits.erase(0, digits.find_first_not_of('0'));
    if (negative) out.push_back('-');
    AppendNumber(digits, exponent, out);
    return true;
  }

  static void AppendNumber(std::string& digits, int64_t exponent,
                           std::string& out) {
    const auto size = static_cast<int64_t>(digits.size());
    const int64_t whole = size + exponent;  // Digits before the point.
    if (whole > kMaxPlainDigits || whole < -kMaxPlainDigits) {
      absl::StrAppend(&out, digits, "e", exponent);
    } else if (exponent >= 0) {
      out.append(digits);
      out.append(static_cast<size_t>(exponent), '0');
    } else if (whole > 0) {
      digits.insert(static_cast<size_t>(whole), 1, '.');
      out.append(digits);
    } else {
      out.append("0.");
      out.append(static_cast<size_t>(-whole), '0');
      out.append(digits);
    }
  }

  const char* p_;
  const char* const end_;
  const char* problem_ = "it does not parse";
};

}  // namespace

absl::Status AppendCanonicalJson(std::string_view text, std::string& out) {
  return Parser(text).Run(out);
}

}  // namespace assay::diff
