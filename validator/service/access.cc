// SPDX-License-Identifier: Apache-2.0
#include "validator/service/access.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/ruleset/uses.h"
#include "validator/base/log.h"
#include "validator/base/metrics.h"
#include "validator/base/status.h"
#include "validator/base/trace_context.h"
#include "validator/service/certificate.h"
#include "validator/service/status_proto.h"

namespace assay::service {
namespace {

// Lines about one sender: so many at once, and one a second.
constexpr double kLines = 10;
constexpr size_t kMaxSenders = 4096;

absl::Status Unauthenticated(const std::string& why) {
  return MakeError(ErrorReason::kUnauthenticated, why);
}

// "ipv4:192.0.2.7:4711" → "ipv4:192.0.2.7".
std::string HostOf(const std::string& peer) {
  const size_t colon = peer.rfind(':');
  return peer.starts_with("unix") ? "unix" : peer.substr(0, colon);
}

// Control characters as "\x0a": one line of the log stays one line.
std::string OneLine(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool control = absl::ascii_iscntrl(static_cast<unsigned char>(c));
    absl::StrAppend(&out,
                    control ? absl::CHexEscape({&c, 1}) : std::string(1, c));
  }
  return out;
}

// The token of an `authorization`: "Bearer TOKEN", or "Basic" with the token
// as password, for browsers.
absl::StatusOr<std::string> TokenOf(const std::string& header) {
  const size_t blank = header.find(' ');
  const std::string scheme = absl::AsciiStrToLower(header.substr(0, blank));
  const std::string rest(absl::StripAsciiWhitespace(
      blank == std::string::npos ? "" : header.substr(blank)));
  if (scheme == "bearer") return rest;
  std::string pair;
  if (scheme == "basic" && absl::Base64Unescape(rest, &pair)) {
    const size_t colon = pair.find(':');
    if (colon != std::string::npos) return pair.substr(colon + 1);
  }
  return Unauthenticated(
      "`authorization` must be \"Bearer TOKEN\", or Basic with the token as "
      "password");
}

}  // namespace

absl::Status CheckOperation(const Caller& caller, Operation operation) {
  if (caller.May(operation)) return absl::OkStatus();
  return MakeError(
      ErrorReason::kAccessDenied,
      absl::StrCat("principal '", caller.principal->name, "' may not do '",
                   OperationName(operation), "', which ", caller.rpc,
                   " needs; ask the server's administrator for it"));
}

absl::Status CheckConnection(const Caller& caller, const std::string& name) {
  if (caller.principal->MayUse(name)) return absl::OkStatus();
  return MakeError(
      ErrorReason::kAccessDenied,
      absl::StrCat("principal '", caller.principal->name,
                   "' may not use connection '", name,
                   "'; correct the name, or ask the server's administrator"));
}

absl::Status CheckRuleSet(const Caller& caller, const RuleSet& rule_set,
                          const std::vector<std::string>& connections) {
  for (const std::string& name : connections) {
    ASSAY_RETURN_IF_ERROR(CheckConnection(caller, name));
  }
  const SqlText* sql = FindAuthorSql(rule_set);
  if (sql == nullptr || caller.May(Operation::kAuthorSql)) {
    return absl::OkStatus();
  }
  return MakeError(
      ErrorReason::kAccessDenied,
      absl::StrCat("line ", sql->range.line, ": principal '",
                   caller.principal->name,
                   "' may not run rule sets with SQL of their author's "
                   "('author_sql'); say it with a rule kind, or ask the "
                   "server's administrator"));
}

Access::Access(std::optional<AccessConfig> config, AuditLog* audit,
               const Clock* clock)
    : audit_(audit), clock_(clock), state_(MakeState(std::move(config))) {}

std::shared_ptr<const Access::State> Access::MakeState(
    std::optional<AccessConfig> config) {
  auto state = std::make_shared<State>();
  if (!config.has_value()) {
    state->principals[kLocalPrincipal] =
        std::make_shared<Principal>(MakeLocalPrincipal());
    return state;
  }
  state->enabled = true;
  state->tokens = std::make_shared<TokenStore>(config->token_file);
  for (Principal& principal : config->principals) {
    for (const std::string& name : principal.certificates) {
      state->by_certificate[name] = principal.name;
    }
    const std::string name = principal.name;
    state->principals[name] = std::make_shared<Principal>(std::move(principal));
  }
  return state;
}

void Access::Replace(std::optional<AccessConfig> config) {
  std::shared_ptr<const State> next = MakeState(std::move(config));
  absl::MutexLock lock(&mu_);
  state_ = std::move(next);
}

std::shared_ptr<const Access::State> Access::state() const {
  absl::MutexLock lock(&mu_);
  return state_;
}

bool Access::enabled() const { return state()->enabled; }

absl::Status Access::AuthenticateToken(const std::string& header,
                                       const State& state, Caller& caller) {
  ASSAY_ASSIGN_OR_RETURN(const std::string token, TokenOf(header));
  ASSAY_ASSIGN_OR_RETURN(const TokenRecord record,
                         state.tokens->Check(token, clock_->Now()));
  caller.token_id = record.id;
  caller.credential = absl::StrCat("token ", record.id);
  const auto found = state.principals.find(record.principal);
  if (found == state.principals.end()) {
    return Unauthenticated(absl::StrCat(
        "token ", record.id, " is for principal '", record.principal,
        "', which the server's configuration does not have"));
  }
  caller.principal = found->second;
  return absl::OkStatus();
}

absl::Status Access::AuthenticateCertificate(const std::string& pem,
                                             const State& state,
                                             Caller& caller) {
  ASSAY_ASSIGN_OR_RETURN(const CertificateNames certificate,
                         ReadCertificate(pem));
  std::string shown = "without a name";
  if (!certificate.names.empty()) shown = certificate.names.back();
  caller.credential = absl::StrCat("certificate ", shown);
  caller.certificate_ends = certificate.not_after;
  // The connection may be older than the end of its certificate.
  if (clock_->Now() >= certificate.not_after) {
    return Unauthenticated("the client certificate has expired");
  }
  std::string principal;
  for (const std::string& name : certificate.names) {
    const auto found = state.by_certificate.find(name);
    if (found == state.by_certificate.end()) continue;
    if (!principal.empty() && principal != found->second) {
      return Unauthenticated(
          "the client certificate has names of several principals");
    }
    principal = found->second;
    caller.credential = absl::StrCat("certificate ", name);
  }
  if (principal.empty()) {
    return Unauthenticated(absl::StrCat(
        "the client certificate (", shown,
        ") is good, but no principal of this server has one of its names"));
  }
  caller.principal = state.principals.at(principal);
  return absl::OkStatus();
}

absl::StatusOr<Caller> Access::Enter(const Credentials& credentials,
                                     const Rpc& rpc) {
  const std::shared_ptr<const State> state = this->state();
  Caller caller;
  caller.rpc = rpc.name;
  caller.peer = credentials.peer;
  caller.traceparent = ParseTraceparent(credentials.traceparent);
  Count(Metric::kRequests, {rpc.name});
  absl::Status status;
  if (!state->enabled) {
    caller.principal = state->principals.at(kLocalPrincipal);
    caller.credential = kLocalPrincipal;
  } else if (credentials.authorization.size() > 1) {
    status = Unauthenticated("`authorization` was sent more than once");
  } else if (!credentials.authorization.empty()) {
    // Also where there is a certificate: what was sent is what was meant.
    status = AuthenticateToken(credentials.authorization[0], *state, caller);
  } else if (!credentials.certificate.empty()) {
    status = AuthenticateCertificate(credentials.certificate, *state, caller);
  } else {
    status = Unauthenticated(
        "this server wants to know who calls: send a token (`assay "
        "--token-file FILE`, ASSAY_TOKEN; \"authorization: Bearer …\") or a "
        "client certificate");
  }
  if (status.ok()) {
    const absl::Duration wait =
        rates_.Take(caller.principal->name,
                    caller.principal->requests_per_second, clock_->Uptime());
    if (wait > absl::ZeroDuration()) {
      status = WithRetryAfter(
          MakeError(
              ErrorReason::kRateLimited,
              absl::StrCat("principal '", caller.principal->name, "' may send ",
                           caller.principal->requests_per_second,
                           " requests per second; wait a little, and "
                           "wait for runs with WaitRun")),
          wait);
    }
  }
  if (status.ok() && rpc.needs.has_value()) {
    status = CheckOperation(caller, *rpc.needs);
  }
  if (!status.ok()) return Refuse(caller, status);
  return caller;
}

absl::Status Access::Recheck(Caller& caller) {
  const std::shared_ptr<const State> state = this->state();
  absl::Status status;
  std::string principal = caller.principal->name;
  if (state->enabled && caller.credential == kLocalPrincipal) {
    status = Unauthenticated("this server wants to know who calls by now");
  } else if (!state->enabled) {
    principal = kLocalPrincipal;
  } else if (!caller.token_id.empty()) {
    const auto record =
        state->tokens->CheckAgain(caller.token_id, clock_->Now());
    if (record.ok()) principal = record->principal;
    status = record.status();
  } else if (clock_->Now() >= caller.certificate_ends) {
    status = Unauthenticated("the client certificate has expired");
  }
  const auto found = state->principals.find(principal);
  if (status.ok() && found == state->principals.end()) {
    status =
        Unauthenticated(absl::StrCat("principal '", principal, "' is no more"));
  }
  if (!status.ok()) return Refuse(caller, status);
  caller.principal = found->second;
  return absl::OkStatus();
}

AuditEvent Access::EventOf(const Caller& caller, const char* event) {
  AuditEvent out;
  out.event = event;
  out.rpc = caller.rpc;
  if (caller.principal != nullptr) out.principal = caller.principal->name;
  out.credential = caller.credential;
  out.peer = caller.peer;
  out.trace_id = TraceIdOf(caller.traceparent);
  return out;
}

absl::Status Access::Refuse(const Caller& caller, const absl::Status& status,
                            AuditEvent event) {
  if (status.ok()) return status;
  AuditEvent out = EventOf(caller, "refuse");
  event.event = out.event;
  event.outcome = "refused";
  event.rpc = out.rpc;
  event.principal = out.principal;
  event.credential = out.credential;
  event.peer = out.peer;
  event.trace_id = out.trace_id;
  Tell(status, std::move(event));
  return status;
}

void Access::HidRun(const Caller& caller, const std::string& run_id) {
  AuditEvent event = EventOf(caller, "refuse");
  event.outcome = "hidden";
  event.run_id = run_id;
  Tell(MakeError(ErrorReason::kAccessDenied,
                 absl::StrCat("run ", run_id,
                              " uses a connection that the principal may not "
                              "use; answered RUN_NOT_FOUND")),
       std::move(event));
}

void Access::Tell(const absl::Status& status, AuditEvent event) {
  const std::string sender =
      event.principal.empty() ? HostOf(event.peer) : event.principal;
  if (!MayTell(sender, &event.suppressed)) return;
  event.reason = GetErrorReasonInfo(GetReason(status)).name;
  event.message = std::string(status.message());
  // Parts of it are the caller's words.
  LogWarning(
      OneLine(absl::StrCat(
          "refused",
          event.credential.empty() ? ""
                                   : absl::StrCat(" (", event.credential, ")"),
          ": ", event.message,
          event.suppressed == 0
              ? ""
              : absl::StrCat(" [", event.suppressed, " like it before]"))),
      {.run_id = event.run_id,
       .principal = event.principal,
       .trace_id = event.trace_id,
       .rpc = event.rpc,
       .peer = OneLine(event.peer),
       .reason = event.reason});
  if (audit_ != nullptr) audit_->Note(event);
}

bool Access::MayTell(std::string sender, int64_t* suppressed) {
  const absl::Duration now = clock_->Uptime();
  absl::MutexLock lock(&quiet_mu_);
  if (quiet_.size() >= kMaxSenders && !quiet_.contains(sender)) {
    int64_t forgotten = 0;
    std::erase_if(quiet_, [&](const auto& entry) {
      const Quiet& quiet = entry.second;
      if (now - quiet.filled < absl::Seconds(kLines)) return false;
      forgotten += quiet.suppressed;
      return true;
    });
    if (quiet_.size() >= kMaxSenders) sender = "others";
    quiet_.try_emplace("others", Quiet{kLines, now}).first->second.suppressed +=
        forgotten;
  }
  Quiet& quiet = quiet_.try_emplace(sender, Quiet{kLines, now}).first->second;
  quiet.left =
      std::min(kLines, quiet.left + absl::ToDoubleSeconds(now - quiet.filled));
  quiet.filled = now;
  if (quiet.left < 1) {
    ++quiet.suppressed;
    return false;
  }
  quiet.left -= 1;
  *suppressed = std::exchange(quiet.suppressed, 0);
  return true;
}

}  // namespace assay::service
