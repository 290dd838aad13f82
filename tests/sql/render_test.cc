// SPDX-License-Identifier: Apache-2.0
// The SQL of every step in every dialect, held against testdata/<dialect>.sql.
// UPDATE_GOLDEN=1 writes them anew; read the difference before committing it.
#include "validator/sql/render.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "validator/base/status.h"
#include "validator/sql/lexer.h"
#include "validator/sql/read_statements.h"
#include "validator/sql/statements.h"

namespace assay::sql {
namespace {

using ::testing::HasSubstr;

// Names that would leave their quotes where quoting is wrong.
const std::map<std::string, ColumnType>& Columns() {
  static const auto* const kColumns = new std::map<std::string, ColumnType>{
      {"id", {TypeClass::kInteger, "int4"}},
      {"amount", {TypeClass::kDecimal, "numeric"}},
      {"ratio", {TypeClass::kDouble, "float8"}},
      {"name", {TypeClass::kText, "varchar"}},
      {"code", {TypeClass::kText, "bpchar"}},
      {"day", {TypeClass::kDate, "date"}},
      {"seen", {TypeClass::kTimestamp, "timestamp"}},
      {"at", {TypeClass::kTimestampTz, "timestamptz"}},
      {"odd\"`]name", {TypeClass::kText, "text"}},
  };
  return *kColumns;
}

Scope MakeScope(const Dialect& dialect, const std::string& table,
                const std::string& alias = "") {
  Scope scope;
  scope.dialect = &dialect;
  scope.table = {"", "sch\"`ema", table};
  scope.alias = alias;
  scope.zone = absl::FixedTimeZone(2 * 3600);
  scope.resolve = [](const Column& column) -> absl::StatusOr<ResolvedColumn> {
    const auto it = Columns().find(column.name);
    if (it == Columns().end()) {
      return MakeError(ErrorReason::kColumnNotFound, column.name);
    }
    return ResolvedColumn{it->first, it->second};
  };
  return scope;
}

ExprPtr Col(const std::string& name) { return MakeExpr(Column{name, {}}); }
ExprPtr Compare(const std::string& column, CompareOp op,
                const std::string& text) {
  return MakeExpr(
      BinaryCompare{op, Col(column), MakeExpr(Constant{text, column, {}})});
}

// Text that ends strings, escapes and comments wherever quoting is wrong.
constexpr char kNasty[] = "it's \\' \" ` ; -- /* ) ?";

std::string Golden(const Dialect& dialect) {
  const Scope scope = MakeScope(dialect, "pay;ment");
  const ExprPtr where = MakeExpr(Author{{"amount < :p OR name = 'a;b' -- why",
                                         {{"p", Value(*ParseDecimal("9.5"))}},
                                         {}}});
  const ExprPtr nasty = Compare("name", CompareOp::kEqual, kNasty);
  const ExprPtr out_of_range =
      MakeExpr(Or{{MakeExpr(WrongType{{"amount", {}}}),
                   Compare("amount", CompareOp::kLess, "-0.005"),
                   Compare("id", CompareOp::kGreater, "9223372036854775808")}});
  const ExprPtr times = MakeExpr(And{
      {Compare("day", CompareOp::kGreaterEqual, "2026-02-28"),
       Compare("seen", CompareOp::kLess, "2026-01-01T10:00:00.25"),
       MakeExpr(BinaryCompare{CompareOp::kLess, Col("seen"),
                              MakeExpr(Instant{1700000000123456, "seen", {}})}),
       MakeExpr(BinaryCompare{CompareOp::kGreater, Col("day"),
                              MakeExpr(Instant{1700000000000000, "day", {}})}),
       MakeExpr(
           BinaryCompare{CompareOp::kLessEqual, Col("at"),
                         MakeExpr(Instant{1700000000000000, "at", {}})})}});
  const ExprPtr sets = MakeExpr(Or{
      {MakeExpr(InSet{{"name", {}},
                      {{kNasty, "name", {}}, {"x", "name", {}}},
                      Equality::kBytes}),
       MakeExpr(InSet{{"code", {}}, {{"x", "code", {}}}, Equality::kDatabase}),
       MakeExpr(InSet{
           {"amount", {}}, {{"1.10", "amount", {}}}, Equality::kBytes})}});
  const ExprPtr length = MakeExpr(
      BinaryCompare{CompareOp::kGreater,
                    MakeExpr(Length{{"odd\"`]name", {}}, LengthUnit::kBytes}),
                    MakeExpr(Integer{5})});
  const std::vector<AggregateMeasure> measures = {
      {AggregateFunction::kCountRows, nullptr, nullptr},
      {AggregateFunction::kCountRows, nullptr, nasty},
      {AggregateFunction::kCountRows, nullptr, out_of_range},
      {AggregateFunction::kCountRows, nullptr, times},
      {AggregateFunction::kCountRows, nullptr, sets},
      {AggregateFunction::kCountRows, nullptr, length},
      {AggregateFunction::kCountNonNull, Col("odd\"`]name"), nullptr},
      {AggregateFunction::kCountDistinct, Col("name"), nullptr},
      {AggregateFunction::kCountDistinct, Col("name"), nullptr,
       Equality::kDatabase},
      {AggregateFunction::kMin, Col("amount"), nullptr},
      {AggregateFunction::kMax, Col("ratio"), nasty},
      {AggregateFunction::kSum, Col("id"), nullptr},
      {AggregateFunction::kLatest, Col("seen"), nullptr},
      {AggregateFunction::kLatest, Col("day"), nullptr},
      {AggregateFunction::kVariance, Col("amount"), nasty},
  };
  std::vector<const AggregateMeasure*> all;
  for (const AggregateMeasure& measure : measures) all.push_back(&measure);

  Duplicates duplicates{
      {{"id", {}}, {"name", {}}}, false, Equality::kBytes, nasty};
  Duplicates nulls = duplicates;
  nulls.null_equals_null = true;
  nulls.filter = nullptr;
  const Scope child = MakeScope(dialect, "child", "c");
  const Scope parent = MakeScope(dialect, "parent", "p");
  const MissingReferences references{
      {{"id", {}}, {"code", {}}}, "parent", {},   {{"id", {}}, {"name", {}}},
      Equality::kBytes,           nullptr,  where};
  const std::vector<ResolvedColumn> key = {
      {"id", Columns().at("id")}, {"odd\"`]name", Columns().at("odd\"`]name")}};
  const Quantile quantile{{"amount", {}}, *ParseDecimal("0.95"), nasty};

  std::string text = absl::StrCat("-- ", std::string(dialect.name()), "\n");
  for (const WriteMode mode : {WriteMode::kBound, WriteMode::kPaste}) {
    const auto add = [&](const char* title, const auto& put) {
      SqlWriter out(mode);
      const absl::Status status = put(out);
      EXPECT_TRUE(status.ok()) << title << status;
      absl::StrAppend(&text, "\n-- ", title,
                      mode == WriteMode::kBound ? ", bound\n" : ", to paste\n",
                      out.sql(), "\n");
      for (const Value& value : out.values()) {
        absl::StrAppend(&text, "--   ? ", ToText(value), "\n");
      }
      EXPECT_TRUE(mode == WriteMode::kBound || out.values().empty());
    };
    add("aggregates",
        [&](SqlWriter& out) { return PutAggregates(out, scope, where, all); });
    add("any row", [&](SqlWriter& out) { return PutAnyRow(out, scope); });
    add("duplicates", [&](SqlWriter& out) {
      return PutDuplicates(out, scope, where, duplicates);
    });
    add("rows of duplicates, NULL equals NULL", [&](SqlWriter& out) {
      return PutDuplicateRows(out, scope, nullptr, nulls, {"id", "amount"}, 10);
    });
    add("missing references", [&](SqlWriter& out) {
      return PutMissingReferences(out, child, parent, nullptr, references);
    });
    add("rows of missing references", [&](SqlWriter& out) {
      return PutMissingReferenceRows(out, child, parent, where, references,
                                     {"id", "odd\"`]name"}, 10);
    });
    add("rows", [&](SqlWriter& out) {
      return PutRows(out, scope, where, nasty, {"id", "odd\"`]name"}, 10);
    });
    add("rows with text", [&](SqlWriter& out) {
      return PutRowsWithText(out, scope, nullptr, {"code", {}}, {kNasty, ""},
                             {"id"}, 10);
    });
    const auto read = [&](SqlWriter& out, const ExprPtr& filter,
                          const std::vector<Column>& columns,
                          const ReadOrder* order, int64_t limit) {
      auto texts = TextExpressions(scope, columns);
      return texts.ok() ? PutRead(out, scope, filter, *texts, order, limit)
                        : texts.status();
    };
    add("scan", [&](SqlWriter& out) {
      return read(out, where, {{"name", {}}, {"amount", {}}}, nullptr, 0);
    });
    add("first page", [&](SqlWriter& out) {
      const ReadOrder order{key, {}};
      return read(out, nullptr, {{"name", {}}}, &order, 100);
    });
    add("next page", [&](SqlWriter& out) {
      const ReadOrder order{
          key, {Value(int64_t{-7}), Value(std::string(kNasty))}};
      return read(out, where, {{"name", {}}}, &order, 100);
    });
    add("keys", [&](SqlWriter& out) {
      return PutReadKeys(out, scope, where, {"1"}, key,
                         {{Value(int64_t{-7}), Value(std::string(kNasty))},
                          {Value(int64_t{8}), Null{}}});
    });
    add("keys of one column", [&](SqlWriter& out) {
      return PutReadKeys(out, scope, nullptr, {"1"}, {key.front()},
                         {{Value(int64_t{-7})}, {Null{}}});
    });
    add("greatest keys", [&](SqlWriter& out) {
      return PutReadEdge(out, scope, nullptr, {"1"}, key, true, 5);
    });
    add("quantile", [&](SqlWriter& out) {
      return PutQuantile(out, scope, where, quantile);
    });
    add("author's count", [&](SqlWriter& out) {
      return PutAuthorCount(out, dialect,
                            {"SELECT id FROM t WHERE name = :n -- all",
                             {{"n", Value(std::string(kNasty))}},
                             {}});
    });
  }
  return text;
}

class EachDialect : public testing::TestWithParam<const Dialect*> {};

TEST_P(EachDialect, RendersAsWritten) {
  const std::string path =
      absl::StrCat(ASSAY_SOURCE_DIR "/tests/sql/testdata/",
                   std::string(GetParam()->name()), ".sql");
  const std::string got = Golden(*GetParam());
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << got;
    return;
  }
  std::ifstream in(path, std::ios::binary);
  std::ostringstream expected;
  expected << in.rdbuf();
  EXPECT_EQ(got, expected.str());
}

// The lexer of the same dialect must find each literal and name closed: it
// takes exactly one parenthesis pair and no ';' for the whole of them.
TEST_P(EachDialect, QuotesNeverEnd) {
  const Dialect& dialect = *GetParam();
  const std::vector<std::string> atoms = {"'",  "''", "\\", "\"", "`",  "]",
                                          "[",  ";",  "--", "/*", "$$", "\n",
                                          "E'", ")",  "?",  "ü",  ""};
  std::vector<std::string> texts;
  for (const std::string& a : atoms) {
    for (const std::string& b : atoms) {
      for (const std::string& c : atoms) texts.push_back(a + b + c);
    }
  }
  for (const std::string& text : texts) {
    for (const std::string& quoted :
         {dialect.QuoteString(text),
          dialect.Literal(Value(text), TypeClass::kText),
          dialect.QuoteIdentifier(text)}) {
      const auto pieces =
          LexAuthorSql(absl::StrCat("f(", quoted, ")"), {}, dialect.lex_rules(),
                       AuthorShape::kExpression);
      ASSERT_TRUE(pieces.ok()) << quoted << pieces.status();
      // Nothing of it is left outside: a letter glued on is not swallowed.
      EXPECT_FALSE(LexAuthorSql(absl::StrCat(quoted, ";"), {},
                                dialect.lex_rules(), AuthorShape::kExpression)
                       .ok())
          << quoted;
    }
  }
}

TEST_P(EachDialect, LiteralsDoNotMelt) {
  const Dialect& dialect = *GetParam();
  // "- -5" and "--5" begin a comment.
  for (const Value& value :
       {Value(int64_t{-5}), Value(*ParseDecimal("-5.5")), Value(-5.5)}) {
    EXPECT_EQ(dialect.Literal(value, TypeClass::kDecimal).substr(0, 2), "(-");
  }
  EXPECT_EQ(dialect.Literal(Null{}, TypeClass::kText), "NULL");
}

TEST_P(EachDialect, RefusesWhatDoesNotFit) {
  const Scope scope = MakeScope(*GetParam(), "t");
  const auto reason = [&](const ExprPtr& expr) {
    SqlWriter out(WriteMode::kBound);
    return GetReason(out.PutExpr(expr, scope));
  };
  EXPECT_EQ(reason(Compare("id", CompareOp::kLess, "abc")),
            ErrorReason::kValueInvalid);
  EXPECT_EQ(reason(Compare("day", CompareOp::kLess, "2026-02-30")),
            ErrorReason::kValueInvalid);
  EXPECT_EQ(reason(Compare("nowhere", CompareOp::kLess, "1")),
            ErrorReason::kColumnNotFound);
  EXPECT_EQ(reason(MakeExpr(BinaryCompare{CompareOp::kLess, Col("id"),
                                          MakeExpr(Instant{0, "id", {}})})),
            ErrorReason::kValueInvalid);
  EXPECT_EQ(reason(MakeExpr(Author{{"a) OR (b", {}, {}}})),
            ErrorReason::kSqlError);
  // Bounds finer than the column are fair questions.
  EXPECT_EQ(reason(Compare("id", CompareOp::kLess, "0.5")),
            ErrorReason::kUnspecified);
  const AggregateMeasure text_sum{AggregateFunction::kSum, Col("name"),
                                  nullptr};
  SqlWriter out(WriteMode::kBound);
  EXPECT_EQ(GetReason(PutAggregates(out, scope, nullptr, {&text_sum})),
            ErrorReason::kValueInvalid);
  const AggregateMeasure latest{AggregateFunction::kLatest, Col("name"),
                                nullptr};
  EXPECT_EQ(GetReason(PutAggregates(out, scope, nullptr, {&latest})),
            ErrorReason::kValueInvalid);
}

INSTANTIATE_TEST_SUITE_P(All, EachDialect, testing::ValuesIn(AllDialects()),
                         [](const auto& test) {
                           return std::string(test.param->name());
                         });

TEST(Dialects, AreFound) {
  EXPECT_EQ(FindDialect("oracle"), nullptr);
  EXPECT_EQ(DialectForDbms("PostgreSQL").name(), "postgresql");
  EXPECT_EQ(DialectForDbms("MariaDB").name(), "mariadb");
  EXPECT_EQ(DialectForDbms("MySQL").name(), "mariadb");
  EXPECT_EQ(DialectForDbms("SQLite").name(), "sqlite");
  EXPECT_EQ(DialectForDbms("Firebird").name(), "ansi");
  EXPECT_EQ(AllDialects().back()->name(), "ansi");
}

TEST(PostgreSql, SettlesWhatTheLexerCountsOn) {
  EXPECT_THAT(
      FindDialect("postgresql")->SessionSetup(absl::InfiniteDuration()).front(),
      HasSubstr("'standard_conforming_strings', 'on'"));
}

}  // namespace
}  // namespace assay::sql
