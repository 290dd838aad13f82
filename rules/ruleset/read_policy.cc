// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/read_policy.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/ruleset/expect_scalar.h"
#include "rules/ruleset/key_docs.h"
#include "rules/ruleset/read_scalar.h"

namespace assay {
namespace {

constexpr int64_t kMaxPrecision = 6;

const std::vector<std::string>& TypeNames() {
  static const auto* const kNames = [] {
    auto* names = new std::vector<std::string>();
    for (const TypeClass type :
         {TypeClass::kBoolean, TypeClass::kInteger, TypeClass::kDecimal,
          TypeClass::kDouble, TypeClass::kText, TypeClass::kBytes,
          TypeClass::kDate, TypeClass::kTime, TypeClass::kTimestamp,
          TypeClass::kTimestampTz, TypeClass::kUuid, TypeClass::kJson}) {
      names->emplace_back(TypeClassName(type));
    }
    return names;
  }();
  return *kNames;
}

// A number that is not negative.
std::optional<Decimal> ReadDistance(const YamlNode& node,
                                    const std::string& what,
                                    ParseContext& context) {
  if (node.IsScalar() && absl::EndsWith(node.text, "%")) {
    BadValue(node, "a number", what, context,
             "a share of the source's number is 'relative_tolerance', and 1% "
             "is 0.01");
    return std::nullopt;
  }
  std::optional<Decimal> number = ReadNumber(node, what, context);
  if (number.has_value() && number->digits.front() == '-') {
    BadValue(node, "a number from 0", what, context);
    return std::nullopt;
  }
  return number;
}

void ReadType(const YamlNode& node, const std::string& what,
              ParseContext& context, ColumnPolicy& policy) {
  const std::optional<Word> word = ReadPlainText(node, what, context);
  if (!word.has_value()) return;
  policy.as = ParseTypeClass(word->text);
  if (policy.as.has_value() && *policy.as != TypeClass::kOther) return;
  policy.as.reset();
  BadValue(node, "a type", what, context,
           DidYouMean(word->text, TypeNames(),
                      absl::StrCat("the types are ", ListNames(TypeNames()))));
}

void ReadPolicyKey(const std::string& key, const YamlNode& node,
                   const std::string& what, ParseContext& context,
                   ColumnPolicy& policy) {
  if (key == "tolerance") {
    policy.tolerance = ReadDistance(node, what, context);
  } else if (key == "relative_tolerance") {
    policy.relative_tolerance = ReadDistance(node, what, context);
  } else if (key == "precision") {
    if (const auto digits = ReadInteger(node, kMaxPrecision, what, context)) {
      policy.precision = static_cast<int>(*digits);
    }
  } else if (key == "rounding") {
    if (const auto word =
            ReadChoice(node, {"truncate", "round"}, what, context)) {
      policy.rounding =
          word->text == "round" ? Rounding::kRound : Rounding::kTruncate;
    }
  } else if (key == "trim") {
    if (const auto word =
            ReadChoice(node, {"trailing", "both"}, what, context)) {
      policy.trim = word->text == "both" ? Trim::kBoth : Trim::kTrailing;
    }
  } else if (key == "ignore_case") {
    policy.ignore_case = ReadFlag(node, what, context).value_or(false);
  } else if (key == "empty_is_null") {
    policy.empty_is_null = ReadFlag(node, what, context).value_or(false);
  } else if (key == "as") {
    ReadType(node, what, context, policy);
  }
}

// Keys for numbers, for times and for texts do not mix.
void CheckMixture(const YamlNode& node, const std::string& place,
                  ParseContext& context) {
  const std::vector<std::pair<std::string, const char*>> families = {
      {"tolerance", "numbers"}, {"relative_tolerance", "numbers"},
      {"precision", "times"},   {"rounding", "times"},
      {"trim", "texts"},        {"ignore_case", "texts"}};
  std::string first, family;
  for (const auto& [key, of] : families) {
    const YamlNode* value = FindKey(node, key);
    if (value == nullptr) continue;
    if (first.empty()) {
      first = key;
      family = of;
    } else if (family != of) {
      context.Error("policy_conflict",
                    absl::StrCat("'", key, "' is for ", of, " and '", first,
                                 "' for ", family, " in ", place),
                    value->range, "keep the one that fits the column");
    }
  }
  const YamlNode* rounding = FindKey(node, "rounding");
  if (rounding != nullptr && FindKey(node, "precision") == nullptr) {
    context.Error("missing_key",
                  absl::StrCat("'rounding' needs 'precision' in ", place),
                  rounding->range, "say how many fractional digits count");
  }
}

}  // namespace

std::optional<ColumnPolicy> ReadPolicy(const YamlEntry& entry,
                                       ParseContext& context) {
  std::optional<Word> column =
      ReadName(entry.key, ParamKind::kColumn, "a key of 'policies'", context);
  const YamlNode& node = entry.value;
  const std::string place =
      absl::StrCat("the policy of ", Quote(entry.key.text));
  if (node.alias ||
      !ExpectMap(node, place, "for example {tolerance: 0.01}", context)) {
    return std::nullopt;
  }
  const std::vector<std::string> keys = KeyNames(PolicyKeyDocs());
  if (node.entries.empty()) {
    context.Error("missing_value", absl::StrCat(place, " is empty"), node.range,
                  absl::StrCat("known here: ", ListNames(keys)));
  }
  ReportUnknownKeys(node, keys, place, context);
  ColumnPolicy policy;
  policy.range = entry.key.range;
  for (const YamlEntry& one : node.entries) {
    ReadPolicyKey(one.key.text, one.value,
                  absl::StrCat("'", one.key.text, "' in ", place), context,
                  policy);
  }
  CheckMixture(node, place, context);
  if (!column.has_value()) return std::nullopt;
  policy.column = *std::move(column);
  return policy;
}

}  // namespace assay
