// SPDX-License-Identifier: Apache-2.0
// The cursor over one result.
#ifndef ASSAY_VALIDATOR_ODBC_CURSOR_H_
#define ASSAY_VALIDATOR_ODBC_CURSOR_H_

#include <memory>
#include <vector>

#include "validator/db/connection.h"
#include "validator/odbc/fetcher.h"
#include "validator/odbc/handle.h"
#include "validator/odbc/link.h"
#include "validator/odbc/result.h"

namespace assay::odbc {

// Confined to one thread at a time; must not outlive its link.
class OdbcCursor final : public db::Cursor {
 public:
  // Takes over an executed statement.
  static absl::StatusOr<std::unique_ptr<db::Cursor>> Create(
      Link* link, StatementHandle statement, const db::QueryOptions& options);
  ~OdbcCursor() override;

  const std::vector<db::ColumnDescription>& columns() const override {
    return descriptions_;
  }
  absl::StatusOr<const db::RowBlock*> Next() override;

 private:
  OdbcCursor(Link* link, StatementHandle statement,
             const db::QueryOptions& options)
      : link_(link), statement_(std::move(statement)), options_(options) {}

  Link* const link_;
  StatementHandle statement_;
  const db::QueryOptions options_;
  std::vector<ResultColumn> columns_;
  std::vector<db::ColumnDescription> descriptions_;
  std::unique_ptr<Fetcher> fetcher_;  // Null: no result.
  absl::Status failed_;               // Of an earlier Next.
};

}  // namespace assay::odbc

#endif  // ASSAY_VALIDATOR_ODBC_CURSOR_H_
