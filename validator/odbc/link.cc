// SPDX-License-Identifier: Apache-2.0
#include "validator/odbc/link.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace assay::odbc {

absl::StatusOr<std::unique_ptr<Link>> Link::Open(const OpenOptions& options) {
  std::unique_ptr<Link> link(new Link());
  link->scrubber_ = Scrubber(options.secrets);
  if (!options.counted_as.empty()) {
    link->counted_as_ = options.counted_as;
    Metrics& metrics = Metrics::Global();
    link->rows_ = metrics.CounterOf(Metric::kRowsRead, {link->counted_as_});
    link->statements_ =
        metrics.CounterOf(Metric::kStatements, {link->counted_as_});
  }
  if (!link->environment_.Allocate(SQL_NULL_HANDLE)) {
    return MakeError(ErrorReason::kInternal, "cannot start the ODBC manager");
  }
  SQLSetEnvAttr(link->environment_.get(), SQL_ATTR_ODBC_VERSION,
                OdbcInteger(SQL_OV_ODBC3), 0);
  if (!link->connection_.Allocate(link->environment_.get())) {
    return ToStatus(ReadDiagnostics(SQL_HANDLE_ENV, link->environment_.get()),
                    Phase::kConnect, link->scrubber_);
  }
  const int64_t seconds =
      std::clamp<int64_t>(absl::ToInt64Seconds(options.login_timeout), 1, 3600);
  SQLSetConnectAttr(link->connection_.get(), SQL_ATTR_LOGIN_TIMEOUT,
                    OdbcInteger(seconds), 0);
  const SQLRETURN result =
      SQLDriverConnect(link->connection_.get(), nullptr,
                       OdbcText(options.connection_string.c_str()), SQL_NTS,
                       nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT);
  if (!SQL_SUCCEEDED(result)) {
    return ToStatus(ReadDiagnostics(SQL_HANDLE_DBC, link->connection_.get()),
                    Phase::kConnect, link->scrubber_);
  }
  link->alive_ = true;
  link->dbms_name_ = GetInfoText(link->connection_.get(), SQL_DBMS_NAME);
  link->quirks_ = QuirksOf(link->connection_.get(), link->dbms_name_);
  link->dbms_version_ = VersionText(
      link->quirks_, GetInfoText(link->connection_.get(), SQL_DBMS_VER));
  if (link->quirks_.cancel_idle_statement &&
      !link->idle_.Allocate(link->connection_.get())) {
    return ToStatus(ReadDiagnostics(SQL_HANDLE_DBC, link->connection_.get()),
                    Phase::kConnect, link->scrubber_);
  }
  return link;
}

Link::~Link() {
  idle_ = StatementHandle();
  if (dbms_name_.empty() && !alive_) return;  // Never connected.
  if (!SQL_SUCCEEDED(SQLDisconnect(connection_.get()))) {
    // Inside a transaction (25000): the driver wants it ended first.
    SQLEndTran(SQL_HANDLE_DBC, connection_.get(), SQL_ROLLBACK);
    SQLDisconnect(connection_.get());
  }
}

absl::StatusOr<StatementHandle> Link::NewStatement() {
  StatementHandle statement;
  if (!statement.Allocate(connection_.get())) {
    return ToStatus(ReadDiagnostics(SQL_HANDLE_DBC, connection_.get()),
                    Phase::kStatement, scrubber_);
  }
  // Without it a brace in author SQL may be taken for an ODBC escape.
  SQLSetStmtAttr(statement.get(), SQL_ATTR_NOSCAN, OdbcInteger(SQL_NOSCAN_ON),
                 0);
  if (statements_ != nullptr) statements_->Add();
  return statement;
}

absl::Status Link::Failure(SQLHSTMT statement,
                           const CancellationToken& cancel) {
  ASSAY_RETURN_IF_ERROR(CheckCancelled(cancel));
  absl::Status status = ToStatus(ReadDiagnostics(SQL_HANDLE_STMT, statement),
                                 Phase::kStatement, scrubber_);
  if (!counted_as_.empty()) {
    Count(Metric::kStatementErrors,
          {counted_as_, GetErrorReasonInfo(GetReason(status)).name});
  }
  if (GetReason(status) == ErrorReason::kConnectionLost) alive_ = false;
  if (!alive_) return status;
  SQLUINTEGER dead = SQL_CD_FALSE;
  SQLGetConnectAttr(connection_.get(), SQL_ATTR_CONNECTION_DEAD, &dead, 0,
                    nullptr);
  if (dead == SQL_CD_TRUE) {
    alive_ = false;
    return MakeError(ErrorReason::kConnectionLost,
                     std::string(status.message()));
  }
  return status;
}

absl::Status Link::CheckCancelled(const CancellationToken& cancel) {
  absl::Status status = cancel.status();
  if (!status.ok()) cancelled_ = late_cancel_ = true;
  return status;
}

void Link::AbsorbLateCancel() {
  if (!late_cancel_ || !alive_) return;
  late_cancel_ = false;
  StatementHandle statement;
  if (!statement.Allocate(connection_.get())) return;
  // Whether it fails is of no interest: it is there to be hit.
  SQLExecDirect(statement.get(), OdbcText("SELECT 1"), SQL_NTS);
}

}  // namespace assay::odbc
