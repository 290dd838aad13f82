// SPDX-License-Identifier: Apache-2.0
// The one place that decides who calls and what they may do.
//
// Every RPC passes Enter before it does anything, whether it came through gRPC
// or through the HTTP front, and asks here again about connections, author SQL
// and runs. What is refused here is logged and audited here, with more words
// than the caller is told.
//
// Thread-safe. Enter reads no more than the stamp of the token file, and the
// file where that has changed.
#ifndef ASSAY_VALIDATOR_SERVICE_ACCESS_H_
#define ASSAY_VALIDATOR_SERVICE_ACCESS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "rules/ruleset/model.h"
#include "validator/base/clock.h"
#include "validator/runs/run.h"
#include "validator/service/audit_log.h"
#include "validator/service/principal.h"
#include "validator/service/rate_limit.h"
#include "validator/service/token_store.h"

namespace assay::service {

// What the configuration's `auth:` says.
struct AccessConfig {
  std::string token_file;
  std::vector<Principal> principals;  // Names are unique, and certificates.
};

// What a call brings along.
struct Credentials {
  // Values of the field or metadata `authorization`; more than one is refused.
  std::vector<std::string> authorization;
  std::string certificate;  // PEM; verified. Empty: none was shown.
  std::string peer;         // Address, for people.
  // W3C trace context as it was sent; ignored where it is malformed.
  std::string traceparent;
};

// A method, and what its caller must be allowed to do at least.
struct Rpc {
  const char* name = "";
  std::optional<Operation> needs;  // nullopt: any principal may call it.
};

struct Caller {
  std::shared_ptr<const Principal> principal;
  std::string credential;  // "token 3k7…", "certificate CN:x", "local".
  std::string peer;
  std::string traceparent;  // As ParseTraceparent returns it.
  std::string token_id;     // Empty: no token.
  absl::Time certificate_ends = absl::InfiniteFuture();
  const char* rpc = "";

  bool May(Operation operation) const { return principal->May(operation); }
};

// Whether the caller may: each OK or kAccessDenied, and told to nobody yet.
absl::Status CheckOperation(const Caller& caller, Operation operation);
// Connections that the caller may not use and ones that do not exist are
// refused in the same words.
absl::Status CheckConnection(const Caller& caller, const std::string& name);
// All connections of a rule set, and author SQL where it has any.
absl::Status CheckRuleSet(const Caller& caller, const RuleSet& rule_set,
                          const std::vector<std::string>& connections);

class Access {
 public:
  // Without `config` everybody is the local principal, which may do everything.
  // `audit` may be null; both are borrowed and must outlive this.
  Access(std::optional<AccessConfig> config, AuditLog* audit,
         const Clock* clock);

  // From the next call on. Rates that principals have used up are kept.
  void Replace(std::optional<AccessConfig> config);

  // Whether callers are authenticated at all.
  bool enabled() const;

  // Who calls: kUnauthenticated, kAccessDenied where the principal lacks
  // `rpc.needs`, or kRateLimited (with RetryAfter).
  absl::StatusOr<Caller> Enter(const Credentials& credentials, const Rpc& rpc);

  // Whether a call that goes on may go on, by the credentials and permissions
  // of this moment; the caller's principal is brought up to date.
  absl::Status Recheck(Caller& caller);

  // Logs and audits that `status` was answered, with what `event` knows of the
  // run, and returns it; nothing where it is OK.
  absl::Status Refuse(const Caller& caller, const absl::Status& status,
                      AuditEvent event = {});

  // Says in log and audit that the caller asked for a run that it may not see.
  void HidRun(const Caller& caller, const std::string& run_id);

  // Null where there is none.
  AuditLog* audit() const { return audit_; }

  // An event of `caller`, its fields filled.
  static AuditEvent EventOf(const Caller& caller, const char* event);

 private:
  struct State {
    bool enabled = false;
    std::map<std::string, std::shared_ptr<const Principal>> principals;
    std::map<std::string, std::string> by_certificate;  // Name → principal.
    std::shared_ptr<TokenStore> tokens;
  };
  // Lines that may be told of one sender, and those that were not.
  struct Quiet {
    double left = 0;
    absl::Duration filled;
    int64_t suppressed = 0;
  };

  static std::shared_ptr<const State> MakeState(
      std::optional<AccessConfig> config);
  std::shared_ptr<const State> state() const;
  absl::StatusOr<Caller> Authenticate(const Credentials& credentials,
                                      const State& state);
  absl::Status AuthenticateToken(const std::string& header, const State& state,
                                 Caller& caller);
  absl::Status AuthenticateCertificate(const std::string& pem,
                                       const State& state, Caller& caller);
  void Tell(const absl::Status& status, AuditEvent event);
  // Whether to write another line about `sender`, and how many were not
  // written before it: whoever knocks must not fill the disk.
  bool MayTell(std::string sender, int64_t* suppressed);

  AuditLog* const audit_;
  const Clock* const clock_;
  RateLimits rates_;
  mutable absl::Mutex mu_;
  std::shared_ptr<const State> state_ ABSL_GUARDED_BY(mu_);
  absl::Mutex quiet_mu_;
  std::map<std::string, Quiet> quiet_ ABSL_GUARDED_BY(quiet_mu_);
};

}  // namespace assay::service

#endif  // ASSAY_VALIDATOR_SERVICE_ACCESS_H_
