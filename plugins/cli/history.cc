// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/history.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "plugins/cli/io.h"

namespace assay::cli {

std::vector<v1::Run> FetchHistory(Client& client, const v1::Run& run) {
  std::vector<v1::Run> out;
  // Without a name the server would send the runs of all rule sets.
  if (run.rule_set_name().empty()) return out;
  v1::ListRunsRequest request;
  request.set_rule_set_name(run.rule_set_name());
  request.set_page_size(50);
  absl::StatusOr<v1::ListRunsResponse> response =
      client.ListRuns(request, absl::Seconds(10));
  if (!response.ok()) {
    Complain(
        absl::StrCat("the page has no earlier runs, which could not be "
                     "read: ",
                     std::string(response.status().message())));
    return out;
  }
  for (v1::Run& other : *response->mutable_runs()) {
    out.push_back(std::move(other));
  }
  return out;
}

}  // namespace assay::cli
