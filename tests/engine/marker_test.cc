// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "gtest/gtest.h"
#include "validator/engine/engine.h"

namespace assay::engine {
namespace {

constexpr char kTrace[] =
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(StatementMarkerTest, BeginsWithWhatOrphansAreFoundBy) {
  EXPECT_EQ(StatementMarker("r1", ""), "assay run=r1");
  EXPECT_EQ(StatementMarker("r1", kTrace),
            std::string("assay run=r1 traceparent=") + kTrace);
  EXPECT_TRUE(StatementMarker("r1", kTrace).starts_with(RunMarker("r1")));
}

TEST(StatementMarkerTest, LetsNothingElseIntoSql) {
  // Whatever a damaged store may hold.
  for (const std::string bad :
       {"*/ DROP TABLE t; /*", "\n", "'", "?", "00-*/-*/-*/"}) {
    EXPECT_EQ(StatementMarker("r1", bad), RunMarker("r1"));
    EXPECT_EQ(StatementMarker("r1", kTrace + bad), RunMarker("r1"));
  }
}

TEST(LogFieldsTest, AreThoseOfTheRequest) {
  ExecuteRequest request;
  request.run_id = "r1";
  request.principal = "ops";
  request.traceparent = kTrace;
  const LogFields fields = LogFieldsOf(request, "rule");
  EXPECT_EQ(fields.run_id, "r1");
  EXPECT_EQ(fields.rule_id, "rule");
  EXPECT_EQ(fields.principal, "ops");
  EXPECT_EQ(fields.trace_id, "0af7651916cd43dd8448eb211c80319c");
}

}  // namespace
}  // namespace assay::engine
