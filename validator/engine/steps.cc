// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/steps.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rules/kinds/rule_kind.h"
#include "validator/base/status.h"
#include "validator/engine/catalog_check.h"
#include "validator/engine/sample_policy.h"
#include "validator/engine/statement.h"
#include "validator/sql/statements.h"

namespace assay::engine {
namespace {

// A number as a driver sent it: exact ones may come as text.
Value AsNumber(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (const auto number = ParseDecimal(*text)) return *number;
  }
  return value;
}

// Between the neighbours of position (n − 1) · fraction.
Value Interpolate(const Rows& rows, const Decimal& fraction) {
  if (rows.rows.empty()) return Null{};
  const auto& first = rows.rows.front().cells;
  Value low = AsNumber(first.at(1));
  if (rows.rows.size() == 1) return low;
  Value high = AsNumber(rows.rows.back().cells.at(1));
  const Decimal position =
      Multiply(Decimal{std::to_string(CountOf(first.at(2)) - 1)}, fraction);
  const Decimal part =
      Subtract(position, Decimal{std::to_string(CountOf(first.at(0)))});
  const auto a = ToDecimal(low);
  const auto b = ToDecimal(high);
  if (CompareDecimals(part, Decimal{"0"}) == 0) return low;
  // Between a number and infinity, or NaN, there is only that.
  if (!a.has_value() || !b.has_value()) {
    if (a.has_value()) return high;
    if (b.has_value() || low == high) return low;
    return std::numeric_limits<double>::quiet_NaN();
  }
  const Decimal exact = Add(*a, Multiply(part, Subtract(*b, *a)));
  if (std::holds_alternative<double>(low) ||
      std::holds_alternative<double>(high)) {
    return std::strtod(exact.digits.c_str(), nullptr);
  }
  return exact;
}

struct StepExecutor {
  const StepRequest& request;
  RuleState& state;

  absl::Status operator()(const Duplicates& step) {
    sql::SqlWriter writer(sql::WriteMode::kBound);
    ASSAY_RETURN_IF_ERROR(
        sql::PutDuplicates(writer, MakeScope(*request.session, *request.table),
                           request.where, step));
    ASSAY_ASSIGN_OR_RETURN(
        const std::vector<Value> row,
        ReadOneRow(*request.session, writer, request.marker, request.cancel));
    state.observation.groups_failing = CountOf(row.at(0));
    state.observation.rows_failing = CountOf(row.at(1));
    return absl::OkStatus();
  }

  absl::Status operator()(const MissingReferences& step) {
    absl::StatusOr<connections::Table> parent =
        request.session->DescribeTable(step.parent_table, request.cancel);
    if (!parent.ok()) {
      return Annotate(parent.status(),
                      step.parent_range.known()
                          ? absl::StrCat("line ", step.parent_range.line)
                          : "foreign_key");
    }
    *request.parent = *std::move(parent);
    sql::SqlWriter writer(sql::WriteMode::kBound);
    const ReferenceScopes scopes =
        MakeReferenceScopes(*request.session, *request.table, **request.parent);
    ASSAY_RETURN_IF_ERROR(sql::PutMissingReferences(
        writer, scopes.child, scopes.parent, request.where, step));
    ASSAY_ASSIGN_OR_RETURN(
        const std::vector<Value> row,
        ReadOneRow(*request.session, writer, request.marker, request.cancel));
    state.observation.rows_failing = CountOf(row.at(0));
    return absl::OkStatus();
  }

  absl::Status operator()(const Quantile& step) {
    sql::SqlWriter writer(sql::WriteMode::kBound);
    ASSAY_RETURN_IF_ERROR(
        sql::PutQuantile(writer, MakeScope(*request.session, *request.table),
                         request.where, step));
    ASSAY_ASSIGN_OR_RETURN(
        const Rows rows,
        ReadRows(*request.session, writer, request.marker, 2, request.cancel));
    state.observation.scalar = Interpolate(rows, step.fraction);
    return absl::OkStatus();
  }

  absl::Status operator()(const AuthorQuery& step) {
    return step.shape == QueryShape::kScalar ? QueryScalar(step)
                                             : QueryRows(step);
  }

  absl::Status operator()(const CatalogCheck& step) {
    state.observation.mismatches = CheckCatalog(step, *request.table);
    return absl::OkStatus();
  }

  absl::Status operator()(const ValueScan&) {
    return MakeError(ErrorReason::kInternal, "a scan is no single statement");
  }

  absl::Status QueryScalar(const AuthorQuery& step) {
    sql::SqlWriter writer(sql::WriteMode::kBound);
    ASSAY_RETURN_IF_ERROR(
        writer.PutAuthorSelect(step.sql, request.session->dialect()));
    ASSAY_ASSIGN_OR_RETURN(
        const Rows rows,
        ReadRows(*request.session, writer, request.marker, 2, request.cancel));
    if (rows.rows.size() != 1 || rows.columns.size() != 1) {
      return MakeError(
          ErrorReason::kSqlError,
          absl::StrCat("the query returned ",
                       rows.rows.size() > 1
                           ? "more than one row"
                           : absl::StrCat(rows.rows.size(), " rows"),
                       " of ", rows.columns.size(),
                       " columns; with expect: value it must return one row "
                       "with one number"));
    }
    state.observation.scalar = rows.rows.front().cells.front();
    return absl::OkStatus();
  }

  absl::Status QueryRows(const AuthorQuery& step) {
    sql::SqlWriter count(sql::WriteMode::kBound);
    ASSAY_RETURN_IF_ERROR(
        sql::PutAuthorCount(count, request.session->dialect(), step.sql));
    ASSAY_ASSIGN_OR_RETURN(
        const std::vector<Value> row,
        ReadOneRow(*request.session, count, request.marker, request.cancel));
    state.observation.rows_failing = CountOf(row.at(0));
    const int64_t limit = state.rule->samples.value_or(kDefaultSamples);
    const auto& config = request.session->config();
    if (*state.observation.rows_failing == 0 || limit == 0) {
      return absl::OkStatus();
    }
    if (config.samples != connections::SamplePolicy::kFull ||
        !config.masked_columns.empty()) {
      // The author's SELECT may give a masked column another name.
      state.result.samples_note =
          absl::StrCat("rows of a query are not shown: policy of connection '",
                       config.name, "'");
      return absl::OkStatus();
    }
    sql::SqlWriter writer(sql::WriteMode::kBound);
    ASSAY_RETURN_IF_ERROR(
        writer.PutAuthorSelect(step.sql, request.session->dialect()));
    ASSAY_ASSIGN_OR_RETURN(
        const Rows rows, ReadRows(*request.session, writer, request.marker,
                                  static_cast<size_t>(limit), request.cancel));
    for (const Row& found : rows.rows) {
      Sample sample;
      for (size_t c = 0; c < found.cells.size(); ++c) {
        sample.cells.push_back(MakeCell(config, rows.columns[c].name,
                                        found.cells[c], /*key=*/false));
      }
      state.query_samples.push_back(std::move(sample));
    }
    return absl::OkStatus();
  }
};

}  // namespace

absl::Status ExecuteStep(const StepRequest& request, RuleState& state) {
  return std::visit(StepExecutor{request, state}, *state.plan.step);
}

}  // namespace assay::engine
