// SPDX-License-Identifier: Apache-2.0
// An ODBC connection string as keywords and values.
//
// A value that holds ';', braces or outer blanks is written in braces, a '}' in
// it doubled, so that no value can become a keyword. So is a password with
// anything but letters and digits in it.
#ifndef ASSAY_VALIDATOR_ODBC_CONNECTION_STRING_H_
#define ASSAY_VALIDATOR_ODBC_CONNECTION_STRING_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::odbc {

// Whether the value of `keyword` is a password in every driver.
bool IsPasswordKeyword(std::string_view keyword);

// Plain data; safe to copy between threads.
class ConnectionString {
 public:
  ConnectionString() = default;
  // Takes "key=value;key={va;lue}"; parts without '=' are kept as keywords
  // with an empty value. Never fails: drivers take anything.
  explicit ConnectionString(std::string_view text);

  // The first value of `keyword`, without case.
  std::optional<std::string> Get(std::string_view keyword) const;
  // Replaces every value of `keyword` by one.
  void Set(std::string_view keyword, std::string_view value);
  // Sets it unless it is there.
  void SetDefault(std::string_view keyword, std::string_view value);

  const std::vector<std::pair<std::string, std::string>>& items() const {
    return items_;
  }
  std::vector<std::pair<std::string, std::string>>& items() { return items_; }

  std::string ToString() const;

 private:
  std::vector<std::pair<std::string, std::string>> items_;
};

}  // namespace assay::odbc

#endif  // ASSAY_VALIDATOR_ODBC_CONNECTION_STRING_H_
