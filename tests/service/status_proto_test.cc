// SPDX-License-Identifier: Apache-2.0
#include "validator/service/status_proto.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "validator/base/status.h"

namespace assay::service {
namespace {

google::rpc::Status Details(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  return details;
}

template <typename Detail>
std::optional<Detail> Find(const grpc::Status& status) {
  const google::rpc::Status details = Details(status);
  Detail detail;
  for (const auto& any : details.details()) {
    if (any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

TEST(StatusProtoTest, OkIsOk) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
}

TEST(StatusProtoTest, EveryReasonArrivesWithItsCode) {
  for (const ErrorReasonInfo& row : ErrorReasons()) {
    if (row.reason == ErrorReason::kUnspecified) continue;
    const grpc::Status status = ToGrpcStatus(MakeError(row.reason, "why"));
    EXPECT_EQ(static_cast<int>(status.error_code()),
              static_cast<int>(row.code));
    EXPECT_EQ(status.error_message(), "why");
    EXPECT_EQ(Details(status).code(), static_cast<int>(row.code));
    const auto info = Find<google::rpc::ErrorInfo>(status);
    ASSERT_TRUE(info.has_value());
    EXPECT_EQ(info->reason(), row.name);
    EXPECT_EQ(info->domain(), "assay");
    const bool later =
        row.reason == ErrorReason::kAuditFailed ||
        row.reason == ErrorReason::kServerDraining ||
        (row.code == absl::StatusCode::kResourceExhausted && row.retryable);
    const auto retry = Find<google::rpc::RetryInfo>(status);
    ASSERT_EQ(retry.has_value(), later) << row.name;
    if (later) {
      EXPECT_EQ(retry->retry_delay().seconds(), 2);
    }
  }
}

TEST(StatusProtoTest, ATimeToComeAgainIsRoundedUp) {
  const auto retry = Find<google::rpc::RetryInfo>(
      ToGrpcStatus(WithRetryAfter(MakeError(ErrorReason::kRateLimited, "why"),
                                  absl::Seconds(3) + absl::Microseconds(1))));
  ASSERT_TRUE(retry.has_value());
  EXPECT_EQ(retry->retry_delay().seconds(), 3);
  EXPECT_EQ(retry->retry_delay().nanos(), 1000000);
}

TEST(StatusProtoTest, StatusWithoutReasonIsInternal) {
  const grpc::Status status = ToGrpcStatus(absl::UnknownError("oops"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(Find<google::rpc::ErrorInfo>(status)->reason(), "INTERNAL");
}

TEST(StatusProtoTest, IssuesBecomeViolationsErrorsFirst) {
  const std::vector<Issue> issues = {
      {.severity = Severity::kWarning, .message = "odd"},
      {.severity = Severity::kError,
       .message = "unknown key 'colums'",
       .range = {12, 7, 12, 13},
       .hint = "did you mean 'columns'?"}};
  const grpc::Status status =
      ToGrpcStatus(MakeError(ErrorReason::kRuleSetInvalid, "2 issues"), issues);
  const auto bad = Find<google::rpc::BadRequest>(status);
  ASSERT_TRUE(bad.has_value());
  ASSERT_EQ(bad->field_violations_size(), 2);
  EXPECT_EQ(bad->field_violations(0).field(), "rule_set:12:7");
  EXPECT_EQ(bad->field_violations(0).description(),
            "unknown key 'colums' (did you mean 'columns'?)");
  EXPECT_EQ(bad->field_violations(1).field(), "rule_set");
}

TEST(StatusProtoTest, ManyLongIssuesStayWithinTheTrailers) {
  std::vector<Issue> issues;
  for (int i = 0; i < 5000; ++i) {
    issues.push_back({.message = absl::StrCat(i, std::string(2000, '\xE4'))});
  }
  std::string message;
  for (int i = 0; i < 4000; ++i) message += "ä";
  const grpc::Status status =
      ToGrpcStatus(MakeError(ErrorReason::kRuleSetInvalid, message), issues);
  const auto bad = Find<google::rpc::BadRequest>(status);
  EXPECT_LE(bad->field_violations_size(), kMaxViolations);
  EXPECT_GE(bad->field_violations_size(), 5);
  EXPECT_EQ(Find<google::rpc::ErrorInfo>(status)->metadata().at("issue_count"),
            "5000");
  // A byte of the message that is not ASCII takes three in its header.
  EXPECT_LT(3 * status.error_message().size() + status.error_details().size(),
            8000u);
}

TEST(StatusProtoTest, InvalidUtf8InAMessageSerialises) {
  const grpc::Status status =
      ToGrpcStatus(MakeError(ErrorReason::kSqlError, "near 'M\xFCller'"));
  EXPECT_EQ(status.error_message(), "near 'M\xEF\xBF\xBDller'");
  EXPECT_EQ(Details(status).message(), status.error_message());
}

}  // namespace
}  // namespace assay::service
