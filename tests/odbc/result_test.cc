// SPDX-License-Identifier: Apache-2.0
#include "validator/odbc/result.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace assay::odbc {
namespace {

std::string Blob(std::string_view text) {
  std::string out = "before ";
  AppendBlob(text, &out);
  EXPECT_EQ(out.substr(0, 7), "before ");
  return out.substr(7);
}

TEST(AppendBlob, DecodesEveryByte) {
  std::string text = "X'";
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    constexpr char kUpper[] = "0123456789ABCDEF";
    text += kUpper[i / 16];
    text += kUpper[i % 16];
    bytes += static_cast<char>(i);
  }
  EXPECT_EQ(Blob(text + "'"), bytes);
  EXPECT_EQ(Blob("X''"), "");
  EXPECT_EQ(Blob("X'fFaA'"), "\xFF\xAA");
}

TEST(AppendBlob, LeavesOtherTextAlone) {
  for (const std::string_view text :
       {"", "X", "X'", "'", "X'0'", "X'0G'", "X'G0'", "X'00", "x'00'", "X\"00'",
        "X'00' ", " X'00'", "X'\xFF\xFF'", "X'0001020x'", "plain"}) {
    EXPECT_EQ(Blob(text), text);
  }
}

}  // namespace
}  // namespace assay::odbc
