// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>
#include <random>

#include "absl/strings/str_format.h"
#include "tests/diff/integration/read_form_fixture.h"

namespace assay::diff {
namespace {

class ReadNumbersTest : public ReadFormTest {};

TEST_F(ReadNumbersTest, Integers) {
  Check({Pg("integer", "-5"), Pg("smallint", "-5"), Pg("numeric(20,3)", "-5"),
         Maria("INT", "-5"), Maria("TINYINT", "-5"), Maria("MEDIUMINT", "-5"),
         Maria("DECIMAL(10,2)", "-5"), Lite("INTEGER", "-5"),
         Lite("DECIMAL(10,2)", "-5.00")},
        {Pg("integer", "-6"), Maria("INT", "5"), Lite("INTEGER", "NULL"),
         Maria("DECIMAL(10,2)", "-5.01"), Lite("INTEGER", "'-5x'")});
  Check({Pg("bigint", "-9223372036854775808"),
         Maria("BIGINT", "-9223372036854775808"),
         Lite("BIGINT", "-9223372036854775808")},
        {Pg("bigint", "-9223372036854775807"),
         Maria("BIGINT", "-9223372036854775807"),
         Lite("BIGINT", "-9223372036854775807"),
         Pg("numeric", "-9223372036854775809")});
  Check({Pg("bigint", "9223372036854775807"),
         Maria("BIGINT UNSIGNED", "9223372036854775807"),
         Lite("INTEGER", "9223372036854775807")},
        {Lite("INTEGER", "9223372036854775806"),
         Maria("BIGINT UNSIGNED", "9223372036854775808")});
  Check({Pg("integer", "0"), Maria("BIGINT", "0"), Lite("INTEGER", "0"),
         Maria("YEAR", "'0000'")},
        {Pg("integer", "NULL"), Maria("INT", "NULL"), Lite("INT", "NULL")});
  Check({Pg("integer", "2155"), Maria("YEAR", "2155")},
        {Maria("YEAR", "2154"), Pg("integer", "55")});
}

TEST_F(ReadNumbersTest, UnsignedIntegers) {
  Check({Maria("BIGINT UNSIGNED", "18446744073709551615"),
         Pg("numeric(20)", "18446744073709551615"),
         Maria("DECIMAL(20)", "18446744073709551615")},
        {Maria("BIGINT UNSIGNED", "18446744073709551614"),
         Pg("numeric(20)", "18446744073709551614"), Pg("bigint", "-1"),
         Lite("INTEGER", "-1")});
  Check({Maria("INT UNSIGNED", "4294967295"), Pg("bigint", "4294967295"),
         Pg("oid", "4294967295"), Lite("INTEGER", "4294967295")},
        {Maria("INT UNSIGNED", "4294967294"), Pg("integer", "-1"),
         Pg("oid", "4294967294")});
  Check({Maria("TINYINT UNSIGNED", "255"), Maria("SMALLINT UNSIGNED", "255"),
         Maria("MEDIUMINT UNSIGNED", "255"), Pg("smallint", "255")},
        {Maria("TINYINT", "-1"), Pg("smallint", "254")});
}

TEST_F(ReadNumbersTest, Decimals) {
  const std::string digits =
      "-12345678901234567890123456789012345.123456789012345678901234567891";
  const std::string other = digits.substr(0, digits.size() - 1) + "2";
  Check({Pg("numeric", digits), Pg("numeric(65,30)", digits),
         Maria("DECIMAL(65,30)", digits)},
        {Pg("numeric", other), Maria("DECIMAL(65,30)", other),
         Maria("DECIMAL(65,30)", digits.substr(1))});
  const std::string nines(65, '9');
  Check({Maria("DECIMAL(65,0)", nines), Pg("numeric", nines),
         Pg("numeric(70,5)", nines)},
        {Maria("DECIMAL(65,0)", nines.substr(1) + "8")});
  Check({Lite("DECIMAL(10,2)", "1.10"), Pg("numeric(10,2)", "1.1"),
         Maria("DECIMAL(10,4)", "1.1"), Lite("NUMERIC", "1.1")},
        {Pg("numeric(10,2)", "1.11"), Lite("DECIMAL(10,2)", "1.11"),
         Lite("DECIMAL(10,2)", "'1.1x'"), Lite("DECIMAL(10,2)", "x'312E31'"),
         Pg("numeric", "1.1000000000000000888")});
  Check({Pg("numeric", "'NaN'"), Pg("numeric(10,2)", "'NaN'")},
        {Pg("numeric", "0"), Pg("numeric", "'Infinity'"),
         Pg("numeric", "'-Infinity'"), Pg("numeric", "NULL")});
  Check({Pg("numeric", "0.00"), Lite("DECIMAL", "0.0"), Maria("DECIMAL", "0")},
        {Maria("DECIMAL(10,9)", "0.000000001")});
  // Exact decimals in a text column, as their author says.
  ColumnPolicy policy;
  policy.as = TypeClass::kDecimal;
  Check({Lite("TEXT", "'" + digits + "'"), Pg("numeric", digits),
         Pg("text", "'" + digits + "00'")},
        {Lite("TEXT", "'" + other + "'"), Pg("text", "'x'")}, &policy);
  Check({Pg("float8", "1.1"), Maria("DECIMAL(10,2)", "1.1"),
         Lite("REAL", "1.1"), Maria("DOUBLE", "1.1")},
        {Pg("float8", "1.1000000000000003")}, &policy);
}

TEST_F(ReadNumbersTest, Doubles) {
  for (const auto& [value, next] :
       std::vector<std::pair<std::string, std::string>>{
           {"0.1", "0.10000000000000002"},
           {"0.30000000000000004", "0.3"},
           {"-1.7976931348623157e308", "-1.7976931348623155e308"},
           {"2.2250738585072014e-308", "2.225073858507202e-308"},
           {"123456789.12345679", "123456789.1234568"},
           {"1e15", "1000000000000000.1"},
           {"9007199254740993.0", "9007199254740994.0"}}) {
    Check({Pg("float8", value), Maria("DOUBLE", value), Lite("REAL", value)},
          {Pg("float8", next), Maria("DOUBLE", next), Lite("REAL", next)});
  }
  Check({Pg("float8", "'-0'"), Pg("float8", "0"), Maria("DOUBLE", "-0e0"),
         Lite("REAL", "-0.0")},
        {Pg("float8", "'1e-300'"), Pg("float8", "NULL")});
  // Single precision is its exact double.
  Check({Pg("real", "0.1"), Maria("FLOAT", "0.1"),
         Pg("float8", "0.10000000149011612"),
         Lite("REAL", "0.10000000149011612")},
        {Pg("float8", "0.1"), Maria("FLOAT", "0.10000001"),
         Pg("real", "0.10000001")});
  Check({Pg("real", "123456.1"), Maria("FLOAT", "123456.1"),
         Maria("DOUBLE", "123456.1015625")},
        {Maria("FLOAT", "123456"), Pg("real", "123456.11")});
  Check({Pg("float8", "'Infinity'"), Lite("REAL", "9e999"),
         Pg("real", "'Infinity'")},
        {Pg("float8", "'-Infinity'"), Pg("float8", "'NaN'"),
         Lite("REAL", "-9e999"), Pg("float8", "1.7976931348623157e308")});
  Check({Pg("float8", "'NaN'"), Pg("real", "'NaN'")},
        {Pg("float8", "NULL"), Lite("REAL", "NULL")});
}

TEST_F(ReadNumbersTest, ManyDoubles) {
  constexpr size_t kValues = 4000;
  std::mt19937_64 random(7);
  std::vector<double> values;
  std::string literals;
  while (values.size() < kValues) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isnormal(value)) continue;
    absl::StrAppendFormat(&literals, "%s(%d, %.17e)",
                          values.empty() ? "" : ", ", values.size(), value);
    values.push_back(value);
  }
  const ComparedType compared{CompareType::kDouble, false, ""};
  for (const auto& [database, type] :
       std::vector<std::pair<std::string, std::string>>{
           {"postgresql", "float8"}, {"mariadb", "DOUBLE"},
           {"sqlite", "REAL"}}) {
    Execute(database, "DROP TABLE IF EXISTS diff_doubles");
    Execute(database, "CREATE TABLE diff_doubles (id INT, v " + type + ")");
    if (database == "sqlite") {
      // Its own reading of literals is off by one bit now and then.
      Execute(database, "BEGIN");
      for (size_t i = 0; i < kValues; ++i) {
        const auto inserted = owners_.at(database)->Query(
            {"INSERT INTO diff_doubles VALUES (?, ?)",
             {static_cast<int64_t>(i), values[i]}},
            {});
        ASSERT_TRUE(inserted.ok()) << inserted.status();
      }
      Execute(database, "COMMIT");
    } else {
      Execute(database, "INSERT INTO diff_doubles VALUES " + literals);
    }
    Column column;
    column.table = "diff_doubles";
    column.session = &SessionOf(database);
    column.side.dialect = &column.session->dialect();
    const auto table =
        column.session->DescribeTable("diff_doubles", CancellationToken());
    ASSERT_TRUE(table.ok()) << table.status();
    column.side.type = table->columns[1].type;
    const std::vector<std::string> read = Read(
        column, compared, nullptr, absl::UTCTimeZone(), " ORDER BY id");
    ASSERT_EQ(read.size(), kValues);
    size_t wrong = 0;
    for (size_t i = 0; i < kValues; ++i) {
      std::string_view bytes = read[i];
      wrong += DecodeValue(bytes) != Value(values[i]);
    }
    EXPECT_EQ(wrong, 0u) << database;
    Execute(database, "DROP TABLE diff_doubles");
  }
}

TEST_F(ReadNumbersTest, Booleans) {
  Check({Pg("boolean", "true"), Maria("BOOLEAN", "true"),
         Maria("BIT(1)", "b'1'"), Lite("BOOLEAN", "1"), Maria("INT", "1"),
         Pg("integer", "1")},
        {Pg("boolean", "false"), Maria("BOOLEAN", "2"), Maria("BIT(1)", "b'0'"),
         Lite("BOOLEAN", "0"), Pg("boolean", "NULL"),
         Lite("BOOLEAN", "'true'")});
  Check({Pg("boolean", "false"), Maria("BIT", "b'0'"), Lite("BOOLEAN", "0")},
        {Maria("BIT", "NULL"), Pg("boolean", "NULL")});
  Check({Pg("bit(1)", "B'1'"), Maria("BIT(1)", "b'1'")},
        {Maria("BIT(1)", "b'0'"), Pg("bit(1)", "B'0'")});
}

TEST_F(ReadNumbersTest, BitStrings) {
  Check({Pg("bit(8)", "B'00000101'"), Maria("BIT(8)", "b'101'"),
         Pg("varbit", "B'00000101'")},
        {Pg("bit(8)", "B'00000100'"), Maria("BIT(8)", "b'100'"),
         Pg("bit(3)", "B'101'"), Maria("BIT(3)", "b'101'"),
         Pg("varbit", "B''"), Maria("BIT(8)", "NULL")});
  const std::string ones(64, '1');
  Check({Maria("BIT(64)", "b'" + ones + "'"), Pg("bit(64)", "B'" + ones + "'")},
        {Maria("BIT(64)", "b'" + ones.substr(1) + "'"),
         Pg("bit(64)", "B'" + ones.substr(1) + "0'")});
}

}  // namespace
}  // namespace assay::diff
