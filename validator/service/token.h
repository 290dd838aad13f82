// SPDX-License-Identifier: Apache-2.0
// Bearer tokens: their text, and the file that they are kept in.
//
// A token reads assay_<id>_<secret>. The file has the id and the SHA-256 of the
// secret. A plain hash is right here: the secret is 260 random bits and no
// word that somebody chose, so that there is no dictionary to try and nothing
// that a salt or a slow hash would protect; and each call pays for the hash.
//
// Stateless; thread-safe, also between processes where EditTokenFile is used.
#ifndef ASSAY_VALIDATOR_SERVICE_TOKEN_H_
#define ASSAY_VALIDATOR_SERVICE_TOKEN_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace assay::service {

struct TokenRecord {
  std::string id;
  std::string name;       // What it is for; for people.
  std::string principal;  // Whose rights it has.
  std::string hash;       // SHA-256 of the secret, hexadecimal.
  absl::Time created;
  absl::Time expires = absl::InfiniteFuture();  // InfiniteFuture: never.
  absl::Time revoked = absl::InfiniteFuture();  // InfiniteFuture: not.
};

struct NewToken {
  TokenRecord record;
  std::string text;  // To be shown once.
};

// A token of `principal` with an id and a secret of the kernel's randomness.
absl::StatusOr<NewToken> MakeToken(const std::string& name,
                                   const std::string& principal, absl::Time now,
                                   absl::Time expires);

// The parts of a token's text; views into it.
struct TokenParts {
  std::string_view id;
  std::string_view secret;
};

// nullopt where `text` is not of the form of a token.
std::optional<TokenParts> SplitToken(std::string_view text);

std::string HashSecret(std::string_view secret);

// The records of a file's text: one JSON object a line. kArgumentInvalid names
// the first line that is none, or repeats an id.
absl::StatusOr<std::vector<TokenRecord>> ParseTokens(std::string_view text);

// The text of such a file.
std::string FormatTokens(const std::vector<TokenRecord>& records);

// Reads the file at `path`; no file has no tokens.
absl::StatusOr<std::vector<TokenRecord>> ReadTokenFile(const std::string& path);

// Reads, edits and replaces the file at once: nobody ever reads half of it,
// and of two who edit, the second begins with what the first has written. The
// file is its owner's alone (0600); a new one, or one that root edits, belongs
// to whom the old one, or else the directory, belongs to.
absl::Status EditTokenFile(
    const std::string& path,
    const std::function<absl::Status(std::vector<TokenRecord>&)>& edit);

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_TOKEN_H_
