// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/type_fit.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "validator/sql/dialect.h"

namespace assay::diff {
namespace {

db::ColumnFacts Column(const char* dialect, const char* type,
                       const char* character_set = "") {
  db::ColumnFacts out;
  out.native_type = out.base_type = type;
  out.capacity = sql::FindDialect(dialect)->Capacity(type);
  out.character_set = character_set;
  return out;
}

constexpr char kMaria[] = "mariadb";
constexpr char kPg[] = "postgresql";
constexpr char kLite[] = "sqlite";

struct Case {
  const char* from;
  const char* source;
  const char* to;
  const char* target;
  const char* lost;  // Part of the reason; null: it fits.
};

class TypeFitTest : public ::testing::TestWithParam<Case> {};

TEST_P(TypeFitTest, TellsWhatIsLost) {
  const Case& c = GetParam();
  const TypeFit fit = FitTypes(Column(c.from, c.source),
                               Column(c.to, c.target));
  EXPECT_EQ(fit.fits, c.lost == nullptr)
      << c.source << " → " << c.target << ": " << fit.why;
  if (c.lost != nullptr) {
    EXPECT_TRUE(absl::StrContains(fit.why, c.lost))
        << c.source << " → " << c.target << ": " << fit.why;
  }
}

const Case kNumbers[] = {
    {kPg, "integer", kPg, "bigint", nullptr},
    {kPg, "bigint", kPg, "integer", "above 2147483647"},
    {kPg, "smallint", kMaria, "tinyint(4)", "above 127"},
    {kMaria, "tinyint(1)", kPg, "boolean", nullptr},
    {kMaria, "tinyint(4)", kPg, "boolean", "above 1"},
    {kPg, "boolean", kMaria, "tinyint(1)", nullptr},
    {kPg, "boolean", kMaria, "bit(1)", nullptr},
    {kMaria, "bit(1)", kPg, "boolean", nullptr},
    {kMaria, "bit(8)", kPg, "boolean", "more than one bit"},
    {kMaria, "bit(8)", kPg, "bit(8)", nullptr},
    {kMaria, "bit(8)", kPg, "bit(4)", "more than 4 bits"},
    {kMaria, "bit(8)", kPg, "bit(16)", "another number"},
    {kMaria, "bit(8)", kPg, "bit varying(16)", nullptr},
    {kMaria, "bit(8)", kPg, "smallint", nullptr},
    {kMaria, "bit(64)", kPg, "bigint", "64 bits"},
    {kMaria, "bit(9)", kPg, "bytea", nullptr},
    {kMaria, "tinyint(3) unsigned", kPg, "smallint", nullptr},
    {kMaria, "smallint(5) unsigned", kPg, "smallint", "above 32767"},
    {kMaria, "smallint(5) unsigned", kPg, "integer", nullptr},
    {kMaria, "mediumint(9)", kPg, "integer", nullptr},
    {kMaria, "int(10) unsigned", kPg, "integer", "above 2147483647"},
    {kMaria, "int(10) unsigned zerofill", kPg, "bigint", nullptr},
    {kMaria, "int(11)", kMaria, "int(10) unsigned", "below 0"},
    {kMaria, "bigint(20) unsigned", kPg, "bigint",
     "values above 9223372036854775807 do not fit"},
    {kMaria, "bigint(20) unsigned", kPg, "numeric(20,0)", nullptr},
    {kMaria, "bigint(20) unsigned", kPg, "numeric(19,0)", "above"},
    {kMaria, "bigint(20) unsigned", kPg, "numeric", nullptr},
    {kPg, "bigint", kMaria, "decimal(10,0)", "above 9999999999"},
    {kMaria, "year(4)", kPg, "smallint", nullptr},
    {kPg, "smallint", kMaria, "year(4)", "above 2155"},
    {kMaria, "decimal(10,2)", kPg, "numeric(12,2)", nullptr},
    {kMaria, "decimal(10,4)", kPg, "numeric(12,2)", "digits behind the 2"},
    {kMaria, "decimal(12,2)", kPg, "numeric(12,4)", "above 99999999"},
    {kMaria, "decimal(10,2)", kPg, "numeric", nullptr},
    {kPg, "numeric", kMaria, "decimal(65,30)", "above"},
    {kMaria, "decimal(10,0)", kPg, "bigint", nullptr},
    {kMaria, "decimal(10,0)", kPg, "integer", "above 2147483647"},
    {kMaria, "decimal(10,1)", kPg, "bigint", "behind the point"},
    {kMaria, "decimal(10,2)", kPg, "double precision", "rounded"},
    {kMaria, "decimal(10,2)", kMaria, "decimal(12,2) unsigned", "below 0"},
    {kMaria, "decimal(9,2) unsigned", kMaria, "decimal(9,2) unsigned", nullptr},
    {kMaria, "decimal(5,0) unsigned", kMaria, "int(10) unsigned", nullptr},
    {kMaria, "double", kMaria, "double unsigned", "below 0"},
    {kPg, "integer", kMaria, "decimal(12,0) unsigned", "below 0"},
    {kPg, "real", kPg, "double precision", nullptr},
    {kMaria, "float", kPg, "real", nullptr},
    {kMaria, "float", kPg, "double precision", nullptr},
    {kMaria, "double", kPg, "double precision", nullptr},
    {kMaria, "double", kMaria, "float", "rounded to single"},
    {kPg, "double precision", kPg, "numeric", "rounded"},
    {kPg, "integer", kPg, "double precision", nullptr},
    {kPg, "integer", kPg, "real", "16777216"},
    {kPg, "bigint", kPg, "double precision", "9007199254740992"},
    {kPg, "integer", kPg, "text", "another kind"},
    {kLite, "INTEGER", kPg, "integer", "above"},
    {kLite, "INTEGER", kPg, "bigint", nullptr},
    {kPg, "numeric(12,2)", kLite, "DECIMAL(12,2)", nullptr},
    {kPg, "numeric(30,2)", kLite, "NUMERIC", "fifteenth"},
    {kPg, "bigint", kLite, "INT", nullptr},
};
INSTANTIATE_TEST_SUITE_P(Numbers, TypeFitTest, ::testing::ValuesIn(kNumbers));

const Case kTexts[] = {
    {kPg, "character varying(50)", kPg, "character varying(20)",
     "longer than 20 characters"},
    {kMaria, "varchar(20)", kPg, "character varying(20)", nullptr},
    {kMaria, "varchar(20)", kPg, "text", nullptr},
    {kMaria, "mediumtext", kPg, "text", nullptr},
    {kMaria, "longtext", kMaria, "mediumtext", "16777215 bytes"},
    {kMaria, "text", kMaria, "varchar(255)", "longer than 255"},
    {kPg, "text", kMaria, "varchar(255)", "longer than 255"},
    {kPg, "text", kMaria, "text", "65535 bytes"},
    {kPg, "text", kMaria, "longtext", nullptr},
    {kPg, "character varying(16383)", kMaria, "text", nullptr},
    {kPg, "character varying(16384)", kMaria, "text", "65535 bytes"},
    {kPg, "character varying", kMaria, "varchar(100)", "longer than 100"},
    {kPg, "character(5)", kMaria, "char(5)", nullptr},
    {kPg, "character(5)", kMaria, "varchar(5)", nullptr},
    {kPg, "character varying(5)", kMaria, "char(5)", "blanks at the end"},
    {kMaria, "char(36)", kPg, "uuid", nullptr},
    {kPg, "uuid", kMaria, "char(36)", nullptr},
    {kPg, "uuid", kMaria, "char(32)", "36 characters"},
    {kPg, "uuid", kMaria, "uuid", nullptr},
    {kPg, "text", kPg, "uuid", "no UUID"},
    {kMaria, "varbinary(16)", kPg, "uuid", nullptr},
    {kMaria, "binary(16)", kPg, "uuid", nullptr},
    {kMaria, "varbinary(20)", kPg, "uuid", "16 bytes"},
    {kMaria, "blob", kPg, "bytea", nullptr},
    {kPg, "bytea", kMaria, "blob", "65535 bytes"},
    {kPg, "bytea", kMaria, "longblob", nullptr},
    {kMaria, "blob", kPg, "text", "another kind"},
    {kMaria, "enum('a','b')", kPg, "text", nullptr},
    {kMaria, "enum('a','bcd')", kPg, "character varying(2)", "longer than 2"},
    {kMaria, "enum('a','b')", kPg, "enum('b','a','c')", nullptr},
    {kMaria, "enum('a','b''c','d')", kPg, "enum('a')",
     "labels 'b'c', 'd' are missing"},
    {kMaria, "enum('a','A')", kPg, "enum('a')", "label 'A' is missing"},
    {kPg, "text", kMaria, "enum('a')", "labels"},
    {kMaria, "set('a','b')", kPg, "text[]", nullptr},
    {kMaria, "set('a','b')", kPg, "character varying(3)", nullptr},
    {kMaria, "set('a','b')", kPg, "character varying(2)", "longer than 2"},
    {kMaria, "set('a','b')", kMaria, "set('a')", "'b' is missing"},
    {kPg, "json", kPg, "jsonb", nullptr},
    {kPg, "jsonb", kMaria, "json", nullptr},
    {kPg, "jsonb", kMaria, "longtext", nullptr},
    {kPg, "jsonb", kMaria, "text", "bytes"},
    {kPg, "text", kPg, "jsonb", "no JSON"},
    {kLite, "VARCHAR(20)", kPg, "character varying(20)", nullptr},
    {kLite, "TEXT", kPg, "text", nullptr},
    {kLite, "VARCHAR(20)", kPg, "character varying(10)", "longer than 10"},
    {kPg, "character varying(20)", kLite, "VARCHAR(5)", nullptr},
    {kPg, "uuid", kLite, "TEXT", nullptr},
    {kPg, "text[]", kPg, "text[]", nullptr},
    {kPg, "point", kPg, "point", nullptr},
    {kPg, "point", kMaria, "point", nullptr},
    {kPg, "point", kMaria, "text", "not known"},
    {kPg, "inet", kPg, "cidr", "not known"},
};
INSTANTIATE_TEST_SUITE_P(Texts, TypeFitTest, ::testing::ValuesIn(kTexts));

const Case kTimes[] = {
    {kMaria, "datetime(6)", kPg, "timestamp without time zone", nullptr},
    {kMaria, "datetime", kPg, "timestamp(0) without time zone", nullptr},
    {kPg, "timestamp(6) without time zone", kMaria, "datetime",
     "fractional seconds are lost"},
    {kPg, "timestamp without time zone", kMaria, "datetime(3)",
     "beyond 3 digits"},
    {kPg, "timestamp with time zone", kMaria, "datetime(6)", nullptr},
    {kMaria, "datetime", kPg, "date", "time of day"},
    {kMaria, "date", kPg, "date", nullptr},
    {kMaria, "date", kPg, "timestamp without time zone", nullptr},
    {kMaria, "timestamp", kPg, "timestamp with time zone", nullptr},
    {kMaria, "datetime", kMaria, "timestamp", "1970"},
    {kPg, "date", kMaria, "timestamp", "1970"},
    {kMaria, "time", kPg, "time without time zone", nullptr},
    {kMaria, "time(6)", kPg, "time(3) without time zone", "beyond 3"},
    {kPg, "date", kPg, "text", "another kind"},
    {kPg, "timestamp with time zone", kLite, "TEXT", nullptr},
    {kPg, "timestamp with time zone", kLite, "DATETIME", nullptr},
    {kLite, "DATETIME", kMaria, "datetime(6)", nullptr},
};
INSTANTIATE_TEST_SUITE_P(Times, TypeFitTest, ::testing::ValuesIn(kTimes));

TEST(TypeFitTest, CharacterSetsMustSpellTheText) {
  const auto fits = [](const char* source, const char* target) {
    return FitTypes(Column(kMaria, "varchar(5)", source),
                    Column(kMaria, "varchar(5)", target))
        .fits;
  };
  EXPECT_TRUE(fits("utf8mb4", "utf8mb4"));
  EXPECT_TRUE(fits("latin1", "utf8mb4"));
  EXPECT_TRUE(fits("latin1", "utf8mb3"));
  EXPECT_TRUE(fits("ascii", "latin1"));
  EXPECT_FALSE(fits("utf8mb4", "utf8mb3"));
  EXPECT_FALSE(fits("utf8mb4", "latin1"));
  EXPECT_FALSE(fits("", "latin1"));
  EXPECT_FALSE(fits("", "utf8mb3"));
  EXPECT_TRUE(fits("utf8mb3", ""));
}

TEST(TypeFitTest, WhatIsWorthKnowingIsSaid) {
  EXPECT_NE(FitTypes(Column(kMaria, "char(36)"), Column(kPg, "uuid")).why, "");
  EXPECT_NE(
      FitTypes(Column(kMaria, "tinyint(1)"), Column(kPg, "boolean")).why, "");
  EXPECT_EQ(FitTypes(Column(kMaria, "int(11)"), Column(kPg, "integer")).why,
            "");
}

}  // namespace
}  // namespace assay::diff
