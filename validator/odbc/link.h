// SPDX-License-Identifier: Apache-2.0
// One connection to a data source, as its statements and cursors share it.
//
// Confined to one thread at a time. Outlives its statements.
#ifndef ASSAY_VALIDATOR_ODBC_LINK_H_
#define ASSAY_VALIDATOR_ODBC_LINK_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "validator/base/cancellation.h"
#include "validator/base/metrics.h"
#include "validator/odbc/diagnostics.h"
#include "validator/odbc/handle.h"
#include "validator/odbc/odbc.h"
#include "validator/odbc/quirks.h"
#include "validator/odbc/scrubber.h"

namespace assay::odbc {

class Link {
 public:
  static absl::StatusOr<std::unique_ptr<Link>> Open(const OpenOptions& options);
  ~Link();  // Disconnects.
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Allocates a statement that reads forwards and takes SQL as it is.
  absl::StatusOr<StatementHandle> NewStatement();

  // The status of the call on `statement` that just failed: the token's, where
  // it is cancelled, because the drivers leave no mark of a cancel.
  absl::Status Failure(SQLHSTMT statement, const CancellationToken& cancel);

  // OK, or the token's status, and the connection is marked.
  absl::Status CheckCancelled(const CancellationToken& cancel);

  // What SQLCancel must be given to stop a call on `statement`.
  SQLHSTMT CancelTarget(SQLHSTMT statement) const {
    return quirks_.cancel_idle_statement ? idle_.get() : statement;
  }

  // For the metrics.
  void CountRows(size_t rows) {
    if (rows_ != nullptr) rows_->Add(static_cast<int64_t>(rows));
  }

  // Makes sure that a cancel which came too late for its own statement does
  // not hit the next one.
  void AbsorbLateCancel();

  SQLHDBC connection() const { return connection_.get(); }
  const Quirks& quirks() const { return quirks_; }
  const Scrubber& scrubber() const { return scrubber_; }
  const std::string& dbms_name() const { return dbms_name_; }
  const std::string& dbms_version() const { return dbms_version_; }
  bool alive() const { return alive_; }
  bool clean() const { return alive_ && !cancelled_; }

 private:
  Link() = default;

  std::string counted_as_;  // Empty: it is not.
  Counter* rows_ = nullptr;
  Counter* statements_ = nullptr;
  EnvironmentHandle environment_;
  ConnectionHandle connection_;
  StatementHandle idle_;  // Never executed; see Quirks::cancel_idle_statement.
  Quirks quirks_;
  Scrubber scrubber_;
  std::string dbms_name_;
  std::string dbms_version_;
  bool alive_ = false;
  bool cancelled_ = false;    // A statement was cancelled, ever.
  bool late_cancel_ = false;  // And none has run since.
};

}  // namespace assay::odbc

#endif  // ASSAY_VALIDATOR_ODBC_LINK_H_
