// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/out_dir.h"

#include <filesystem>
#include <string_view>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "plugins/cli/differences.h"
#include "plugins/cli/failed_run.h"
#include "plugins/cli/io.h"
#include "plugins/cli/option_values.h"
#include "validator/base/status.h"
#include "validator/report/display.h"
#include "validator/report/hold_text.h"
#include "validator/report/json_report.h"
#include "validator/report/junit_report.h"
#include "validator/report/markdown_report.h"
#include "validator/report/outcome.h"
#include "validator/report/text_report.h"

namespace assay::cli {
namespace {

constexpr char kDifferences[] = "/differences";

// The verdict on one line, and why where nothing could be judged.
std::string MessageOf(const v1::Run& run) {
  std::string text = report::TextReport(run);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const size_t at = text.rfind('\n');
  if (at != std::string::npos) text = text.substr(at + 1);
  if (run.has_error()) {
    absl::StrAppend(&text, ": ", report::Escape(run.error().message()));
  }
  return text;
}

}  // namespace

absl::Status OutDir::Write(const std::string& name,
                           const std::string& content) {
  return WriteFileAtomically(absl::StrCat(path_, "/", name), content);
}

absl::Status OutDir::Prepare(const std::string& request_id) {
  if (!enabled()) return absl::OkStatus();
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ": ", error.message()));
  }
  // First of all: an older PROCEED must not outlive the start of a new run.
  ASSAY_RETURN_IF_ERROR(
      Write("decision", std::string(report::DecisionWord(v1::DECISION_HOLD))));
  // Nor may an older run's keys be taken for this one's.
  std::filesystem::remove_all(absl::StrCat(path_, kDifferences), error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat(path_, kDifferences, ": ", error.message()));
  }
  v1::Run run = FailedRun("", "the run has not ended", /*retryable=*/true);
  run.set_request_id(request_id);
  return WriteRun(run, report::kExitRetryable, {});
}

absl::Status OutDir::WriteDifferences(Client& client, const v1::Run& run) {
  if (!enabled()) return absl::OkStatus();
  return WriteAllDifferences(client, run, absl::StrCat(path_, kDifferences));
}

absl::Status OutDir::Started(const v1::Run& run) {
  if (!enabled()) return absl::OkStatus();
  ASSAY_RETURN_IF_ERROR(Write("run_id", run.run_id()));
  return Write("state", std::string(report::StateWord(run.state())));
}

absl::Status OutDir::Finish(const v1::Run& run, int exit_code,
                            const RenderOptions& render) {
  if (!enabled()) return absl::OkStatus();
  ASSAY_RETURN_IF_ERROR(WriteRun(run, exit_code, render));
  return Write("decision",
               std::string(report::DecisionWord(report::Judge(run).decision)));
}

absl::Status OutDir::WriteRun(const v1::Run& run, int exit_code,
                              const RenderOptions& render) {
  const report::Outcome outcome = report::Judge(run);
  const v1::VerdictCounts& counts = run.counts();
  ASSAY_RETURN_IF_ERROR(
      Write("verdict", std::string(report::VerdictWord(outcome.verdict))));
  ASSAY_RETURN_IF_ERROR(Write("run_id", run.run_id()));
  ASSAY_RETURN_IF_ERROR(Write("request_id", run.request_id()));
  ASSAY_RETURN_IF_ERROR(
      Write("state", std::string(report::StateWord(run.state()))));
  ASSAY_RETURN_IF_ERROR(Write("exit_code", absl::StrCat(exit_code)));
  ASSAY_RETURN_IF_ERROR(Write("pass_count", absl::StrCat(counts.pass_count())));
  ASSAY_RETURN_IF_ERROR(Write("warn_count", absl::StrCat(counts.warn_count())));
  ASSAY_RETURN_IF_ERROR(Write("fail_count", absl::StrCat(counts.fail_count())));
  ASSAY_RETURN_IF_ERROR(
      Write("error_count", absl::StrCat(counts.error_count())));
  ASSAY_RETURN_IF_ERROR(Write("release", report::ReleaseText(run)));
  ASSAY_RETURN_IF_ERROR(Write("message", MessageOf(run)));
  ASSAY_RETURN_IF_ERROR(
      Write("report_url",
            ReportUrl(Environment("ASSAY_REPORT_BASE_URL"), run.run_id())));
  ASSAY_RETURN_IF_ERROR(Write("summary.txt", report::TextReport(run)));
  ASSAY_RETURN_IF_ERROR(Write("report.json", report::JsonReport(run)));
  ASSAY_RETURN_IF_ERROR(Write("report.xml", report::JunitReport(run)));
  ASSAY_RETURN_IF_ERROR(Write("report.md", report::MarkdownReport(run)));
  return Write("report.html", HtmlFile(run, render));
}

}  // namespace assay::cli
