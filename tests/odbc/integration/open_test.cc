// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "tests/support/databases.h"
#include "validator/base/status.h"
#include "validator/odbc/connection_string.h"
#include "validator/odbc/odbc.h"

namespace assay::odbc {
namespace {

absl::Status TryOpen(const ConnectionString& string,
                     std::vector<std::string> secrets = {}) {
  return Open({.connection_string = string.ToString(),
               .secrets = std::move(secrets),
               .login_timeout = absl::Seconds(3)})
      .status();
}

TEST(OpenTest, APasswordWithEveryOddCharacterWorks) {
  for (const char* variable :
       {"ASSAY_TEST_POSTGRESQL_READER", "ASSAY_TEST_MARIADB_READER"}) {
    const ConnectionString string(testing::FromDatabases(variable));
    EXPECT_TRUE(TryOpen(string).ok()) << TryOpen(string);
  }
}

TEST(OpenTest, WrongPasswordsAreToldAndNotShown) {
  for (const char* variable :
       {"ASSAY_TEST_POSTGRESQL_READER", "ASSAY_TEST_MARIADB_READER"}) {
    ConnectionString string(testing::FromDatabases(variable));
    const std::string secret = "s3cr%t;v}alue";
    string.Set("Pwd", secret);
    const absl::Status status = TryOpen(string, {secret});
    EXPECT_EQ(GetReason(status), ErrorReason::kAuthenticationFailed) << status;
    EXPECT_FALSE(absl::StrContains(status.message(), "s3cr")) << status;
    string.Set("Uid", "nobody_knows");
    EXPECT_EQ(GetReason(TryOpen(string, {secret})),
              ErrorReason::kAuthenticationFailed);
  }
}

TEST(OpenTest, UnknownDatabasesAreNotFoundAndServersUnreachable) {
  for (const char* variable : {"ASSAY_TEST_POSTGRESQL", "ASSAY_TEST_MARIADB"}) {
    ConnectionString string(testing::FromDatabases(variable));
    string.Set("Database", "not_there");
    EXPECT_EQ(GetReason(TryOpen(string)), ErrorReason::kDatabaseNotFound)
        << TryOpen(string);
  }
  for (const char* driver : {"PostgreSQL Unicode", "MariaDB Unicode"}) {
    ConnectionString string("Server=127.0.0.1;Port=1;Database=x;Uid=u;Pwd=p");
    string.Set("Driver", driver);
    EXPECT_EQ(GetReason(TryOpen(string)), ErrorReason::kDatabaseUnreachable)
        << TryOpen(string);
  }
}

TEST(OpenTest, AMissingSqliteFileIsNotFound) {
  const testing::ScratchDirectory directory;
  ConnectionString string("Driver=SQLite3;NoCreat=1");
  string.Set("Database", directory.File("none.db"));
  absl::Status status = TryOpen(string);
  if (status.ok()) {
    // The driver opens the file with the first statement.
    auto connection = Open({.connection_string = string.ToString()});
    status = (*connection)
                 ->Execute("SELECT * FROM sqlite_master", CancellationToken());
  }
  EXPECT_EQ(GetReason(status), ErrorReason::kDatabaseNotFound) << status;
}

TEST(OpenTest, MissingDriversAreNamedWithWhatThereIs) {
  const absl::Status status =
      TryOpen(ConnectionString("Driver=Not Installed;Pwd=hush"));
  EXPECT_EQ(GetReason(status), ErrorReason::kDriverMissing) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "SQLite3")) << status;
  EXPECT_EQ(GetReason(TryOpen(ConnectionString("Driver=/no/such/lib.so"))),
            ErrorReason::kDriverMissing);
  EXPECT_EQ(GetReason(TryOpen(ConnectionString("DSN=not_configured"))),
            ErrorReason::kDriverMissing);
}

TEST(OpenTest, FreeTdsLoadsAndGivesUpInTime) {
  const absl::Time begin = absl::Now();
  const absl::Status status = TryOpen(ConnectionString(
      "Driver=FreeTDS;Server=127.0.0.1;Port=1;TDS_Version=7.4;Uid=u;Pwd=hush"));
  EXPECT_EQ(GetReason(status), ErrorReason::kDatabaseUnreachable) << status;
  EXPECT_LT(absl::Now() - begin, absl::Seconds(20));
}

}  // namespace
}  // namespace assay::odbc
