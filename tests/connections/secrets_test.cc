// SPDX-License-Identifier: Apache-2.0
#include "validator/connections/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/support/databases.h"
#include "validator/base/status.h"

namespace assay::connections {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST(SecretsTest, ASecretIsAValueWhateverItHolds) {
  setenv("ASSAY_T_PWD", "a;Driver=evil}b", 1);
  for (const char* text :
       {"Driver=SQLite3;Pwd=${env:ASSAY_T_PWD};Database=x",
        "Driver=SQLite3;Pwd={${env:ASSAY_T_PWD}};Database=x"}) {
    const auto out = ExpandSecrets(text);
    ASSERT_TRUE(out.ok()) << out.status();
    EXPECT_EQ(out->string.Get("Pwd"), "a;Driver=evil}b");
    EXPECT_EQ(out->string.Get("Driver"), "SQLite3");
    EXPECT_EQ(out->string.Get("Database"), "x");
    const odbc::ConnectionString again(out->string.ToString());
    EXPECT_EQ(again.Get("Driver"), "SQLite3");
    EXPECT_EQ(again.Get("Pwd"), "a;Driver=evil}b");
    EXPECT_THAT(out->secrets, Contains("a;Driver=evil}b"));
  }
}

TEST(SecretsTest, FilesLoseOneLineEnd) {
  const assay::testing::ScratchDirectory directory;
  std::ofstream(directory.File("pwd"), std::ios::binary) << "line\n\r\n";
  const auto out = ExpandSecrets("Uid=u${env:ASSAY_T_SUFFIX_UNSET};Pwd=x");
  EXPECT_EQ(GetReason(out.status()), ErrorReason::kSecretUnavailable);
  const auto file = ExpandSecrets("Pwd=${file:" + directory.File("pwd") + "}");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->string.Get("Pwd"), "line\n");
}

TEST(SecretsTest, MissingSecretsAreNamed) {
  EXPECT_THAT(
      std::string(ExpandSecrets("Pwd=${env:ASSAY_T_NOPE}").status().message()),
      HasSubstr("ASSAY_T_NOPE"));
  const absl::Status file = ExpandSecrets("Pwd=${file:/no/such}").status();
  EXPECT_EQ(GetReason(file), ErrorReason::kSecretUnavailable);
  EXPECT_THAT(std::string(file.message()), HasSubstr("/no/such"));
}

TEST(SecretsTest, AWholeStringMayBeASecret) {
  setenv("ASSAY_T_ODBC", "Driver=SQLite3;Database=/x;Pwd=hidden", 1);
  const auto out = ExpandSecrets("${env:ASSAY_T_ODBC}");
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_EQ(out->string.Get("Database"), "/x");
  EXPECT_THAT(out->secrets, Contains("hidden"));
}

TEST(SecretsTest, PlaceholdersAreChecked) {
  EXPECT_EQ(CheckPlaceholders("Pwd=${env:X};Uid=${file:/y}"), "");
  EXPECT_EQ(CheckPlaceholders("Pwd=$5"), "");
  EXPECT_NE(CheckPlaceholders("Pwd=${X}"), "");
  EXPECT_NE(CheckPlaceholders("Pwd=${env:}"), "");
  EXPECT_NE(CheckPlaceholders("Pwd=${env:X"), "");
  EXPECT_FALSE(ExpandSecrets("${env:ASSAY_T_PWD}=x;y=1").ok());
}

}  // namespace
}  // namespace assay::connections
