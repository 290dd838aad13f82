// SPDX-License-Identifier: Apache-2.0
// HTML put together so that a value can never become markup: markup is a
// constant of the program, checked by the compiler; everything else goes
// through a function that escapes it.
//
// Confined to one thread. Values are any bytes.
#ifndef ASSAY_VALIDATOR_REPORT_HTML_WRITER_H_
#define ASSAY_VALIDATOR_REPORT_HTML_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace assay::report {

// Bytes of a value that a page shows; samples have at most 1024.
inline constexpr size_t kMostText = 4096;

// A literal. Anything else does not compile.
class Markup {
 public:
  template <size_t N>
  consteval Markup(const char (&text)[N])  // NOLINT: implicit, so that
      : text_(text, N - 1) {}              // Raw("<b>") reads well.
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

class Html {
 public:
  Html& Raw(Markup markup);
  // `value` on one line with what is invisible made visible (report::Escape);
  // beyond `most` bytes cut, with a note of how much is missing.
  Html& Text(std::string_view value, size_t most = kMostText);
  // The same, each line of `value` a line of its own.
  Html& Lines(std::string_view value, size_t most = kMostText);
  // Between the quotes of an attribute: no note where it is cut.
  Html& Attribute(std::string_view value, size_t most = kMostText);
  // Inside <pre>: text to be copied as it is. Invisible characters are named
  // beside themselves and cannot turn the line around. What is cut has a note.
  Html& Verbatim(std::string_view value, size_t most);
  // Behind "/" or "=" of an address, percent-encoded.
  Html& Address(std::string_view value);
  // "16,044".
  Html& Number(int64_t number);
  // "16044", for attributes.
  Html& Digits(int64_t number);
  Html& Add(const Html& other);

  size_t size() const { return out_.size(); }
  const std::string& text() const { return out_; }

 private:
  std::string out_;
};

// The bytes of the first `most` bytes of `text` that are whole characters.
std::string_view WholeCharacters(std::string_view text, size_t most);

// `value` for the path or the query of an address: all but letters, digits and
// "-._~" as %XX.
std::string PercentEncode(std::string_view value);

// Whether `value` is an address that a page may link to: http or https, without
// a user name, in plain characters.
bool IsWebAddress(std::string_view value);

}  // namespace assay::report

#endif  // ASSAY_VALIDATOR_REPORT_HTML_WRITER_H_
