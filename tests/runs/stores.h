// SPDX-License-Identifier: Apache-2.0
// The run stores of tests: SQLite files, and schemas of a scratch PostgreSQL.
//
// The tests of the run manager are built twice; ASSAY_TEST_STORE_POSTGRESQL
// puts them on PostgreSQL, for which with_databases.sh is needed.
#ifndef ASSAY_TESTS_RUNS_STORES_H_
#define ASSAY_TESTS_RUNS_STORES_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/databases.h"
#include "validator/odbc/odbc.h"
#include "validator/runs/store.h"
#include "validator/runs/store_source.h"

namespace assay::runs {

// SQLite files; they go with their directory.
class SqliteStores {
 public:
  StoreOptions New(const std::string& directory, const std::string& name) {
    StoreOptions options;
    options.path = absl::StrCat(directory, "/", name, ".db");
    return options;
  }

  // The files as they are at this moment. By another process, for closing a
  // descriptor of the file in this one would drop SQLite's locks; again where
  // the store was written meanwhile, for a crash is one moment.
  StoreOptions Copy(const std::string& directory, const StoreOptions& of) {
    const std::string copy = absl::StrCat(directory, "/crash", ++copies_);
    StoreOptions options;
    options.path = copy + "/runs.db";
    const std::string& from = of.path;
    const std::string& to = options.path;
    const std::string command =
        absl::StrCat("mkdir ", copy, "; until cp ", from, " ", to, " && cp ",
                     from, "-wal ", to, "-wal && cmp -s ", from, " ", to,
                     " && cmp -s ", from, "-wal ", to, "-wal; do :; done");
    // NOLINTNEXTLINE(cert-env33-c): the shell's loop, on paths of ours.
    EXPECT_EQ(std::system(command.c_str()), 0);
    return options;
  }

 private:
  int copies_ = 0;
};

// Schemas of the scratch PostgreSQL; dropped with it.
class PostgresqlStores {
 public:
  ~PostgresqlStores() {
    for (const std::string& schema : schemas_) {
      Run(absl::StrCat("DROP SCHEMA IF EXISTS ", schema, " CASCADE"));
    }
  }

  StoreOptions New(const std::string&, const std::string&) {
    const std::string schema = NewSchema();
    StoreOptions options = OptionsOf(schema);
    auto source = StoreSource::Open(options);
    EXPECT_TRUE(source.ok()) << source.status();
    const auto version = Store::Migrate([&] { return (*source)->Connect(); },
                                        (*source)->dialect());
    EXPECT_TRUE(version.ok()) << version.status();
    return options;
  }

  // The tables as they are at this moment; the servers that use them are not in
  // the copy, and so are dead.
  StoreOptions Copy(const std::string&, const StoreOptions& of) {
    const std::string from = SchemaOf(of);
    const std::string to = NewSchema();
    Run("BEGIN ISOLATION LEVEL REPEATABLE READ");
    for (const char* const table :
         {"assay_store", "runs", "labels", "claims", "results", "groups_done",
          "sessions", "differences", "pairs", "servers"}) {
      Run(absl::StrCat("CREATE TABLE ", to, ".", table, " (LIKE ", from, ".",
                       table, " INCLUDING ALL)"));
      if (std::string(table) == "servers") continue;
      Run(absl::StrCat("INSERT INTO ", to, ".", table, " SELECT * FROM ", from,
                       ".", table));
    }
    Run("COMMIT");
    return OptionsOf(to);
  }

  // A schema without a store in it.
  StoreOptions Empty() { return OptionsOf(NewSchema()); }

  static std::string SchemaOf(const StoreOptions& options) {
    const size_t at = options.postgresql.find(kSearchPath);
    return options.postgresql.substr(
        at + sizeof(kSearchPath) - 1,
        options.postgresql.find('}', at) - at - sizeof(kSearchPath) + 1);
  }

  // As the owner; rows of the statement.
  std::vector<db::StoreRow> Run(const std::string& sql) {
    if (admin_ == nullptr) {
      auto admin = odbc::OpenStore({.connection_string = testing::FromDatabases(
                                        "ASSAY_TEST_POSTGRESQL")});
      EXPECT_TRUE(admin.ok()) << admin.status();
      if (!admin.ok()) return {};
      admin_ = *std::move(admin);
    }
    auto rows = admin_->Run({sql, {}});
    EXPECT_TRUE(rows.ok()) << sql << "\n" << rows.status();
    return rows.ok() ? *std::move(rows) : std::vector<db::StoreRow>();
  }

 private:
  static constexpr char kSearchPath[] = "ConnSettings={SET search_path TO ";

  std::string NewSchema() {
    static std::atomic<int> number = 0;
    schemas_.push_back(absl::StrCat("runs_", getpid(), "_", ++number));
    Run(absl::StrCat("CREATE SCHEMA ", schemas_.back()));
    return schemas_.back();
  }

  static StoreOptions OptionsOf(const std::string& schema) {
    StoreOptions options;
    options.postgresql =
        absl::StrCat(testing::FromDatabases("ASSAY_TEST_POSTGRESQL"), ";",
                     kSearchPath, schema, "}");
    // Tests have no clock of their own there: nobody is dead by chance.
    options.takeover_after = absl::Hours(1);
    return options;
  }

  std::unique_ptr<db::StoreConnection> admin_;
  std::vector<std::string> schemas_;
};

#ifdef ASSAY_TEST_STORE_POSTGRESQL
using TestStores = PostgresqlStores;
#else
using TestStores = SqliteStores;
#endif

}  // namespace assay::runs

#endif  // ASSAY_TESTS_RUNS_STORES_H_
