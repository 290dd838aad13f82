// SPDX-License-Identifier: Apache-2.0
// The writable seam: the run store's own database, apart from the read-only
// connections on which users' data is read. Only validator/runs uses it.
#ifndef ASSAY_VALIDATOR_DB_STORE_CONNECTION_H_
#define ASSAY_VALIDATOR_DB_STORE_CONNECTION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "validator/db/connection.h"

namespace assay::db {

using StoreRow = std::vector<Value>;

// Confined to one thread at a time.
class StoreConnection {
 public:
  virtual ~StoreConnection() = default;

  // Runs one statement with '?' markers and returns its rows (none for DML and
  // DDL). Prepared statements are kept per text, so pass constant texts.
  // Failures have the driver's reason: kConnectionLost, kTransient, …
  virtual absl::StatusOr<std::vector<StoreRow>> Run(
      const Statement& statement) = 0;

  // False once the connection is of no use any more.
  virtual bool alive() const = 0;

  // Rows that the last DML statement changed.
  virtual int64_t changed_rows() const = 0;

  // One transaction around several Runs. REQUIRES: no nesting.
  virtual absl::Status Begin() = 0;
  virtual absl::Status Commit() = 0;
  virtual absl::Status Rollback() = 0;
};

}  // namespace assay::db

#endif  // ASSAY_VALIDATOR_DB_STORE_CONNECTION_H_
