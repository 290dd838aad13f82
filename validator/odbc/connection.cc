// SPDX-License-Identifier: Apache-2.0
#include "validator/db/connection.h"

#include <memory>
#include <utility>

#include "validator/odbc/cancel.h"
#include "validator/odbc/catalog.h"
#include "validator/odbc/cursor.h"
#include "validator/odbc/link.h"
#include "validator/odbc/odbc.h"
#include "validator/odbc/parameters.h"

namespace assay::odbc {
namespace {

class OdbcConnection final : public db::Connection {
 public:
  explicit OdbcConnection(std::unique_ptr<Link> link)
      : link_(std::move(link)) {}

  absl::StatusOr<std::unique_ptr<db::Cursor>> Query(
      const db::Statement& statement,
      const db::QueryOptions& options) override {
    ASSAY_RETURN_IF_ERROR(CheckUsable(options.cancel));
    ASSAY_ASSIGN_OR_RETURN(StatementHandle handle, link_->NewStatement());
    Parameters parameters;
    absl::Status status;
    {
      CancelScope scope(options.cancel, link_->CancelTarget(handle.get()));
      status = Run(statement, handle.get(), options.cancel, &parameters);
    }
    ASSAY_RETURN_IF_ERROR(status);
    // MariaDB's SLEEP is not failed but ended by a cancel.
    ASSAY_RETURN_IF_ERROR(link_->CheckCancelled(options.cancel));
    // The values go away with this function.
    SQLFreeStmt(handle.get(), SQL_RESET_PARAMS);
    return OdbcCursor::Create(link_.get(), std::move(handle), options);
  }

  absl::Status Execute(const std::string& sql,
                       const CancellationToken& cancel) override {
    ASSAY_RETURN_IF_ERROR(CheckUsable(cancel));
    ASSAY_ASSIGN_OR_RETURN(StatementHandle handle, link_->NewStatement());
    SQLRETURN result = SQL_ERROR;
    {
      CancelScope scope(cancel, link_->CancelTarget(handle.get()));
      result = SQLExecDirect(handle.get(), OdbcText(sql.c_str()), SQL_NTS);
    }
    if (!SQL_SUCCEEDED(result) && result != SQL_NO_DATA) {
      return link_->Failure(handle.get(), cancel);
    }
    return link_->CheckCancelled(cancel);
  }

  absl::StatusOr<db::CatalogTable> Describe(
      const db::TableName& table, const CancellationToken& cancel) override {
    ASSAY_RETURN_IF_ERROR(CheckUsable(cancel));
    return DescribeTable(*link_, table, cancel);
  }

  absl::StatusOr<std::vector<db::TableName>> ListTables(
      std::string_view schema_pattern,
      const CancellationToken& cancel) override {
    ASSAY_RETURN_IF_ERROR(CheckUsable(cancel));
    return odbc::ListTables(*link_, schema_pattern, cancel);
  }

  std::string dbms_name() const override { return link_->dbms_name(); }
  std::string dbms_version() const override { return link_->dbms_version(); }
  bool alive() const override { return link_->alive(); }
  bool clean() const override { return link_->clean(); }

 private:
  absl::Status CheckUsable(const CancellationToken& cancel) {
    ASSAY_RETURN_IF_ERROR(cancel.status());
    if (!link_->alive()) {
      return MakeError(ErrorReason::kConnectionLost,
                       "the connection was lost earlier");
    }
    link_->AbsorbLateCancel();
    return absl::OkStatus();
  }

  absl::Status Run(const db::Statement& statement, SQLHSTMT handle,
                   const CancellationToken& cancel, Parameters* parameters) {
    // Always prepared: the server then refuses a second statement.
    if (!SQL_SUCCEEDED(
            SQLPrepare(handle, OdbcText(statement.sql.c_str()), SQL_NTS))) {
      return link_->Failure(handle, cancel);
    }
    ASSAY_RETURN_IF_ERROR(
        parameters->Bind(*link_, handle, statement.parameters));
    const SQLRETURN result = SQLExecute(handle);
    if (!SQL_SUCCEEDED(result) && result != SQL_NO_DATA) {
      return link_->Failure(handle, cancel);
    }
    return absl::OkStatus();
  }

  const std::unique_ptr<Link> link_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<db::Connection>> Open(
    const OpenOptions& options) {
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<Link> link, Link::Open(options));
  return std::make_unique<OdbcConnection>(std::move(link));
}

}  // namespace assay::odbc
