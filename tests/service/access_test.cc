// SPDX-License-Identifier: Apache-2.0
#include "validator/service/access.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "validator/base/clock.h"
#include "validator/base/status.h"
#include "validator/service/call_credentials.h"
#include "validator/service/token.h"

namespace assay::service {
namespace {

using ::testing::HasSubstr;

constexpr Rpc kGetRun = {"GetRun", Operation::kRead};
constexpr Rpc kStartRun = {"StartRun", Operation::kRun};
constexpr Rpc kGetServerInfo = {"GetServerInfo", std::nullopt};

class AccessTest : public ::testing::Test {
 protected:
  AccessTest() : clock_(absl::FromUnixSeconds(1800000000)) {
    char name[] = "/tmp/assay_access_XXXXXX";
    directory_ = mkdtemp(name);
    path_ = directory_ + "/tokens.jsonl";
  }
  ~AccessTest() override {
    std::error_code error;
    std::filesystem::remove_all(directory_, error);
    EXPECT_FALSE(error) << error.message();
  }

  std::string Token(const std::string& principal) {
    const NewToken token =
        *MakeToken("n", principal, clock_.Now(), clock_.Now() + absl::Hours(1));
    EXPECT_TRUE(EditTokenFile(path_, [&](std::vector<TokenRecord>& records) {
                  records.push_back(token.record);
                  return absl::OkStatus();
                }).ok());
    return token.text;
  }

  AccessConfig Config() {
    AccessConfig out;
    out.token_file = path_;
    Principal ci;
    ci.name = "ci";
    ci.connections = {"a"};
    ci.Allow(Operation::kRead);
    ci.requests_per_second = 2;
    ci.certificates = {"DNS:ci.test"};
    out.principals.push_back(ci);
    return out;
  }

  static Credentials Bearer(const std::string& token) {
    return {.authorization = {"Bearer " + token}, .peer = "ipv4:192.0.2.1:1"};
  }

  // "" where the caller may enter.
  static std::string ReasonOf(const absl::Status& status) {
    return status.ok() ? "" : GetErrorReasonInfo(GetReason(status)).name;
  }

  FakeClock clock_;
  std::string directory_;
  std::string path_;
};

TEST_F(AccessTest, WithoutAuthEverybodyMayDoEverything) {
  Access access(std::nullopt, nullptr, &clock_);
  const auto caller = access.Enter({}, kStartRun);
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(caller->principal->name, kLocalPrincipal);
  for (const OperationInfo& info : Operations()) {
    EXPECT_TRUE(caller->May(info.operation)) << info.name;
  }
  EXPECT_TRUE(CheckConnection(*caller, "anything").ok());
}

TEST_F(AccessTest, AWrongTokenIsRefusedAlsoWhereNobodyIsAsked) {
  // A header that is not looked at is none.
  Access access(std::nullopt, nullptr, &clock_);
  EXPECT_TRUE(access.Enter(Bearer("nonsense"), kStartRun).ok());
}

TEST_F(AccessTest, HeadersInAllForms) {
  Access access(Config(), nullptr, &clock_);
  const std::string token = Token("ci");
  const auto reason = [&](std::vector<std::string> headers) {
    clock_.Advance(absl::Seconds(1));  // Not a matter of rates.
    return ReasonOf(
        access.Enter({.authorization = std::move(headers)}, kGetRun).status());
  };
  const auto basic = [](const std::string& pair) {
    return "Basic " + absl::Base64Escape(pair);
  };
  EXPECT_EQ(reason({"Bearer " + token}), "");
  EXPECT_EQ(reason({"bearer   " + token}), "");
  EXPECT_EQ(reason({basic(":" + token)}), "");
  EXPECT_EQ(reason({basic("any name:" + token)}), "");
  for (const std::vector<std::string>& bad :
       std::vector<std::vector<std::string>>{
           {},
           {""},
           {"Bearer"},
           {"Bearer "},
           {token},
           {"Digest " + token},
           {"Basic !"},
           {basic(token)},
           {basic("x:y:" + token)},
           {"Bearer " + token + "0"},
           {"Bearer " + token, "Bearer " + token}}) {
    EXPECT_EQ(reason(bad), "UNAUTHENTICATED")
        << (bad.empty() ? "none" : bad[0]);
  }
}

TEST_F(AccessTest, OperationsAndRates) {
  Access access(Config(), nullptr, &clock_);
  const std::string token = Token("ci");
  EXPECT_EQ(ReasonOf(access.Enter(Bearer(token), kGetRun).status()), "");
  EXPECT_EQ(ReasonOf(access.Enter(Bearer(token), kStartRun).status()),
            "ACCESS_DENIED");
  EXPECT_EQ(ReasonOf(access.Enter(Bearer(token), kGetServerInfo).status()),
            "RATE_LIMITED");
  clock_.Advance(absl::Milliseconds(499));
  EXPECT_EQ(ReasonOf(access.Enter(Bearer(token), kGetRun).status()),
            "RATE_LIMITED");
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(ReasonOf(access.Enter(Bearer(token), kGetRun).status()), "");
  clock_.Advance(absl::Hours(1) - absl::Seconds(1));
  EXPECT_EQ(ReasonOf(access.Enter(Bearer(token), kGetRun).status()), "");
  EXPECT_EQ(ReasonOf(access.Enter(Bearer(token), kGetRun).status()), "");
  EXPECT_EQ(ReasonOf(access.Enter(Bearer(token), kGetRun).status()),
            "RATE_LIMITED");
}

TEST_F(AccessTest, ACallThatGoesOnEndsWithItsToken) {
  Access access(Config(), nullptr, &clock_);
  auto caller = access.Enter(Bearer(Token("ci")), kGetRun);
  ASSERT_TRUE(caller.ok());
  EXPECT_TRUE(access.Recheck(*caller).ok());
  // A permission that is taken away counts at once.
  AccessConfig less = Config();
  less.principals[0].connections = {"b"};
  access.Replace(less);
  EXPECT_TRUE(access.Recheck(*caller).ok());
  EXPECT_FALSE(CheckConnection(*caller, "a").ok());
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(ReasonOf(access.Recheck(*caller)), "UNAUTHENTICATED");
  AccessConfig none = Config();
  none.principals[0].name = "other";
  access.Replace(none);
  EXPECT_EQ(ReasonOf(access.Recheck(*caller)), "UNAUTHENTICATED");
}

TEST_F(AccessTest, ATokenOfNoPrincipalIsNone) {
  Access access(Config(), nullptr, &clock_);
  const auto caller = access.Enter(Bearer(Token("gone")), kGetRun);
  EXPECT_EQ(ReasonOf(caller.status()), "UNAUTHENTICATED");
}

TEST_F(AccessTest, ForbiddenAndMissingConnectionsReadAlike) {
  Access access(Config(), nullptr, &clock_);
  const Caller caller = *access.Enter(Bearer(Token("ci")), kGetRun);
  EXPECT_TRUE(CheckConnection(caller, "a").ok());
  std::string forbidden(CheckConnection(caller, "b").message());
  const std::string missing(CheckConnection(caller, "c").message());
  forbidden.replace(forbidden.find("'b'"), 3, "'c'");
  EXPECT_EQ(forbidden, missing);
}

TEST_F(AccessTest, RefusalsAreAuditedInOneLineWithTheReason) {
  const std::string path = directory_ + "/audit.jsonl";
  {
    auto audit = AuditLog::Open({.path = path, .sync = AuditSync::kOff});
    ASSERT_TRUE(audit.ok());
    Access access(Config(), audit->get(), &clock_);
    for (int i = 0; i < 1000; ++i) {
      access.Enter(Bearer("x"), kGetRun).status().IgnoreError();
    }
    clock_.Advance(absl::Seconds(1));
    access.Enter(Bearer("x"), kGetRun).status().IgnoreError();
  }
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  // Whoever knocks must not fill the disk: ten lines, and then one a second.
  ASSERT_EQ(lines.size(), 11u);
  EXPECT_THAT(lines[0], HasSubstr("\"reason\":\"UNAUTHENTICATED\""));
  EXPECT_THAT(lines[0], HasSubstr("\"rpc\":\"GetRun\""));
  EXPECT_THAT(lines[10], HasSubstr("\"suppressed\":990"));
}

TEST_F(AccessTest, PercentDecoding) {
  EXPECT_EQ(PercentDecode("a%20b%0A"), "a b\n");
  EXPECT_EQ(PercentDecode("plain"), "plain");
  for (const char* bad : {"%", "%1", "%zz", "a%2"}) {
    EXPECT_EQ(PercentDecode(bad), "") << bad;
  }
}

TEST_F(AccessTest, RunsOfOlderServersAreForThoseWhoSeeAll) {
  Principal some;
  some.connections = {"a"};
  EXPECT_FALSE(some.MayUseAll({}));
  EXPECT_TRUE(some.MayUseAll({"a"}));
  EXPECT_FALSE(some.MayUseAll({"a", "b"}));
  EXPECT_TRUE(MakeLocalPrincipal().MayUseAll({}));
}

}  // namespace
}  // namespace assay::service
