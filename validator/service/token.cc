// SPDX-License-Identifier: Apache-2.0
#include "validator/service/token.h"

#include <openssl/evp.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "validator/base/status.h"
#include "validator/service/utf8.h"

namespace assay::service {
namespace {

using Json = nlohmann::json;

constexpr char kAlphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";  // 5 bits.
constexpr std::string_view kPrefix = "assay_";
constexpr size_t kIdLength = 12;
constexpr size_t kSecretLength = 52;
constexpr char kTimeFormat[] = "%Y-%m-%dT%H:%M:%SZ";

absl::StatusOr<std::string> RandomText(size_t length) {
  std::string out(length, '\0');
  size_t have = 0;
  while (have < length) {
    const ssize_t got = getrandom(out.data() + have, length - have, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      return MakeError(ErrorReason::kInternal,
                       "the kernel gives no random bytes for a token");
    }
    have += static_cast<size_t>(got);
  }
  for (char& c : out) c = kAlphabet[static_cast<unsigned char>(c) & 31];
  return out;
}

bool IsTokenText(std::string_view text) {
  return text.find_first_not_of(kAlphabet) == std::string_view::npos;
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime(kTimeFormat, time, absl::UTCTimeZone());
}

// Absent is InfiniteFuture; throws where it is no time.
absl::Time ReadTime(const Json& in, const char* key) {
  const auto it = in.find(key);
  if (it == in.end()) return absl::InfiniteFuture();
  absl::Time out;
  std::string error;
  if (!absl::ParseTime(kTimeFormat, it->get<std::string>(), &out, &error)) {
    throw Json::other_error::create(501, error, &in);
  }
  return out;
}

TokenRecord ReadRecord(const Json& in) {
  TokenRecord out;
  out.id = in.at("id").get<std::string>();
  out.name = in.at("name").get<std::string>();
  out.principal = in.at("principal").get<std::string>();
  out.hash = in.at("sha256").get<std::string>();
  in.at("created");
  out.created = ReadTime(in, "created");
  out.expires = ReadTime(in, "expires");
  out.revoked = ReadTime(in, "revoked");
  const bool hexadecimal =
      out.hash.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (out.hash.size() != 64 || !hexadecimal || !IsTokenText(out.id)) {
    throw Json::other_error::create(501, "not as assayd writes it", &in);
  }
  return out;
}

}  // namespace

absl::StatusOr<NewToken> MakeToken(const std::string& name,
                                   const std::string& principal, absl::Time now,
                                   absl::Time expires) {
  NewToken out;
  ASSAY_ASSIGN_OR_RETURN(out.record.id, RandomText(kIdLength));
  ASSAY_ASSIGN_OR_RETURN(const std::string secret, RandomText(kSecretLength));
  out.record.name = name;
  out.record.principal = principal;
  out.record.hash = HashSecret(secret);
  out.record.created = absl::FromUnixSeconds(absl::ToUnixSeconds(now));
  if (expires != absl::InfiniteFuture()) {
    out.record.expires = absl::FromUnixSeconds(absl::ToUnixSeconds(expires));
  }
  out.text = absl::StrCat(std::string(kPrefix), out.record.id, "_", secret);
  return out;
}

std::optional<TokenParts> SplitToken(std::string_view text) {
  if (text.size() != kPrefix.size() + kIdLength + 1 + kSecretLength ||
      !text.starts_with(kPrefix)) {
    return std::nullopt;
  }
  text.remove_prefix(kPrefix.size());
  const TokenParts parts = {.id = text.substr(0, kIdLength),
                            .secret = text.substr(kIdLength + 1)};
  if (text[kIdLength] != '_' || !IsTokenText(parts.id) ||
      !IsTokenText(parts.secret)) {
    return std::nullopt;
  }
  return parts;
}

std::string HashSecret(std::string_view secret) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  // Cannot fail but for memory; an empty digest matches nothing.
  if (EVP_Digest(secret.data(), secret.size(), digest.data(), &size,
                 EVP_sha256(), nullptr) != 1) {
    return "";
  }
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

absl::StatusOr<std::vector<TokenRecord>> ParseTokens(std::string_view text) {
  std::vector<TokenRecord> out;
  std::set<std::string> seen;
  for (int line = 1; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view row = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (row.empty()) continue;
    std::string why;
    try {
      out.push_back(ReadRecord(Json::parse(row)));
      if (!seen.insert(out.back().id).second) why = "the id stands twice";
    } catch (const Json::parse_error&) {
      why = "it is not JSON";  // Whose own words would quote the line.
    } catch (const Json::exception& e) {
      why = e.what();
    }
    if (!why.empty()) {
      return MakeError(ErrorReason::kArgumentInvalid,
                       absl::StrCat("line ", line, " is no token: ", why));
    }
  }
  return out;
}

std::string FormatTokens(const std::vector<TokenRecord>& records) {
  std::string out;
  for (const TokenRecord& record : records) {
    nlohmann::ordered_json row;
    row["id"] = record.id;
    row["name"] = ValidUtf8(record.name);
    row["principal"] = ValidUtf8(record.principal);
    row["sha256"] = record.hash;
    row["created"] = TimeText(record.created);
    if (record.expires != absl::InfiniteFuture()) {
      row["expires"] = TimeText(record.expires);
    }
    if (record.revoked != absl::InfiniteFuture()) {
      row["revoked"] = TimeText(record.revoked);
    }
    absl::StrAppend(&out, row.dump(), "\n");
  }
  return out;
}

}  // namespace assay::service
