// SPDX-License-Identifier: Apache-2.0
// Long division of a decimal by an integer.
#include <string>

#include "validator/value/value.h"

namespace assay {

Decimal Divide(const Decimal& a, int64_t by, int digits) {
  const bool negative = a.digits.front() == '-';
  const std::string text = a.digits.substr(negative ? 1 : 0);
  std::string out;
  // The remainder stays below `by`, so remainder · 10 + 9 fits 128 bits.
  __extension__ unsigned __int128 remainder = 0;
  int behind = -1;  // Digits written behind the point; -1: before it.
  const auto push = [&](char c) {
    remainder = remainder * 10 + static_cast<unsigned>(c - '0');
    out.push_back(static_cast<char>(
        '0' + static_cast<int>(remainder / static_cast<uint64_t>(by))));
    remainder %= static_cast<uint64_t>(by);
  };
  for (const char c : text) {
    if (c == '.') {
      if (digits == 0) break;
      out.push_back('.');
      behind = 0;
    } else if (behind < 0) {
      push(c);
    } else if (behind < digits) {
      push(c);
      ++behind;
    }
  }
  if (behind < 0 && digits > 0) {
    out.push_back('.');
    behind = 0;
  }
  while (behind >= 0 && behind < digits && remainder != 0) {
    push('0');
    ++behind;
  }
  // "5." is no number for ParseDecimal.
  if (!out.empty() && out.back() == '.') out.pop_back();
  return ParseDecimal((negative ? "-" : "") + out).value_or(Decimal{});
}

}  // namespace assay
