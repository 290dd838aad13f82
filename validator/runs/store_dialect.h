// SPDX-License-Identifier: Apache-2.0
// What the databases of run stores do differently. Everything else in store*.cc
// is SQL that they share. Plain constants; thread-safe.
#ifndef ASSAY_VALIDATOR_RUNS_STORE_DIALECT_H_
#define ASSAY_VALIDATOR_RUNS_STORE_DIALECT_H_

#include <string>
#include <utility>
#include <vector>

namespace assay::runs {

struct StoreDialect {
  const char* name;  // "PostgreSQL": for messages.
  // Whether several servers may use one store at once, on a machine each. Then
  // a run has an owner, and a connection may be lost and made again.
  bool shared;
  // What the driver is told, whatever the connection string says, and where it
  // says nothing.
  std::vector<std::pair<const char*, const char*>> pinned;
  std::vector<std::pair<const char*, const char*>> defaults;
  // Run on each new connection.
  std::vector<const char*> session;
  // One row with one text: why no store can be in this database; '' where it
  // can. Empty: it always can.
  const char* unfit;
  // One row with one number: how many tables are called assay_store.
  const char* count_stores;
  // An expression: the store's clock in microseconds since 1970. Clocks of
  // servers are never compared with each other.
  const char* now;
  // A statement with one number for a parameter: transactions with equal
  // numbers follow one another from here on. Empty: all transactions do.
  const char* serialize;
  // Run first in the transaction that changes the schema. May be empty.
  const char* before_migration;
};

// A file of this server's own.
const StoreDialect& SqliteStore();
// A database that several servers may share.
const StoreDialect& PostgresqlStore();

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_STORE_DIALECT_H_
