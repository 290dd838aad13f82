// SPDX-License-Identifier: Apache-2.0
#include "validator/runs/run_metrics.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "validator/base/metrics.h"
#include "validator/base/status.h"
#include "validator/base/trace_context.h"

namespace assay::runs {
namespace {

const char* NameOf(Accepted accepted) {
  switch (accepted) {
    case Accepted::kNew:
      return "new";
    case Accepted::kAttached:
      return "attached";
    case Accepted::kKnown:
      return "repeated";
  }
  return "";
}

}  // namespace

LogFields LogFieldsOf(const Run& run) {
  return {.run_id = run.run_id,
          .principal = run.request.principal,
          .trace_id = TraceIdOf(run.request.traceparent)};
}

void NoteAccepted(const Run& run, Accepted accepted) {
  Count(Metric::kRunsAccepted, {NameOf(accepted)});
  const bool leased = !run.request.options.detached;
  if (leased && accepted != Accepted::kKnown) Count(Metric::kLeasesGranted);
  LogInfo(
      absl::StrCat("run accepted (", NameOf(accepted), "): rule set '",
                   run.rule_set_name, "', ", run.rule_set_digest.substr(0, 12)),
      LogFieldsOf(run));
}

void NoteJudged(const Result& result, const LogFields& about) {
  const char* const verdict = VerdictName(result.verdict);
  Count(Metric::kRulesJudged, {result.kind, verdict});
  Observe(Metric::kRuleDuration, {result.kind},
          absl::Microseconds(result.elapsed_micros));
  LogFields fields = about;
  fields.connection = result.connection;
  if (result.error.has_value()) {
    fields.reason = GetErrorReasonInfo(result.error->reason).name;
    Count(Metric::kRuleErrors, {fields.reason});
  }
  // Findings are the result's; trouble is said, once where a thousand rules
  // have the same.
  const bool trouble =
      result.verdict == Verdict::kError && result.same_as.empty();
  const LogLevel level = trouble ? LogLevel::kInfo : LogLevel::kDebug;
  if (!Logs(level)) return;
  // Nothing of `found`, `error` and the samples: they may hold data.
  Log(level,
      absl::StrCat("rule judged: ", result.kind, " of ", result.table, ": ",
                   verdict),
      fields);
}

void NoteFinished(const Run& run) {
  const char* const verdict = VerdictName(run.outcome.verdict);
  const char* const decision = DecisionName(run.outcome.decision);
  Count(Metric::kRunsFinished, {RunStateName(run.state), verdict, decision});
  const bool held = run.state == RunState::kHeld;
  const absl::Duration took =
      (held ? run.hold->begin : run.end_time) - run.as_of_time;
  if (held) Count(Metric::kHolds, {"begun"});
  Observe(Metric::kRunDuration, {verdict}, took);
  LogFields fields = LogFieldsOf(run);
  if (run.error.has_value()) {
    fields.reason = GetErrorReasonInfo(run.error->reason).name;
  }
  if (run.state == RunState::kCancelled) {
    Count(Metric::kRunsCancelled, {fields.reason});
  }
  LogInfo(absl::StrCat(
              held ? "run judged: " : "run ended: ", RunStateName(run.state),
              ", verdict ", verdict, ", decision ", decision, ", ",
              absl::FormatDuration(absl::Trunc(took, absl::Milliseconds(1)))),
          fields);
}

void NoteReleased(const Run& run) {
  const bool later = run.end_time < run.release->time;
  Count(Metric::kHolds, {later ? "released later" : "released"});
  // Who and why are for the audit log.
  LogInfo("hold released: decision PROCEED", LogFieldsOf(run));
}

void NoteHoldEnded(const Run& run) {
  const bool cancelled = run.state == RunState::kCancelled;
  Count(Metric::kHolds, {cancelled ? "cancelled" : "timed out"});
  LogInfo(cancelled ? "hold cancelled: decision HOLD"
                    : "nobody released the run in time: decision HOLD",
          LogFieldsOf(run));
}

}  // namespace assay::runs
