// SPDX-License-Identifier: Apache-2.0
#include "plugins/cli/live_page.h"

#include <utility>

#include "absl/time/clock.h"
#include "plugins/cli/io.h"
#include "validator/report/html_report.h"
#include "validator/report/outcome.h"

namespace assay::cli {
namespace {

// A page of a large run takes some milliseconds to make.
constexpr absl::Duration kLeastTime = absl::Seconds(1);

void Count(v1::Verdict verdict, v1::VerdictCounts& counts) {
  switch (report::KnownVerdict(verdict)) {
    case v1::VERDICT_PASS:
      counts.set_pass_count(counts.pass_count() + 1);
      return;
    case v1::VERDICT_WARN:
      counts.set_warn_count(counts.warn_count() + 1);
      return;
    case v1::VERDICT_FAIL:
      counts.set_fail_count(counts.fail_count() + 1);
      return;
    default:
      counts.set_error_count(counts.error_count() + 1);
  }
}

}  // namespace

LivePage::LivePage(const std::vector<Output>& outputs) {
  for (const Output& output : outputs) {
    if (output.format == "html" && output.file != "-") {
      files_.push_back(output.file);
    }
  }
}

void LivePage::Begin(const v1::Run& run, std::vector<v1::Run> history) {
  if (!enabled()) return;
  run_ = run;
  // They come as they are found, those that are there already as well.
  run_.clear_results();
  run_.clear_counts();
  history_ = std::move(history);
  if (!report::IsTerminal(run_.state())) Write();
}

void LivePage::OnResult(const v1::RuleResult& result) {
  if (!enabled()) return;
  *run_.add_results() = result;
  Count(result.verdict(), *run_.mutable_counts());
}

void LivePage::OnProgress(v1::Run::State state, const v1::Progress& progress) {
  if (!enabled() || report::IsTerminal(state)) return;
  run_.set_state(state);
  *run_.mutable_progress() = progress;
  if (absl::Now() - last_ >= kLeastTime) Write();
}

void LivePage::Write() {
  last_ = absl::Now();
  report::HtmlOptions options;
  options.now = last_;
  options.refresh_seconds = 2;
  const std::string page = report::HtmlRunPage(run_, history_, options);
  for (const std::string& file : files_) {
    WriteFileAtomically(file, page).IgnoreError();
  }
}

}  // namespace assay::cli
