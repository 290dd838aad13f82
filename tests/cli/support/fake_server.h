// SPDX-License-Identifier: Apache-2.0
// A server that says what a test wants it to say, on a port of its own.
#ifndef ASSAY_TESTS_CLI_SUPPORT_FAKE_SERVER_H_
#define ASSAY_TESTS_CLI_SUPPORT_FAKE_SERVER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "assay/v1/validation_service.pb.h"

namespace assay::cli {

// What an RPC answers; a non-zero code is its error.
struct Answer {
  v1::Run run;
  int code = 0;
  std::string message;
  std::string reason;  // Of an ErrorInfo; "" none.
};

// What the server has been asked. Copied under a lock.
struct Calls {
  std::vector<v1::StartRunRequest> start;
  std::vector<v1::WaitRunRequest> wait;
  std::vector<v1::CancelRunRequest> cancel;
  std::vector<v1::ListDifferencesRequest> differences;
};

// Thread-safe. The handlers run on gRPC's threads.
class FakeServer {
 public:
  std::function<Answer(const v1::StartRunRequest&)> on_start;
  std::function<Answer(const v1::WaitRunRequest&)> on_wait;
  std::function<Answer(const v1::CancelRunRequest&)> on_cancel;
  // The pages of ListResults, by page token.
  std::function<v1::ListResultsResponse(const v1::ListResultsRequest&)>
      on_list_results;
  // The lines of ListDifferences by rule, handed out two a page; a rule that is
  // not there has none.
  std::map<std::string, std::vector<std::string>> differences;
  std::vector<v1::Run> runs;  // ListRuns, GetRun

  FakeServer();
  ~FakeServer();

  // Listens on `port`, 0: any.
  void Start(int port = 0);
  // Cuts all connections at once, as a crash does.
  void Stop();

  int port() const;
  std::string address() const;
  Calls calls() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A terminal run that agrees with itself.
v1::Run MakeRun(int state, int verdict, int decision);

}  // namespace assay::cli

#endif  // ASSAY_TESTS_CLI_SUPPORT_FAKE_SERVER_H_
