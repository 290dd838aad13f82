// SPDX-License-Identifier: Apache-2.0
// Opens ODBC connections. The only room that includes <sql.h>; upper rooms see
// validator/db.
//
// Thread-safe: connections may be opened from any thread.
#ifndef ASSAY_VALIDATOR_ODBC_ODBC_H_
#define ASSAY_VALIDATOR_ODBC_ODBC_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "validator/db/connection.h"
#include "validator/db/store_connection.h"

namespace assay::odbc {

struct OpenOptions {
  // Complete, with its secrets; never logged, and scrubbed from every message.
  std::string connection_string;
  // Words that must not appear in an error: the secrets in the string.
  std::vector<std::string> secrets;
  absl::Duration login_timeout = absl::Seconds(15);
  // The connection by which statements and rows are counted in the metrics;
  // empty: they are not.
  std::string counted_as;
};

// Fails with kDriverMissing, kAuthenticationFailed, kDatabaseUnreachable,
// kDatabaseNotFound.
absl::StatusOr<std::unique_ptr<db::Connection>> Open(
    const OpenOptions& options);

// Opens the run store's database.
absl::StatusOr<std::unique_ptr<db::StoreConnection>> OpenStore(
    const OpenOptions& options);

// The installed drivers' names, from odbcinst.ini; for "did you mean".
std::vector<std::string> InstalledDrivers();

// The library of installed driver `name` (without case), "" where unknown.
std::string DriverLibrary(std::string_view name);

// The driver that odbc.ini names for data source `name`, "" where unknown.
std::string DataSourceDriver(std::string_view name);

}  // namespace assay::odbc

#endif  // ASSAY_VALIDATOR_ODBC_ODBC_H_
