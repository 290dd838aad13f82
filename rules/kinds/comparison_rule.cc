// SPDX-License-Identifier: Apache-2.0
#include "rules/kinds/comparison_rule.h"

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

constexpr int64_t kMaxRechecks = 100;
constexpr int64_t kDefaultAfterMicros = 1000000;

}  // namespace

ParamSpec ToleranceParam() {
  return {.name = "tolerance",
          .type = ParamType::kTolerance,
          .doc =
              "How far the target may be from the source: a number, or a "
              "percentage of the source's such as 0.1%.",
          .default_text = "0"};
}

Tolerance ToleranceOf(const CompileContext& context) {
  const auto* threshold = context.args().Find<Threshold>("tolerance");
  if (threshold == nullptr) return Tolerance{};
  return Tolerance{threshold->value, threshold->percent};
}

std::string ToleranceText(const Tolerance& tolerance) {
  if (tolerance.value.digits == "0") return "";
  return absl::StrCat(" ± ", tolerance.value.digits,
                      tolerance.percent ? "%" : "");
}

ParamSpec RecheckParam(KeyUse key_use) {
  return {
      .name = "recheck",
      .type = ParamType::kMap,
      .doc = "Reads differing rows again; only those count that still differ.",
      .default_text = "none",
      .fields = {{.name = "times",
                  .type = ParamType::kInteger,
                  .required = true,
                  .doc = "How often at most."},
                 {.name = "after",
                  .type = ParamType::kDuration,
                  .doc = "How long after the reading before.",
                  .default_text = "1s"}},
      .key_use = key_use};
}

Recheck RecheckOf(const CompileContext& context) {
  Recheck recheck;
  if (const auto* times = context.args().Find<int64_t>("recheck.times")) {
    recheck.times = *times;
    const auto* after = context.args().Find<int64_t>("recheck.after");
    recheck.after_micros = after == nullptr ? kDefaultAfterMicros : *after;
  }
  return recheck;
}

std::string RecheckText(const Recheck& recheck) {
  if (recheck.times == 0) return "";
  return absl::StrCat("; differences are read again up to ", recheck.times,
                      recheck.times == 1 ? " time, " : " times, ",
                      FormatDurationMicros(recheck.after_micros), " apart");
}

void CheckCount(const Rule& rule, const std::string& param, int64_t most,
                std::vector<Issue>& issues) {
  const auto* count = rule.arguments.Find<int64_t>(param);
  if (count == nullptr || (*count > 0 && *count <= most)) return;
  issues.push_back({Severity::kError, "bad_value",
                    absl::StrCat("'", param, "' of ", rule.kind, " must be ",
                                 *count == 0 ? std::string("more than 0")
                                             : absl::StrCat("at most ", most)),
                    rule.arguments.RangeOf(param),
                    *count == 0 ? "leave it out for no limit" : ""});
}

void CheckRecheck(const Rule& rule, std::vector<Issue>& issues) {
  const auto* times = rule.arguments.Find<int64_t>("recheck.times");
  if (times == nullptr || *times <= kMaxRechecks) return;
  CheckCount(rule, "recheck.times", kMaxRechecks, issues);
}

}  // namespace assay
