// SPDX-License-Identifier: Apache-2.0
// ${env:NAME} and ${file:PATH} in a connection string.
#ifndef ASSAY_VALIDATOR_CONNECTIONS_SECRETS_H_
#define ASSAY_VALIDATOR_CONNECTIONS_SECRETS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "validator/odbc/connection_string.h"

namespace assay::connections {

// A connection string with its secrets read, and what must never be shown.
struct ExpandedString {
  odbc::ConnectionString string;
  std::vector<std::string> secrets;
};

// Returns what is wrong with the placeholders of `text`, "" where nothing is.
// Reads nothing.
std::string CheckPlaceholders(std::string_view text);

// Reads the placeholders of `text`. A secret becomes (part of) one value, and
// never a keyword, whatever it holds; only where the whole of `text` is one
// placeholder the secret is a connection string itself. A file's last line end
// is dropped. Fails with kSecretUnavailable, which names the variable or the
// file and never the secret.
absl::StatusOr<ExpandedString> ExpandSecrets(std::string_view text);

}  // namespace assay::connections

#endif  // ASSAY_VALIDATOR_CONNECTIONS_SECRETS_H_
