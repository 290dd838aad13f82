// SPDX-License-Identifier: Apache-2.0
#include "tests/diff/integration/read_form_fixture.h"

namespace assay::diff {
namespace {

class ReadTimesTest : public ReadFormTest {};

TEST_F(ReadTimesTest, Dates) {
  for (const auto& [day, next] :
       std::vector<std::pair<std::string, std::string>>{
           {"'2024-02-29'", "'2024-03-01'"},
           {"'0001-01-01'", "'0001-01-02'"},
           {"'9999-12-31'", "'9999-12-30'"},
           {"'1969-12-31'", "'1970-01-01'"}}) {
    Check({Pg("date", day), Maria("DATE", day), Lite("DATE", day)},
          {Pg("date", next), Maria("DATE", next), Lite("DATE", next),
           Pg("date", "NULL")});
    Check({Pg("date", day), Maria("DATETIME", day), Pg("timestamp(0)", day),
           Lite("DATETIME", day)},
          {Pg("timestamp", next), Maria("DATETIME", next)});
  }
  Check({Pg("date", "'0044-03-15 BC'")},
        {Pg("date", "'0044-03-15'"), Pg("date", "'0043-03-15 BC'"),
         Maria("DATE", "'0044-03-15'"), Lite("DATE", "'0044-03-15'")});
  Check({Pg("date", "'infinity'")},
        {Pg("date", "'-infinity'"), Pg("date", "'9999-12-31'"),
         Pg("date", "'5874897-12-31'"), Maria("DATE", "'9999-12-31'")});
  Check({Maria("DATE", "'0000-00-00'"), Lite("DATE", "'0000-00-00'")},
        {Maria("DATE", "NULL"), Pg("date", "NULL"), Pg("date", "'0001-01-01'"),
         Pg("date", "'0001-12-31 BC'"), Maria("DATE", "'0000-00-01'")});
  Check({Maria("DATE", "'2024-00-00'")},
        {Maria("DATE", "'2024-01-00'"), Maria("DATE", "'2024-01-01'"),
         Pg("date", "'2024-01-01'"), Maria("DATE", "'0000-00-00'")});
  Check({Lite("DATE", "'2024-01-01'")},
        {Lite("DATE", "'2024-1-1'"), Lite("DATE", "1704067200"),
         Lite("DATE", "x'00'")});
}

TEST_F(ReadTimesTest, Timestamps) {
  Check({Pg("timestamp", "'2024-01-01 10:00:00.123456'"),
         Pg("timestamptz", "'2024-01-01 12:00:00.123456+02'"),
         Maria("DATETIME(6)", "'2024-01-01 10:00:00.123456'"),
         Maria("TIMESTAMP(6) NULL", "'2024-01-01 10:00:00.123456'"),
         Lite("TIMESTAMP", "'2024-01-01 10:00:00.123456'"),
         Lite("TIMESTAMP", "'2024-01-01T10:00:00.123456Z'")},
        {Pg("timestamp", "'2024-01-01 10:00:00.123457'"),
         Pg("timestamptz", "'2024-01-01 10:00:00.123456+02'"),
         Maria("DATETIME(6)", "'2024-01-01 10:00:00.123455'"),
         Maria("DATETIME(3)", "'2024-01-01 10:00:00.123'"),
         Maria("TIMESTAMP(6) NULL", "'2024-01-01 10:00:00.123457'"),
         Lite("TIMESTAMP", "'2024-01-01 10:00:00.1234561'"),
         Maria("TIMESTAMP(6) NULL", "NULL")});
  Check({Pg("timestamp", "'0001-01-01 00:00:00'"),
         Lite("TIMESTAMP", "'0001-01-01 00:00:00'"),
         Maria("DATETIME", "'0001-01-01 00:00:00'")},
        {Pg("timestamp", "'0001-01-01 00:00:00 BC'"),
         Pg("timestamp", "'0001-01-01 00:00:00.000001'")});
  Check({Pg("timestamp", "'9999-12-31 23:59:59.999999'"),
         Maria("DATETIME(6)", "'9999-12-31 23:59:59.999999'")},
        {Pg("timestamp", "'infinity'"), Pg("timestamptz", "'infinity'"),
         Pg("timestamp", "'10000-01-01 00:00:00'"),
         Maria("DATETIME", "'9999-12-31 23:59:59'")});
  Check({Pg("timestamp", "'0044-03-15 10:00:00 BC'"),
         Pg("timestamptz", "'0044-03-15 10:00:00+00 BC'")},
        {Pg("timestamp", "'0044-03-15 10:00:00'"),
         Maria("DATETIME", "'0044-03-15 10:00:00'")});
  Check({Pg("timestamp", "'infinity'"), Pg("timestamptz", "'infinity'"),
         Pg("date", "'infinity'")},
        {Pg("timestamp", "'-infinity'"),
         Pg("timestamp", "'9999-12-31 23:59:59'")});
  Check({Maria("DATETIME", "'0000-00-00 00:00:00'"),
         Maria("DATETIME(6)", "'0000-00-00'"),
         Maria("TIMESTAMP NULL", "'0000-00-00 00:00:00'"),
         Lite("DATETIME", "'0000-00-00 00:00:00'")},
        {Pg("timestamp", "NULL"), Pg("timestamp", "'0001-01-01'"),
         Maria("DATETIME", "NULL")});
  ColumnPolicy policy;
  policy.precision = 3;
  Check({Pg("timestamp", "'2024-01-01 10:00:00.123999'"),
         Maria("DATETIME(3)", "'2024-01-01 10:00:00.123'"),
         Pg("timestamptz(3)", "'2024-01-01 10:00:00.123Z'")},
        {Maria("DATETIME(3)", "'2024-01-01 10:00:00.124'")}, &policy);
}

TEST_F(ReadTimesTest, WallTimesHaveTheirConnectionsZone) {
  absl::TimeZone berlin;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Berlin", &berlin));
  const Column wall = Store(Maria("DATETIME", "'2024-07-01 12:00:00'"));
  const Column moment = Store(Pg("timestamptz", "'2024-07-01 12:00:00+02'"));
  const auto compared = ChooseCompareType(wall.side, moment.side, nullptr);
  ASSERT_TRUE(compared.ok());
  EXPECT_EQ(Read(wall, *compared, nullptr, berlin),
            Read(moment, *compared, nullptr, berlin));
  EXPECT_NE(Read(wall, *compared, nullptr),
            Read(moment, *compared, nullptr));
}

TEST_F(ReadTimesTest, Times) {
  Check({Pg("time", "'10:00:00.5'"), Maria("TIME(6)", "'10:00:00.5'"),
         Maria("TIME(1)", "'10:00:00.5'"), Lite("TIME", "'10:00:00.500'")},
        {Pg("time", "'10:00:00.500001'"), Maria("TIME(6)", "'-10:00:00.5'"),
         Maria("TIME", "'10:00:00'"), Lite("TIME", "'10:00:00.499999'")});
  Check({Maria("TIME", "'26:00:00'"), Lite("TIME", "'26:00:00'")},
        {Maria("TIME", "'02:00:00'"), Pg("time", "'02:00:00'"),
         Maria("TIME", "'26:00:01'")});
  Check({Maria("TIME(6)", "'-838:59:59.000001'"),
         Lite("TIME", "'-838:59:59.000001'")},
        {Maria("TIME(6)", "'-838:59:59'"), Maria("TIME", "'838:59:59'")});
  Check({Pg("time", "'24:00:00'"), Maria("TIME", "'24:00:00'")},
        {Pg("time", "'00:00:00'"), Pg("time", "NULL")});
}

}  // namespace
}  // namespace assay::diff
