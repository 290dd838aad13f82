// SPDX-License-Identifier: Apache-2.0
#include "validator/base/status.h"

#include <optional>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace assay {
namespace {

constexpr char kReasonUrl[] = "assay/reason";

using absl::StatusCode;
using R = ErrorReason;

}  // namespace

const std::vector<ErrorReasonInfo>& ErrorReasons() {
  static const auto* const kTable = new std::vector<ErrorReasonInfo>{
      {R::kUnspecified, StatusCode::kUnknown, "UNSPECIFIED", false,
       "No reason was attached; a bug in the server."},
      {R::kRuleSetInvalid, StatusCode::kInvalidArgument, "RULE_SET_INVALID",
       false, "The rule set does not compile; the issues are in the answer."},
      {R::kRequestIdReused, StatusCode::kInvalidArgument, "REQUEST_ID_REUSED",
       false,
       "The request_id belongs to a run with another rule set, parameters or "
       "options."},
      {R::kPageTokenInvalid, StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID",
       false, "The page token is damaged, or belongs to another listing."},
      {R::kArgumentInvalid, StatusCode::kInvalidArgument, "ARGUMENT_INVALID",
       false, "A field of the request is missing or out of range."},
      {R::kRunNotFound, StatusCode::kNotFound, "RUN_NOT_FOUND", false,
       "No run has this id; it may have been removed by retention."},
      {R::kConnectionNotFound, StatusCode::kNotFound, "CONNECTION_NOT_FOUND",
       false, "The server's configuration has no connection of this name."},
      {R::kRunAlreadyFinished, StatusCode::kFailedPrecondition,
       "RUN_ALREADY_FINISHED", false, "The run has ended; nothing to do."},
      {R::kRunQueueFull, StatusCode::kResourceExhausted, "RUN_QUEUE_FULL", true,
       "Too many runs are waiting; try again later."},
      {R::kServerDraining, StatusCode::kUnavailable, "SERVER_DRAINING", true,
       "The server is shutting down; try again with the same request_id."},
      {R::kDatabaseUnreachable, StatusCode::kUnavailable,
       "DATABASE_UNREACHABLE", true,
       "The database does not answer, or refuses new connections."},
      {R::kConnectionLost, StatusCode::kUnavailable, "CONNECTION_LOST", true,
       "The connection to the database broke during a statement."},
      {R::kAuthenticationFailed, StatusCode::kUnauthenticated,
       "AUTHENTICATION_FAILED", false,
       "The database refused the user or the password of the connection."},
      {R::kPermissionDenied, StatusCode::kPermissionDenied, "PERMISSION_DENIED",
       false, "The database role may not read this; grant SELECT."},
      {R::kTableNotFound, StatusCode::kNotFound, "TABLE_NOT_FOUND", false,
       "The table does not exist, or the role may not see it."},
      {R::kColumnNotFound, StatusCode::kNotFound, "COLUMN_NOT_FOUND", false,
       "The column does not exist in the table."},
      {R::kSqlError, StatusCode::kInvalidArgument, "SQL_ERROR", false,
       "The database rejected the SQL of the rule set."},
      {R::kDataError, StatusCode::kOutOfRange, "DATA_ERROR", false,
       "A value in the data broke an expression: overflow, bad cast, division "
       "by zero."},
      {R::kValueInvalid, StatusCode::kInvalidArgument, "VALUE_INVALID", false,
       "A value in the rule set does not fit the type of its column or "
       "parameter."},
      {R::kValueTooLarge, StatusCode::kOutOfRange, "VALUE_TOO_LARGE", false,
       "A single value exceeds the largest size that the server reads."},
      {R::kTransient, StatusCode::kAborted, "TRANSIENT", true,
       "Deadlock, serialization failure or lock time-out in the database."},
      {R::kStatementTimeout, StatusCode::kDeadlineExceeded, "STATEMENT_TIMEOUT",
       true, "A statement ran longer than its time-out."},
      {R::kRunTimeout, StatusCode::kDeadlineExceeded, "RUN_TIMEOUT", true,
       "The run was out of time before everything was judged."},
      {R::kUnsupported, StatusCode::kUnimplemented, "UNSUPPORTED", false,
       "The database or its driver cannot do what the rule asks."},
      {R::kDriverMissing, StatusCode::kFailedPrecondition, "DRIVER_MISSING",
       false, "The ODBC driver of the connection is not installed."},
      {R::kSecretUnavailable, StatusCode::kFailedPrecondition,
       "SECRET_UNAVAILABLE", false,
       "A ${env:NAME} or ${file:PATH} of a connection cannot be read."},
      {R::kCancelled, StatusCode::kCancelled, "CANCELLED", false,
       "The run was cancelled."},
      {R::kStoreFailed, StatusCode::kInternal, "STORE_FAILED", true,
       "The run store cannot be read or written."},
      {R::kInternal, StatusCode::kInternal, "INTERNAL", false,
       "A bug in the server; the log has the details."},
      {R::kServerUnreachable, StatusCode::kUnavailable, "SERVER_UNREACHABLE",
       true, "The client cannot reach assayd."},
      {R::kDatabaseNotFound, StatusCode::kNotFound, "DATABASE_NOT_FOUND", false,
       "The database, or the file, that the connection names does not "
       "exist."},
      {R::kNotComparable, StatusCode::kFailedPrecondition, "NOT_COMPARABLE",
       false,
       "Two columns, or a key, cannot be compared exactly as they are; the "
       "message names the policy that would allow it."},
      {R::kUnstable, StatusCode::kAborted, "UNSTABLE", true,
       "Rows went on changing while they were compared; let the writers pause, "
       "or allow more time with recheck."},
      {R::kBudgetReached, StatusCode::kResourceExhausted, "BUDGET_REACHED",
       false, "A limit of the rule ended the comparison before its end."},
      {R::kSpillFailed, StatusCode::kResourceExhausted, "SPILL_FAILED", true,
       "The server's scratch directory is full or cannot be written."},
      {R::kDifferencesNotFound, StatusCode::kNotFound, "DIFFERENCES_NOT_FOUND",
       false,
       "The run has no list of differing keys for this rule: nothing differed, "
       "the policy keeps them, or retention removed them."},
      {R::kUnauthenticated, StatusCode::kUnauthenticated, "UNAUTHENTICATED",
       false,
       "The server wants credentials, and got none, or none that are good."},
      {R::kAccessDenied, StatusCode::kPermissionDenied, "ACCESS_DENIED", false,
       "The principal's permissions do not allow this operation, or not on "
       "this connection."},
      {R::kRateLimited, StatusCode::kResourceExhausted, "RATE_LIMITED", true,
       "The principal sends more requests per second than it may; try again "
       "later."},
      {R::kTooManyActiveRuns, StatusCode::kResourceExhausted,
       "TOO_MANY_ACTIVE_RUNS", true,
       "The principal has as many active runs as it may; try again later."},
      {R::kAuditFailed, StatusCode::kUnavailable, "AUDIT_FAILED", true,
       "The audit log cannot be written, so that no run is accepted."},
      {R::kTlsFailed, StatusCode::kUnavailable, "TLS_FAILED", false,
       "Client and server cannot agree on an encrypted connection."},
      {R::kHttpRequestInvalid, StatusCode::kInvalidArgument,
       "HTTP_REQUEST_INVALID", false,
       "The HTTP request is malformed, too large, or asks for a path, method "
       "or host that is not served; the HTTP status says which."},
      {R::kTooManyConnections, StatusCode::kResourceExhausted,
       "TOO_MANY_CONNECTIONS", true,
       "The server has as many HTTP connections as its configuration allows; "
       "try again later."},
      {R::kStoreUnreachable, StatusCode::kUnavailable, "STORE_UNREACHABLE",
       true,
       "The database of the run store does not answer; calls that need it work "
       "again once it does."},
      {R::kRunNotHeld, StatusCode::kFailedPrecondition, "RUN_NOT_HELD", false,
       "The run is not one whose hold a person may release: it goes on, passed, "
       "could not judge, rolls back, or was cancelled."},
      {R::kHoldAlreadyReleased, StatusCode::kFailedPrecondition,
       "HOLD_ALREADY_RELEASED", false,
       "Another request has released the hold of this run."},
  };
  return *kTable;
}

const ErrorReasonInfo& GetErrorReasonInfo(ErrorReason reason) {
  return ErrorReasons()[static_cast<size_t>(reason)];
}

absl::Status MakeError(ErrorReason reason, std::string_view message) {
  absl::Status status(GetErrorReasonInfo(reason).code,
                      absl::string_view(message.data(), message.size()));
  status.SetPayload(kReasonUrl,
                    absl::Cord(std::to_string(static_cast<int>(reason))));
  return status;
}

ErrorReason GetReason(const absl::Status& status) {
  if (status.ok()) return ErrorReason::kUnspecified;
  const absl::optional<absl::Cord> payload = status.GetPayload(kReasonUrl);
  if (!payload.has_value()) return ErrorReason::kUnspecified;
  return static_cast<ErrorReason>(std::stoi(std::string(*payload)));
}

bool IsRetryable(const absl::Status& status) {
  return GetErrorReasonInfo(GetReason(status)).retryable;
}

absl::Status Annotate(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  absl::Status out(status.code(),
                   absl::StrCat(std::string(context), ": ", status.message()));
  status.ForEachPayload([&out](absl::string_view url, const absl::Cord& data) {
    out.SetPayload(url, data);
  });
  return out;
}

}  // namespace assay
