// SPDX-License-Identifier: Apache-2.0
#include "validator/odbc/diagnostics.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "validator/odbc/connection_string.h"

namespace assay::odbc {
namespace {

using R = ErrorReason;

TEST(DiagnosticsTest, Classification) {
  const struct {
    Phase phase = Phase::kStatement;
    Diagnostic diagnostic;
    ErrorReason reason = R::kInternal;
  } kCases[] = {
      {Phase::kStatement, {"42P01", 1, "ERROR: relation"}, R::kTableNotFound},
      {Phase::kStatement, {"42703", 1, "ERROR: column"}, R::kColumnNotFound},
      {Phase::kStatement, {"42501", 1, "ERROR: denied"}, R::kPermissionDenied},
      {Phase::kStatement, {"40001", 1, "could not serialize"}, R::kTransient},
      {Phase::kStatement, {"40P01", 1, "deadlock"}, R::kTransient},
      {Phase::kStatement, {"22012", 1, "division by zero"}, R::kDataError},
      {Phase::kStatement,
       {"57014", 1, "ERROR: canceling statement due to statement timeout"},
       R::kStatementTimeout},
      {Phase::kStatement,
       {"57014", 1, "ERROR: canceling statement due to user request"},
       R::kTransient},
      {Phase::kStatement, {"57P01", 1, "terminating"}, R::kConnectionLost},
      {Phase::kStatement, {"08S01", 1, "link failure"}, R::kConnectionLost},
      {Phase::kStatement, {"08006", 1, "failure"}, R::kConnectionLost},
      {Phase::kConnect, {"57P03", 1, "starting up"}, R::kDatabaseUnreachable},
      {Phase::kConnect, {"53300", 1, "too many"}, R::kDatabaseUnreachable},
      {Phase::kConnect,
       {"08001", 101, "FATAL: password authentication failed for user \"x\""},
       R::kAuthenticationFailed},
      {Phase::kConnect,
       {"08001", 101, "connection refused"},
       R::kDatabaseUnreachable},
      {Phase::kConnect,
       {"HY000", 1045, "[ma-3.1.15]Access denied"},
       R::kAuthenticationFailed},
      {Phase::kStatement,
       {"HY000", 1142, "[ma-3.1.15][10.11]SELECT command denied"},
       R::kPermissionDenied},
      {Phase::kStatement,
       {"42S02", 1146, "[ma-3.1.15][10.11]Table 'x' doesn't exist"},
       R::kTableNotFound},
      {Phase::kStatement, {"HY000", 1205, "[ma-3.1.15]x"}, R::kTransient},
      {Phase::kStatement, {"40001", 1213, "[ma-3.1.15]x"}, R::kTransient},
      {Phase::kStatement,
       {"70100", 1969, "[ma-3.1.15]x"},
       R::kStatementTimeout},
      {Phase::kStatement, {"HY000", 2013, "[ma-3.1.15]x"}, R::kConnectionLost},
      {Phase::kStatement, {"HY000", 2006, "[ma-3.1.15]x"}, R::kConnectionLost},
      {Phase::kConnect,
       {"HY000", 2002, "[ma-3.1.15]x"},
       R::kDatabaseUnreachable},
      {Phase::kStatement,
       {"HY000", 1, "[SQLite]no such table: nope (1)"},
       R::kTableNotFound},
      {Phase::kStatement,
       {"HY000", 1, "[SQLite]no such column: x"},
       R::kColumnNotFound},
      {Phase::kStatement,
       {"HY000", 5, "[SQLite]database is locked"},
       R::kTransient},
      {Phase::kStatement,
       {"HY000", 14, "[SQLite]unable to open database file"},
       R::kDatabaseNotFound},
      {Phase::kConnect,
       {"HY000", 14, "[SQLite]connect failed"},
       R::kDatabaseNotFound},
      {Phase::kConnect,
       {"08001", 101, "FATAL: database \"x\" does not exist"},
       R::kDatabaseNotFound},
      {Phase::kConnect,
       {"01000", 0, "[unixODBC][Driver Manager]Can't open lib 'x'"},
       R::kDriverMissing},
      {Phase::kConnect,
       {"IM002", 0, "Data source name not found"},
       R::kDriverMissing},
      {Phase::kStatement,
       {"HY000", 1, "near \"x\": syntax error"},
       R::kSqlError},
      // What a message quotes does not decide where the state is specific.
      {Phase::kStatement,
       {"22P02", 1, "invalid input: \"no such table\""},
       R::kDataError},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(Classify(test.diagnostic, test.phase), test.reason)
        << test.diagnostic.state << " " << test.diagnostic.message << ": "
        << GetErrorReasonInfo(Classify(test.diagnostic, test.phase)).name;
  }
}

TEST(DiagnosticsTest, MessagesAreReadable) {
  EXPECT_EQ(ReadableMessage("[unixODBC][Driver Manager]Data source\n  name"),
            "Data source name");
  EXPECT_EQ(
      ReadableMessage("ERROR: relation \"x\" does not exist;\nError while "
                      "executing the query"),
      "ERROR: relation \"x\" does not exist");
  EXPECT_EQ(ReadableMessage("[ma-3.1.15][10.11.19-MariaDB]Table [x]"),
            "Table [x]");
}

TEST(DiagnosticsTest, StatusCarriesStateAndReason) {
  const absl::Status status = ToStatus(
      {{"01000", 0, "warning"}, {"42P01", 7, "[a]no relation \"hunter2\""}},
      Phase::kStatement, Scrubber({"hunter2"}));
  EXPECT_EQ(GetReason(status), R::kTableNotFound);
  EXPECT_EQ(status.message(), "no relation \"***\" (SQLSTATE 42P01, error 7)");
}

TEST(ScrubberTest, SecretsInEveryForm) {
  const Scrubber scrubber({"p;w}d'1%", "ab"});
  for (const char* text :
       {"p;w}d'1%", "{p;w}}d'1%}", "p;w}d''1%", "p;w}d\\'1%",
        "p%3Bw%7Dd%271%25", "p%3bw%7dd%271%25", "Pwd={p;w}}d'1%};x"}) {
    const std::string out = scrubber.Scrub(text);
    EXPECT_EQ(out.find("1%"), std::string::npos) << out;
    EXPECT_EQ(out.find("271"), std::string::npos) << out;
    EXPECT_NE(out.find("***"), std::string::npos) << out;
  }
  EXPECT_EQ(scrubber.Scrub("about absent"), "about absent");
  EXPECT_EQ(scrubber.Scrub("x PASSWORD=unknown; y"), "x PASSWORD=***; y");
  EXPECT_EQ(scrubber.Scrub("pwd={a}}b};z"), "pwd=***;z");
}

TEST(ConnectionStringTest, QuotesWhatMustBe) {
  ConnectionString string(
      "Driver={PostgreSQL Unicode}; Server = a b ;Pwd={x;y}}z};flag;Pwd=2");
  EXPECT_EQ(string.Get("DRIVER"), "PostgreSQL Unicode");
  EXPECT_EQ(string.Get("server"), "a b");
  EXPECT_EQ(string.Get("pwd"), "x;y}z");
  EXPECT_TRUE(string.Get("flag").has_value());
  EXPECT_FALSE(string.Get("none").has_value());
  string.Set("pwd", "q;Driver=evil");
  EXPECT_EQ(ConnectionString(string.ToString()).Get("Driver"),
            "PostgreSQL Unicode");
  EXPECT_EQ(ConnectionString(string.ToString()).Get("Pwd"), "q;Driver=evil");
  string.Set("pwd", "50%+");
  EXPECT_TRUE(absl::StrContains(string.ToString(), "Pwd={50%+}"))
      << string.ToString();
  string.SetDefault("Server", "other");
  EXPECT_EQ(string.Get("server"), "a b");
}

}  // namespace
}  // namespace assay::odbc
