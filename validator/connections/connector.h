// SPDX-License-Identifier: Apache-2.0
// From a configuration to an open connection that is set up and known.
#ifndef ASSAY_VALIDATOR_CONNECTIONS_CONNECTOR_H_
#define ASSAY_VALIDATOR_CONNECTIONS_CONNECTOR_H_

#include <memory>

#include "absl/status/statusor.h"
#include "validator/base/cancellation.h"
#include "validator/connections/registry.h"
#include "validator/db/connection.h"
#include "validator/odbc/connection_string.h"
#include "validator/sql/dialect.h"

namespace assay::connections {

struct Connected {
  std::unique_ptr<db::Connection> connection;
  const sql::Dialect* dialect = nullptr;
  int64_t server_connection_id = 0;  // 0: the dialect has none.
};

// Reads the secrets, adds the dialect's driver settings, connects, makes sure
// that the dialect speaks to the DBMS which answered, and runs its session
// setup. Fails with kSecretUnavailable, kDriverMissing, kAuthenticationFailed,
// kDatabaseUnreachable, … annotated with the connection's name. Thread-safe.
absl::StatusOr<Connected> Connect(const ConnectionConfig& config,
                                  const CancellationToken& cancel);

// The dialect that a connection string is likely to need, by its driver; null
// where that says nothing.
const sql::Dialect* GuessDialect(const odbc::ConnectionString& string);

// The first row of `query`, null where there is none.
absl::StatusOr<std::optional<std::vector<Value>>> FirstRow(
    db::Connection& connection, const std::string& query,
    const CancellationToken& cancel);

}  // namespace assay::connections

#endif  // ASSAY_VALIDATOR_CONNECTIONS_CONNECTOR_H_
