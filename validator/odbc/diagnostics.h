// SPDX-License-Identifier: Apache-2.0
// From ODBC's diagnostics to one status with a reason.
//
// Drivers agree on little: psqlODBC hands PostgreSQL's SQLSTATEs through but
// says 08001 for everything that goes wrong while connecting, MariaDB's truth
// is its error number, SQLite's is its message. The table is in the .cc.
#ifndef ASSAY_VALIDATOR_ODBC_DIAGNOSTICS_H_
#define ASSAY_VALIDATOR_ODBC_DIAGNOSTICS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "validator/base/status.h"
#include "validator/odbc/handle.h"
#include "validator/odbc/scrubber.h"

namespace assay::odbc {

struct Diagnostic {
  std::string state;  // SQLSTATE, five characters.
  int native = 0;
  std::string message;
};

// When the error came: some states mean another thing while connecting.
enum class Phase { kConnect, kStatement };

// The diagnostics of a handle, first one first; reading them keeps them.
std::vector<Diagnostic> ReadDiagnostics(SQLSMALLINT type, SQLHANDLE handle);

// The reason that `diagnostic` stands for; kSqlError where nothing is known of
// it.
ErrorReason Classify(const Diagnostic& diagnostic, Phase phase);

// The message without the drivers' "[…][…]" prefixes and their "Error while
// executing the query", on one line.
std::string ReadableMessage(std::string_view message);

// One status out of all of them: the reason of the first that has one, its
// readable message, and the SQLSTATE. `diagnostics` may be empty.
absl::Status ToStatus(const std::vector<Diagnostic>& diagnostics, Phase phase,
                      const Scrubber& scrubber);

}  // namespace assay::odbc

#endif  // ASSAY_VALIDATOR_ODBC_DIAGNOSTICS_H_
