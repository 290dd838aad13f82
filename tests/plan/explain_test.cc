// SPDX-License-Identifier: Apache-2.0
// The engine computes measures of equal text once, so two that differ in
// meaning must never have one text.
#include <map>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rules/plan/plan.h"

namespace assay {
namespace {

ExprPtr Col(const std::string& name) { return MakeExpr(Column{name, {}}); }
ExprPtr Text(const std::string& text, const std::string& typed_by = "a") {
  return MakeExpr(Constant{text, typed_by, {}});
}
ExprPtr Compare(ExprPtr left, CompareOp op, ExprPtr right) {
  return MakeExpr(BinaryCompare{op, std::move(left), std::move(right)});
}
ExprPtr Less(ExprPtr left, ExprPtr right) {
  return Compare(std::move(left), CompareOp::kLess, std::move(right));
}
ExprPtr In(const std::string& column, const std::vector<std::string>& values,
           Equality equality = Equality::kBytes) {
  InSet set{{column, {}}, {}, equality};
  for (const std::string& value : values) {
    set.values.push_back({value, column, {}});
  }
  return MakeExpr(std::move(set));
}
ExprPtr Sql(const std::string& text,
            std::map<std::string, Value> parameters = {}) {
  return MakeExpr(Author{{text, std::move(parameters), {}}});
}
Value Str(const char* text) { return Value(std::string(text)); }

TEST(ExplainText, ReadsWell) {
  EXPECT_EQ(ExplainText(ExprPtr()), "");
  EXPECT_EQ(ExplainText(MakeExpr(Or{{Less(Col("amount"), Text("0", "amount")),
                                     Compare(Col("amount"), CompareOp::kGreater,
                                             Text("1000", "amount"))}})),
            "(amount < '0' or amount > '1000')");
  EXPECT_EQ(ExplainText(MakeExpr(Not{In("status", {"new", "it's"})})),
            "not (status in ('new', 'it''s'))");
  EXPECT_EQ(ExplainText(MakeExpr(NullTest{Col("größe")})), "größe is null");
  EXPECT_EQ(ExplainText(Sql("a < :x", {{"x", Value(int64_t{5})}})),
            "sql{a < :x} with :x=5");
  EXPECT_EQ(ExplainText(AggregateMeasure{
                AggregateFunction::kCountDistinct, Col("a"),
                Less(Col("b"), Text("1", "b")), Equality::kDatabase}),
            "count_distinct(a) as the database where b < '1'");
  EXPECT_EQ(ExplainText(MakeExpr(Length{{"a", {}}, LengthUnit::kBytes})),
            "byte_length(a)");
}

TEST(ExplainText, EqualPlansHaveEqualText) {
  const auto build = [](int line) {
    return MakeExpr(And{
        {MakeExpr(Or{{Less(MakeExpr(Column{"a", {line, 1, line, 2}}),
                           MakeExpr(Constant{"x'y", "a", {line, 3, line, 4}})),
                      MakeExpr(WrongType{{"a", {line, 1, line, 2}}})}}),
         MakeExpr(Author{{"b > :p", {{"p", Str("q")}}, {line, 1, line, 9}}})}});
  };
  // The place in the file is no part of the meaning.
  EXPECT_EQ(ExplainText(build(1)), ExplainText(build(99)));
}

TEST(ExplainText, DifferentExpressionsHaveDifferentText) {
  const std::vector<ExprPtr> all = {
      // Text that looks like the text of something else.
      In("a", {"x', 'y"}),
      In("a", {"x", "y"}),
      In("a", {"x'", "'y"}),
      In("a", {"x'', ''y"}),
      In("a", {"'"}),
      In("a", {"''"}),
      In("a", {""}),
      In("a", {"", ""}),
      In("a", {"x", "y"}, Equality::kDatabase),
      In("a", {"x", "y') as the database"}),
      In("b", {"x", "y"}),
      In("a in ('x') or b", {"y"}),
      MakeExpr(Or{{In("a", {"x"}), In("b", {"y"})}}),
      // Columns with names of expressions.
      Col("a"),
      Col("A"),
      Col("a is null"),
      MakeExpr(NullTest{Col("a")}),
      Col("length(a)"),
      MakeExpr(Length{{"a", {}}, LengthUnit::kCharacters}),
      MakeExpr(Length{{"a", {}}, LengthUnit::kBytes}),
      Col("wrong_type(a)"),
      MakeExpr(WrongType{{"a", {}}}),
      Col("true"),
      MakeExpr(And{}),
      Col("false"),
      MakeExpr(Or{}),
      Col("5"),
      MakeExpr(Integer{5}),
      Text("5"),
      Text("5", "b"),
      Col("'5'"),
      Col("\"a\""),
      Col("a\"b"),
      Col("a\"\"b"),
      Col(""),
      Col("a b"),
      Col("not"),
      MakeExpr(Not{Col("a")}),
      Col("not (a)"),
      Col("sql{a}"),
      // Operators.
      Less(Col("a"), Text("1")),
      Less(Col("a"), Text("1", "b")),
      Less(Col("a"), Col("b")),
      Less(Col("a"), MakeExpr(Integer{1})),
      Compare(Col("a"), CompareOp::kLessEqual, Text("1")),
      Compare(Col("a"), CompareOp::kEqual, Text("1")),
      Compare(Col("a"), CompareOp::kGreaterEqual, Text("1")),
      Compare(Col("a"), CompareOp::kGreater, Text("1")),
      Less(Col("a < 'b'"), Text("1", "a < 'b'")),
      // Who contains whom.
      Less(Less(Col("a"), Col("b")), Col("c")),
      Less(Col("a"), Less(Col("b"), Col("c"))),
      MakeExpr(NullTest{Less(Col("a"), Col("b"))}),
      Less(Col("a"), MakeExpr(NullTest{Col("b")})),
      MakeExpr(Not{MakeExpr(NullTest{Col("a")})}),
      MakeExpr(NullTest{MakeExpr(Not{Col("a")})}),
      MakeExpr(And{{Col("a"), Col("b"), Col("c")}}),
      MakeExpr(And{{Col("a"), MakeExpr(And{{Col("b"), Col("c")}})}}),
      MakeExpr(And{{MakeExpr(And{{Col("a"), Col("b")}}), Col("c")}}),
      MakeExpr(Or{{Col("a"), Col("b"), Col("c")}}),
      MakeExpr(And{{Col("a"), MakeExpr(Or{{Col("b"), Col("c")}})}}),
      MakeExpr(Or{{MakeExpr(And{{Col("a"), Col("b")}}), Col("c")}}),
      MakeExpr(And{{Col("a and b"), Col("c")}}),
      // Moments.
      MakeExpr(Instant{0, "a", {}}),
      MakeExpr(Instant{1, "a", {}}),
      MakeExpr(Instant{0, "b", {}}),
      Less(Col("a"), MakeExpr(Instant{0, "a", {}})),
      Less(Col("a"), Text("1970-01-01T00:00:00Z")),
      // Author SQL.
      Sql("a"),
      Sql("a} with :x=1"),
      Sql("a}} with :x=1"),
      Sql("a", {{"x", Value(int64_t{1})}}),
      Sql("a", {{"x", Value(int64_t{2})}}),
      Sql("a", {{"y", Value(int64_t{1})}}),
      Sql("a", {{"x", Str("1")}}),
      Sql("a", {{"x", Value(1.0)}}),
      Sql("a", {{"x", Value(Decimal{"1"})}}),
      Sql("a", {{"x", Value(Null{})}}),
      Sql("a", {{"x", Str("NULL")}}),
      Sql("a", {{"x", Str("null")}}),
      Sql("a", {{"x", Value(true)}}),
      Sql("a", {{"x", Str("true")}}),
      Sql("a", {{"x", Value(Bytes{"a"})}}),
      Sql("a", {{"x", Str("61")}}),
      Sql("a", {{"x", Value(Date{0})}}),
      Sql("a", {{"x", Str("1970-01-01")}}),
      Sql("a", {{"x", Value(Timestamp{0, true})}}),
      Sql("a", {{"x", Value(Timestamp{0, false})}}),
      Sql("a", {{"x", Value(TimeOfDay{0})}}),
      Sql("a", {{"x", Str("1 :y=2")}}),
      Sql("a", {{"x", Str("1' :y='2")}}),
      Sql("a", {{"x", Str("1")}, {"y", Str("2")}}),
      Sql("a", {{"x", Value(int64_t{1})}, {"y", Value(int64_t{2})}}),
      MakeExpr(Not{Sql("a")}),
      MakeExpr(And{{Sql("a"), Sql("b")}}),
      Sql("a} and sql{b"),
      Sql("(a) and (b)"),
  };
  std::map<std::string, size_t> seen;
  for (size_t i = 0; i < all.size(); ++i) {
    const std::string text = ExplainText(all[i]);
    const auto [it, inserted] = seen.emplace(text, i);
    EXPECT_TRUE(inserted) << "expressions " << it->second << " and " << i
                          << " are both " << text;
  }
  // The same as measures: as operand, and as filter.
  std::map<std::string, size_t> measures;
  for (size_t i = 0; i < all.size(); ++i) {
    for (const AggregateMeasure& measure :
         {AggregateMeasure{AggregateFunction::kCountNonNull, all[i], nullptr},
          AggregateMeasure{AggregateFunction::kSum, all[i], nullptr},
          AggregateMeasure{AggregateFunction::kCountRows, nullptr, all[i]},
          AggregateMeasure{AggregateFunction::kCountNonNull, Col("a"),
                           all[i]}}) {
      EXPECT_TRUE(measures.emplace(ExplainText(measure), i).second)
          << ExplainText(measure);
    }
  }
}

// Lists of nasty texts: equal lists and no others have equal text.
TEST(ExplainText, ListsAreInjective) {
  const std::vector<std::string> atoms = {"",   "'",    "''",  ", ",  "', '",
                                          "\"", "a', ", "\\'", "', ", "a"};
  std::map<std::string, std::vector<std::string>> seen;
  const auto check = [&](const std::vector<std::string>& list) {
    const auto [it, inserted] = seen.emplace(ExplainText(In("c", list)), list);
    EXPECT_TRUE(inserted) << it->first;
  };
  for (const std::string& a : atoms) {
    check({a});
    for (const std::string& b : atoms) {
      check({a, b});
      for (const std::string& c : atoms) check({a, b, c});
    }
  }
}

TEST(ExplainText, ColumnListsAreInjective) {
  const auto duplicates = [](const std::vector<std::string>& names) {
    Duplicates step;
    for (const std::string& name : names) step.columns.push_back({name, {}});
    return ExplainText(Step(step));
  };
  EXPECT_EQ(duplicates({"id"}), "duplicates of (id) by bytes");
  EXPECT_NE(duplicates({"a, b"}), duplicates({"a", "b"}));
  EXPECT_NE(duplicates({"a\", \"b"}), duplicates({"a", "b"}));
}

TEST(ExplainText, OfReferencesShowsBothFilters) {
  MissingReferences step;
  step.columns = {{"a", {}}};
  step.parent_table = "p";
  step.parent_columns = {{"id", {}}};
  const std::string plain = ExplainText(Step(step));
  EXPECT_EQ(plain, "rows of (a) without partner in p (id) by bytes");
  step.parent_filter = Sql("x");
  EXPECT_EQ(ExplainText(Step(step)),
            "rows of (a) without partner in p (id) where sql{x} by bytes");
  step.filter = Sql("y");
  EXPECT_EQ(ExplainText(Step(step)),
            "rows of (a) without partner in p (id) where sql{x} by bytes where "
            "sql{y}");
}

TEST(Conjunction, LeavesOutWhatIsAbsent) {
  const ExprPtr a = Col("a");
  EXPECT_EQ(Conjunction(nullptr, nullptr), nullptr);
  EXPECT_EQ(Conjunction(a, nullptr), a);
  EXPECT_EQ(Conjunction(nullptr, a), a);
  EXPECT_EQ(ExplainText(Conjunction(a, Col("b"))), "(a and b)");
}

}  // namespace
}  // namespace assay
