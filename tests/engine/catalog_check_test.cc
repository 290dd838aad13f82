// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/catalog_check.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace assay::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

connections::Table Orders() {
  connections::Table table;
  table.name = "orders";
  table.columns = {{"id", {TypeClass::kInteger, "int4"}, 10, 0, false},
                   {"Email", {TypeClass::kText, "varchar"}, 80, 0, true},
                   {"total", {TypeClass::kDecimal, "numeric"}, 12, 2, true}};
  table.primary_key = {"id"};
  return table;
}

std::vector<std::string> Check(const CatalogCheck& check) {
  return CheckCatalog(check, Orders());
}

TEST(CheckCatalog, Types) {
  for (const char* type : {"integer", "int", "INT4", "Integer", ""}) {
    CatalogCheck check;
    check.columns = {{{"id", {}}, type, std::nullopt, std::nullopt}};
    EXPECT_THAT(Check(check), IsEmpty()) << type;
  }
  for (const char* type : {"text", "decimal", "nonsense", "bigint", "int2"}) {
    CatalogCheck check;
    check.columns = {{{"id", {}}, type, std::nullopt, std::nullopt}};
    EXPECT_THAT(Check(check), ElementsAre(std::string("id is int4 (integer), "
                                                      "not ") +
                                          type));
  }
}

TEST(CheckCatalog, ADatabasesOwnNameIsMetByThatTypeOnly) {
  connections::Table table = Orders();
  table.columns[1].type.full_name = "character varying(80)";
  const auto meets = [&table](const char* column, const char* type) {
    CatalogCheck check;
    check.columns = {{{column, {}}, type, std::nullopt, std::nullopt}};
    return CheckCatalog(check, table).empty();
  };
  for (const char* type : {"varchar", "character varying", "varchar(80)",
                           "CHARACTER VARYING(80)", "text"}) {
    EXPECT_TRUE(meets("email", type)) << type;
  }
  for (const char* type : {"char", "clob", "varchar(79)"}) {
    EXPECT_FALSE(meets("email", type)) << type;
  }
  EXPECT_TRUE(meets("id", "int4"));
  EXPECT_FALSE(meets("id", "smallint"));
}

TEST(CheckCatalog, NullableAndLength) {
  CatalogCheck check;
  check.columns = {{{"id", {}}, "", true, std::nullopt},
                   {{"email", {}}, "", false, 79}};
  EXPECT_THAT(Check(check),
              ElementsAre("id does not allow NULL", "Email allows NULL",
                          "Email has length 80, not 79"));
  check.columns = {{{"id", {}}, "", false, std::nullopt},
                   {{"email", {}}, "text", true, 80}};
  EXPECT_THAT(Check(check), IsEmpty());
}

TEST(CheckCatalog, MissingExtraAbsent) {
  CatalogCheck check;
  check.columns = {{{"id", {}}, "", {}, {}}, {{"phone", {}}, "", {}, {}}};
  check.forbid_extra = true;
  check.absent = {{"total", {}}, {"legacy", {}}};
  EXPECT_THAT(
      Check(check),
      ElementsAre("column phone is missing", "column total is still there",
                  "column Email is not listed", "column total is not listed"));
}

TEST(CheckCatalog, Order) {
  CatalogCheck check;
  check.in_order = true;
  check.columns = {{{"id", {}}, "", {}, {}}, {{"total", {}}, "", {}, {}}};
  EXPECT_THAT(Check(check), IsEmpty()) << "others may stand between";
  check.columns = {{{"total", {}}, "", {}, {}}, {{"id", {}}, "", {}, {}}};
  EXPECT_THAT(Check(check),
              ElementsAre("the columns stand in the order id, total"));
}

TEST(CheckCatalog, PrimaryKey) {
  CatalogCheck check;
  check.primary_key = {{"ID", {}}};
  EXPECT_THAT(Check(check), IsEmpty()) << "found without case";
  check.primary_key = {{"id", {}}, {"total", {}}};
  EXPECT_THAT(Check(check), ElementsAre("the primary key is (id)"));
  connections::Table keyless = Orders();
  keyless.primary_key.clear();
  EXPECT_THAT(CheckCatalog(check, keyless),
              ElementsAre("there is no primary key"));
}

}  // namespace
}  // namespace assay::engine
