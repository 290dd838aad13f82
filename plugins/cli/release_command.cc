// SPDX-License-Identifier: Apache-2.0
// `assay release`: a person lets a migration go on.
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "plugins/cli/client.h"
#include "plugins/cli/commands.h"
#include "plugins/cli/io.h"
#include "plugins/cli/request_id.h"
#include "plugins/cli/rule_set_file.h"
#include "plugins/cli/session.h"
#include "validator/base/status.h"
#include "validator/report/hold_text.h"
#include "validator/report/outcome.h"

namespace assay::cli {
namespace {

// Who runs this process. In a container that may be a number.
std::string LocalUser() {
  const passwd* const entry = getpwuid(getuid());
  return entry == nullptr ? absl::StrCat("uid ", getuid())
                          : std::string(entry->pw_name);
}

// Asks until the server answers; harmless to repeat, for the request_id is the
// same.
absl::StatusOr<v1::Run> Release(Client& client,
                                const v1::ReleaseHoldRequest& request,
                                absl::Duration wait_server) {
  constexpr absl::Duration kMaxPause = absl::Seconds(2);
  const absl::Time give_up = absl::Now() + wait_server;
  absl::Duration pause = absl::Milliseconds(100);
  for (;;) {
    absl::StatusOr<v1::Run> run =
        client.ReleaseHold(request, absl::Seconds(30));
    if (run.ok() || !MayRetry(run.status()) || absl::Now() >= give_up) {
      return run;
    }
    absl::SleepFor(std::min({std::max(pause, RetryAfter(run.status())),
                             kMaxPause, give_up - absl::Now()}));
    pause = pause * 2;
  }
}

}  // namespace

int ReleaseCommand(const GlobalOptions& global, const ReleaseOptions& options) {
  const absl::StatusOr<absl::Duration> wait_server =
      ParseDuration(options.wait_server, "--wait-server");
  if (!wait_server.ok()) return Fail(wait_server.status());
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Open(global);
  if (!session.ok()) return Fail(session.status());
  v1::ReleaseHoldRequest request;
  request.set_run_id(options.run);
  request.set_reason(options.reason);
  request.set_user(options.user.empty() ? LocalUser() : options.user);
  request.set_request_id(options.request_id.empty() ? NewRequestId()
                                                    : options.request_id);
  for (const std::string& rule : options.rules) request.add_rule_ids(rule);
  const absl::StatusOr<v1::Run> run =
      Release((*session)->client(), request, *wait_server);
  if (!run.ok()) return Fail((*session)->Explain(run.status()));
  const report::Outcome outcome = report::Judge(*run);
  const absl::Status status = Print(absl::StrCat(
      run->run_id(), "  ", std::string(report::VerdictWord(outcome.verdict)),
      " -> ", std::string(report::DecisionWord(outcome.decision)), "  ",
      report::ReleaseText(*run), "\n"));
  if (!status.ok()) return Fail(status);
  // A server that answers anything else has released nothing.
  return outcome.decision == v1::DECISION_PROCEED ? report::kExitProceed
                                                  : report::kExitPermanent;
}

}  // namespace assay::cli
