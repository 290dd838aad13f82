// SPDX-License-Identifier: Apache-2.0
#include "validator/service/validation_service.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "gtest/gtest.h"
#include "tests/service/test_server.h"

namespace assay::service {
namespace {

TEST(ValidationServiceTest, StartRunHandsTheRequestOver) {
  TestServer server;
  grpc::ClientContext context;
  v1::StartRunRequest request;
  request.set_rule_set("version: 1");
  request.set_request_id("try-1");
  v1::Run run;
  ASSERT_TRUE(server.stub->StartRun(&context, request, &run).ok());
  EXPECT_EQ(run.run_id(), "run-started");
  EXPECT_EQ(run.state(), v1::Run::RUNNING);
  EXPECT_EQ(server.runs.started.request_id, "try-1");
}

TEST(ValidationServiceTest, ATraceOfTheMetadataIsHandedOver) {
  constexpr char kTrace[] =
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{}, ""},
      {{kTrace}, kTrace},
      {{kTrace, kTrace}, ""},
      {{"*/ DROP TABLE t; /*"}, ""}};
  for (const auto& [sent, want] : cases) {
    TestServer server;
    grpc::ClientContext context;
    for (const std::string& value : sent) {
      context.AddMetadata("traceparent", value);
    }
    v1::StartRunRequest request;
    request.set_rule_set("version: 1");
    v1::Run run;
    ASSERT_TRUE(server.stub->StartRun(&context, request, &run).ok());
    EXPECT_EQ(server.runs.started.traceparent, want);
  }
}

TEST(ValidationServiceTest, IssuesOfARuleSetArriveAsViolations) {
  TestServer server;
  server.runs.start_error = MakeError(ErrorReason::kRuleSetInvalid, "1 issue");
  server.runs.start_issues = {
      {.message = "unknown key", .range = {3, 1, 3, 4}}};
  grpc::ClientContext context;
  v1::StartRunRequest request;
  request.set_rule_set("nonsense: 1");
  v1::Run run;
  const grpc::Status status = server.stub->StartRun(&context, request, &run);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "RULE_SET_INVALID");
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("issue_count"), "1");
}

TEST(ValidationServiceTest, ListRunsPages) {
  TestServer server;
  for (int i = 100; i < 107; ++i) server.runs.Add(absl::StrCat("run-", i));
  v1::ListRunsRequest request;
  request.set_page_size(3);
  (*request.mutable_labels())["team"] = "data";
  (*request.mutable_labels())["env"] = "prod";
  std::vector<std::string> seen;
  int pages = 0;
  do {
    grpc::ClientContext context;
    v1::ListRunsResponse response;
    ASSERT_TRUE(server.stub->ListRuns(&context, request, &response).ok());
    for (const v1::Run& run : response.runs()) seen.push_back(run.run_id());
    request.set_page_token(response.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 3);
  ASSERT_EQ(seen.size(), 7u);
  EXPECT_EQ(seen.front(), "run-106");
  EXPECT_EQ(seen.back(), "run-100");
}

TEST(ValidationServiceTest, PageTokenOfAnotherFilterIsRefused) {
  TestServer server;
  for (int i = 0; i < 3; ++i) server.runs.Add(absl::StrCat("run-", i));
  v1::ListRunsRequest request;
  request.set_page_size(1);
  v1::ListRunsResponse response;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(server.stub->ListRuns(&context, request, &response).ok());
  }
  request.set_page_token(response.next_page_token());
  request.set_page_size(2);  // The size may change, the filter may not.
  {
    grpc::ClientContext context;
    EXPECT_TRUE(server.stub->ListRuns(&context, request, &response).ok());
  }
  request.set_migration("other");
  grpc::ClientContext context;
  EXPECT_EQ(
      ErrorInfoOf(server.stub->ListRuns(&context, request, &response)).reason(),
      "PAGE_TOKEN_INVALID");
}

TEST(ValidationServiceTest, ListResultsPagesAndFilters) {
  TestServer server;
  server.runs.Add("run-1");
  for (int i = 0; i < 5; ++i) {
    server.runs.AddResult("run-1", absl::StrCat("rule", i));
  }
  v1::ListResultsRequest request;
  request.set_run_id("run-1");
  request.set_page_size(2);
  std::string seen;
  do {
    grpc::ClientContext context;
    v1::ListResultsResponse response;
    ASSERT_TRUE(server.stub->ListResults(&context, request, &response).ok());
    EXPECT_LE(response.results_size(), 2);
    for (const auto& result : response.results()) {
      absl::StrAppend(&seen, result.rule_id(), " ");
      EXPECT_EQ(result.samples_size(), 0);
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(seen, "rule0 rule1 rule2 rule3 rule4 ");
  request.set_verdict(v1::VERDICT_FAIL);
  grpc::ClientContext context;
  v1::ListResultsResponse response;
  ASSERT_TRUE(server.stub->ListResults(&context, request, &response).ok());
  EXPECT_EQ(response.results_size(), 0);
}

TEST(ValidationServiceTest, ListDifferencesStreamsAFile) {
  TestServer server;
  char folder[] = "/tmp/assay-differences-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  server.runs.directory = folder;
  server.runs.Add("run-1");
  const std::string path =
      assay::DifferencesPath(folder, "run-1", "shop/full diff");
  std::filesystem::create_directories(
      std::filesystem::path(path).parent_path());
  std::string text;
  for (int i = 0; i < 2500; ++i) {
    absl::StrAppend(&text, "{\"kind\":\"missing\",\"key\":{\"id\":\"", i,
                    "\"}}\n");
  }
  std::ofstream(path, std::ios::binary) << text << "not \xff UTF-8\n";
  v1::ListDifferencesRequest request;
  request.set_run_id("run-1");
  request.set_rule_id("shop/full diff");
  std::string seen;
  int pages = 0;
  v1::ListDifferencesResponse response;
  do {
    grpc::ClientContext context;
    ASSERT_TRUE(
        server.stub->ListDifferences(&context, request, &response).ok());
    for (const std::string& line : response.lines()) seen += line + "\n";
    request.set_page_token(response.next_page_token());
  } while (++pages < 10 && !request.page_token().empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(seen, text + "not \xEF\xBF\xBD UTF-8\n");
  const auto reason = [&](const v1::ListDifferencesRequest& asked) {
    grpc::ClientContext context;
    return ErrorInfoOf(server.stub->ListDifferences(&context, asked, &response))
        .reason();
  };
  request.set_page_size(1);
  request.set_page_token("nonsense");
  EXPECT_EQ(reason(request), "PAGE_TOKEN_INVALID");
  request.clear_page_token();
  request.set_rule_id("other");
  EXPECT_EQ(reason(request), "DIFFERENCES_NOT_FOUND");
  request.clear_rule_id();
  EXPECT_EQ(reason(request), "ARGUMENT_INVALID");
  std::filesystem::remove_all(folder);
}

TEST(ValidationServiceTest, CancelHandsTheClaimOver) {
  TestServer server;
  server.runs.Add("run-1");
  grpc::ClientContext context;
  v1::CancelRunRequest request;
  request.set_run_id("run-1");
  request.set_request_id("try-1");
  v1::Run run;
  EXPECT_TRUE(server.stub->CancelRun(&context, request, &run).ok());
  EXPECT_EQ(server.runs.cancelled_request_id, "try-1");
}

TEST(ValidationServiceTest, ReleaseNamesThePrincipal) {
  TestServer server;
  server.runs.Add("run-1");
  grpc::ClientContext context;
  v1::ReleaseHoldRequest request;
  request.set_run_id("run");
  request.set_reason("known");
  request.set_user("anna");
  v1::Run run;
  ASSERT_TRUE(server.stub->ReleaseHold(&context, request, &run).ok());
  EXPECT_EQ(server.runs.released.principal, "local");
  EXPECT_EQ(run.release().principal(), "local");
  EXPECT_EQ(run.release().user(), "anna");
  EXPECT_EQ(run.release().reason(), "known");
  EXPECT_EQ(run.release().release_time().seconds(), 2000);
}

TEST(ValidationServiceTest, AJudgedRunIsComparedInViewFull) {
  TestServer server;
  server.runs.Add("run-1");
  server.runs.AddResult("run-1", "same");
  runs::Run previous = *server.runs.Get("run-1", true);
  previous.run_id = "run-0";
  server.runs.AddResult("run-1", "new");
  server.runs.previous = previous;
  v1::GetRunRequest request;
  request.set_run_id("run-1");
  const auto get = [&](v1::RunView view) {
    grpc::ClientContext context;
    v1::Run run;
    request.set_view(view);
    EXPECT_TRUE(server.stub->GetRun(&context, request, &run).ok());
    return run;
  };
  // Not while it goes on.
  EXPECT_FALSE(get(v1::RUN_VIEW_FULL).has_drift());
  server.runs.SetState("run-1", runs::RunState::kSucceeded);
  EXPECT_FALSE(get(v1::RUN_VIEW_BASIC).has_drift());
  const v1::Run run = get(v1::RUN_VIEW_FULL);
  ASSERT_TRUE(run.has_drift());
  EXPECT_EQ(run.drift().previous_run_id(), "run-0");
  EXPECT_EQ(run.drift().unchanged_count(), 1);
  ASSERT_EQ(run.drift().new_rule_ids_size(), 1);
  EXPECT_EQ(run.drift().new_rule_ids(0), "new");
}

TEST(ValidationServiceTest, LintAnswersWithMistakes) {
  TestServer server;
  grpc::ClientContext context;
  v1::LintRuleSetRequest request;
  request.set_rule_set("version: 1\nnonsense: 2\n");
  v1::LintRuleSetResponse response;
  EXPECT_TRUE(server.stub->LintRuleSet(&context, request, &response).ok());
  EXPECT_GE(response.issues_size(), 1);
}

TEST(ValidationServiceTest, ExplainAnswersWithMistakesAndNoText) {
  TestServer server;
  grpc::ClientContext context;
  v1::ExplainRuleSetRequest request;
  request.set_rule_set("version: 1\nnonsense: 2\n");
  v1::ExplainRuleSetResponse response;
  EXPECT_TRUE(server.stub->ExplainRuleSet(&context, request, &response).ok());
  EXPECT_GE(response.issues_size(), 1);
  EXPECT_EQ(response.text(), "");
}

TEST(ValidationServiceTest, KindsConnectionsInfo) {
  TestServer server;
  {
    grpc::ClientContext context;
    v1::ListRuleKindsResponse response;
    ASSERT_TRUE(server.stub->ListRuleKinds(&context, {}, &response).ok());
    ASSERT_EQ(static_cast<size_t>(response.kinds_size()),
              AllKindSpecs().size());
    EXPECT_EQ(response.kinds(0).name(), AllKindSpecs()[0]->name);
  }
  {
    grpc::ClientContext context;
    v1::ListConnectionsResponse response;
    ASSERT_TRUE(server.stub->ListConnections(&context, {}, &response).ok());
    ASSERT_EQ(response.connections_size(), 1);
    EXPECT_EQ(response.connections(0).name(), "warehouse");
    EXPECT_EQ(response.connections(0).samples(), "full");
  }
  grpc::ClientContext context;
  v1::GetServerInfoResponse response;
  ASSERT_TRUE(server.stub->GetServerInfo(&context, {}, &response).ok());
  EXPECT_EQ(response.version(), "1.2.3");
  EXPECT_EQ(response.active_runs_count(), 3);
}

v1::TestConnectionRequest Named(const std::string& name) {
  v1::TestConnectionRequest request;
  request.set_name(name);
  return request;
}

TEST(ValidationServiceTest, DatabaseThatIsDownIsAnAnswer) {
  TestServer server;
  v1::TestConnectionResponse response;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(
        server.stub->TestConnection(&context, Named("down"), &response).ok());
    EXPECT_EQ(response.error().reason(), "DATABASE_UNREACHABLE");
    EXPECT_TRUE(response.error().retryable());
  }
  grpc::ClientContext context;
  const grpc::Status status =
      server.stub->TestConnection(&context, Named("nobody"), &response);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "CONNECTION_NOT_FOUND");
}

TEST(ValidationServiceTest, DatabaseWorkEndsWithItsClient) {
  TestServer server;
  v1::TestConnectionResponse response;
  {
    grpc::ClientContext context;
    std::thread canceller([&] {
      EXPECT_TRUE(
          Eventually([&] { return server.registry.tests_running == 1; }));
      context.TryCancel();
    });
    EXPECT_EQ(
        server.stub->TestConnection(&context, Named("warehouse"), &response)
            .error_code(),
        grpc::StatusCode::CANCELLED);
    canceller.join();
    EXPECT_TRUE(Eventually([&] { return server.registry.tests_running == 0; }));
  }
  grpc::ClientContext context;
  context.set_deadline(
      absl::ToChronoTime(absl::Now() + absl::Milliseconds(100)));
  EXPECT_FALSE(
      server.stub->TestConnection(&context, Named("warehouse"), &response)
          .ok());
  EXPECT_TRUE(Eventually([&] { return server.registry.tests_running == 0; }));
}

TEST(ValidationServiceTest, FullQueueOfDatabaseWorkIsRefused) {
  TestServer server;  // One thread, 64 places.
  struct Call {
    grpc::ClientContext context;
    v1::TestConnectionRequest request = Named("warehouse");
    v1::TestConnectionResponse response;
  };
  std::vector<std::unique_ptr<Call>> calls;
  std::atomic<int> refused = 0;
  std::atomic<int> done = 0;
  for (int i = 0; i < 80; ++i) {
    calls.push_back(std::make_unique<Call>());
    Call& call = *calls.back();
    server.stub->async()->TestConnection(
        &call.context, &call.request, &call.response,
        [&refused, &done](const grpc::Status& status) {
          if (ErrorInfoOf(status).reason() == "RUN_QUEUE_FULL") ++refused;
          ++done;
        });
  }
  EXPECT_TRUE(Eventually([&] { return refused >= 15; })) << refused;
  for (const auto& call : calls) call->context.TryCancel();
  EXPECT_TRUE(Eventually([&] { return done == 80; })) << done;
}

}  // namespace
}  // namespace assay::service
