// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/compare_type.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"

namespace assay::diff {
namespace {

// "postgresql numeric", "mariadb BIT bit(8)": dialect, native and full name.
ColumnSide Side(const std::string& dialect, const std::string& native,
                const std::string& full = "") {
  ColumnSide side;
  side.dialect = sql::FindDialect(dialect);
  side.type.native_name = native;
  side.type.full_name = full;
  side.type.type = side.dialect->ClassifyType(native, 0, 0);
  return side;
}

ColumnSide Pg(const std::string& native, const std::string& full = "") {
  return Side("postgresql", native, full);
}
ColumnSide Maria(const std::string& native, const std::string& full = "") {
  return Side("mariadb", native, full);
}
ColumnSide Lite(const std::string& native) { return Side("sqlite", native); }

// What is chosen both ways round, or the message of the refusal.
std::string Chosen(const ColumnSide& a, const ColumnSide& b,
                   const ColumnPolicy* policy = nullptr) {
  const auto there = ChooseCompareType(a, b, policy);
  const auto back = ChooseCompareType(b, a, policy);
  EXPECT_EQ(there.ok(), back.ok());
  if (!there.ok()) {
    EXPECT_EQ(GetReason(there.status()), ErrorReason::kNotComparable);
    return std::string(there.status().message());
  }
  EXPECT_EQ(there->text, back->text);
  return there->text;
}

ColumnPolicy ForcedTo(TypeClass type) {
  ColumnPolicy policy;
  policy.as = type;
  return policy;
}

TEST(ChooseCompareType, FindsTheExactCommonType) {
  EXPECT_EQ(Chosen(Pg("int4"), Maria("BIGINT UNSIGNED")), "number, exact");
  EXPECT_EQ(Chosen(Pg("numeric"), Maria("INT")), "number, exact");
  EXPECT_EQ(Chosen(Pg("bool"), Maria("TINYINT", "tinyint(1)")),
            "number, exact");
  EXPECT_EQ(Chosen(Pg("bool"), Maria("BIT", "bit(1)")), "number, exact");
  EXPECT_EQ(Chosen(Pg("int4"), Maria("YEAR")), "number, exact");
  EXPECT_EQ(Chosen(Lite("DECIMAL(10,2)"), Maria("DECIMAL")), "number, exact");
  EXPECT_EQ(Chosen(Pg("float4"), Maria("DOUBLE")), "double, exact");
  EXPECT_EQ(Chosen(Pg("bpchar"), Maria("LONGTEXT")), "text, exact");
  EXPECT_EQ(Chosen(Pg("enum"), Maria("ENUM")), "text, exact");
  EXPECT_EQ(Chosen(Maria("SET"), Lite("TEXT")), "text, exact");
  EXPECT_EQ(Chosen(Pg("uuid"), Maria("CHAR")), "uuid, exact");
  EXPECT_EQ(Chosen(Pg("uuid"), Maria("BINARY", "binary(16)")), "uuid, exact");
  EXPECT_EQ(Chosen(Pg("uuid"), Maria("UUID")), "uuid, exact");
  EXPECT_EQ(Chosen(Pg("jsonb"), Maria("LONGTEXT")), "json, exact");
  EXPECT_EQ(Chosen(Pg("json"), Pg("jsonb")), "json, exact");
  EXPECT_EQ(Chosen(Pg("date"), Maria("DATETIME")), "timestamp, exact");
  EXPECT_EQ(Chosen(Pg("date"), Maria("DATE")), "date, exact");
  EXPECT_EQ(Chosen(Pg("timestamptz"), Maria("DATETIME")), "timestamp, exact");
  EXPECT_EQ(Chosen(Pg("time"), Maria("TIME")), "time, exact");
  EXPECT_EQ(Chosen(Pg("bytea"), Lite("BLOB")), "bytes, exact");
  EXPECT_EQ(Chosen(Pg("bit", "bit(8)"), Maria("BIT", "bit(8)")), "bits, exact");
  EXPECT_EQ(Chosen(Pg("varbit"), Maria("BIT", "bit(8)")), "bits, exact");
}

TEST(ChooseCompareType, TakesTypesOfOneDatabaseByTheirText) {
  EXPECT_EQ(Chosen(Pg("_int4"), Pg("_int4")), "text, exact");
  EXPECT_EQ(Chosen(Pg("inet"), Pg("inet")), "text, exact");
  EXPECT_EQ(Chosen(Pg("_int4"), Maria("TEXT")), "text, exact");
  EXPECT_EQ(Chosen(Pg("interval"), Pg("tsvector")),
            "the source is interval, the target tsvector: they have no exact "
            "common type; a policy for the column can say how: `as: text`");
  EXPECT_EQ(Chosen(Pg("inet"), Maria("INET6")),
            "the source is inet, the target INET6: they have no exact common "
            "type; a policy for the column can say how: `as: text`");
}

TEST(ChooseCompareType, RefusesTheRestAndSaysWhatHelps) {
  EXPECT_EQ(Chosen(Pg("numeric", "numeric(12,2)"), Maria("DOUBLE", "double")),
            "the source is numeric(12,2), the target double: they have no "
            "exact common type; a policy for the column can say how: "
            "`tolerance` or `as: decimal` or `as: double`");
  EXPECT_EQ(Chosen(Lite("TEXT"), Pg("date")),
            "the source is TEXT, the target date: they have no exact common "
            "type; a policy for the column can say how: `as: date`");
  EXPECT_TRUE(absl::StrContains(Chosen(Lite("TEXT"), Pg("timestamptz")),
                                "`as: timestamp`"));
  EXPECT_TRUE(absl::StrContains(Chosen(Lite("TEXT"), Pg("numeric")),
                                "`as: decimal` or `as: text`"));
  EXPECT_TRUE(
      absl::StrContains(Chosen(Lite("TEXT"), Pg("bytea")), "`as: bytes`"));
  EXPECT_EQ(Chosen(Pg("bytea"), Maria("INT")),
            "the source is bytea, the target INT: they have no exact common "
            "type; no policy makes them comparable; compare expressions "
            "(`map`) or leave the column out (`except`)");
  EXPECT_TRUE(absl::StrContains(Chosen(Pg("int4"), Maria("BIT", "bit(8)")),
                                "no exact common type"));
  EXPECT_TRUE(
      absl::StrContains(Chosen(Pg("time"), Pg("timestamp")), "no policy"));
}

TEST(ChooseCompareType, TakesWhatThePolicyForces) {
  const ColumnPolicy decimal = ForcedTo(TypeClass::kDecimal);
  EXPECT_EQ(Chosen(Pg("numeric"), Maria("DOUBLE"), &decimal), "number, exact");
  EXPECT_EQ(Chosen(Lite("TEXT"), Pg("int4"), &decimal), "number, exact");
  const ColumnPolicy date = ForcedTo(TypeClass::kDate);
  EXPECT_EQ(Chosen(Lite("TEXT"), Pg("date"), &date), "date, exact");
  EXPECT_EQ(Chosen(Pg("timestamp"), Pg("date"), &date), "date, exact");
  const ColumnPolicy json = ForcedTo(TypeClass::kJson);
  EXPECT_EQ(Chosen(Maria("LONGTEXT"), Maria("LONGTEXT"), &json), "json, exact");
  const ColumnPolicy text = ForcedTo(TypeClass::kText);
  EXPECT_EQ(Chosen(Pg("inet"), Maria("INET6"), &text), "text, exact");
  EXPECT_TRUE(absl::StrContains(Chosen(Pg("bytea"), Pg("date"), &date),
                                "not both can be read `as: date`"));
}

TEST(ChooseCompareType, PrintsThePolicy) {
  ColumnPolicy policy;
  policy.tolerance = Decimal{"0.01"};
  EXPECT_EQ(Chosen(Pg("numeric"), Maria("DOUBLE"), &policy),
            "number, within 0.01");
  EXPECT_EQ(Chosen(Pg("float8"), Maria("DOUBLE"), &policy),
            "double, within 0.01");
  EXPECT_TRUE(
      ChooseCompareType(Pg("int4"), Pg("int4"), &policy)->has_tolerance);
  policy.relative_tolerance = Decimal{"0.1"};
  EXPECT_EQ(Chosen(Pg("numeric"), Pg("numeric"), &policy),
            "number, within 0.01 or within 0.1 of the source's value");
  ColumnPolicy precision;
  precision.precision = 3;
  EXPECT_EQ(Chosen(Pg("timestamp"), Maria("DATETIME"), &precision),
            "timestamp, truncated to 3 digits");
  precision.rounding = Rounding::kRound;
  precision.precision = 1;
  EXPECT_EQ(Chosen(Pg("time"), Maria("TIME"), &precision),
            "time, rounded to 1 digit");
  ColumnPolicy text;
  text.trim = Trim::kTrailing;
  text.ignore_case = true;
  text.empty_is_null = true;
  EXPECT_EQ(Chosen(Pg("text"), Maria("CHAR"), &text),
            "text, trailing blanks trimmed, without case, '' is NULL");
}

TEST(ChooseCompareType, RefusesPoliciesWithoutMeaning) {
  ColumnPolicy tolerance;
  tolerance.tolerance = Decimal{"1"};
  EXPECT_EQ(Chosen(Pg("timestamp"), Pg("timestamp"), &tolerance),
            "the source is timestamp, the target timestamp: they are compared "
            "as timestamp, where `tolerance` has no meaning; remove it");
  ColumnPolicy precision;
  precision.precision = 3;
  EXPECT_TRUE(absl::StrContains(Chosen(Pg("date"), Pg("date"), &precision),
                                "`precision` has no meaning"));
  ColumnPolicy trim;
  trim.trim = Trim::kBoth;
  EXPECT_TRUE(absl::StrContains(Chosen(Pg("int4"), Pg("int4"), &trim),
                                "`trim` has no meaning"));
  ColumnPolicy without_case;
  without_case.ignore_case = true;
  EXPECT_TRUE(absl::StrContains(Chosen(Pg("uuid"), Pg("text"), &without_case),
                                "`ignore_case` has no meaning"));
  ColumnPolicy empty;
  empty.empty_is_null = true;
  EXPECT_TRUE(absl::StrContains(Chosen(Pg("int4"), Pg("int4"), &empty),
                                "`empty_is_null` has no meaning"));
  EXPECT_EQ(Chosen(Pg("uuid"), Pg("text"), &empty), "uuid, '' is NULL");
}

TEST(ReadForm, IsBareWhereTheDriverIsExact) {
  const auto form = [](const ColumnSide& side) {
    return ReadForm(side, "x", CompareType::kText);
  };
  for (const char* type : {"int2", "int4", "int8", "numeric", "float8", "bool",
                           "text", "varchar", "bytea"}) {
    EXPECT_EQ(form(Pg(type)), "x") << type;
  }
  EXPECT_EQ(form(Pg("float4")), "CAST(x AS float8)");
  EXPECT_EQ(form(Pg("oid")), "CAST(x AS bigint)");
  for (const char* type :
       {"citext", "enum", "date", "time", "timestamp", "timestamptz",
        "uuid", "json", "jsonb", "_int4", "bit", "varbit", "interval"}) {
    EXPECT_EQ(form(Pg(type)), "CAST(x AS text)") << type;
  }
  for (const char* type : {"TINYINT", "BIGINT UNSIGNED", "DECIMAL", "DOUBLE",
                           "VARCHAR", "ENUM", "SET", "LONGTEXT", "YEAR",
                           "BINARY", "LONGBLOB"}) {
    EXPECT_EQ(form(Maria(type)), "x") << type;
  }
  EXPECT_EQ(form(Maria("FLOAT")), "CAST(x AS DOUBLE)");
  EXPECT_EQ(form(Maria("BIT", "bit(8)")), "LPAD(BIN(x + 0), 8, '0')");
  for (const char* type :
       {"DATE", "DATETIME", "TIMESTAMP", "TIME", "UUID", "INET6"}) {
    EXPECT_EQ(form(Maria(type)), "CAST(x AS CHAR)") << type;
  }
  const sql::Dialect& ansi = *sql::FindDialect("ansi");
  EXPECT_EQ(ansi.DiffForm("x", {TypeClass::kText}), "x");
  EXPECT_EQ(ansi.DiffForm("x", {TypeClass::kTimestamp}),
            "CAST(x AS VARCHAR(64))");
  EXPECT_EQ(ansi.DiffForm("x", {TypeClass::kOther}),
            "CAST(x AS VARCHAR(4000))");
}

}  // namespace
}  // namespace assay::diff
