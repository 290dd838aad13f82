// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/model.h"

namespace assay {
namespace {

struct KindName {
  ParamKind kind;
  std::string_view name;
};

constexpr KindName kNames[] = {
    {ParamKind::kText, "text"},
    {ParamKind::kInteger, "integer"},
    {ParamKind::kDecimal, "decimal"},
    {ParamKind::kBoolean, "boolean"},
    {ParamKind::kDate, "date"},
    {ParamKind::kTimestamp, "timestamp"},
    {ParamKind::kConnection, "connection"},
    {ParamKind::kTable, "table"},
    {ParamKind::kColumn, "column"},
};

}  // namespace

std::string_view ParamKindName(ParamKind kind) {
  for (const KindName& row : kNames) {
    if (row.kind == kind) return row.name;
  }
  return "text";
}

std::optional<ParamKind> ParseParamKind(std::string_view name) {
  for (const KindName& row : kNames) {
    if (row.name == name) return row.kind;
  }
  return std::nullopt;
}

const Parameter* RuleSet::FindParameter(std::string_view parameter_name) const {
  for (const Parameter& parameter : parameters) {
    if (parameter.name == parameter_name) return &parameter;
  }
  return nullptr;
}

}  // namespace assay
