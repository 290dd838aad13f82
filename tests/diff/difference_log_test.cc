// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/difference_log.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/diff/support/window_rows.h"
#include "validator/base/status.h"

namespace assay::diff {
namespace {

using testing::HasSubstr;

// As it comes back: values as text.
Difference AsText(Difference difference) {
  for (Value& value : difference.key) {
    if (!IsNull(value)) value = ToText(value);
  }
  return difference;
}

void ExpectEqual(const Difference& a, const Difference& b) {
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.table, b.table);
  EXPECT_EQ(a.key_columns, b.key_columns);
  EXPECT_TRUE(a.key == b.key);
  EXPECT_EQ(a.columns, b.columns);
}

TEST(DifferenceLine, LooksAsDocumented) {
  EXPECT_EQ(DifferenceLine({.kind = "changed",
                            .table = "public.payment",
                            .key_columns = {"payment_id"},
                            .key = {Value(int64_t{17})},
                            .columns = {"amount"}}),
            R"({"kind":"changed","table":"public.payment",)"
            R"("key":{"payment_id":"17"},"columns":["amount"]})");
  EXPECT_EQ(DifferenceLine({.kind = "missing",
                            .table = "t",
                            .key_columns = {"b", "a", "c", "d"},
                            .key = {Null{}, Value("NULL"),
                                    Value("q\"\\\n\x01ž"), Bytes{"\xAB\xCD"}}}),
            R"({"kind":"missing","table":"t",)"
            R"("key":{"b":null,"a":"NULL","c":"q\"\\\n\u0001ž","d":"abcd"}})");
}

TEST(DifferenceLine, ComesBack) {
  std::mt19937_64 random(7);
  const auto text = [&] {
    static const char* const kPieces[] = {"a",  "Z", " ", "\"",   "\\",
                                          "\n", "ž", "😀", "\x7F", "\x1F",
                                          "/",  "{", ":"};
    std::string out;
    for (size_t n = random() % 12; n > 0; --n) {
      out += kPieces[random() % std::size(kPieces)];
    }
    return out;
  };
  for (int i = 0; i < 2000; ++i) {
    Difference difference{.kind = "changed", .table = text()};
    for (size_t n = random() % 4; n > 0; --n) {
      difference.key_columns.push_back(text() + std::to_string(n));
      switch (random() % 4) {
        case 0:
          difference.key.push_back(Null{});
          break;
        case 1:
          difference.key.push_back(static_cast<int64_t>(random()));
          break;
        case 2:
          difference.key.push_back(Timestamp{.micros = 5, .zoned = true});
          break;
        default:
          difference.key.push_back(text());
      }
    }
    for (size_t n = random() % 3; n > 0; --n) {
      difference.columns.push_back(text());
    }
    const std::string line = DifferenceLine(difference);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const absl::StatusOr<Difference> back = ParseDifferenceLine(line);
    ASSERT_TRUE(back.ok()) << line;
    ExpectEqual(*back, AsText(difference));
  }
}

TEST(DifferenceLine, TextThatIsNotUtf8IsStillJson) {
  const std::string line = DifferenceLine({.kind = "extra",
                                           .table = "t",
                                           .key_columns = {"k"},
                                           .key = {Value("a\xFFz")}});
  const absl::StatusOr<Difference> back = ParseDifferenceLine(line);
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(back->key[0] == Value("a\uFFFDz"));
}

TEST(ParseDifferenceLine, RefusesDamage) {
  const std::string line = DifferenceLine({.kind = "changed",
                                           .table = "t",
                                           .key_columns = {"k"},
                                           .key = {Value("1")},
                                           .columns = {"c"}});
  for (size_t i = 0; i < line.size(); ++i) {
    EXPECT_EQ(GetReason(ParseDifferenceLine(line.substr(0, i)).status()),
              ErrorReason::kInternal);
  }
  for (const char* damaged :
       {"[]", "1", R"({"kind":1,"table":"t","key":{}})",
        R"({"kind":"k","table":"t"})", R"({"kind":"k","table":"t","key":[]})",
        R"({"kind":"k","table":"t","key":{"a":1}})",
        R"({"kind":"k","table":"t","key":{},"columns":"c"})",
        R"({"kind":"k","table":"t","key":{},"columns":[1]})"}) {
    EXPECT_FALSE(ParseDifferenceLine(damaged).ok()) << damaged;
  }
}

class DifferenceFileTest : public testing::Test {
 protected:
  static Difference Numbered(int64_t i) {
    return {.kind = "missing",
            .table = "t",
            .key_columns = {"k"},
            .key = {Value(i)}};
  }
  ScratchDirectory directory_;
  const std::string path_ = directory_ / "differences.jsonl";
};

TEST_F(DifferenceFileTest, IsReadAsItWasWritten) {
  auto writer = DifferenceWriter::Create(path_);
  ASSERT_TRUE(writer.ok());
  for (int64_t i = 0; i < 10000; ++i) {
    ASSERT_TRUE((*writer)->Write(Numbered(i)).ok());
  }
  EXPECT_EQ((*writer)->written(), 10000);
  EXPECT_FALSE(std::filesystem::exists(path_));
  ASSERT_TRUE((*writer)->Close().ok());
  writer->reset();
  EXPECT_FALSE(std::filesystem::exists(path_ + ".part"));
  int64_t next = 0;
  const absl::Status status =
      ReadDifferences(path_, [&](const Difference& difference) {
        ExpectEqual(difference, AsText(Numbered(next++)));
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(next, 10000);
}

TEST_F(DifferenceFileTest, NotClosedNotThere) {
  auto writer = DifferenceWriter::Create(path_);
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE((*writer)->Write(Numbered(1)).ok());
  writer->reset();
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
  EXPECT_EQ(GetReason(ReadDifferences(
                path_, [](const Difference&) { return absl::OkStatus(); })),
            ErrorReason::kDifferencesNotFound);
}

TEST_F(DifferenceFileTest, StopsWhereTheVisitorSaysSo) {
  auto writer = DifferenceWriter::Create(path_);
  ASSERT_TRUE(writer.ok());
  for (int64_t i = 0; i < 5; ++i) {
    ASSERT_TRUE((*writer)->Write(Numbered(i)).ok());
  }
  ASSERT_TRUE((*writer)->Close().ok());
  int visited = 0;
  const absl::Status status = ReadDifferences(path_, [&](const Difference&) {
    return ++visited == 2 ? MakeError(ErrorReason::kCancelled, "enough")
                          : absl::OkStatus();
  });
  EXPECT_EQ(GetReason(status), ErrorReason::kCancelled);
  EXPECT_EQ(visited, 2);
}

TEST_F(DifferenceFileTest, DamagedLinesAreSaidByNumber) {
  const std::string line = DifferenceLine(Numbered(1));
  for (const std::string& second : {line, std::string("{}\n")}) {
    std::ofstream(path_) << line << "\n" << second;
    int visited = 0;
    const absl::Status status = ReadDifferences(path_, [&](const Difference&) {
      ++visited;
      return absl::OkStatus();
    });
    EXPECT_EQ(GetReason(status), ErrorReason::kInternal);
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_ + ":2"));
    EXPECT_EQ(visited, 1);
  }
}

TEST_F(DifferenceFileTest, FullDisk) {
  ASSERT_EQ(::symlink("/dev/full", (path_ + ".part").c_str()), 0);
  auto writer = DifferenceWriter::Create(path_);
  ASSERT_TRUE(writer.ok());
  // Small enough to be buffered: Close finds out.
  ASSERT_TRUE((*writer)->Write(Numbered(1)).ok());
  const absl::Status closed = (*writer)->Close();
  EXPECT_EQ(GetReason(closed), ErrorReason::kSpillFailed);
  EXPECT_THAT(std::string(closed.message()),
              HasSubstr("No space left on device"));
  EXPECT_FALSE(std::filesystem::exists(path_));

  ASSERT_EQ(::symlink("/dev/full", (path_ + ".part").c_str()), 0);
  writer = DifferenceWriter::Create(path_);
  ASSERT_TRUE(writer.ok());
  absl::Status written;
  for (int i = 0; i < 100000 && written.ok(); ++i) {
    written = (*writer)->Write(Numbered(i));
  }
  EXPECT_EQ(GetReason(written), ErrorReason::kSpillFailed);
  EXPECT_EQ(GetReason((*writer)->Close()), ErrorReason::kSpillFailed);
  EXPECT_EQ(
      GetReason(DifferenceWriter::Create("/no/such/place/d.jsonl").status()),
      ErrorReason::kSpillFailed);
}

}  // namespace
}  // namespace assay::diff
