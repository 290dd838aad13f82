// SPDX-License-Identifier: Apache-2.0
// The tokens of a running server, as their file has them at this moment.
//
// Thread-safe. Each question looks at the file's stamp (one stat(2)), so that
// a revoked token is of no use from its next call on.
#ifndef ASSAY_VALIDATOR_SERVICE_TOKEN_STORE_H_
#define ASSAY_VALIDATOR_SERVICE_TOKEN_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "validator/service/token.h"

namespace assay::service {

class TokenStore {
 public:
  // "": there are no tokens.
  explicit TokenStore(std::string path);

  // The record of a token that is good at `now`. kUnauthenticated says to the
  // holder of the secret that it has expired or was revoked, and to everybody
  // else nothing of what there is. A file that cannot be read counts as it was
  // before, and the log says so; one that is gone has no tokens.
  absl::StatusOr<TokenRecord> Check(std::string_view text, absl::Time now);

  // Whether the token of this id, whose secret was checked before, still is.
  absl::StatusOr<TokenRecord> CheckAgain(const std::string& id, absl::Time now);

 private:
  struct Stamp {
    int64_t inode = -1;
    int64_t size = -1;
    int64_t changed_ns = -1;
    int64_t device = -1;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  using Records = std::unordered_map<std::string, TokenRecord>;

  std::shared_ptr<const Records> Current();

  const std::string path_;
  absl::Mutex mu_;
  bool read_ ABSL_GUARDED_BY(mu_) = false;
  Stamp stamp_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<const Records> records_ ABSL_GUARDED_BY(mu_);
};

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_TOKEN_STORE_H_
