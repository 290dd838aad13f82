// SPDX-License-Identifier: Apache-2.0
// SELECTs that read rows out of the database: whole tables, in pages, or by
// key. Pure; thread-safe.
#ifndef ASSAY_VALIDATOR_SQL_READ_STATEMENTS_H_
#define ASSAY_VALIDATOR_SQL_READ_STATEMENTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "validator/sql/render.h"

namespace assay::sql {

// The columns' values as text, as tests outside the database take them.
absl::StatusOr<std::vector<std::string>> TextExpressions(
    const Scope& scope, const std::vector<Column>& columns);

// Reading in the order of a unique key.
struct ReadOrder {
  std::vector<ResolvedColumn> key;
  std::vector<Value> after;  // Rows up to this key are left out; empty: none.
  bool select_key = true;    // The key's columns come behind the expressions.
};

// A column of a key as ReadOrder takes its last value.
std::string KeyText(const Scope& scope, const ResolvedColumn& column);

// Rows of `expressions`, then the KeyText of the order's columns. `order`
// may be null; a limit of 0: all.
absl::Status PutRead(SqlWriter& out, const Scope& scope, const ExprPtr& where,
                     const std::vector<std::string>& expressions,
                     const ReadOrder* order, int64_t limit);

// Rows of `expressions` whose `key` is one of `keys`; NULL finds NULL. The
// database's equality may find more than are byte-exact. REQUIRES: keys is not
// empty.
absl::Status PutReadKeys(SqlWriter& out, const Scope& scope,
                         const ExprPtr& where,
                         const std::vector<std::string>& expressions,
                         const std::vector<ResolvedColumn>& key,
                         const std::vector<std::vector<Value>>& keys);

// The rows with the least (or greatest) keys, at most `limit`.
absl::Status PutReadEdge(SqlWriter& out, const Scope& scope,
                         const ExprPtr& where,
                         const std::vector<std::string>& expressions,
                         const std::vector<ResolvedColumn>& key, bool greatest,
                         int64_t limit);

// " FROM t WHERE …", for statements that are built elsewhere.
absl::Status PutFromWhere(SqlWriter& out, const Scope& scope,
                          const ExprPtr& where);

}  // namespace assay::sql

#endif  // ASSAY_VALIDATOR_SQL_READ_STATEMENTS_H_
