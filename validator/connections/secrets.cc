// SPDX-License-Identifier: Apache-2.0
#include "validator/connections/secrets.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"

namespace assay::connections {
namespace {

constexpr size_t kMaxSecretBytes = 64 << 10;

// A piece of a text: literal, or the inside of "${…}".
struct Piece {
  bool placeholder = false;
  std::string text;
};

// Splits `text` at its placeholders. An unclosed "${" is literal.
std::vector<Piece> Split(std::string_view text) {
  std::vector<Piece> pieces;
  size_t at = 0;
  while (at < text.size()) {
    const size_t begin = text.find("${", at);
    const size_t end = begin == std::string_view::npos ? std::string_view::npos
                                                       : text.find('}', begin);
    if (end == std::string_view::npos) {
      pieces.push_back({false, std::string(text.substr(at))});
      break;
    }
    if (begin > at) {
      pieces.push_back({false, std::string(text.substr(at, begin - at))});
    }
    pieces.push_back(
        {true, std::string(text.substr(begin + 2, end - begin - 2))});
    at = end + 1;
  }
  return pieces;
}

absl::StatusOr<std::string> ReadSecret(const std::string& placeholder) {
  std::string secret;
  if (absl::StartsWith(placeholder, "env:")) {
    const std::string name = placeholder.substr(4);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) {
      return MakeError(
          ErrorReason::kSecretUnavailable,
          absl::StrCat("environment variable ", name, " is not set"));
    }
    secret = value;
  } else {
    const std::string path = placeholder.substr(5);
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      return MakeError(ErrorReason::kSecretUnavailable,
                       absl::StrCat("cannot read secret file ", path, ": ",
                                    std::strerror(errno)));
    }
    secret.resize(kMaxSecretBytes + 1);
    file.read(secret.data(), static_cast<std::streamsize>(secret.size()));
    if (file.bad() || (file.gcount() == 0 && !file.eof())) {
      return MakeError(ErrorReason::kSecretUnavailable,
                       absl::StrCat("cannot read secret file ", path));
    }
    secret.resize(static_cast<size_t>(file.gcount()));
    if (absl::EndsWith(secret, "\n")) secret.pop_back();
    if (absl::EndsWith(secret, "\r")) secret.pop_back();
  }
  if (secret.size() > kMaxSecretBytes ||
      secret.find('\0') != std::string::npos) {
    return MakeError(ErrorReason::kSecretUnavailable,
                     absl::StrCat("the secret of ${", placeholder,
                                  "} is no text of at most 64 KiB"));
  }
  return secret;
}

// Stands for placeholder `i` while the string is taken apart: free of braces,
// and no driver takes control characters.
std::string Mark(size_t i) { return absl::StrCat("\x01", i, "\x02"); }

// Replaces the marks in `value`.
std::string Substitute(const std::string& value,
                       const std::vector<std::string>& secrets) {
  std::string out;
  size_t at = 0;
  while (at < value.size()) {
    const size_t begin = value.find('\x01', at);
    const size_t end =
        value.find('\x02', begin == std::string::npos ? at : begin);
    if (begin == std::string::npos || end == std::string::npos) break;
    out.append(value, at, begin - at);
    out.append(secrets[std::stoul(value.substr(begin + 1, end - begin - 1))]);
    at = end + 1;
  }
  return out.append(value, std::min(at, value.size()), std::string::npos);
}

// Passwords are secrets wherever they come from.
void AddPasswords(const odbc::ConnectionString& string,
                  std::vector<std::string>* secrets) {
  for (const auto& [keyword, value] : string.items()) {
    if (odbc::IsPasswordKeyword(keyword)) secrets->push_back(value);
  }
}

}  // namespace

std::string CheckPlaceholders(std::string_view text) {
  if (text.find_first_of("\x01\x02") != std::string_view::npos) {
    return "has control characters";
  }
  for (const Piece& piece : Split(text)) {
    if (!piece.placeholder) {
      if (piece.text.find("${") != std::string::npos) {
        return "has a '${' without its '}'";
      }
      continue;
    }
    const bool known =
        (absl::StartsWith(piece.text, "env:") && piece.text.size() > 4) ||
        (absl::StartsWith(piece.text, "file:") && piece.text.size() > 5);
    if (!known) {
      return absl::StrCat("has '${", piece.text,
                          "}', which is neither ${env:NAME} nor ${file:PATH}");
    }
  }
  return "";
}

absl::StatusOr<ExpandedString> ExpandSecrets(std::string_view text) {
  const std::string mistake = CheckPlaceholders(text);
  if (!mistake.empty()) {
    return MakeError(ErrorReason::kArgumentInvalid,
                     absl::StrCat("the connection string ", mistake));
  }
  ExpandedString out;
  const std::vector<Piece> pieces = Split(text);
  std::string marked;
  std::vector<std::string> read;
  for (const Piece& piece : pieces) {
    if (!piece.placeholder) {
      marked += piece.text;
      continue;
    }
    ASSAY_ASSIGN_OR_RETURN(std::string secret, ReadSecret(piece.text));
    marked += Mark(read.size());
    read.push_back(std::move(secret));
  }
  if (pieces.size() == 1 && pieces.front().placeholder) {
    out.string = odbc::ConnectionString(read.front());
    out.secrets = std::move(read);
    AddPasswords(out.string, &out.secrets);
    return out;
  }
  out.string = odbc::ConnectionString(marked);
  for (auto& [keyword, value] : out.string.items()) {
    if (keyword.find('\x01') != std::string::npos) {
      return MakeError(ErrorReason::kArgumentInvalid,
                       "the connection string has a secret for a keyword");
    }
    value = Substitute(value, read);
  }
  out.secrets = std::move(read);
  AddPasswords(out.string, &out.secrets);
  return out;
}

}  // namespace assay::connections
