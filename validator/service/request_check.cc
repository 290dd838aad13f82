// SPDX-License-Identifier: Apache-2.0
#include "validator/service/request_check.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"

namespace assay::service {
namespace {

constexpr size_t kMaxIdBytes = 256;
constexpr size_t kMaxLabels = 32;
constexpr size_t kMaxLabelKeyBytes = 63;
constexpr size_t kMaxLabelValueBytes = 1024;
constexpr size_t kMaxParams = 256;
constexpr size_t kMaxParamBytes = 64 << 10;
constexpr absl::Duration kMinLease = absl::Seconds(10);
constexpr absl::Duration kMaxLease = absl::Hours(24);
constexpr int kDefaultPageSize = 50;
constexpr int kMaxPageSize = 1000;
// Lines of about 100 bytes.
constexpr int kDefaultDifferences = 1000;
constexpr int kMaxDifferences = 10000;
constexpr size_t kMaxRuleIdBytes = 4096;
constexpr int kMaxDraftTables = 1000;
constexpr size_t kMaxReasonBytes = 2000;
constexpr int kMaxReleasedRules = 1000;
constexpr absl::Duration kMinHold = absl::Seconds(1);
constexpr absl::Duration kMaxHold = absl::Hours(24 * 30);

using Map = google::protobuf::Map<std::string, std::string>;

absl::Status Invalid(std::string_view field, const std::string& what) {
  return MakeError(ErrorReason::kArgumentInvalid,
                   absl::StrCat(std::string(field), ": ", what));
}

absl::Status CheckSize(std::string_view field, std::string_view value,
                       size_t max_bytes) {
  if (value.size() <= max_bytes) return absl::OkStatus();
  return Invalid(
      field, absl::StrCat("has ", value.size(), " bytes; at most ", max_bytes));
}

absl::Status CheckRequired(std::string_view field, std::string_view value,
                           size_t max_bytes) {
  if (value.empty()) return Invalid(field, "is missing");
  return CheckSize(field, value, max_bytes);
}

absl::Status CheckView(v1::RunView view) {
  if (v1::RunView_IsValid(view)) return absl::OkStatus();
  return Invalid("view", absl::StrCat("unknown value ", view));
}

absl::Status CheckPage(int32_t page_size) {
  if (page_size >= 0) return absl::OkStatus();
  return Invalid("page_size", absl::StrCat("is ", page_size, "; at least 0"));
}

absl::StatusOr<Verdict> FromProto(v1::Verdict verdict) {
  switch (verdict) {
    case v1::VERDICT_UNSPECIFIED:
      return Verdict::kUnspecified;
    case v1::VERDICT_PASS:
      return Verdict::kPass;
    case v1::VERDICT_WARN:
      return Verdict::kWarn;
    case v1::VERDICT_FAIL:
      return Verdict::kFail;
    case v1::VERDICT_ERROR:
      return Verdict::kError;
    default:
      return Invalid("verdict", absl::StrCat("unknown value ", verdict));
  }
}

// The rules of google.protobuf.Duration, then those of ours: no negative ones.
absl::StatusOr<absl::Duration> FromProto(
    std::string_view field, const google::protobuf::Duration& from) {
  constexpr int64_t kMaxSeconds = 315576000000;  // As duration.proto says.
  if (from.seconds() < 0 || from.nanos() < 0) {
    return Invalid(field, "is negative");
  }
  if (from.seconds() > kMaxSeconds || from.nanos() > 999999999) {
    return Invalid(field, "is not a valid Duration");
  }
  return absl::Seconds(from.seconds()) + absl::Nanoseconds(from.nanos());
}

absl::Status CheckLabels(const Map& labels) {
  if (labels.size() > kMaxLabels) {
    return Invalid("labels", absl::StrCat("has ", labels.size(),
                                          " entries; at most ", kMaxLabels));
  }
  for (const auto& [key, value] : labels) {
    if (key.empty()) return Invalid("labels", "a key is empty");
    ASSAY_RETURN_IF_ERROR(CheckSize("labels: a key", key, kMaxLabelKeyBytes));
    ASSAY_RETURN_IF_ERROR(CheckSize(absl::StrCat("labels['", key, "']"), value,
                                    kMaxLabelValueBytes));
  }
  return absl::OkStatus();
}

absl::Status CheckParams(const Map& params) {
  if (params.size() > kMaxParams) {
    return Invalid("params", absl::StrCat("has ", params.size(),
                                          " entries; at most ", kMaxParams));
  }
  for (const auto& [key, value] : params) {
    if (key.empty()) return Invalid("params", "a name is empty");
    ASSAY_RETURN_IF_ERROR(CheckSize("params: a name", key, kMaxIdBytes));
    ASSAY_RETURN_IF_ERROR(
        CheckSize(absl::StrCat("params['", key, "']"), value, kMaxParamBytes));
  }
  return absl::OkStatus();
}

std::map<std::string, std::string> ToMap(const Map& from) {
  return {from.begin(), from.end()};
}

absl::StatusOr<runs::RunOptions> CheckOptions(const v1::RunOptions& from) {
  runs::RunOptions out;
  out.fail_on_warn = from.fail_on_warn();
  out.detached = from.detached();
  if (from.has_timeout()) {
    ASSAY_ASSIGN_OR_RETURN(out.timeout,
                           FromProto("options.timeout", from.timeout()));
    if (out.timeout == absl::ZeroDuration()) {
      return Invalid("options.timeout", "is 0; leave it out for the default");
    }
  }
  if (from.has_lease()) {
    ASSAY_ASSIGN_OR_RETURN(out.lease, FromProto("options.lease", from.lease()));
    if (out.lease < kMinLease || out.lease > kMaxLease) {
      return Invalid("options.lease",
                     absl::StrCat("is ", absl::FormatDuration(out.lease),
                                  "; from 10s to 24h"));
    }
  }
  switch (from.on_hold()) {
    case v1::RunOptions::ON_HOLD_UNSPECIFIED:
    case v1::RunOptions::FAIL:
      break;
    case v1::RunOptions::WAIT:
      out.on_hold = runs::OnHold::kWait;
      break;
    default:
      return Invalid("options.on_hold",
                     absl::StrCat("unknown value ", from.on_hold()));
  }
  if (from.has_hold_timeout()) {
    if (out.on_hold != runs::OnHold::kWait) {
      return Invalid("options.hold_timeout", "needs on_hold: WAIT");
    }
    ASSAY_ASSIGN_OR_RETURN(out.hold_timeout, FromProto("options.hold_timeout",
                                                       from.hold_timeout()));
    if (out.hold_timeout < kMinHold || out.hold_timeout > kMaxHold) {
      return Invalid("options.hold_timeout",
                     absl::StrCat("is ", absl::FormatDuration(out.hold_timeout),
                                  "; from 1s to 720h"));
    }
  }
  return out;
}

}  // namespace

absl::StatusOr<runs::RunRequest> CheckStartRun(
    const v1::StartRunRequest& from) {
  ASSAY_RETURN_IF_ERROR(
      from.recheck_of_run_id().empty()
          ? CheckRequired("rule_set", from.rule_set(), kMaxRuleSetBytes)
          : CheckSize("rule_set", from.rule_set(), kMaxRuleSetBytes));
  ASSAY_RETURN_IF_ERROR(
      CheckSize("recheck_of_run_id", from.recheck_of_run_id(), kMaxIdBytes));
  ASSAY_RETURN_IF_ERROR(CheckParams(from.params()));
  ASSAY_RETURN_IF_ERROR(
      CheckSize("request_id", from.request_id(), kMaxIdBytes));
  ASSAY_RETURN_IF_ERROR(
      CheckSize("correlation_id", from.correlation_id(), kMaxIdBytes));
  ASSAY_RETURN_IF_ERROR(CheckLabels(from.labels()));
  runs::RunRequest out;
  switch (from.attach()) {
    case v1::StartRunRequest::ATTACH_UNSPECIFIED:
    case v1::StartRunRequest::ORPHANED:
      out.attach = runs::Attach::kOrphaned;
      break;
    case v1::StartRunRequest::ALWAYS:
      out.attach = runs::Attach::kAlways;
      break;
    case v1::StartRunRequest::NEVER:
      out.attach = runs::Attach::kNever;
      break;
    default:
      return Invalid("attach", absl::StrCat("unknown value ", from.attach()));
  }
  ASSAY_ASSIGN_OR_RETURN(out.options, CheckOptions(from.options()));
  out.rule_set_text = from.rule_set();
  out.params = ToMap(from.params());
  out.request_id = from.request_id();
  out.correlation_id = from.correlation_id();
  out.recheck_of = from.recheck_of_run_id();
  out.labels = ToMap(from.labels());
  return out;
}

absl::StatusOr<absl::Duration> CheckWaitRun(const v1::WaitRunRequest& from) {
  ASSAY_RETURN_IF_ERROR(CheckRequired("run_id", from.run_id(), kMaxIdBytes));
  ASSAY_RETURN_IF_ERROR(CheckView(from.view()));
  if (!from.has_timeout()) return kMaxWait;
  ASSAY_ASSIGN_OR_RETURN(const absl::Duration timeout,
                         FromProto("timeout", from.timeout()));
  return std::min(timeout, kMaxWait);
}

absl::Status CheckWatchRun(const v1::WatchRunRequest& from) {
  ASSAY_RETURN_IF_ERROR(CheckRequired("run_id", from.run_id(), kMaxIdBytes));
  if (from.after_sequence() < 0) {
    return Invalid("after_sequence",
                   absl::StrCat("is ", from.after_sequence(), "; at least 0"));
  }
  return CheckView(from.view());
}

absl::Status CheckGetRun(const v1::GetRunRequest& from) {
  ASSAY_RETURN_IF_ERROR(CheckRequired("run_id", from.run_id(), kMaxIdBytes));
  return CheckView(from.view());
}

absl::StatusOr<runs::ListFilter> CheckListRuns(
    const v1::ListRunsRequest& from) {
  ASSAY_RETURN_IF_ERROR(CheckPage(from.page_size()));
  ASSAY_RETURN_IF_ERROR(CheckLabels(from.labels()));
  runs::ListFilter out;
  ASSAY_ASSIGN_OR_RETURN(out.verdict, FromProto(from.verdict()));
  out.rule_set_name = from.rule_set_name();
  out.migration = from.migration();
  out.active_only = from.active_only();
  out.labels = ToMap(from.labels());
  return out;
}

absl::StatusOr<Verdict> CheckListResults(const v1::ListResultsRequest& from) {
  ASSAY_RETURN_IF_ERROR(CheckRequired("run_id", from.run_id(), kMaxIdBytes));
  ASSAY_RETURN_IF_ERROR(CheckPage(from.page_size()));
  ASSAY_RETURN_IF_ERROR(CheckView(from.view()));
  return FromProto(from.verdict());
}

absl::Status CheckListDifferences(const v1::ListDifferencesRequest& from) {
  ASSAY_RETURN_IF_ERROR(CheckRequired("run_id", from.run_id(), kMaxIdBytes));
  ASSAY_RETURN_IF_ERROR(
      CheckRequired("rule_id", from.rule_id(), kMaxRuleIdBytes));
  return CheckPage(from.page_size());
}

absl::Status CheckCancelRun(const v1::CancelRunRequest& from) {
  ASSAY_RETURN_IF_ERROR(CheckRequired("run_id", from.run_id(), kMaxIdBytes));
  return CheckSize("request_id", from.request_id(), kMaxIdBytes);
}

absl::StatusOr<runs::Release> CheckReleaseHold(
    const v1::ReleaseHoldRequest& from) {
  ASSAY_RETURN_IF_ERROR(CheckRequired("run_id", from.run_id(), kMaxIdBytes));
  if (absl::StripAsciiWhitespace(from.reason()).empty()) {
    return Invalid("reason", "is missing: say why the migration may go on");
  }
  ASSAY_RETURN_IF_ERROR(CheckSize("reason", from.reason(), kMaxReasonBytes));
  ASSAY_RETURN_IF_ERROR(
      CheckSize("request_id", from.request_id(), kMaxIdBytes));
  ASSAY_RETURN_IF_ERROR(CheckSize("user", from.user(), kMaxIdBytes));
  if (from.rule_ids_size() > kMaxReleasedRules) {
    return Invalid("rule_ids",
                   absl::StrCat("has ", from.rule_ids_size(),
                                " entries; at most ", kMaxReleasedRules));
  }
  for (const std::string& id : from.rule_ids()) {
    ASSAY_RETURN_IF_ERROR(CheckRequired("rule_ids", id, kMaxRuleIdBytes));
  }
  runs::Release out;
  out.user = from.user();
  out.reason = from.reason();
  out.request_id = from.request_id();
  out.rule_ids = {from.rule_ids().begin(), from.rule_ids().end()};
  return out;
}

absl::Status CheckLintRuleSet(const v1::LintRuleSetRequest& from) {
  return CheckRequired("rule_set", from.rule_set(), kMaxRuleSetBytes);
}

absl::Status CheckExplainRuleSet(const v1::ExplainRuleSetRequest& from) {
  ASSAY_RETURN_IF_ERROR(
      CheckRequired("rule_set", from.rule_set(), kMaxRuleSetBytes));
  return CheckParams(from.params());
}

absl::Status CheckDraftRuleSet(const v1::DraftRuleSetRequest& from) {
  ASSAY_RETURN_IF_ERROR(CheckRequired("source", from.source(), kMaxIdBytes));
  ASSAY_RETURN_IF_ERROR(CheckRequired("target", from.target(), kMaxIdBytes));
  ASSAY_RETURN_IF_ERROR(
      CheckSize("source_schema", from.source_schema(), kMaxIdBytes));
  ASSAY_RETURN_IF_ERROR(
      CheckSize("target_schema", from.target_schema(), kMaxIdBytes));
  if (from.tables_size() > kMaxDraftTables) {
    return Invalid("tables", absl::StrCat("has ", from.tables_size(),
                                          " names; at most ", kMaxDraftTables));
  }
  for (const std::string& table : from.tables()) {
    ASSAY_RETURN_IF_ERROR(CheckRequired("tables", table, kMaxIdBytes));
  }
  return absl::OkStatus();
}

absl::Status CheckTestConnection(const v1::TestConnectionRequest& from) {
  return CheckRequired("name", from.name(), kMaxIdBytes);
}

int PageSize(int32_t asked) {
  return asked == 0 ? kDefaultPageSize : std::min<int>(asked, kMaxPageSize);
}

int DifferencesPageSize(int32_t asked) {
  return asked == 0 ? kDefaultDifferences
                    : std::min<int>(asked, kMaxDifferences);
}

}  // namespace assay::service
