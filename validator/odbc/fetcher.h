// SPDX-License-Identifier: Apache-2.0
// Reads the rows of an executed statement, block after block. Two ways, chosen
// by what the driver can really do (quirks.h).
#ifndef ASSAY_VALIDATOR_ODBC_FETCHER_H_
#define ASSAY_VALIDATOR_ODBC_FETCHER_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "validator/db/connection.h"
#include "validator/odbc/link.h"
#include "validator/odbc/result.h"

namespace assay::odbc {

// Confined to one thread at a time. Must not outlive the link or the statement.
class Fetcher {
 public:
  virtual ~Fetcher() = default;
  // The next block, null at the end; valid until the next call.
  virtual absl::StatusOr<const db::RowBlock*> Next() = 0;
};

// Fetches arrays of rows straight into the block.
std::unique_ptr<Fetcher> NewArrayFetcher(
    Link* link, SQLHSTMT statement, const std::vector<ResultColumn>* columns,
    const db::QueryOptions& options);

// Fetches row by row and copies; `bind` false: reads each cell with SQLGetData.
std::unique_ptr<Fetcher> NewRowFetcher(Link* link, SQLHSTMT statement,
                                       const std::vector<ResultColumn>* columns,
                                       const db::QueryOptions& options,
                                       bool bind);

// The best one for the link's driver and these columns. All pointers must
// outlive the fetcher.
std::unique_ptr<Fetcher> NewFetcher(Link* link, SQLHSTMT statement,
                                    const std::vector<ResultColumn>* columns,
                                    const db::QueryOptions& options);

// More rows than this in one block bring nothing.
inline constexpr size_t kMaxBlockRows = 10'000;

}  // namespace assay::odbc

#endif  // ASSAY_VALIDATOR_ODBC_FETCHER_H_
