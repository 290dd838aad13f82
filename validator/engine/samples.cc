// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/samples.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/engine/sample_policy.h"
#include "validator/engine/statement.h"
#include "validator/engine/value_scan.h"
#include "validator/sql/statements.h"

namespace assay::engine {
namespace {

using connections::SamplePolicy;

// An expression without `show` shows the whole row, within reason.
constexpr size_t kMaxShownColumns = 20;

std::vector<std::string> KeyColumns(const connections::Table& table) {
  if (!table.primary_key.empty()) return table.primary_key;
  if (!table.unique_keys.empty()) return table.unique_keys.front();
  return {};
}

// Catalog names: the key, then what the rule is about, each once.
std::vector<std::string> SampleColumns(const connections::Table& table,
                                       const RulePlan& plan) {
  std::vector<std::string> names = KeyColumns(table);
  const auto add = [&names](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  };
  for (const Column& column : plan.shown) {
    if (const auto* found = table.FindColumn(column.name)) add(found->name);
  }
  if (plan.shown.empty()) {
    for (const connections::Column& column : table.columns) {
      if (names.size() < kMaxShownColumns) add(column.name);
    }
  }
  return names;
}

using PutStatement = std::function<absl::Status(
    sql::SqlWriter&, const std::vector<std::string>& columns, int64_t limit)>;

// The statement that finds the failing rows; empty where there is none.
PutStatement FailingRows(const SampleRequest& request, const RuleState& state) {
  const sql::Scope scope = MakeScope(*request.session, *request.table);
  const ExprPtr where = request.where;
  const RulePlan& plan = state.plan;
  if (plan.failing != nullptr) {
    const ExprPtr predicate =
        state.rule->where.has_value() && !plan.measures.empty()
            ? Conjunction(plan.measures.front().filter, plan.failing)
            : plan.failing;
    return [=](sql::SqlWriter& out, const std::vector<std::string>& columns,
               int64_t limit) {
      return sql::PutRows(out, scope, where, predicate, columns, limit);
    };
  }
  if (!plan.step.has_value()) return nullptr;
  if (const auto* step = std::get_if<Duplicates>(&*plan.step)) {
    return [=](sql::SqlWriter& out, const std::vector<std::string>& columns,
               int64_t limit) {
      return sql::PutDuplicateRows(out, scope, where, *step, columns, limit);
    };
  }
  if (const auto* step = std::get_if<MissingReferences>(&*plan.step);
      step != nullptr && request.parent != nullptr) {
    const ReferenceScopes scopes =
        MakeReferenceScopes(*request.session, *request.table, *request.parent);
    return [=](sql::SqlWriter& out, const std::vector<std::string>& columns,
               int64_t limit) {
      return sql::PutMissingReferenceRows(out, scopes.child, scopes.parent,
                                          where, *step, columns, limit);
    };
  }
  if (const auto* step = std::get_if<ValueScan>(&*plan.step)) {
    std::vector<std::string> values;
    for (const std::string& value : state.failing_values) {
      // What cannot be bound must not keep the others from being shown.
      if (value.size() <= kMaxKeptValueBytes &&
          value.find('\0') == std::string::npos) {
        values.push_back(value);
      }
    }
    if (values.empty()) return nullptr;
    const ExprPtr both = Conjunction(where, step->filter);
    return [=](sql::SqlWriter& out, const std::vector<std::string>& columns,
               int64_t limit) {
      return sql::PutRowsWithText(out, scope, both, step->column, values,
                                  columns, limit);
    };
  }
  return nullptr;
}

// Whether the SQL for people would carry values of the data in it.
bool SqlCarriesValues(const RulePlan& plan) {
  return plan.step.has_value() && std::holds_alternative<ValueScan>(*plan.step);
}

absl::Status FetchSamples(const SampleRequest& request, RuleState& state,
                          const PutStatement& put, int64_t limit) {
  const auto& config = request.session->config();
  const std::vector<std::string> key = KeyColumns(*request.table);
  std::vector<std::string> columns = SampleColumns(*request.table, state.plan);
  if (config.samples == SamplePolicy::kKeys) columns = key;
  if (columns.empty()) {
    state.result.samples_note =
        absl::StrCat("connection '", config.name,
                     "' shows keys only, and the table has no key");
    return absl::OkStatus();
  }
  sql::SqlWriter writer(sql::WriteMode::kBound);
  ASSAY_RETURN_IF_ERROR(put(writer, columns, limit));
  ASSAY_ASSIGN_OR_RETURN(const Rows rows,
                         ReadRows(*request.session, writer, request.marker,
                                  static_cast<size_t>(limit), request.cancel));
  for (const Row& row : rows.rows) {
    Sample sample;
    for (size_t c = 0; c < columns.size() && c < row.cells.size(); ++c) {
      const bool is_key =
          std::find(key.begin(), key.end(), columns[c]) != key.end();
      sample.cells.push_back(
          MakeCell(config, columns[c], row.cells[c], is_key));
    }
    state.result.samples.push_back(std::move(sample));
  }
  return absl::OkStatus();
}

void WriteSql(const SampleRequest& request, RuleState& state,
              const PutStatement& put) {
  const auto& config = request.session->config();
  if (SqlCarriesValues(state.plan)) {
    const auto& column = std::get<ValueScan>(*state.plan.step).column.name;
    if (!MayShow(config, column, false)) return;
  }
  sql::SqlWriter writer(sql::WriteMode::kPaste);
  if (put(writer, SampleColumns(*request.table, state.plan), 0).ok()) {
    state.result.sql = writer.sql();
    if (SqlCarriesValues(state.plan)) {
      absl::StrAppend(&state.result.sql, "\n-- the first ",
                      state.failing_values.size(),
                      " distinct failing values; the test itself ran in the "
                      "server");
    }
  }
}

// The numbers that were judged, where no row breaks the rule by itself: the
// newest time of freshness, a sum.
void WriteMeasuresSql(const SampleRequest& request, RuleState& state) {
  const RulePlan& plan = state.plan;
  const sql::Scope scope = MakeScope(*request.session, *request.table);
  sql::SqlWriter writer(sql::WriteMode::kPaste);
  absl::Status status;
  if (const auto* quantile =
          plan.step.has_value() ? std::get_if<Quantile>(&*plan.step) : nullptr;
      quantile != nullptr) {
    status = sql::PutQuantile(writer, scope, request.where, *quantile);
  } else if (!plan.step.has_value() && !plan.measures.empty()) {
    std::vector<const AggregateMeasure*> measures;
    for (const AggregateMeasure& one : plan.measures) measures.push_back(&one);
    status = sql::PutAggregates(writer, scope, request.where, measures);
  }
  if (status.ok()) state.result.sql = writer.sql();
}

void WriteAuthorSql(const SampleRequest& request, RuleState& state) {
  const auto* query = state.plan.step.has_value()
                          ? std::get_if<AuthorQuery>(&*state.plan.step)
                          : nullptr;
  if (query == nullptr) return;
  sql::SqlWriter writer(sql::WriteMode::kPaste);
  if (writer.PutAuthorSelect(query->sql, request.session->dialect()).ok()) {
    state.result.sql = writer.sql();
  }
}

}  // namespace

void AttachSamples(const SampleRequest& request, RuleState& state) {
  const auto& config = request.session->config();
  const int64_t limit = state.rule->samples.value_or(kDefaultSamples);
  WriteAuthorSql(request, state);
  PutStatement put = FailingRows(request, state);
  if (state.result.counters.rows_failing == 0) put = nullptr;
  if (put != nullptr) {
    WriteSql(request, state, put);
  } else if (state.result.sql.empty()) {
    WriteMeasuresSql(request, state);
  }
  if (config.samples == SamplePolicy::kNone) {
    state.result.samples_note =
        absl::StrCat("connection '", config.name, "' shows no samples");
    return;
  }
  if (limit == 0) return;
  if (!state.query_samples.empty()) {
    state.result.samples = state.query_samples;
    return;
  }
  if (put == nullptr) {
    // Values too long to ask for: they are shown without their keys.
    for (const std::string& value : state.failing_values) {
      if (!MayShow(config, state.plan.subject, false)) break;
      state.result.samples.push_back(
          {{MakeCell(config, state.plan.subject, value, false)}, ""});
      state.result.samples_note = "without keys: the values are too long";
    }
    return;
  }
  const absl::Status status = FetchSamples(request, state, put, limit);
  if (!status.ok()) {
    state.result.samples.clear();
    state.result.samples_note =
        absl::StrCat("samples could not be read: ",
                     HideDataInError(config, status).message());
  }
}

}  // namespace assay::engine
