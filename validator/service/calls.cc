// SPDX-License-Identifier: Apache-2.0
// Reading runs; start_call.cc starts and ends them, and database_calls.cc has
// what touches databases.
#include "validator/service/calls.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/log.h"
#include "validator/base/status.h"
#include "validator/service/page_cursor.h"
#include "validator/service/page_token.h"
#include "validator/service/request_check.h"
#include "validator/service/run_proto.h"
#include "validator/service/utf8.h"

namespace assay::service {
namespace {

constexpr size_t kMaxPageBytes = 2 << 20;
constexpr int kMaxIssues = 1000;
// Runs looked at for one page of those that the caller may see.
constexpr int kMaxLookedAt = 20000;
constexpr int kLookedAtAtOnce = 1000;

}  // namespace

Values ValuesFor(const Caller& caller) {
  return caller.May(Operation::kSamples) ? Values::kShow : Values::kWithhold;
}

bool Sees(const Caller& caller, const runs::Run& run) {
  return caller.principal->MayUseAll(run.connections);
}

absl::StatusOr<runs::Run> FindRun(const Rooms& rooms, const Caller& caller,
                                  const std::string& run_id,
                                  bool with_results) {
  if (caller.principal->all_connections) {
    return rooms.runs->Get(run_id, with_results);
  }
  std::string hidden;
  absl::StatusOr<runs::Run> run = rooms.runs->Find(
      run_id,
      [&](const runs::Run& candidate) {
        const bool sees = Sees(caller, candidate);
        if (!sees) hidden = candidate.run_id;
        return sees;
      },
      with_results);
  if (!run.ok() && !hidden.empty()) rooms.access->HidRun(caller, hidden);
  return run;
}

v1::Run DescribeRun(const Rooms& rooms, const Caller& caller,
                    const runs::Run& run, v1::RunView view, RuleSetText text) {
  v1::Run out = ToProto(run, view, text, ValuesFor(caller));
  if (view != v1::RUN_VIEW_FULL || !runs::IsJudged(run.state)) return out;
  const auto previous = rooms.runs->FindPrevious(run);
  if (!previous.ok()) {
    // The verdict is not kept back for it.
    LogWarning(absl::StrCat("run ", run.run_id,
                            ": not compared with the run before it: ",
                            previous.status().message()));
  } else if (previous->has_value() && Sees(caller, **previous)) {
    *out.mutable_drift() = ToProto(runs::CompareRuns(**previous, run));
  }
  return out;
}

absl::Status SeesStill(const Rooms& rooms, Caller& caller,
                       const std::vector<std::string>& connections) {
  ASSAY_RETURN_IF_ERROR(rooms.access->Recheck(caller));
  absl::Status status = CheckOperation(caller, Operation::kRead);
  for (const std::string& name : connections) {
    if (status.ok()) status = CheckConnection(caller, name);
  }
  return rooms.access->Refuse(caller, status);
}

absl::Status GetRun(const Rooms& rooms, const Caller& caller,
                    const v1::GetRunRequest& request, v1::Run* out) {
  ASSAY_RETURN_IF_ERROR(CheckGetRun(request));
  const bool full = request.view() == v1::RUN_VIEW_FULL;
  ASSAY_ASSIGN_OR_RETURN(const runs::Run run,
                         FindRun(rooms, caller, request.run_id(), full));
  *out = DescribeRun(rooms, caller, run, request.view(), RuleSetText::kInclude);
  return absl::OkStatus();
}

absl::Status ListRuns(const Rooms& rooms, const Caller& caller,
                      const v1::ListRunsRequest& request,
                      v1::ListRunsResponse* out) {
  ASSAY_ASSIGN_OR_RETURN(const runs::ListFilter filter, CheckListRuns(request));
  const std::string bound = FilterOf(request);
  ASSAY_ASSIGN_OR_RETURN(std::optional<runs::ListCursor> cursor,
                         DecodeCursor(bound, request.page_token()));
  const int wanted = PageSize(request.page_size());
  const bool sees_all = caller.principal->all_connections;
  const int at_once = sees_all ? wanted : kLookedAtAtOnce;
  runs::ListCursor last;
  bool full = false;
  int looked_at = 0;
  do {
    ASSAY_ASSIGN_OR_RETURN(const runs::ListPage page,
                           rooms.runs->List(filter, cursor, at_once));
    cursor = page.next;
    looked_at += at_once;
    for (const runs::Run& run : page.runs) {
      if (!Sees(caller, run)) continue;
      if (out->runs_size() == wanted) {
        full = true;
        break;
      }
      *out->add_runs() = ToProto(run, v1::RUN_VIEW_BASIC);
      if (!sees_all) last = {run.as_of_time, run.run_id};
    }
  } while (cursor.has_value() && !full && !sees_all &&
           looked_at < kMaxLookedAt);
  if (full) cursor = last;
  if (cursor.has_value()) {
    out->set_next_page_token(EncodePageToken(bound, ToText(*cursor)));
  }
  return absl::OkStatus();
}

// The cursor is the index of the first rule of the page. A rule that is judged
// later than its page was read is not shown again: complete listings are those
// of terminal runs.
absl::Status ListResults(const Rooms& rooms, const Caller& caller,
                         const v1::ListResultsRequest& request,
                         v1::ListResultsResponse* out) {
  ASSAY_ASSIGN_OR_RETURN(const Verdict verdict, CheckListResults(request));
  const std::string bound = FilterOf(request);
  ASSAY_ASSIGN_OR_RETURN(int64_t index,
                         DecodeNumber(bound, request.page_token()));
  ASSAY_ASSIGN_OR_RETURN(const runs::Run run,
                         FindRun(rooms, caller, request.run_id(), true));
  size_t bytes = 0;
  for (; index < static_cast<int64_t>(run.results.size()); ++index) {
    const auto& result = run.results[static_cast<size_t>(index)];
    if (result == nullptr) continue;
    if (verdict != Verdict::kUnspecified && result->verdict != verdict) {
      continue;
    }
    v1::RuleResult message =
        ToProto(*result, request.view(), ValuesFor(caller));
    bytes += message.ByteSizeLong();
    // One result always fits, or the listing would not go on.
    if (out->results_size() == PageSize(request.page_size()) ||
        (bytes > kMaxPageBytes && out->results_size() > 0)) {
      out->set_next_page_token(EncodePageToken(bound, std::to_string(index)));
      break;
    }
    *out->add_results() = std::move(message);
  }
  return absl::OkStatus();
}

// The cursor is the offset of the next line in the file.
absl::Status ListDifferences(const Rooms& rooms, const Caller& caller,
                             const v1::ListDifferencesRequest& request,
                             v1::ListDifferencesResponse* out) {
  ASSAY_RETURN_IF_ERROR(CheckListDifferences(request));
  const std::string bound = FilterOf(request);
  ASSAY_ASSIGN_OR_RETURN(const int64_t offset,
                         DecodeNumber(bound, request.page_token()));
  ASSAY_ASSIGN_OR_RETURN(const runs::Run run,
                         FindRun(rooms, caller, request.run_id(), false));
  // Keys are data.
  ASSAY_RETURN_IF_ERROR(
      rooms.access->Refuse(caller, CheckOperation(caller, Operation::kSamples),
                           {.run_id = run.run_id}));
  ASSAY_ASSIGN_OR_RETURN(
      const runs::LinePage page,
      rooms.runs->ListDifferences(run.run_id, request.rule_id(), offset,
                                  DifferencesPageSize(request.page_size()),
                                  kMaxPageBytes));
  for (const std::string& line : page.lines) {
    out->add_lines(ValidUtf8(line));
  }
  if (page.next >= 0) {
    out->set_next_page_token(EncodePageToken(bound, std::to_string(page.next)));
  }
  return absl::OkStatus();
}

absl::Status LintRuleSet(const Rooms& rooms,
                         const v1::LintRuleSetRequest& request,
                         v1::LintRuleSetResponse* out) {
  ASSAY_RETURN_IF_ERROR(CheckLintRuleSet(request));
  for (const Issue& issue :
       ParseRuleSet(request.rule_set(), rooms.kinds).issues) {
    if (out->issues_size() == kMaxIssues) break;
    *out->add_issues() = ToProto(issue);
  }
  return absl::OkStatus();
}

void ListConnections(const Rooms& rooms, const Caller& caller,
                     v1::ListConnectionsResponse* out) {
  const std::shared_ptr<connections::Registry> pinned = rooms.registry->Pin();
  for (const connections::ConnectionConfig* config : pinned->List()) {
    if (!caller.principal->MayUse(config->name)) continue;
    *out->add_connections() = ToProto(*config);
  }
}

}  // namespace assay::service
