// SPDX-License-Identifier: Apache-2.0
#include "validator/sql/dialect.h"

#include <gtest/gtest.h>

namespace assay::sql {
namespace {

TEST(MariaDbDialect, ConvertsTextOfOtherCharacterSetsOnly) {
  const Dialect& dialect = *FindDialect("mariadb");
  ColumnType type{TypeClass::kText, "VARCHAR"};
  EXPECT_EQ(dialect.ByteExact("x", type),
            "CONVERT(x USING utf8mb4) COLLATE utf8mb4_nopad_bin");
  type.character_set = "latin1";
  EXPECT_EQ(dialect.ByteExact("x", type),
            "CONVERT(x USING utf8mb4) COLLATE utf8mb4_nopad_bin");
  type.character_set = "utf8mb4";
  EXPECT_EQ(dialect.ByteExact("x", type), "x COLLATE utf8mb4_nopad_bin");
  type.native_name = "LONGTEXT";
  EXPECT_EQ(dialect.GroupForm("x", type), "SHA2(x, 512)");
  type.character_set = "latin1";
  EXPECT_EQ(dialect.GroupForm("x", type),
            "SHA2(CONVERT(x USING utf8mb4), 512)");
}

TEST(Dialects, WriteABooleanAsTheyBindIt) {
  const auto literal = [](const char* dialect, bool value) {
    return FindDialect(dialect)->Literal(value, TypeClass::kBoolean);
  };
  EXPECT_EQ(literal("sqlite", true), "CAST(1 AS NUMERIC)");
  EXPECT_EQ(literal("sqlite", false), "CAST(0 AS NUMERIC)");
  EXPECT_EQ(literal("mariadb", true), "1");
  EXPECT_EQ(literal("postgresql", true), "CAST('true' AS boolean)");
}

TEST(Dialects, KnowTheirBitStrings) {
  const auto bits = [](const char* dialect, const char* native,
                       const char* full) {
    return FindDialect(dialect)
        ->BitLength({TypeClass::kOther, native, full})
        .value_or(-1);
  };
  EXPECT_EQ(bits("postgresql", "bit", "bit(8)"), 8);
  EXPECT_EQ(bits("postgresql", "bit", "flags"), 0);
  EXPECT_EQ(bits("postgresql", "varbit", "bit varying(8)"), 0);
  EXPECT_EQ(bits("postgresql", "_bit", "bit(8)[]"), -1);
  EXPECT_EQ(bits("mariadb", "BIT", "bit(1)"), 1);
  EXPECT_EQ(bits("mariadb", "BIT", ""), 64);
  EXPECT_EQ(bits("mariadb", "BIGINT", "bigint(20)"), -1);
  EXPECT_EQ(bits("sqlite", "BIT", ""), -1);
}

}  // namespace
}  // namespace assay::sql
