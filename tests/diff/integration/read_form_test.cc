// SPDX-License-Identifier: Apache-2.0
// The same value, written to each database that can hold it, read through its
// driver: equal canonical bytes, and different ones for a value that is hardly
// different.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <map>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "tests/support/databases.h"
#include "validator/connections/registry.h"
#include "validator/diff/encode.h"
#include "validator/odbc/odbc.h"

namespace assay::diff {
namespace {

// A column type of a database and a literal for it.
struct Stored {
  std::string database;
  std::string type;
  std::string literal;
};

Stored Pg(const std::string& type, const std::string& literal) {
  return {"postgresql", type, literal};
}
Stored Maria(const std::string& type, const std::string& literal) {
  return {"mariadb", type, literal};
}
Stored Lite(const std::string& type, const std::string& literal) {
  return {"sqlite", type, literal};
}

std::string Shown(const Stored& stored) {
  return absl::StrCat(stored.database, " ", stored.type, " ",
                      stored.literal.substr(0, 60));
}

class ReadFormTest : public ::testing::Test {
 protected:
  // What is read of one stored value, and how.
  struct Column {
    ColumnSide side;
    std::string table;
    connections::Session* session = nullptr;
  };

  static void SetUpTestSuite() {
    directory_ = new assay::testing::ScratchDirectory();
    const std::map<std::string, std::string> strings = {
        {"postgresql", assay::testing::FromDatabases("ASSAY_TEST_POSTGRESQL")},
        {"mariadb", assay::testing::FromDatabases("ASSAY_TEST_MARIADB")},
        {"sqlite", "Driver=SQLite3;Database=" + directory_->File("test.db")}};
    std::vector<connections::ConnectionConfig> configs;
    for (const auto& [name, string] : strings) {
      auto owner = odbc::Open({.connection_string = string});
      ASSERT_TRUE(owner.ok()) << owner.status();
      owners_[name] = *std::move(owner);
      connections::ConnectionConfig& config = configs.emplace_back();
      config.name = name;
      config.odbc = string;
    }
    // Zero dates; backslashes as they are, as everywhere.
    Execute("mariadb", "SET sql_mode = 'NO_BACKSLASH_ESCAPES'");
    Execute("postgresql", "SET timezone = 'UTC'");
    Execute("postgresql", "DROP TYPE IF EXISTS diff_mood");
    Execute("postgresql", "CREATE TYPE diff_mood AS ENUM ('ok', 'so, so')");
    // The files of a database must be there before a session opens it.
    Execute("sqlite", "CREATE TABLE made (a)");
    auto registry = connections::Registry::Create(configs);
    ASSERT_TRUE(registry.ok()) << registry.status();
    registry_ = registry->release();
    auto sessions = registry_->Acquire({"postgresql", "mariadb", "sqlite"},
                                       CancellationToken());
    ASSERT_TRUE(sessions.ok()) << sessions.status();
    sessions_ = new std::vector<connections::Session>(*std::move(sessions));
  }

  static void TearDownTestSuite() {
    delete sessions_;
    delete registry_;
    owners_.clear();
    delete directory_;
  }

  static void Execute(const std::string& database, const std::string& sql) {
    const absl::Status status =
        owners_.at(database)->Execute(sql, CancellationToken());
    ASSERT_TRUE(status.ok()) << sql.substr(0, 300) << "\n" << status;
  }

  static connections::Session& SessionOf(const std::string& database) {
    return (*sessions_)[database == "postgresql" ? 0
                        : database == "mariadb"  ? 1
                                                 : 2];
  }

  Column Store(const Stored& stored) {
    Column column;
    column.table = absl::StrCat("diff_", ++tables_);
    column.session = &SessionOf(stored.database);
    Execute(stored.database,
            absl::StrCat("DROP TABLE IF EXISTS ", column.table));
    Execute(stored.database, absl::StrCat("CREATE TABLE ", column.table, " (v ",
                                          stored.type, ")"));
    Execute(stored.database, absl::StrCat("INSERT INTO ", column.table,
                                          " VALUES (", stored.literal, ")"));
    made_.emplace_back(stored.database, column.table);
    const auto table =
        column.session->DescribeTable(column.table, CancellationToken());
    EXPECT_TRUE(table.ok()) << table.status();
    if (table.ok()) column.side.type = table->columns.at(0).type;
    column.side.dialect = &column.session->dialect();
    return column;
  }

  void TearDown() override {
    RecordProperty("pairs", pairs_);
    for (const auto& [database, table] : made_) {
      Execute(database, "DROP TABLE " + table);
    }
  }

  // The canonical bytes of the column's values, in order.
  std::vector<std::string> Read(const Column& column,
                                const ComparedType& compared,
                                const ColumnPolicy* policy,
                                absl::TimeZone zone = absl::UTCTimeZone(),
                                const std::string& order = "") {
    std::vector<std::string> out;
    auto cursor = column.session->connection().Query(
        {absl::StrCat("SELECT ", ReadForm(column.side, "v", compared.type),
                      " FROM ", column.table, order),
         {}},
        {});
    EXPECT_TRUE(cursor.ok()) << cursor.status();
    if (!cursor.ok()) return out;
    const ColumnEncoding encoding =
        EncodingOf(column.side, compared, policy, zone);
    while (true) {
      const auto block = (*cursor)->Next();
      EXPECT_TRUE(block.ok()) << block.status();
      if (!block.ok() || *block == nullptr) return out;
      for (size_t row = 0; row < (*block)->rows(); ++row) {
        const absl::Status status =
            EncodeCell(encoding, **block, row, 0,
                       (*cursor)->columns()[0].kind, out.emplace_back());
        EXPECT_TRUE(status.ok()) << status;
      }
    }
  }

  // All of `equal` are one value, and none of `different` is.
  void Check(const std::vector<Stored>& equal,
             const std::vector<Stored>& different,
             const ColumnPolicy* policy = nullptr) {
    std::vector<Column> columns;
    for (const Stored& stored : equal) columns.push_back(Store(stored));
    const size_t count = columns.size();
    for (const Stored& stored : different) columns.push_back(Store(stored));
    for (size_t i = 0; i < count; ++i) {
      for (size_t j = i + 1; j < columns.size(); ++j) {
        const Stored& other = j < count ? equal[j] : different[j - count];
        SCOPED_TRACE(absl::StrCat(Shown(equal[i]), " and ", Shown(other)));
        const auto compared =
            ChooseCompareType(columns[i].side, columns[j].side, policy);
        ASSERT_TRUE(compared.ok()) << compared.status();
        const auto a = Read(columns[i], *compared, policy);
        const auto b = Read(columns[j], *compared, policy);
        ASSERT_EQ(a.size(), 1u);
        ASSERT_EQ(b.size(), 1u);
        if (j < count) {
          EXPECT_TRUE(a == b) << Text(a[0]) << " and " << Text(b[0]);
        } else {
          EXPECT_TRUE(a != b) << Text(a[0]);
        }
        ++pairs_;
      }
    }
  }

  static std::string Text(std::string_view bytes) {
    const auto value = DecodeValue(bytes);
    return value.has_value() ? ToText(*value).substr(0, 100) : "<none>";
  }

  static inline assay::testing::ScratchDirectory* directory_ = nullptr;
  static inline std::map<std::string, std::unique_ptr<db::Connection>> owners_;
  static inline connections::Registry* registry_ = nullptr;
  static inline std::vector<connections::Session>* sessions_ = nullptr;
  static inline int tables_ = 0;
  int pairs_ = 0;
  std::vector<std::pair<std::string, std::string>> made_;
};

TEST_F(ReadFormTest, Integers) {
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

TEST_F(ReadFormTest, UnsignedIntegers) {
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

TEST_F(ReadFormTest, Decimals) {
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

TEST_F(ReadFormTest, Doubles) {
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

TEST_F(ReadFormTest, ManyDoubles) {
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

TEST_F(ReadFormTest, Booleans) {
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

TEST_F(ReadFormTest, Dates) {
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

TEST_F(ReadFormTest, Timestamps) {
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

TEST_F(ReadFormTest, WallTimesHaveTheirConnectionsZone) {
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

TEST_F(ReadFormTest, Times) {
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

TEST_F(ReadFormTest, Text) {
  const auto everywhere = [](const std::string& text) {
    return std::vector<Stored>{
        Pg("text", text), Pg("varchar", text), Maria("LONGTEXT", text),
        Maria("VARCHAR(100)", text),
        Maria("VARCHAR(100) CHARACTER SET utf16", text), Lite("TEXT", text)};
  };
  Check(everywhere("'\xF0\x9F\x98\x80 \xC3\xA4\xE2\x82\xAC'"),
        everywhere("'\xF0\x9F\x98\x81 \xC3\xA4\xE2\x82\xAC'"));
  // Composed and decomposed.
  Check(everywhere("'\xC3\xA4'"), everywhere("'a\xCC\x88'"));
  Check(everywhere("'a\nb\r\n\tc\\n''\"%'"), everywhere("'a\nb\n\tc\\n''\"%'"));
  Check(everywhere("'a '"), everywhere("'a'"));
  Check(everywhere("'a'"), everywhere("'A'"));
  Check(everywhere("''"), everywhere("NULL"));
  Check(everywhere("''"), everywhere("' '"));
  Check(everywhere("'NULL'"), everywhere("NULL"));
  Check(everywhere("'X''41'''"), everywhere("'A'"));
  Check({Maria("VARCHAR(9) CHARACTER SET latin1", "'\xC3\xA4'"),
         Maria("TEXT CHARACTER SET ucs2", "'\xC3\xA4'"),
         Maria("VARCHAR(9) COLLATE utf8mb4_bin", "'\xC3\xA4'"),
         Pg("text", "'\xC3\xA4'"), Lite("VARCHAR(9)", "'\xC3\xA4'")},
        {Maria("VARCHAR(9) CHARACTER SET latin1", "'\xC3\xB6'"),
         Lite("TEXT", "x'C3A4'"), Pg("text", "'\xC3\x84'")});
  // char(n) is without its padding on all three.
  Check({Pg("char(5)", "'ab'"), Maria("CHAR(5)", "'ab'"), Pg("text", "'ab'"),
         Pg("name", "'ab'"), Lite("CHAR(5)", "'ab'")},
        {Pg("varchar(5)", "'ab '"), Maria("VARCHAR(5)", "'ab '"),
         Lite("CHAR(5)", "'ab '")});
  // A zero byte, which only SQLite takes.
  Check({Lite("TEXT", "'a' || char(0) || 'b'")},
        {Pg("text", "'a'"), Lite("TEXT", "'a'"), Pg("text", "'ab'"),
         Lite("TEXT", "'a' || char(0) || 'c'")});
}

TEST_F(ReadFormTest, LongText) {
  std::string text;
  while (text.size() < (1 << 20)) {
    absl::StrAppend(&text, text.size(), " \xC3\xA4\xF0\x9F\x98\x80\n");
  }
  const auto everywhere = [](const std::string& literal) {
    return std::vector<Stored>{Pg("text", literal), Maria("LONGTEXT", literal),
                               Lite("TEXT", literal)};
  };
  Check(everywhere("'" + text + "'"), everywhere("'" + text + "x'"));
  Check(everywhere("'" + text + "a'"), everywhere("'" + text + "b'"));
}

TEST_F(ReadFormTest, Blobs) {
  const auto everywhere = [](const std::string& hex) {
    return std::vector<Stored>{
        Pg("bytea", "'\\x" + hex + "'"), Maria("LONGBLOB", "x'" + hex + "'"),
        Maria("VARBINARY(2000)", "x'" + hex + "'"),
        Lite("BLOB", "x'" + hex + "'")};
  };
  Check(everywhere("00ff4100"), everywhere("00ff4101"));
  Check(everywhere("00ff4100"), everywhere("00ff41"));
  Check(everywhere(""), everywhere("00"));
  Check(everywhere(""), {Pg("bytea", "NULL"), Maria("BLOB", "NULL"),
                         Lite("BLOB", "NULL"), Lite("BLOB", "''")});
  Check({Maria("BINARY(4)", "x'4100'"), Pg("bytea", "'\\x41000000'")},
        {Maria("VARBINARY(4)", "x'4100'")});
  std::string hex;
  while (hex.size() < (2 << 20)) {
    absl::StrAppendFormat(&hex, "%08x", hex.size());
  }
  Check({Pg("bytea", "'\\x" + hex + "'"), Maria("LONGBLOB", "x'" + hex + "'"),
         Lite("BLOB", "x'" + hex + "'")},
        {Pg("bytea", "'\\x" + hex + "00'"),
         Maria("LONGBLOB", "x'" + hex + "00'"),
         Lite("BLOB", "x'" + hex + "00'")});
}

TEST_F(ReadFormTest, Uuids) {
  const std::string text = "123e4567-e89b-12d3-a456-426614174000";
  const std::string upper = "123E4567-E89B-12D3-A456-426614174000";
  const std::string other = "123e4567-e89b-12d3-a456-426614174001";
  const std::string hex = absl::StrReplaceAll(text, {{"-", ""}});
  Check({Pg("uuid", "'" + text + "'"), Pg("uuid", "'" + upper + "'"),
         Maria("UUID", "'" + upper + "'")},
        {Pg("uuid", "'" + other + "'"), Maria("UUID", "'" + other + "'"),
         Pg("text", "'" + other + "'"), Maria("CHAR(36)", "'" + other + "'"),
         Pg("uuid", "NULL"), Maria("BINARY(16)", "x'" + hex.substr(2) + "01'"),
         Lite("TEXT", "'" + text + "x'")});
  for (const Stored& stored :
       {Pg("text", "'" + upper + "'"), Maria("CHAR(36)", "'" + upper + "'"),
        Maria("CHAR(32)", "'" + hex + "'"), Lite("UUID", "'" + upper + "'"),
        Maria("BINARY(16)", "x'" + hex + "'"), Lite("BLOB", "x'" + hex + "'"),
        Pg("bytea", "'\\x" + hex + "'")}) {
    Check({Pg("uuid", "'" + text + "'"), stored}, {});
    Check({Maria("UUID", "'" + text + "'"), stored}, {});
  }
}

TEST_F(ReadFormTest, Json) {
  const std::string a =
      R"('{"b":[1.0,"ä\n","\u00e4"],"a":12345678901234567890.10}')";
  const std::string same =
      R"('{"a": 12345678901234567890.1, "b": [1, "\u00e4\n", "ä"]}')";
  const std::string other =
      R"('{"a": 12345678901234567890.2, "b": [1, "\u00e4\n", "ä"]}')";
  Check({Pg("json", a), Pg("jsonb", same), Pg("jsonb", a)},
        {Pg("json", other), Pg("jsonb", other), Maria("JSON", other),
         Lite("JSON", other), Pg("json", "NULL"), Pg("json", "'null'")});
  for (const Stored& stored : {Maria("JSON", a), Maria("LONGTEXT", same),
                               Lite("JSON", a), Pg("text", same)}) {
    Check({Pg("jsonb", a), stored}, {});
    Check({Pg("json", same), stored}, {});
  }
  ColumnPolicy policy;
  policy.as = TypeClass::kJson;
  Check({Maria("JSON", a), Maria("JSON", same), Lite("TEXT", same)},
        {Maria("JSON", other)}, &policy);
}

TEST_F(ReadFormTest, EnumsAndSets) {
  Check({Pg("diff_mood", "'so, so'"), Maria("ENUM('ok', 'so, so')", "'so, so'"),
         Maria("ENUM('so, so', 'ok')", "'so, so'"), Lite("TEXT", "'so, so'"),
         Pg("text", "'so, so'")},
        {Pg("diff_mood", "'ok'"), Maria("ENUM('ok', 'so, so')", "'ok'"),
         Maria("ENUM('so', 'OK')", "'so'"), Pg("diff_mood", "NULL")});
  Check({Maria("SET('x', 'y', '\xC3\xA4')", "'\xC3\xA4,x'"),
         Pg("text", "'x,\xC3\xA4'")},
        {Maria("SET('x', 'y', '\xC3\xA4')", "'x'"),
         Maria("SET('x', 'y', '\xC3\xA4')", "''")});
  Check({Maria("SET('x')", "''"), Pg("text", "''")},
        {Maria("SET('x')", "NULL")});
}

TEST_F(ReadFormTest, BitStrings) {
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

TEST_F(ReadFormTest, ArraysAndTheirLike) {
  Check({Pg("integer[]", "'{1,2,NULL}'"), Pg("integer[]", "ARRAY[1,2,NULL]")},
        {Pg("integer[]", "'{1,2}'"), Pg("text", "'{1,2}'"),
         Maria("TEXT", "'{1,2,3}'"), Pg("integer[]", "'{}'"),
         Pg("integer[]", "NULL")});
  Check({Pg("text[]", "ARRAY['a,b','c']"), Maria("TEXT", "'{\"a,b\",c}'")}, {});
  Check({Pg("text[]", "ARRAY['a,b','c']")}, {Pg("text[]", "ARRAY['a','b,c']")});
  Check({Pg("inet", "'10.0.0.1/24'")}, {Pg("inet", "'10.0.0.1/25'")});
  Check({Pg("inet", "'::1'"), Maria("VARCHAR(50)", "'::1'")}, {});
  Check({Maria("INET6", "'::1'"), Pg("text", "'::1'")},
        {Maria("INET6", "'::2'")});
  Check({Pg("interval", "'1 day'")}, {Pg("interval", "'24 hours'")});
  Check({Maria("POINT", "POINT(1, 2)")}, {Maria("POINT", "POINT(1, 3)")});
}

}  // namespace
}  // namespace assay::diff
