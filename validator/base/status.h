// SPDX-License-Identifier: Apache-2.0
// Errors of the engine: absl::Status with a machine-readable reason.
//
// Mistakes in a user's rule set are data (issue.h). Everything else that goes
// wrong is an absl::Status made by MakeError, so that it carries an ErrorReason
// beside the canonical code. docs/errors.md lists the reasons for users; the
// table in status.cc is its source. No exception crosses a function we own.
#ifndef ASSAY_VALIDATOR_BASE_STATUS_H_
#define ASSAY_VALIDATOR_BASE_STATUS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace assay {

// Append-only: clients match on the names.
enum class ErrorReason {
  kUnspecified,
  // What the caller sent.
  kRuleSetInvalid,
  kRequestIdReused,
  kPageTokenInvalid,
  kArgumentInvalid,
  kRunNotFound,
  kConnectionNotFound,
  kRunAlreadyFinished,
  kRunQueueFull,
  kServerDraining,
  // What a database answered.
  kDatabaseUnreachable,
  kConnectionLost,
  kAuthenticationFailed,
  kPermissionDenied,
  kTableNotFound,
  kColumnNotFound,
  kSqlError,       // The author's SQL, or a connection's dialect, is at fault.
  kDataError,      // A value broke an expression: overflow, bad cast, 1/0.
  kValueInvalid,   // A literal of the rule set does not fit its column.
  kValueTooLarge,  // A value exceeds the largest that the server takes.
  kTransient,      // Deadlock, serialization failure, lock time-out.
  kStatementTimeout,
  kRunTimeout,
  kUnsupported,  // The dialect or the driver cannot do what is asked.
  kDriverMissing,
  kSecretUnavailable,
  // The server itself.
  kCancelled,
  kStoreFailed,
  kInternal,
  kServerUnreachable,  // Said by clients only.
  kDatabaseNotFound,
  // Comparisons.
  kNotComparable,  // Two columns, or a key, cannot be compared as they are.
  kUnstable,       // Rows went on changing while they were compared.
  kBudgetReached,  // A comparison's own limit ended it.
  kSpillFailed,    // The server's scratch directory is full or unusable.
  kDifferencesNotFound,
  // Who asks.
  kUnauthenticated,    // No credentials, or none that are good.
  kAccessDenied,       // The principal's permissions do not allow it.
  kRateLimited,        // The principal asks more often than it may.
  kTooManyActiveRuns,  // The principal has as many runs as it may.
  kAuditFailed,        // The audit log cannot be written.
  kTlsFailed,          // Said by clients only.
  // The HTTP front.
  kHttpRequestInvalid,
  kTooManyConnections,
  kStoreUnreachable,  // The database that replicas keep their runs in.
  // Holds.
  kRunNotHeld,  // There is nothing that a person may release.
  kHoldAlreadyReleased,
};

struct ErrorReasonInfo {
  ErrorReason reason;
  absl::StatusCode code;
  const char* name;     // Wire name, e.g. "TABLE_NOT_FOUND".
  bool retryable;       // Whether the same request may succeed later.
  const char* meaning;  // One line for docs/errors.md.
};

// All reasons in declaration order, for the documentation and its drift test.
const std::vector<ErrorReasonInfo>& ErrorReasons();

// Returns the row of `reason`; never fails.
const ErrorReasonInfo& GetErrorReasonInfo(ErrorReason reason);

// Returns a status with the canonical code of `reason` and the reason attached.
// `message` is for a person: place, cause, remedy; never a secret.
absl::Status MakeError(ErrorReason reason, std::string_view message);

// Returns the reason attached to `status`; kUnspecified for OK or for a status
// that was not made by MakeError.
ErrorReason GetReason(const absl::Status& status);

// Returns whether the same request may succeed later without a change.
bool IsRetryable(const absl::Status& status);

// Returns `status` with "`context`: " before its message, payloads kept.
absl::Status Annotate(const absl::Status& status, std::string_view context);

#define ASSAY_CONCAT_INNER_(a, b) a##b
#define ASSAY_CONCAT_(a, b) ASSAY_CONCAT_INNER_(a, b)

#define ASSAY_RETURN_IF_ERROR(expr)                                 \
  do {                                                              \
    if (absl::Status assay_status_ = (expr); !assay_status_.ok()) { \
      return assay_status_;                                         \
    }                                                               \
  } while (false)
// NOLINTBEGIN(bugprone-macro-parentheses): names and declarations take none.
#define ASSAY_ASSIGN_OR_RETURN(lhs, expr) \
  ASSAY_ASSIGN_OR_RETURN_IMPL_(ASSAY_CONCAT_(assay_or_, __LINE__), lhs, expr)
#define ASSAY_ASSIGN_OR_RETURN_IMPL_(var, lhs, expr) \
  auto var = (expr);                                 \
  if (!var.ok()) return std::move(var).status();     \
  lhs = std::move(var).value()
// NOLINTEND(bugprone-macro-parentheses)
}  // namespace assay

#endif  // ASSAY_VALIDATOR_BASE_STATUS_H_
