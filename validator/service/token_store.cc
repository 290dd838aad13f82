// SPDX-License-Identifier: Apache-2.0
#include "validator/service/token_store.h"

#include <openssl/crypto.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/log.h"
#include "validator/base/status.h"

namespace assay::service {
namespace {

absl::Status Bad(const std::string& why) {
  return MakeError(ErrorReason::kUnauthenticated, why);
}

std::string Day(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone());
}

absl::Status CheckTimes(const TokenRecord& record, absl::Time now) {
  if (now >= record.revoked) {
    return Bad(absl::StrCat("token ", record.id, " was revoked on ",
                            Day(record.revoked), "; ask for a new one"));
  }
  if (now >= record.expires) {
    return Bad(absl::StrCat("token ", record.id, " has expired on ",
                            Day(record.expires), "; ask for a new one"));
  }
  return absl::OkStatus();
}

}  // namespace

TokenStore::TokenStore(std::string path) : path_(std::move(path)) {}

std::shared_ptr<const TokenStore::Records> TokenStore::Current() {
  absl::MutexLock lock(&mu_);
  Stamp stamp;
  struct stat info = {};
  if (!path_.empty() && stat(path_.c_str(), &info) == 0) {
    stamp = {.inode = static_cast<int64_t>(info.st_ino),
             .size = info.st_size,
             .changed_ns = info.st_ctim.tv_sec * int64_t{1000000000} +
                           info.st_ctim.tv_nsec,
             .device = static_cast<int64_t>(info.st_dev)};
  }
  if (read_ && stamp == stamp_) return records_;
  const bool first = !std::exchange(read_, true);
  stamp_ = stamp;
  auto records = std::make_shared<Records>();
  if (!path_.empty()) {
    absl::StatusOr<std::vector<TokenRecord>> list = ReadTokenFile(path_);
    if (!list.ok()) {
      LogError(absl::StrCat(list.status().message(),
                            first ? "; no token is accepted"
                                  : "; the tokens stay as they were before"));
      if (records_ == nullptr) records_ = std::move(records);
      return records_;
    }
    for (TokenRecord& record : *list) {
      std::string id = record.id;
      records->emplace(std::move(id), std::move(record));
    }
    if (!first) {
      LogInfo(absl::StrCat("token file '", path_,
                           "' was read again: ", records->size(), " tokens"));
    }
  }
  records_ = std::move(records);
  return records_;
}

absl::StatusOr<TokenRecord> TokenStore::Check(std::string_view text,
                                              absl::Time now) {
  static constexpr char kUnknown[] =
      "the token is not known to this server; look whether it is complete, "
      "and of this server";
  const std::optional<TokenParts> parts = SplitToken(text);
  if (!parts.has_value()) {
    return Bad(
        "the token is not of the form assay_<id>_<secret>; look whether it is "
        "complete");
  }
  const std::shared_ptr<const Records> records = Current();
  const auto found = records->find(std::string(parts->id));
  const std::string hash = HashSecret(parts->secret);
  // An unknown id takes as long as a wrong secret.
  const std::string& expected =
      found == records->end() ? std::string(64, 'x') : found->second.hash;
  const bool same =
      hash.size() == expected.size() &&
      CRYPTO_memcmp(hash.data(), expected.data(), hash.size()) == 0;
  if (!same || found == records->end()) return Bad(kUnknown);
  ASSAY_RETURN_IF_ERROR(CheckTimes(found->second, now));
  return found->second;
}

absl::StatusOr<TokenRecord> TokenStore::CheckAgain(const std::string& id,
                                                   absl::Time now) {
  const std::shared_ptr<const Records> records = Current();
  const auto found = records->find(id);
  if (found == records->end()) return Bad("the token was removed");
  ASSAY_RETURN_IF_ERROR(CheckTimes(found->second, now));
  return found->second;
}

}  // namespace assay::service
