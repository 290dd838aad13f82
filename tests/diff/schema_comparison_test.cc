// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/schema_comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "validator/sql/dialect.h"

namespace assay::diff {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

db::ColumnFacts Column(const char* name, const char* type,
                       bool nullable = true) {
  db::ColumnFacts out;
  out.name = name;
  out.native_type = out.base_type = type;
  out.capacity = sql::FindDialect("postgresql")->Capacity(type);
  out.nullable = nullable;
  return out;
}

db::IndexFacts Index(std::vector<std::string> columns, bool unique = false,
                     bool primary = false) {
  db::IndexFacts out;
  out.name = "i";
  out.columns = std::move(columns);
  out.unique = unique || primary;
  out.primary = primary;
  return out;
}

// payment(id, customer_id, amount, note), as both sides have it.
db::TableFacts Payment() {
  db::TableFacts out;
  out.name = "payment";
  out.columns = {Column("id", "integer", false),
                 Column("customer_id", "integer", false),
                 Column("amount", "numeric(10,2)"), Column("note", "text")};
  out.columns[0].numbered = true;
  out.indexes = {Index({"id"}, true, true), Index({"customer_id", "amount"}),
                 Index({"note"}, true)};
  out.foreign_keys = {{"fk", {"customer_id"}, "public", "customer", {"id"}}};
  db::SequenceFacts sequence;
  sequence.column = "id";
  sequence.name = "public.payment_id_seq";
  sequence.next_value = 11;
  out.sequences = {sequence};
  return out;
}

SchemaComparison Compare(const db::TableFacts& source,
                         const db::TableFacts& target,
                         const ComparedColumns& columns = {},
                         const std::map<std::string, int64_t>& greatest = {},
                         const CompareSchemas& demands = {}) {
  return CompareTableSchemas(source, target, demands, columns, greatest);
}

Word Name(const char* text) {
  Word out;
  out.text = text;
  return out;
}

TEST(SchemaComparisonTest, EqualTablesHaveNoMismatch) {
  const SchemaComparison found = Compare(Payment(), Payment(), {}, {{"id", 10}});
  EXPECT_THAT(found.mismatches, IsEmpty());
  EXPECT_THAT(found.unknown, IsEmpty());
}

TEST(SchemaComparisonTest, ColumnsOfEitherSide) {
  db::TableFacts target = Payment();
  target.columns[3].name = "remark";
  target.columns[0].name = "ID";  // Case does not count.
  target.indexes.pop_back();
  EXPECT_THAT(Compare(Payment(), target).mismatches,
              ElementsAre("column note (text) is only in the source",
                          "column remark (text) is only in the target"));
}

TEST(SchemaComparisonTest, MappedColumnsArePairs) {
  db::TableFacts target = Payment();
  target.columns[3] = Column("remark", "character varying(5)", false);
  target.indexes[2] = Index({"remark"}, true);
  ComparedColumns columns;
  columns.map.resize(1);
  columns.map[0].name = "note";
  columns.map[0].source = Name("note");
  columns.map[0].target = Name("remark");
  EXPECT_THAT(
      Compare(Payment(), target, columns).mismatches,
      ElementsAre("column note → remark: text on the source, character "
                  "varying(5) on the target: texts longer than 5 characters do "
                  "not fit",
                  "column note → remark: may be NULL on the source, NOT NULL "
                  "on the target"));
}

TEST(SchemaComparisonTest, ExceptMeansTheOtherSidesColumnOfThatName) {
  db::TableFacts target = Payment();
  target.columns[3] = Column("remark", "character varying(5)");
  target.columns.push_back(Column("note", "integer"));
  target.indexes[2] = Index({"remark"}, true);
  ComparedColumns columns;
  columns.map.resize(1);
  columns.map[0].name = "remark";
  columns.map[0].source = Name("note");
  columns.except = {Name("note")};
  EXPECT_THAT(Compare(Payment(), target, columns).mismatches,
              ElementsAre("column note → remark: text on the source, character "
                          "varying(5) on the target: texts longer than 5 "
                          "characters do not fit"));
}

TEST(SchemaComparisonTest, AMappedNameThatIsNotThereIsSaid) {
  ComparedColumns columns;
  columns.map.resize(1);
  columns.map[0].name = "note";
  columns.map[0].source = Name("note");
  columns.map[0].target = Name("nowhere");
  EXPECT_THAT(Compare(Payment(), Payment(), columns).mismatches,
              ElementsAre("column nowhere is not on the target",
                          "column note (text) is only in the target"));
}

TEST(SchemaComparisonTest, ColumnsMadeByExpressionsAreNotLookedAt) {
  db::TableFacts target = Payment();
  target.columns[3] = Column("full_note", "integer");
  target.indexes.pop_back();
  ComparedColumns columns;
  columns.map.resize(1);
  columns.map[0].name = "full_note";
  columns.map[0].source_sql = SqlText{"upper(note)", {}};
  columns.map[0].target = Name("full_note");
  columns.except = {Name("note")};
  EXPECT_THAT(Compare(Payment(), target, columns).mismatches, IsEmpty());
}

TEST(SchemaComparisonTest, ExceptAndOnlyLeaveOutKeysToo) {
  db::TableFacts target = Payment();
  target.columns.resize(2);
  target.indexes.resize(1);
  ComparedColumns columns;
  columns.except = {Name("AMOUNT"), Name("note")};
  EXPECT_THAT(Compare(Payment(), target, columns).mismatches, IsEmpty());
  columns = {};
  columns.only = {Name("id"), Name("customer_id")};
  EXPECT_THAT(Compare(Payment(), target, columns).mismatches, IsEmpty());
}

TEST(SchemaComparisonTest, NotNullIsLost) {
  db::TableFacts target = Payment();
  target.columns[1].nullable = true;
  EXPECT_THAT(Compare(Payment(), target).mismatches,
              ElementsAre("column customer_id: NOT NULL on the source, may be "
                          "NULL on the target"));
  // A primary key of SQLite's may be NULL.
  db::TableFacts source = Payment();
  source.columns[0].nullable = true;
  EXPECT_THAT(Compare(source, Payment()).mismatches, IsEmpty());
}

TEST(SchemaComparisonTest, Defaults) {
  db::TableFacts source = Payment();
  db::TableFacts target = Payment();
  source.columns[2].default_text = "0.00";
  source.columns[2].default_value = "0";
  target.columns[2].default_text = "'0'::numeric";
  target.columns[2].default_value = "0";
  EXPECT_THAT(Compare(source, target).mismatches, IsEmpty());
  target.columns[2] = Column("amount", "numeric(10,2)");
  target.columns[0].numbered = false;
  EXPECT_THAT(Compare(source, target).mismatches,
              ElementsAre("column id: numbered by the database on the source, "
                          "no default on the target",
                          "column amount: default 0.00 on the source, no "
                          "default on the target"));
}

TEST(SchemaComparisonTest, KeysAndIndexes) {
  db::TableFacts target = Payment();
  target.indexes = {Index({"customer_id"}, true, true)};
  EXPECT_THAT(
      Compare(Payment(), target).mismatches,
      ElementsAre("primary key (id) on the source, (customer_id) on the target",
                  "unique key (note) is only in the source",
                  "index (customer_id, amount) is only in the source"));
  target.indexes.clear();
  EXPECT_THAT(Compare(Payment(), target).mismatches,
              ElementsAre("primary key (id) is only in the source",
                          "unique key (note) is only in the source",
                          "index (customer_id, amount) is only in the source"));
}

TEST(SchemaComparisonTest, WhatOnlyTheTargetHasIsNoMismatch) {
  db::TableFacts target = Payment();
  target.indexes[1] = Index({"customer_id", "amount", "note"});
  target.indexes.push_back(Index({"amount"}));
  target.indexes.push_back(Index({"amount", "id"}, true));
  target.foreign_keys.push_back({"x", {"id"}, "", "other", {"id"}});
  EXPECT_THAT(Compare(Payment(), target).mismatches, IsEmpty());
}

TEST(SchemaComparisonTest, APartialUniqueIndexIsNoKey) {
  db::TableFacts target = Payment();
  target.indexes[2].whole = false;
  EXPECT_THAT(Compare(Payment(), target).mismatches,
              ElementsAre("unique key (note) is only in the source"));
}

TEST(SchemaComparisonTest, ForeignKeys) {
  db::TableFacts target = Payment();
  target.foreign_keys[0].schema = "sales";
  target.foreign_keys[0].table = "CUSTOMER";
  EXPECT_THAT(Compare(Payment(), target).mismatches, IsEmpty());
  target.foreign_keys[0].validated = false;
  EXPECT_THAT(Compare(Payment(), target).mismatches,
              ElementsAre("foreign key (customer_id) → customer (id) is NOT "
                          "VALID on the target"));
  target.foreign_keys.clear();
  EXPECT_THAT(Compare(Payment(), target).mismatches,
              ElementsAre("foreign key (customer_id) → customer (id) is "
                          "only in the source"));
}

TEST(SchemaComparisonTest, Sequences) {
  EXPECT_THAT(SequenceColumns(Payment()), ElementsAre("id"));
  EXPECT_THAT(Compare(Payment(), Payment(), {}, {{"id", 11}}).mismatches,
              ElementsAre("next value of the target's sequence "
                          "public.payment_id_seq for id (11) is not above the "
                          "greatest key (11)"));
  EXPECT_THAT(Compare(Payment(), Payment(), {}, {}).mismatches, IsEmpty());
  db::TableFacts target = Payment();
  target.sequences[0].next_value.reset();
  target.sequences[0].unknown = "role r has no SELECT on it";
  EXPECT_THAT(SequenceColumns(target), IsEmpty());
  const SchemaComparison found = Compare(Payment(), target, {}, {{"id", 11}});
  EXPECT_THAT(found.mismatches, IsEmpty());
  EXPECT_THAT(found.unknown,
              ElementsAre(HasSubstr("role r has no SELECT on it")));
  target.sequences[0].follows_keys = true;
  EXPECT_THAT(Compare(Payment(), target).unknown, IsEmpty());
}

TEST(SchemaComparisonTest, WhatCannotBeReadIsUnknownAndNotEqual) {
  db::TableFacts target = Payment();
  target.details_unread = target.indexes_unread = target.foreign_keys_unread =
      target.sequences_unread = "not readable";
  target.indexes.clear();
  target.foreign_keys.clear();
  const SchemaComparison found = Compare(Payment(), target);
  EXPECT_THAT(found.mismatches, IsEmpty());
  EXPECT_THAT(found.unknown,
              ElementsAre("column details of the target: not readable",
                          "keys and indexes of the target: not readable",
                          "foreign keys of the target: not readable",
                          "sequences of the target: not readable"));
}

TEST(SchemaComparisonTest, OnlyWhatIsDemanded) {
  db::TableFacts other;
  other.columns = {Column("x", "text")};
  other.details_unread = other.indexes_unread = "no";
  CompareSchemas nothing;
  nothing.columns = nothing.types = nothing.nullability = nothing.defaults =
      nothing.keys = nothing.indexes = nothing.foreign_keys =
          nothing.sequences = false;
  const SchemaComparison found = Compare(Payment(), other, {}, {}, nothing);
  EXPECT_THAT(found.mismatches, IsEmpty());
  EXPECT_THAT(found.unknown, IsEmpty());
}

}  // namespace
}  // namespace assay::diff
