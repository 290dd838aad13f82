// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/check_text.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace assay::engine {
namespace {

std::string Show(const CheckLiteral& literal) {
  return literal.quoted ? absl::StrCat("'", literal.text, "'") : literal.text;
}

std::string Show(const std::vector<CheckLiteral>& literals) {
  return absl::StrJoin(literals, ",", [](std::string* out, const auto& one) {
    absl::StrAppend(out, Show(one));
  });
}

// "a in 1,2; b min 0 max 5", or "-".
std::string Read(const char* text) {
  const auto demands = ReadCheck(text);
  if (!demands) return "-";
  return absl::StrJoin(*demands, "; ", [](std::string* out, const auto& one) {
    absl::StrAppend(out, one.column);
    if (!one.values.empty()) absl::StrAppend(out, " in ", Show(one.values));
    if (!one.forbid.empty()) absl::StrAppend(out, " not ", Show(one.forbid));
    if (one.min) absl::StrAppend(out, " min ", Show(*one.min));
    if (one.above) absl::StrAppend(out, " above ", Show(*one.above));
    if (one.max) absl::StrAppend(out, " max ", Show(*one.max));
    if (one.below) absl::StrAppend(out, " below ", Show(*one.below));
  });
}

TEST(ReadCheckTest, Recognises) {
  const struct {
    const char* text;
    const char* demands;
  } kCases[] = {
      // PostgreSQL.
      {"((status)::text = ANY ((ARRAY['a'::character varying, "
       "'x''y'::character varying])::text[]))",
       "status in 'a','x'y'"},
      {"(status = ANY (ARRAY['a'::text, 'b'::text]))", "status in 'a','b'"},
      {"(n = ANY (ARRAY[1, 2, '-3'::integer]))", "n in 1,2,'-3'"},
      {"(n <> ALL (ARRAY[1, 2]))", "n not 1,2"},
      {"(f >= (0)::numeric)", "f min 0"},
      {"((f >= (0)::numeric) AND (f <= (100)::numeric))", "f min 0 max 100"},
      {"((f > 0.5) AND (f < 1) AND (n <> 3))", "f above 0.5 below 1; n not 3"},
      {"(VALUE >= 0)", "value min 0"},
      {"((VALUE)::text <> ''::text)", "value not ''"},
      {"(d >= '2020-01-01'::date)", "d min '2020-01-01'"},
      {"(t >= '2020-01-01 00:00:00'::timestamp(3) without time zone)",
       "t min '2020-01-01 00:00:00'"},
      {"(\"Mixed Case\" > 0)", "Mixed Case above 0"},
      {"((s = 'a'::bpchar) OR (s = 'b'::bpchar))", "s in 'a','b'"},
      {"(m = ANY (ARRAY['a'::facts.mood, 'b'::facts.mood]))", "m in 'a','b'"},
      // MariaDB.
      {"`a` in ('q','x''y')", "a in 'q','x'y'"},
      {"`f` >= 0", "f min 0"},
      {"\"f\" >= 0", "f min 0"},
      {"`f` between 0 and 10", "f min 0 max 10"},
      {"`f` > -5 and `f` < 10.5", "f above -5 below 10.5"},
      {"`a` = 'x' or `a` = 'y'", "a in 'x','y'"},
      {"`a` <> ''", "a not ''"},
      // SQLite, as written.
      {"status IN ( 'a' , 'b' )", "status in 'a','b'"},
      {"0 <= f AND 10 > f", "f min 0 below 10"},
      {"Flag == 1", "flag in 1"},
      {"n NOT IN (1, 2)", "n not 1,2"},
      {"a > 0 AND b > 0", "a above 0; b above 0"},
  };
  for (const auto& c : kCases) EXPECT_EQ(Read(c.text), c.demands) << c.text;
}

TEST(ReadCheckTest, GuessesNothing) {
  for (const char* text : {"",
                           "(",
                           ")",
                           "a",
                           "a >",
                           "a > b",
                           "1 > 0",
                           "length(a) > 0",
                           "(length((a)::text) > 5)",
                           "a > 0 or b > 0",
                           "a > 0 or a < -5",
                           "a like 'x%'",
                           "((VALUE)::text ~~ '%@%'::text)",
                           "a is not null",
                           "a in (select 1)",
                           "a in (b)",
                           "a in ()",
                           "a = 'x\\'y'",
                           "a + 1 > 0",
                           "json_valid(`j`)",
                           "not a > 0",
                           "a not between 1 and 2",
                           "a > 1e5",
                           "a = '",
                           "t.a > 0",
                           "a > 0 b",
                           "((((((",
                           "a = any (b)",
                           "a > date '2020-01-01'",
                           "case when a then b end"}) {
    EXPECT_EQ(Read(text), "-") << text;
  }
  EXPECT_EQ(Read(std::string(100000, '(').c_str()), "-");
}

}  // namespace
}  // namespace assay::engine
