// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/sample_policy.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "validator/base/status.h"

namespace assay::engine {
namespace {

using connections::SamplePolicy;

constexpr char kMask[] = "***";

bool ShowsAll(const connections::ConnectionConfig& config) {
  return config.samples == SamplePolicy::kFull && config.masked_columns.empty();
}

// Aggregates whose result is a value of the column, not a statistic over it.
bool IsValueOfColumn(AggregateFunction function) {
  return function == AggregateFunction::kMin ||
         function == AggregateFunction::kMax ||
         function == AggregateFunction::kLatest;
}

}  // namespace

bool IsMasked(const connections::ConnectionConfig& config,
              std::string_view column) {
  return std::any_of(config.masked_columns.begin(), config.masked_columns.end(),
                     [column](const std::string& masked) {
                       return absl::EqualsIgnoreCase(
                           masked,
                           absl::string_view(column.data(), column.size()));
                     });
}

bool MayShow(const connections::ConnectionConfig& config,
             std::string_view column, bool is_key) {
  if (IsMasked(config, column)) return false;
  switch (config.samples) {
    case SamplePolicy::kNone:
      return false;
    case SamplePolicy::kKeys:
      return is_key;
    case SamplePolicy::kFull:
      return true;
  }
  return false;
}

SampleCell MakeCell(const connections::ConnectionConfig& config,
                    const std::string& column, const Value& value, bool key) {
  SampleCell cell;
  cell.column = column;
  cell.key = key;
  if (!MayShow(config, column, key)) {
    // Not even whether it is NULL.
    cell.text = kMask;
    cell.masked = true;
    return cell;
  }
  cell.is_null = IsNull(value);
  if (cell.is_null) return cell;
  cell.text = ToText(value);
  if (cell.text.size() > kMaxSampleBytes) {
    cell.truncated = true;
    size_t end = kMaxSampleBytes;
    // Not in the middle of a character.
    while (end > 0 &&
           (static_cast<unsigned char>(cell.text[end]) & 0xC0) == 0x80) {
      --end;
    }
    cell.text.resize(end);
  }
  return cell;
}

void HideValues(const connections::ConnectionConfig& config,
                const RulePlan& plan, Result& result) {
  if (ShowsAll(config)) return;
  bool hide = false;
  for (const AggregateMeasure& measure : plan.measures) {
    if (!IsValueOfColumn(measure.function)) continue;
    const auto* column = measure.operand == nullptr
                             ? nullptr
                             : std::get_if<Column>(&measure.operand->node);
    hide |= column == nullptr || !MayShow(config, column->name, false);
  }
  if (plan.step.has_value()) {
    if (const auto* quantile = std::get_if<Quantile>(&*plan.step)) {
      hide |= !MayShow(config, quantile->column.name, false);
    }
    if (const auto* query = std::get_if<AuthorQuery>(&*plan.step)) {
      // It may select anything under any name.
      hide |= query->shape == QueryShape::kScalar;
    }
  }
  if (!hide) return;
  for (Measure& measure : result.measures) measure.value = kMask;
  if (!result.empty) {
    result.found =
        absl::StrCat("hidden by the policy of connection '", config.name, "'");
  }
  if (result.error.has_value()) {
    result.error->message = absl::StrCat(
        "the value found is no number; it is hidden by the policy of "
        "connection '",
        config.name, "'");
  }
}

absl::Status HideDataInError(const connections::ConnectionConfig& config,
                             const absl::Status& status) {
  const ErrorReason reason = GetReason(status);
  if (status.ok() || ShowsAll(config) ||
      (reason != ErrorReason::kDataError && reason != ErrorReason::kSqlError)) {
    return status;
  }
  // The driver's message begins with "SQLSTATE xxxxx"; more may be data.
  const std::string message(status.message());
  const size_t at = message.find("SQLSTATE ");
  return MakeError(
      reason,
      absl::StrCat("the database reported an error",
                   at == std::string::npos
                       ? ""
                       : absl::StrCat(" (", message.substr(at, 14), ")"),
                   "; its message is hidden by the policy of connection '",
                   config.name, "'"));
}

}  // namespace assay::engine
