// SPDX-License-Identifier: Apache-2.0
// `assay runs` and `assay show`.
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "plugins/cli/commands.h"
#include "plugins/cli/follow.h"
#include "plugins/cli/history.h"
#include "plugins/cli/io.h"
#include "plugins/cli/out_dir.h"
#include "plugins/cli/output.h"
#include "plugins/cli/rule_set_file.h"
#include "plugins/cli/session.h"
#include "validator/report/html_report.h"
#include "validator/report/json_report.h"
#include "validator/report/outcome.h"
#include "validator/report/text_report.h"

namespace assay::cli {
namespace {

v1::Verdict VerdictOf(const std::string& word) {
  if (word == "pass") return v1::VERDICT_PASS;
  if (word == "warn") return v1::VERDICT_WARN;
  if (word == "fail") return v1::VERDICT_FAIL;
  if (word == "error") return v1::VERDICT_ERROR;
  return v1::VERDICT_UNSPECIFIED;
}

}  // namespace

int RunsCommand(const GlobalOptions& global, const RunsOptions& options) {
  absl::StatusOr<TextMap> labels = ParsePairs(options.labels, "--label");
  if (!labels.ok()) return Fail(labels.status());
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Open(global);
  if (!session.ok()) return Fail(session.status());
  v1::ListRunsRequest request;
  request.set_rule_set_name(options.rule_set);
  request.set_migration(options.migration);
  request.set_verdict(VerdictOf(options.verdict));
  request.set_active_only(options.active);
  request.mutable_labels()->insert(labels->begin(), labels->end());
  std::vector<v1::Run> runs;
  bool more = false;
  do {
    const int left = options.limit - static_cast<int>(runs.size());
    request.set_page_size(std::min(left, 1000));
    absl::StatusOr<v1::ListRunsResponse> page =
        (*session)->client().ListRuns(request, absl::Seconds(30));
    if (!page.ok()) return Fail((*session)->Explain(page.status()));
    for (v1::Run& run : *page->mutable_runs()) {
      if (static_cast<int>(runs.size()) < options.limit) {
        runs.push_back(std::move(run));
      }
    }
    more = !page->next_page_token().empty();
    request.set_page_token(page->next_page_token());
    if (page->runs().empty()) break;
  } while (more && static_cast<int>(runs.size()) < options.limit);
  absl::Status status;
  if (options.format == "json") {
    status = Print(report::JsonRuns(runs));
  } else if (options.format == "html") {
    report::HtmlOptions html;
    html.now = absl::Now();
    status = Print(report::HtmlRunsPage(runs, "", {}, html));
    if (more) Complain("there are more runs: --limit N");
  } else if (runs.empty()) {
    Complain("no runs match");
  } else {
    std::string out =
        report::TextRuns(runs, options.wide ? report::RunColumns::kWide
                                            : report::RunColumns::kUsual);
    if (more) out.append("… there are more: --limit N\n");
    status = Print(out);
  }
  return status.ok() ? report::kExitProceed : Fail(status);
}

int ShowCommand(const GlobalOptions& global, const ShowOptions& options) {
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Open(global);
  if (!session.ok()) return Fail(session.status());
  v1::GetRunRequest request;
  request.set_run_id(options.run);
  request.set_view(v1::RUN_VIEW_FULL);
  absl::StatusOr<v1::Run> run = (*session)->client().GetRun(request);
  if (!run.ok()) return Fail((*session)->Explain(run.status()));
  if (options.rule_set) {
    const absl::Status status = Print(run->rule_set());
    return status.ok() ? report::kExitProceed : Fail(status);
  }
  absl::Status status = FetchAllResults((*session)->client(), *run);
  if (!status.ok()) return Fail((*session)->Explain(status));
  Output output;
  output.format = options.format;
  if (!options.output.empty()) output.file = options.output;
  RenderOptions render;
  render.color = global.color;
  render.verbose = options.all;
  // A report in a file is what was asked for; nothing more on the screen.
  render.quiet = output.file != "-";
  render.more_command = absl::StrCat("assay show ", run->run_id(), " --all");
  render.commands = true;
  OutDir out_dir(options.out_dir);
  if (out_dir.enabled() || WantHtml({output})) {
    render.history = FetchHistory((*session)->client(), *run);
  }
  status = out_dir.Prepare(run->request_id());
  if (status.ok()) {
    status = out_dir.WriteDifferences((*session)->client(), *run);
    status.Update(out_dir.Finish(*run, report::Judge(*run).exit_code, render));
  }
  status.Update(WriteOutputs({output}, *run, render));
  return status.ok() ? report::kExitProceed : Fail(status);
}

}  // namespace assay::cli
