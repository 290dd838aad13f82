// SPDX-License-Identifier: Apache-2.0
#include "rules/kinds/bounds.h"

#include "absl/strings/str_cat.h"
#include "rules/kinds/thresholds.h"

namespace assay {
namespace {

std::optional<Decimal> NumberArg(const Arguments& args,
                                 const std::string& name) {
  const Decimal* value = args.Find<Decimal>(name);
  return value == nullptr ? std::nullopt : std::make_optional(*value);
}

NumberDemand DemandOf(const Arguments& args) {
  NumberDemand out;
  out.min = NumberArg(args, "min");
  out.max = NumberArg(args, "max");
  out.above = NumberArg(args, "above");
  out.below = NumberArg(args, "below");
  out.equals = NumberArg(args, "equals");
  if (const auto* tolerance = args.Find<Threshold>("tolerance")) {
    out.tolerance = *tolerance;
  }
  return out;
}

void Add(std::vector<Issue>& issues, const Rule& rule, const char* code,
         const std::string& message, SourceRange range, std::string hint = "") {
  issues.push_back({Severity::kError, code,
                    absl::StrCat(message, " in ", rule.kind),
                    range.known() ? range : rule.range, std::move(hint)});
}

}  // namespace

std::vector<ParamSpec> NumberDemandParams() {
  return {
      {.name = "min", .type = ParamType::kNumber, .doc = "Least allowed."},
      {.name = "max", .type = ParamType::kNumber, .doc = "Most allowed."},
      {.name = "above",
       .type = ParamType::kNumber,
       .doc = "Must be greater than this (strict)."},
      {.name = "below",
       .type = ParamType::kNumber,
       .doc = "Must be less than this (strict)."},
      {.name = "equals",
       .type = ParamType::kNumber,
       .doc = "Must be exactly this, or within `tolerance` of it."},
      {.name = "tolerance",
       .type = ParamType::kTolerance,
       .doc = "Allowed distance from `equals`: a number, or a percentage of "
              "it such as 0.1%."},
  };
}

NumberDemand NumberDemandOf(const CompileContext& context) {
  return DemandOf(context.args());
}

bool Satisfies(const Value& value, const NumberDemand& demand) {
  const std::optional<Decimal> number = ToDecimal(value);
  if (!number.has_value()) return false;
  if (demand.min && CompareDecimals(*number, *demand.min) < 0) return false;
  if (demand.max && CompareDecimals(*number, *demand.max) > 0) return false;
  if (demand.above && CompareDecimals(*number, *demand.above) <= 0) {
    return false;
  }
  if (demand.below && CompareDecimals(*number, *demand.below) >= 0) {
    return false;
  }
  if (demand.equals.has_value()) {
    const Threshold exact{Decimal{"0"}, false, {}};
    const Threshold tolerance = demand.tolerance.value_or(exact);
    return WithinTolerance(*number, *demand.equals, tolerance.value,
                           tolerance.percent);
  }
  return true;
}

std::string DemandText(const NumberDemand& demand) {
  if (demand.equals.has_value()) {
    std::string out = absl::StrCat("= ", demand.equals->digits);
    if (demand.tolerance.has_value()) {
      absl::StrAppend(&out, " ± ", demand.tolerance->value.digits,
                      demand.tolerance->percent ? "%" : "");
    }
    return out;
  }
  if (demand.min && demand.max) {
    return absl::StrCat("between ", demand.min->digits, " and ",
                        demand.max->digits);
  }
  std::string out;
  const auto add = [&out](const char* op, const std::optional<Decimal>& bound) {
    if (!bound.has_value()) return;
    absl::StrAppend(&out, out.empty() ? "" : " and ", op, " ", bound->digits);
  };
  add(">=", demand.min);
  add(">", demand.above);
  add("<=", demand.max);
  add("<", demand.below);
  return out;
}

void CheckNumberDemand(const Rule& rule, std::vector<Issue>& issues) {
  const Arguments& args = rule.arguments;
  const NumberDemand demand = DemandOf(args);
  const bool bounds = demand.min || demand.max || demand.above || demand.below;
  if (demand.tolerance && !demand.equals) {
    Add(issues, rule, "tolerance_without_equals",
        "'tolerance' without 'equals'", args.RangeOf("tolerance"),
        "say which number it is a distance from");
  }
  if (demand.equals && bounds) {
    Add(issues, rule, "equals_beside_bounds", "'equals' beside bounds",
        args.RangeOf("equals"), "keep one of the two");
  }
  if (!demand.equals && !bounds) {
    Add(issues, rule, "no_bound", "nothing is demanded", rule.range,
        "give one of min, max, above, below, equals");
    return;
  }
  CheckBoundKeys(rule, issues);
  const auto& low = demand.min ? demand.min : demand.above;
  const auto& high = demand.max ? demand.max : demand.below;
  if (low && high) {
    const int order = CompareDecimals(*low, *high);
    const bool strict = demand.above.has_value() || demand.below.has_value();
    if (order > 0 || (order == 0 && strict)) {
      Add(issues, rule, "empty_range",
          absl::StrCat("no number is between ", low->digits, " and ",
                       high->digits),
          args.RangeOf(demand.min ? "min" : "above"), "swap the bounds?");
    }
  }
}

void CheckBoundKeys(const Rule& rule, std::vector<Issue>& issues) {
  const Arguments& args = rule.arguments;
  if (args.Has("min") && args.Has("above")) {
    Add(issues, rule, "two_bounds", "'min' and 'above' are both given",
        args.RangeOf("above"),
        "keep one: min includes the bound, above does "
        "not");
  }
  if (args.Has("max") && args.Has("below")) {
    Add(issues, rule, "two_bounds", "'max' and 'below' are both given",
        args.RangeOf("below"),
        "keep one: max includes the bound, below does "
        "not");
  }
}

}  // namespace assay
