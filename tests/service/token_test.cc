// SPDX-License-Identifier: Apache-2.0
#include "validator/service/token.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "validator/base/status.h"
#include "validator/service/token_store.h"

namespace assay::service {
namespace {

using ::testing::HasSubstr;

constexpr absl::Time kNow = absl::FromUnixSeconds(1800000000);

class TokenTest : public ::testing::Test {
 protected:
  TokenTest() {
    char name[] = "/tmp/assay_token_XXXXXX";
    directory_ = mkdtemp(name);
    path_ = directory_ + "/tokens.jsonl";
  }
  ~TokenTest() override {
    std::error_code error;
    std::filesystem::remove_all(directory_, error);
    EXPECT_FALSE(error) << error.message();
  }

  NewToken Add(absl::Time expires = absl::InfiniteFuture()) {
    NewToken token = *MakeToken("for a test", "ci", kNow, expires);
    EXPECT_TRUE(EditTokenFile(path_, [&](std::vector<TokenRecord>& records) {
                  records.push_back(token.record);
                  return absl::OkStatus();
                }).ok());
    return token;
  }

  void Write(const std::string& text) {
    std::ofstream(path_, std::ios::trunc) << text;
    ASSERT_EQ(chmod(path_.c_str(), 0600), 0);
  }

  std::string directory_;
  std::string path_;
};

TEST_F(TokenTest, TextIsIdAndSecretAndTheFileHasOnlyAHash) {
  const NewToken token = Add();
  const auto parts = SplitToken(token.text);
  ASSERT_TRUE(parts.has_value()) << token.text;
  EXPECT_EQ(parts->id, token.record.id);
  EXPECT_EQ(parts->secret.size(), 52u);  // 260 bits.
  std::ifstream file(path_);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(text, HasSubstr(token.record.id));
  EXPECT_THAT(text, HasSubstr(token.record.hash));
  EXPECT_EQ(text.find(std::string(parts->secret)), std::string::npos);
  struct stat info = {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(TokenTest, NoTwoAreAlike) {
  std::set<std::string> ids, texts;
  for (int i = 0; i < 1000; ++i) {
    const NewToken token = *MakeToken("n", "p", kNow, kNow);
    ids.insert(token.record.id);
    texts.insert(token.text);
  }
  EXPECT_EQ(ids.size(), 1000u);
  EXPECT_EQ(texts.size(), 1000u);
}

TEST_F(TokenTest, OnlyTheFormOfATokenIsOne) {
  const std::string good = MakeToken("n", "p", kNow, kNow)->text;
  EXPECT_TRUE(SplitToken(good).has_value());
  for (const std::string& bad :
       {std::string(), std::string("assay_"), good.substr(1), good + "x",
        good.substr(0, good.size() - 1), "ASSAY_" + good.substr(6),
        std::string(good).replace(18, 1, "-"),
        std::string(good).replace(30, 1, "U"),
        std::string(good).replace(30, 1, std::string(1, '\0'))}) {
    EXPECT_FALSE(SplitToken(bad).has_value()) << bad;
  }
}

TEST_F(TokenTest, RecordsSurviveTheirFile) {
  TokenRecord all = MakeToken("ü \"quoted\"", "ci", kNow, kNow)->record;
  all.revoked = kNow + absl::Seconds(5);
  const TokenRecord bare =
      MakeToken("n", "p", kNow, absl::InfiniteFuture())->record;
  const auto back = ParseTokens(FormatTokens({all, bare}));
  ASSERT_TRUE(back.ok()) << back.status();
  ASSERT_EQ(back->size(), 2u);
  EXPECT_EQ((*back)[0].name, all.name);
  EXPECT_EQ((*back)[0].expires, kNow);
  EXPECT_EQ((*back)[0].revoked, all.revoked);
  EXPECT_EQ((*back)[1].hash, bare.hash);
  EXPECT_EQ((*back)[1].expires, absl::InfiniteFuture());
  EXPECT_EQ((*back)[1].revoked, absl::InfiniteFuture());
}

TEST_F(TokenTest, ABrokenLineIsNamed) {
  const std::string good = FormatTokens({Add().record});
  for (const std::string& line :
       {std::string("{"), std::string("{}"), std::string("[1]"), good,
        std::string(R"({"id":"x","name":"n","principal":"p","sha256":"0",)"
                    R"("created":"2026-01-01T00:00:00Z"})"),
        std::string(R"({"id":1})")}) {
    const auto parsed = ParseTokens(good + line);
    ASSERT_FALSE(parsed.ok()) << line;
    EXPECT_THAT(std::string(parsed.status().message()), HasSubstr("line 2"));
  }
}

TEST_F(TokenTest, ManyWhoEditLoseNothing) {
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] {
      for (int n = 0; n < 10; ++n) Add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ReadTokenFile(path_)->size(), 80u);
}

TEST_F(TokenTest, AFailedEditChangesNothing) {
  Add();
  EXPECT_FALSE(EditTokenFile(path_, [](std::vector<TokenRecord>& records) {
                 records.clear();
                 return MakeError(ErrorReason::kArgumentInvalid, "no");
               }).ok());
  EXPECT_EQ(ReadTokenFile(path_)->size(), 1u);
}

TEST_F(TokenTest, WhatOthersMayWriteIsNotRead) {
  Add();
  ASSERT_EQ(chmod(path_.c_str(), 0620), 0);
  EXPECT_THAT(std::string(ReadTokenFile(path_).status().message()),
              HasSubstr("chmod 600"));
}

TEST_F(TokenTest, GoodExpiredRevokedUnknown) {
  TokenStore store(path_);
  const NewToken token = Add(kNow + absl::Hours(1));
  EXPECT_EQ(store.Check(token.text, kNow)->principal, "ci");
  const auto expired = store.Check(token.text, kNow + absl::Hours(1));
  EXPECT_EQ(GetReason(expired.status()), ErrorReason::kUnauthenticated);
  EXPECT_THAT(std::string(expired.status().message()), HasSubstr("expired"));

  // Without the secret nobody learns that there is such a token.
  std::string guessed = token.text;
  guessed.back() = guessed.back() == '0' ? '1' : '0';
  const std::string unknown(
      store.Check(MakeToken("n", "p", kNow, kNow)->text, kNow)
          .status()
          .message());
  EXPECT_EQ(store.Check(guessed, kNow + absl::Hours(2)).status().message(),
            unknown);

  ASSERT_TRUE(EditTokenFile(path_, [&](std::vector<TokenRecord>& records) {
                records[0].revoked = kNow;
                return absl::OkStatus();
              }).ok());
  EXPECT_THAT(std::string(store.Check(token.text, kNow).status().message()),
              HasSubstr("revoked"));
  EXPECT_FALSE(store.CheckAgain(token.record.id, kNow).ok());
}

TEST_F(TokenTest, ABrokenFileLeavesWhatWasThereAndNoneLeavesNothing) {
  const NewToken token = Add();
  TokenStore store(path_);
  EXPECT_TRUE(store.Check(token.text, kNow).ok());
  Write("{broken");
  EXPECT_TRUE(store.Check(token.text, kNow).ok());
  ASSERT_EQ(unlink(path_.c_str()), 0);
  EXPECT_FALSE(store.Check(token.text, kNow).ok());
  const NewToken next = Add();
  EXPECT_TRUE(store.Check(next.text, kNow).ok());
  EXPECT_FALSE(TokenStore("").Check(next.text, kNow).ok());
}

}  // namespace
}  // namespace assay::service
