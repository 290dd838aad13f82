// SPDX-License-Identifier: Apache-2.0
#include "plugins/argo/reply.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "validator/report/display.h"
#include "validator/report/findings.h"
#include "validator/report/hold_text.h"
#include "validator/report/outcome.h"

namespace assay::argo {
namespace {

using nlohmann::json;

constexpr size_t kMaxNames = 3;
constexpr size_t kMaxFound = 300;  // Columns of the first finding's text.
constexpr size_t kMaxError = 600;

std::string_view PhaseOf(int exit_code) {
  switch (exit_code) {
    case report::kExitProceed:
      return "Succeeded";
    case report::kExitFail:
    case report::kExitRollback:
      return "Failed";
    default:
      return "Error";
  }
}

}  // namespace

json PendingReply(const std::string& message, absl::Duration requeue) {
  json node = json::object();
  if (!message.empty()) {
    node["phase"] = "Pending";
    node["message"] = report::ValidUtf8(message);
  }
  const auto ms = std::max<int64_t>(absl::ToInt64Milliseconds(requeue), 100);
  return {{"node", node}, {"requeue", absl::StrCat(ms, "ms")}};
}

std::string MessageOf(const v1::Run& run, const std::string& report_url) {
  const report::Outcome outcome = report::Judge(run);
  std::string out =
      absl::StrCat(std::string(report::VerdictWord(outcome.verdict)), " → ",
                   std::string(report::DecisionWord(outcome.decision)));
  if (run.has_error()) {
    absl::StrAppend(
        &out, ": ", run.error().reason(), ": ",
        report::Cut(report::Escape(run.error().message()), kMaxError));
  }
  const std::vector<report::Finding> findings = report::Findings(run);
  size_t named = 0;
  for (const report::Finding& finding : findings) {
    if (named == kMaxNames) break;
    absl::StrAppend(&out, named == 0 ? (run.has_error() ? "; " : ": ") : ", ",
                    report::Escape(finding.result->rule_id()));
    if (named == 0) {
      absl::StrAppend(
          &out, " (", report::TableText(*finding.result),
          "): ", report::Cut(report::FoundText(*finding.result), kMaxFound));
    }
    ++named;
  }
  if (findings.size() > named) {
    absl::StrAppend(&out, " and ", findings.size() - named, " more");
  }
  if (!outcome.contradiction.empty()) {
    absl::StrAppend(&out, "; the server's answer does not agree with itself: ",
                    outcome.contradiction);
  }
  const std::string release = report::ReleaseText(run);
  if (!release.empty()) absl::StrAppend(&out, "; ", release);
  if (run.run_id().empty()) return out;
  const v1::VerdictCounts& counts = run.counts();
  absl::StrAppend(&out, "; ", counts.pass_count(), " pass, ",
                  counts.warn_count(), " warn, ", counts.fail_count(),
                  " fail, ", counts.error_count(), " error; ");
  absl::StrAppend(&out, report_url.empty()
                            ? absl::StrCat("assay show ", run.run_id())
                            : report_url);
  return out;
}

json TerminalReply(const v1::Run& run, int exit_code,
                   const std::string& report_url,
                   std::map<std::string, std::string> declared) {
  const v1::VerdictCounts& counts = run.counts();
  const report::Outcome outcome = report::Judge(run);
  const std::string decision(report::DecisionWord(outcome.decision));
  const std::string message = report::ValidUtf8(MessageOf(run, report_url));
  std::map<std::string, std::string>& out = declared;
  // As the files of `assay run --out-dir` say it.
  out["verdict"] = std::string(report::VerdictWord(outcome.verdict));
  out["decision"] = decision;
  out["run-id"] = run.run_id();
  out["request-id"] = run.request_id();
  out["state"] = std::string(report::StateWord(run.state()));
  out["exit-code"] = absl::StrCat(exit_code);
  out["pass-count"] = absl::StrCat(counts.pass_count());
  out["warn-count"] = absl::StrCat(counts.warn_count());
  out["fail-count"] = absl::StrCat(counts.fail_count());
  out["error-count"] = absl::StrCat(counts.error_count());
  out["release"] = report::ReleaseText(run);
  out["message"] = message;
  out["report-url"] = report_url;
  json parameters = json::array();
  for (const auto& [name, value] : out) {
    parameters.push_back({{"name", name}, {"value", value}});
  }
  return {{"node",
           {{"phase", std::string(PhaseOf(exit_code))},
            {"message", message},
            {"outputs",
             {{"parameters", parameters},
              {"result", decision},
              {"exitCode", absl::StrCat(exit_code)}}}}}};
}

}  // namespace assay::argo
