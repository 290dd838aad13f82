// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "validator/db/table_facts.h"

namespace assay::db {
namespace {

struct Case {
  const char* a;
  const char* b;
  TypeClass type;
  bool equal;
};

TEST(NormalDefaultTest, EqualWhereDatabasesMeanTheSame) {
  const Case kCases[] = {
      {"'x'::character varying", "'x'", TypeClass::kText, true},
      {"'x''y'::text", "'x''y'", TypeClass::kText, true},
      {"'x'", "'X'", TypeClass::kText, false},
      {"'x'", "'x '", TypeClass::kText, false},
      {"'a::b'", "'a::b'::text", TypeClass::kText, true},
      {"''::text", "''", TypeClass::kText, true},
      {"''", "NULL", TypeClass::kText, false},
      {"NULL", "NULL::character varying", TypeClass::kText, true},
      {"'now()'", "now()", TypeClass::kText, false},
      {"now()", "current_timestamp()", TypeClass::kTimestamp, true},
      {"CURRENT_TIMESTAMP", "now()", TypeClass::kTimestamp, true},
      {"CURRENT_TIMESTAMP(6)", "current_timestamp(3)", TypeClass::kTimestamp,
       true},
      {"now()", "CURRENT_DATE", TypeClass::kDate, false},
      {"curdate()", "CURRENT_DATE", TypeClass::kDate, true},
      {"0", "'0'", TypeClass::kInteger, true},
      {"0", "'0'::smallint", TypeClass::kInteger, true},
      {"0.00", "0", TypeClass::kDecimal, true},
      {"1.50", "'1.5'::numeric", TypeClass::kDecimal, true},
      {"'-5'::integer", "(-5)", TypeClass::kInteger, true},
      {"1", "2", TypeClass::kInteger, false},
      {"'1.0'", "'1'", TypeClass::kText, false},
      {"true", "1", TypeClass::kBoolean, true},
      {"false", "0", TypeClass::kBoolean, true},
      {"'t'::boolean", "TRUE", TypeClass::kBoolean, true},
      {"true", "0", TypeClass::kBoolean, false},
      {"b'1'", "'1'::\"bit\"", TypeClass::kBytes, true},
      {"'2020-01-01 00:00:00'::timestamp without time zone",
       "'2020-01-01 00:00:00.000000'", TypeClass::kTimestamp, true},
      {"'2020-01-01'", "'2020-01-01'::date", TypeClass::kDate, true},
      {"'0000-00-00 00:00:00'", "'0001-01-01 00:00:00'", TypeClass::kTimestamp,
       false},
      {"uuid()", "gen_random_uuid()", TypeClass::kUuid, true},
      {"(lower('A'::text))", "LOWER('A'::text)", TypeClass::kText, true},
      {"(1 + 2)", "(1 + 3)", TypeClass::kInteger, false},
      {"('a'::text || 'b'::text)", "'a'", TypeClass::kText, false},
      {"'a'::mood", "'a'", TypeClass::kText, true},
      {"'{}'::text[]", "'{}'", TypeClass::kOther, true},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(NormalDefault(c.a, c.type) == NormalDefault(c.b, c.type), c.equal)
        << c.a << " and " << c.b << ": " << NormalDefault(c.a, c.type)
        << " and " << NormalDefault(c.b, c.type);
  }
}

TEST(NormalDefaultTest, SequencesAreNoDefault) {
  for (const char* text : {"nextval('t_id_seq'::regclass)", "nextval(`s`.`q`)",
                           "NEXT VALUE FOR s"}) {
    EXPECT_TRUE(IsSequenceDefault(text)) << text;
    EXPECT_EQ(NormalDefault(text, TypeClass::kInteger), "") << text;
  }
  EXPECT_FALSE(IsSequenceDefault("'x'"));
}

TEST(NormalDefaultTest, SurvivesAnyText) {
  for (const char* text : {"", "(", ")", "((", "'", "''", "'''",
                           "::", "x::", "::x", "('a", "(')')", "b'", "()"}) {
    NormalDefault(text, TypeClass::kText);
  }
}

TEST(TableFactsTest, FindsColumnsWithoutCase) {
  TableFacts facts;
  facts.columns.resize(3);
  facts.columns[0].name = "Id";
  facts.columns[1].name = "x";
  facts.columns[2].name = "X";
  EXPECT_EQ(facts.FindColumn("id"), facts.columns.data());
  EXPECT_EQ(facts.FindColumn("X"), &facts.columns[2]);
  EXPECT_EQ(facts.FindColumn("y"), nullptr);
}

}  // namespace
}  // namespace assay::db
