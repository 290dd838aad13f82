// SPDX-License-Identifier: Apache-2.0
#include "validator/odbc/cursor.h"

#include <utility>

#include "validator/odbc/cancel.h"

namespace assay::odbc {

absl::StatusOr<std::unique_ptr<db::Cursor>> OdbcCursor::Create(
    Link* link, StatementHandle statement, const db::QueryOptions& options) {
  std::unique_ptr<OdbcCursor> cursor(
      new OdbcCursor(link, std::move(statement), options));
  ASSAY_ASSIGN_OR_RETURN(
      cursor->columns_,
      DescribeResult(*link, cursor->statement_.get(), options.cancel));
  for (const ResultColumn& column : cursor->columns_) {
    cursor->descriptions_.push_back(column.description);
  }
  if (!cursor->columns_.empty()) {
    cursor->fetcher_ = NewFetcher(link, cursor->statement_.get(),
                                  &cursor->columns_, cursor->options_);
  }
  return cursor;
}

OdbcCursor::~OdbcCursor() {
  fetcher_.reset();  // Its buffers are bound to the statement.
  SQLFreeStmt(statement_.get(), SQL_CLOSE);
}

absl::StatusOr<const db::RowBlock*> OdbcCursor::Next() {
  ASSAY_RETURN_IF_ERROR(failed_);
  ASSAY_RETURN_IF_ERROR(link_->CheckCancelled(options_.cancel));
  if (fetcher_ == nullptr) return nullptr;
  absl::StatusOr<const db::RowBlock*> block = nullptr;
  {
    CancelScope scope(options_.cancel, link_->CancelTarget(statement_.get()));
    block = fetcher_->Next();
  }
  if (!block.ok()) {
    // After a failure the position is unknown; rows must not go missing.
    failed_ = block.status();
    return failed_;
  }
  // A driver that was stopped may pretend that the rows are at their end.
  ASSAY_RETURN_IF_ERROR(link_->CheckCancelled(options_.cancel));
  if (*block != nullptr) link_->CountRows((*block)->rows());
  return block;
}

}  // namespace assay::odbc
