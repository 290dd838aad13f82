// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <random>

#include "absl/strings/str_cat.h"
#include "tests/odbc/integration/odbc_fixture.h"

namespace assay::odbc {
namespace {

class FetchTest : public OdbcTest {
 protected:
  // A table of texts and blobs, inserted through parameters.
  void Fill(const std::vector<std::string>& texts) {
    Execute("DROP TABLE IF EXISTS fetch_t");
    Execute(absl::StrCat("CREATE TABLE fetch_t (id INTEGER, t ",
                         mariadb() ? "LONGTEXT" : "TEXT", ", b ",
                         postgresql() ? "BYTEA"
                         : mariadb()  ? "LONGBLOB"
                                      : "BLOB",
                         ")"));
    Execute("BEGIN");
    for (size_t i = 0; i < texts.size(); ++i) {
      std::string bytes = texts[i];
      if (!bytes.empty()) bytes[bytes.size() / 2] = '\0';
      const auto rows = Rows("INSERT INTO fetch_t VALUES (?, ?, ?)",
                             {static_cast<int64_t>(i), texts[i], Bytes{bytes}});
      ASSERT_TRUE(rows.ok()) << rows.status();
    }
    Execute("COMMIT");
  }

  void ExpectTexts(const std::vector<std::string>& texts,
                   const db::QueryOptions& options) {
    const auto rows =
        Rows("SELECT id, t, b, id FROM fetch_t ORDER BY id", {}, options);
    ASSERT_TRUE(rows.ok()) << rows.status();
    ASSERT_EQ(rows->size(), texts.size());
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::vector<Value>& row = (*rows)[i];
      ASSERT_EQ(ToText(row[0]), std::to_string(i));
      ASSERT_EQ(ToText(row[3]), std::to_string(i));
      ASSERT_TRUE(std::get<std::string>(row[1]) == texts[i])
          << "row " << i << ", text of " << texts[i].size();
      std::string bytes = texts[i];
      if (!bytes.empty()) bytes[bytes.size() / 2] = '\0';
      ASSERT_TRUE(std::get<Bytes>(row[2]).data == bytes)
          << "row " << i << ", bytes of " << bytes.size();
    }
  }
};

std::string Repeat(const std::string& piece, size_t bytes) {
  std::string out;
  while (out.size() + piece.size() <= bytes) out += piece;
  while (out.size() < bytes) out.push_back('.');
  return out;
}

TEST_P(FetchTest, NothingIsTruncatedAtAnyBufferSize) {
  std::vector<std::string> texts;
  for (const size_t edge :
       {16, 128, 256, 512, 1024, 4096, 8190, 16384, 65536}) {
    for (int delta = -2; delta <= 2; ++delta) {
      texts.push_back(Repeat("x", edge + delta));
      texts.push_back("");
      texts.push_back(Repeat("\xF0\x9F\x98\x80", edge + delta));
      texts.push_back("s");
    }
  }
  texts.push_back(Repeat("\xC3\xA9", 1 << 20));
  texts.push_back("end");
  std::mt19937 random(7);
  std::shuffle(texts.begin(), texts.end(), random);
  Fill(texts);
  ExpectTexts(texts, {});
  ExpectTexts(texts, {.block_rows = 1});
  ExpectTexts(texts, {.block_rows = 7});
  ExpectTexts(texts, {.block_bytes = 1000});
  ExpectTexts(texts, {.block_bytes = 100'000});
}

TEST_P(FetchTest, RandomLengthsRoundTrip) {
  std::mt19937 random(20261123);
  for (int round = 0; round < 3; ++round) {
    std::vector<std::string> texts;
    for (int i = 0; i < 600; ++i) {
      const size_t most = i % 97 == 0 ? 40'000 : i % 7 == 0 ? 600 : 20;
      std::string text = Repeat("\xE2\x82\xAC", random() % most);
      texts.push_back(std::move(text));
    }
    Fill(texts);
    ExpectTexts(texts, {.block_bytes = 1u << (10 + random() % 12)});
  }
}

TEST_P(FetchTest, BlocksStayNearTheirBudget) {
  std::vector<std::string> texts(40, Repeat("y", 300'000));
  Fill(texts);
  auto cursor = connection_->Query({"SELECT t FROM fetch_t ORDER BY id", {}},
                                   {.block_bytes = 1 << 20});
  ASSERT_TRUE(cursor.ok()) << cursor.status();
  size_t rows = 0;
  while (true) {
    auto block = (*cursor)->Next();
    ASSERT_TRUE(block.ok()) << block.status();
    if (*block == nullptr) break;
    EXPECT_LE((*block)->rows(), 5u);
    rows += (*block)->rows();
  }
  EXPECT_EQ(rows, texts.size());
}

TEST_P(FetchTest, ATooLargeValueFailsAndStaysFailed) {
  Fill({"a", Repeat("z", 5000), "b"});
  auto cursor = connection_->Query(
      {"SELECT id, t FROM fetch_t ORDER BY id", {}}, {.max_value_bytes = 4999});
  ASSERT_TRUE(cursor.ok()) << cursor.status();
  for (int i = 0; i < 2; ++i) {
    absl::StatusOr<const db::RowBlock*> block = (*cursor)->Next();
    while (block.ok() && *block != nullptr) block = (*cursor)->Next();
    EXPECT_EQ(GetReason(block.status()), ErrorReason::kValueTooLarge)
        << block.status();
  }
  cursor->reset();
  EXPECT_EQ(One("SELECT COUNT(*) FROM fetch_t"), "3");
  const auto rows =
      Rows("SELECT t FROM fetch_t", {}, {.max_value_bytes = 5000});
  EXPECT_TRUE(rows.ok()) << rows.status();
}

TEST_P(FetchTest, IntegersAreExact) {
  Execute("DROP TABLE IF EXISTS fetch_i");
  Execute("CREATE TABLE fetch_i (id INTEGER, v BIGINT)");
  const std::vector<int64_t> values = {std::numeric_limits<int64_t>::min(),
                                       std::numeric_limits<int64_t>::max(), -1,
                                       0, 9007199254740993};
  for (size_t i = 0; i < values.size(); ++i) {
    ASSERT_TRUE(Rows("INSERT INTO fetch_i VALUES (?, ?)",
                     {static_cast<int64_t>(i), values[i]})
                    .ok());
  }
  ASSERT_TRUE(Rows("INSERT INTO fetch_i VALUES (99, ?)", {Null()}).ok());
  const auto rows = Rows("SELECT v FROM fetch_i ORDER BY id");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), values.size() + 1);
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(ToText((*rows)[i][0]), std::to_string(values[i]));
  }
  EXPECT_TRUE(IsNull(rows->back()[0]));
}

TEST_P(FetchTest, DoublesKeepEveryBit) {
  if (sqlite()) {
    return;  // SQLite's driver makes 15 digits: the dialect renders them
  }
  Execute("DROP TABLE IF EXISTS fetch_d");
  Execute("CREATE TABLE fetch_d (id INTEGER, v DOUBLE PRECISION)");
  const std::vector<double> values = {0.1 + 0.2, 5e-324,
                                      -1.7976931348623157e308, 1.0 / 3, -0.0};
  for (size_t i = 0; i < values.size(); ++i) {
    const auto rows = Rows("INSERT INTO fetch_d VALUES (?, ?)",
                           {static_cast<int64_t>(i), values[i]});
    ASSERT_TRUE(rows.ok()) << rows.status();
  }
  const auto rows = Rows("SELECT v FROM fetch_d ORDER BY id");
  ASSERT_TRUE(rows.ok()) << rows.status();
  for (size_t i = 0; i < values.size(); ++i) {
    const double value = std::get<double>((*rows)[i][0]);
    EXPECT_EQ(value, values[i]);
    // MariaDB itself makes -0.0 into 0.0.
    if (postgresql()) {
      EXPECT_EQ(std::signbit(value), std::signbit(values[i]));
    }
  }
}

TEST_P(FetchTest, SinglePrecisionIsNeitherCutNorInvented) {
  if (sqlite()) return;  // SQLite has no single precision
  const std::string type = postgresql() ? "REAL" : "FLOAT";
  Execute("DROP TABLE IF EXISTS fetch_f");
  Execute("CREATE TABLE fetch_f (v " + type + ")");
  Execute("INSERT INTO fetch_f VALUES (0.1)");
  const auto rows = Rows("SELECT v FROM fetch_f");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(std::get<double>((*rows)[0][0]), static_cast<double>(0.1f));
}

TEST_P(FetchTest, BigUnsignedIntegersDoNotWrap) {
  if (!mariadb()) return;  // only MariaDB has them
  Execute("DROP TABLE IF EXISTS fetch_u");
  Execute("CREATE TABLE fetch_u (v BIGINT UNSIGNED, w INT UNSIGNED)");
  Execute("INSERT INTO fetch_u VALUES (18446744073709551615, 4294967295)");
  const auto rows = Rows("SELECT v, w FROM fetch_u");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(ToText((*rows)[0][0]), "18446744073709551615");
  EXPECT_EQ(ToText((*rows)[0][1]), "4294967295");
}

TEST_P(FetchTest, SqliteValuesAreNeverMadeZero) {
  if (!sqlite()) return;  // only SQLite types values
  Execute("CREATE TABLE odd (id INTEGER PRIMARY KEY, n INTEGER)");
  Execute(
      "INSERT INTO odd VALUES (1, 5), (2, 'abc'), (3, 9e18), (4, x'00ff'), "
      "(5, NULL), (6, '')");
  const auto rows = Rows("SELECT n FROM odd ORDER BY id");
  ASSERT_TRUE(rows.ok()) << rows.status();
  const std::vector<std::string> expected = {
      "5",    "abc", "9000000000000000000", std::string("\x00\xff", 2),
      "NULL", ""};
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(ToText((*rows)[i][0]), expected[i]) << i;
  }
}

TEST_P(FetchTest, ParametersArriveAsTheyAre) {
  const std::string cast = postgresql() ? "CAST(? AS text)"
                           : mariadb()  ? "CAST(? AS CHAR)"
                                        : "CAST(? AS TEXT)";
  for (const std::string& text :
       {std::string("it's"), std::string("a\nb\r\nc\\d"),
        std::string("{d '1'}"), std::string("?; DROP TABLE x"),
        std::string("\xF0\x9F\x98\x80"), std::string(""),
        Repeat("q", 20'000)}) {
    EXPECT_EQ(One("SELECT " + cast, {text}), text);
  }
  EXPECT_EQ(One("SELECT " + cast, {Null()}), "NULL");
  const auto zero = Rows("SELECT " + cast, {std::string("a\0b", 3)});
  EXPECT_EQ(GetReason(zero.status()), ErrorReason::kValueInvalid);
}

TEST_P(FetchTest, AResultOfManyBlocksIsComplete) {
  const std::string sql =
      postgresql() ? "SELECT i, 'row ' || i FROM generate_series(1, 70000) i"
      : mariadb()  ? "SELECT seq, CONCAT('row ', seq) FROM seq_1_to_70000"
                   : "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                     "FROM s WHERE i < 70000) SELECT i, 'row ' || i FROM s";
  const auto rows = Rows(sql);
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 70000u);
  for (size_t i = 0; i < rows->size(); ++i) {
    ASSERT_EQ(ToText((*rows)[i][0]), std::to_string(i + 1));
    ASSERT_EQ(ToText((*rows)[i][1]), absl::StrCat("row ", i + 1));
  }
}

ASSAY_ON_ALL_DATABASES(FetchTest);

}  // namespace
}  // namespace assay::odbc
