// SPDX-License-Identifier: Apache-2.0
// Whole rows: injectivity, and the layout that payload.h reads.
#include <map>
#include <random>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/diff/support/fake_block.h"
#include "validator/base/status.h"
#include "validator/diff/payload.h"

namespace assay::diff {
namespace {

using Row = std::vector<Value>;

std::string RowBytes(const std::vector<ColumnEncoding>& columns,
                     const Row& row) {
  const FakeBlock block({row});
  std::string out;
  for (size_t i = 0; i < columns.size(); ++i) {
    EXPECT_TRUE(EncodeCell(columns[i], block, 0, i, KindOf(row[i]), out).ok());
  }
  return out;
}

DigestBatch Encode(const RowEncoder& encoder, std::vector<Row> rows) {
  std::vector<db::CellKind> kinds;
  for (size_t i = 0; i < encoder.columns().size(); ++i) {
    Value typed = Null{};
    for (const Row& row : rows) {
      if (!IsNull(row[i])) typed = row[i];
    }
    kinds.push_back(KindOf(typed));
  }
  DigestBatch batch;
  const absl::Status status =
      encoder.Encode(FakeBlock(std::move(rows)), kinds, batch);
  EXPECT_TRUE(status.ok()) << status;
  return batch;
}

TEST(RowEncoding, SeparatesWhatJoinedTextsConfuse) {
  const std::vector<ColumnEncoding> two = {As(CompareType::kText),
                                           As(CompareType::kText)};
  const std::vector<Row> rows = {
      {"a,b", "c"},  {"a", "b,c"},     {"ab", "c"},   {"a", "bc"},
      {"abc", ""},   {"", "abc"},      {Null{}, "a"}, {"", "a"},
      {"NULL", "a"}, {"<null>", "a"},  {"a", Null{}}, {"a", ""},
      {"a", " "},    {Null{}, Null{}}, {"", ""},      {Null{}, ""},
      {"", Null{}},  {"a#b", "c#"},    {"a", "b#c#"}, {"1", "23"},
      {"12", "3"},   {"a|b", "c"},     {"a", "b|c"},
  };
  std::set<std::string> bytes;
  for (const Row& row : rows) bytes.insert(RowBytes(two, row));
  EXPECT_EQ(bytes.size(), rows.size());
}

// Equal bytes exactly where the values are equal, and the bytes of a row read
// back as its values, whatever stands in them.
TEST(RowEncoding, IsInjectiveAndSelfDelimiting) {
  std::mt19937_64 random(20261123);
  const auto pick = [&](size_t n) { return static_cast<size_t>(random() % n); };
  const auto text = [&] {
    // Few and nasty characters: tags, lengths, separators.
    static constexpr char kCharacters[] = {'a',  'b', ',', '\0', '\1',
                                           '\5', ' ', '|', '\2'};
    std::string out;
    for (size_t n = pick(4); n > 0; --n) out.push_back(kCharacters[pick(9)]);
    return out;
  };
  const std::vector<ColumnEncoding> columns = {
      As(CompareType::kText), As(CompareType::kNumber),
      As(CompareType::kBytes, TypeClass::kBytes), As(CompareType::kText),
      As(CompareType::kNumber)};
  std::map<std::string, std::string> seen;  // Bytes → the values, unambiguous.
  for (int i = 0; i < 200000; ++i) {
    Row row;
    std::string identity;
    for (size_t c = 0; c < columns.size(); ++c) {
      if (pick(5) == 0) {
        row.push_back(Null{});
        identity += "N;";
        continue;
      }
      if (columns[c].type == CompareType::kNumber) {
        const auto value = static_cast<int64_t>(pick(5)) - 2;
        // The same number in several spellings.
        const std::string spelled = absl::StrCat(value, pick(2) ? ".0" : "");
        row.push_back(spelled);
        absl::StrAppend(&identity, value, ";");
        continue;
      }
      const std::string value = text();
      if (columns[c].type == CompareType::kBytes) {
        row.push_back(Bytes{value});
      } else {
        row.push_back(value);
      }
      absl::StrAppend(&identity, "x", ToText(Bytes{value}), ";");
    }
    const std::string bytes = RowBytes(columns, row);
    const auto [it, inserted] = seen.emplace(bytes, identity);
    ASSERT_EQ(it->second, identity);
    std::string_view rest = bytes;
    for (size_t c = 0; c < columns.size(); ++c) {
      const std::optional<Value> value = DecodeValue(rest);
      ASSERT_TRUE(value.has_value());
      if (columns[c].type != CompareType::kNumber) {
        ASSERT_EQ(*value, row[c]);
      }
    }
    ASSERT_TRUE(rest.empty());
  }
  std::set<std::string> identities;
  for (const auto& [bytes, identity] : seen) identities.insert(identity);
  EXPECT_EQ(identities.size(), seen.size());
}

TEST(RowEncoder, WritesThePayload) {
  ColumnPolicy tolerant;
  tolerant.tolerance = Decimal{"1"};
  const std::vector<ColumnEncoding> columns = {
      As(CompareType::kNumber), As(CompareType::kText),
      With(As(CompareType::kNumber), tolerant), As(CompareType::kText)};
  const RowEncoder encoder(columns, 1, 42);
  const DigestBatch batch = Encode(encoder, {{int64_t{7}, "a", "1.5", "b"},
                                             {Null{}, Null{}, Null{}, "b"},
                                             {int64_t{7}, "b", "1.5", "a"}});
  ASSERT_EQ(batch.size(), 3u);
  const PayloadLayout layout{.exact_columns = 2, .tolerance_columns = 1};
  const auto cell = [&](size_t column, const Value& value) {
    return Encoded(columns[column], value);
  };
  EXPECT_EQ(PayloadKey(batch.payload(0)), cell(0, int64_t{7}));
  EXPECT_EQ(PayloadColumn(batch.payload(0), 0),
            HashBytes(cell(1, "a"), 42).low);
  EXPECT_EQ(PayloadColumn(batch.payload(0), 1),
            HashBytes(cell(3, "b"), 42).low);
  EXPECT_EQ(PayloadTolerance(batch.payload(0), layout, 0), cell(2, "1.5"));
  EXPECT_EQ(PayloadTolerance(batch.payload(1), layout, 0), cell(2, Null{}));
  EXPECT_EQ(batch.keys[0], HashBytes(cell(0, int64_t{7}), 42));
  EXPECT_EQ(batch.keys[0], batch.keys[2]);
  EXPECT_NE(batch.keys[0], batch.keys[1]);
  EXPECT_EQ(batch.null_keys, 1);
  // Swapped columns are another row.
  EXPECT_NE(batch.rows[0], batch.rows[2]);
}

TEST(RowEncoder, DigestsDependOnSeedAndValuesOnly) {
  const auto digest = [](uint64_t seed, const Row& row) {
    const RowEncoder encoder({As(CompareType::kNumber),
                              As(CompareType::kNumber), As(CompareType::kText)},
                             1, seed);
    return Encode(encoder, {row}).rows[0];
  };
  // However the drivers carry it.
  EXPECT_EQ(digest(1, {int64_t{1}, int64_t{2}, "x"}),
            digest(1, {"1", "2.00", "x"}));
  EXPECT_NE(digest(1, {int64_t{1}, int64_t{2}, "x"}),
            digest(2, {int64_t{1}, int64_t{2}, "x"}));
  EXPECT_EQ(digest(1, {int64_t{1}, int64_t{2}, "x"}),
            digest(1, {int64_t{9}, int64_t{2}, "x"}));  // The key is apart.
}

// The fast way of short texts is that of any cell.
TEST(RowEncoder, DigestsTextsOfAnyLengthAlike) {
  const std::vector<ColumnEncoding> columns = {
      As(CompareType::kNumber, TypeClass::kInteger), As(CompareType::kText)};
  const RowEncoder encoder(columns, 1, 7);
  for (const size_t length : {0, 1, 16, 240, 255, 256, 257, 1000}) {
    const std::string text(length, 'x');
    const DigestBatch batch = Encode(encoder, {{int64_t{1}, text}});
    EXPECT_EQ(PayloadColumn(batch.payload(0), 0),
              HashBytes(Encoded(columns[1], text), 7).low)
        << length;
  }
}

TEST(RowEncoder, TakesManyBlocks) {
  const RowEncoder encoder({As(CompareType::kNumber), As(CompareType::kText)},
                           1, 5);
  const std::vector<db::CellKind> kinds = {db::CellKind::kInt64,
                                           db::CellKind::kText};
  DigestBatch batch;
  std::vector<Row> all;
  for (const size_t size : {300, 0, 1, 128, 257}) {
    std::vector<Row> rows;
    for (size_t i = 0; i < size; ++i) {
      rows.push_back({static_cast<int64_t>(all.size() + i),
                      Value(std::string(i % 40, 'x'))});
    }
    ASSERT_TRUE(encoder.Encode(FakeBlock(rows), kinds, batch).ok());
    all.insert(all.end(), rows.begin(), rows.end());
  }
  ASSERT_EQ(batch.size(), all.size());
  for (size_t i = 0; i < all.size(); ++i) {
    const DigestBatch one = Encode(encoder, {all[i]});
    EXPECT_EQ(batch.keys[i], one.keys[0]);
    EXPECT_EQ(batch.rows[i], one.rows[0]);
    EXPECT_EQ(batch.payload(i), one.payload(0));
  }
}

TEST(RowEncoder, TakesKeylessRowsWhole) {
  const std::vector<ColumnEncoding> columns = {As(CompareType::kNumber),
                                               As(CompareType::kText)};
  const DigestBatch batch =
      Encode(RowEncoder(columns, 0, 3), {{int64_t{1}, "a"},
                                         {int64_t{1}, "a"},
                                         {int64_t{1}, "b"},
                                         {Null{}, Null{}}});
  EXPECT_EQ(batch.keys[0], batch.keys[1]);
  EXPECT_NE(batch.keys[0], batch.keys[2]);
  EXPECT_EQ(batch.rows[0], batch.rows[3]);
  EXPECT_EQ(batch.null_keys, 0);
  EXPECT_EQ(PayloadKey(batch.payload(2)), RowBytes(columns, {int64_t{1}, "b"}));
}

TEST(RowEncoder, EmptyMayBeNullInAKey) {
  ColumnPolicy policy;
  policy.empty_is_null = true;
  const RowEncoder encoder({With(As(CompareType::kText), policy)}, 1, 3);
  const DigestBatch batch = Encode(encoder, {{""}, {Null{}}, {"a"}});
  EXPECT_EQ(batch.null_keys, 2);
  EXPECT_EQ(batch.keys[0], batch.keys[1]);
}

TEST(RowEncoder, NamesTheColumnAndNoValue) {
  const RowEncoder encoder({As(CompareType::kNumber), As(CompareType::kJson)},
                           1, 3);
  DigestBatch batch;
  const absl::Status status =
      encoder.Encode(FakeBlock({{int64_t{1}, "{}"}, {int64_t{2}, "secret"}}),
                     {db::CellKind::kInt64, db::CellKind::kText}, batch);
  EXPECT_EQ(GetReason(status), ErrorReason::kNotComparable);
  EXPECT_TRUE(absl::StartsWith(status.message(), "column #1: ")) << status;
  EXPECT_FALSE(absl::StrContains(status.message(), "secret")) << status;
}

}  // namespace
}  // namespace assay::diff
