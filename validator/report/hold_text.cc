// SPDX-License-Identifier: Apache-2.0
#include "validator/report/hold_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "validator/report/display.h"
#include "validator/report/outcome.h"

namespace assay::report {
namespace {

// "2026-01-02 03:04:05 UTC"; "?" where it is out of range.
std::string TimeText(const google::protobuf::Timestamp& time) {
  if (Iso8601(time).empty()) return "?";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC",
                          absl::FromUnixSeconds(time.seconds()),
                          absl::UTCTimeZone());
}

std::string Names(const google::protobuf::RepeatedPtrField<std::string>& ids) {
  constexpr int kShown = 20;
  std::string out;
  for (int i = 0; i < std::min(ids.size(), kShown); ++i) {
    absl::StrAppend(&out, i == 0 ? "" : ", ", Escape(ids[i]));
  }
  if (ids.size() > kShown) {
    absl::StrAppend(&out, " and ", ids.size() - kShown, " more");
  }
  return out;
}

std::string Rules(int64_t count) {
  return absl::StrCat(Count(count), count == 1 ? " rule" : " rules");
}

}  // namespace

bool IsReleased(const v1::Run& run) {
  const v1::Release& release = run.release();
  return run.has_release() && !release.principal().empty() &&
         !release.reason().empty() && release.has_release_time();
}

std::string ReleaseText(const v1::Run& run) {
  if (!run.has_release()) return "";
  const v1::Release& release = run.release();
  const std::string principal =
      release.principal().empty() ? "nobody" : Escape(release.principal());
  std::string out = absl::StrCat(
      "released by ",
      release.user().empty()
          ? principal
          : absl::StrCat(Escape(release.user()), " (", principal, ")"),
      " on ", TimeText(release.release_time()), ": ", Escape(release.reason()));
  if (release.rule_ids_size() > 0) {
    absl::StrAppend(&out, " [", Names(release.rule_ids()), "]");
  }
  return out;
}

std::string HoldText(const v1::Run& run) {
  if (!run.has_hold()) return "";
  const std::string until = TimeText(run.hold().until_time());
  if (run.state() == v1::Run::HELD) {
    return absl::StrCat("held until ", until, ", unless it is released");
  }
  switch (run.hold().end()) {
    case v1::Hold::TIMED_OUT:
      return absl::StrCat("was held until ", until,
                          run.has_release() ? ", and released later"
                                            : ": nobody released it in time");
    case v1::Hold::CANCELLED:
      return "was held, and cancelled then";
    default:
      return "";
  }
}

std::string ReleaseCommand(const v1::Run& run) {
  if (run.state() != v1::Run::HELD || run.run_id().empty()) return "";
  return absl::StrCat("assay release ", Escape(run.run_id()),
                      " --reason 'WHY'");
}

std::string DriftSummary(const v1::Run& run) {
  if (!run.has_drift()) return "";
  const v1::Drift& drift = run.drift();
  std::string out =
      absl::StrCat("since run ", Escape(drift.previous_run_id()), " of ",
                   TimeText(drift.previous_as_of_time()), " (",
                   std::string(VerdictWord(drift.previous_verdict())), "): ");
  if (drift.rules_size() == 0 && drift.new_rule_ids_size() == 0 &&
      drift.gone_rule_ids_size() == 0) {
    return absl::StrCat(out, "nothing has changed");
  }
  absl::StrAppend(&out, Rules(drift.rules_size()),
                  drift.rules_size() == 1 ? " differs" : " differ");
  const auto add = [&out](int64_t count, const char* word) {
    if (count > 0) absl::StrAppend(&out, ", ", Count(count), " ", word);
  };
  add(drift.unchanged_count(), "as before");
  add(drift.new_rule_ids_size(), "new");
  add(drift.gone_rule_ids_size(), "gone");
  return out;
}

std::string RuleDriftText(const v1::RuleDrift& rule) {
  std::string out;
  for (const v1::CountDrift& count : rule.counts()) {
    absl::StrAppend(&out, out.empty() ? "" : ", ", Escape(count.name()), " ",
                    Count(count.previous_count()), " → ", Count(count.count()));
  }
  if (rule.previous_verdict() != rule.verdict()) {
    absl::StrAppend(&out, out.empty() ? "" : "; ",
                    std::string(VerdictWord(rule.previous_verdict())), " → ",
                    std::string(VerdictWord(rule.verdict())));
  }
  if (rule.incomplete()) out.append(" (at least: not all was compared)");
  return out;
}

std::vector<std::string> DriftLines(const v1::Run& run, size_t most) {
  std::vector<std::string> lines;
  if (!run.has_drift()) return lines;
  const v1::Drift& drift = run.drift();
  for (const v1::RuleDrift& rule : drift.rules()) {
    lines.push_back(
        absl::StrCat(Escape(rule.rule_id()), ": ", RuleDriftText(rule)));
  }
  for (const std::string& id : drift.new_rule_ids()) {
    lines.push_back(absl::StrCat(Escape(id), ": new"));
  }
  for (const std::string& id : drift.gone_rule_ids()) {
    lines.push_back(absl::StrCat(Escape(id), ": gone"));
  }
  if (lines.size() <= most || most == 0) {
    lines.resize(std::min(lines.size(), most));
    return lines;
  }
  const size_t left = lines.size() - (most - 1);
  lines.resize(most - 1);
  lines.push_back(absl::StrCat("… ", left, " more"));
  return lines;
}

}  // namespace assay::report
