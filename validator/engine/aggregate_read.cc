// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/aggregate_read.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/base/status.h"
#include "validator/sql/read_statements.h"

namespace assay::engine {
namespace {

using diff::Side;
using Function = CompareAggregate::Function;

absl::Status CheckType(const DiffContext& context, const CompareAggregate& step,
                       const PairedColumn& column) {
  const diff::CompareType type = column.compared.type;
  const bool number =
      type == diff::CompareType::kNumber || type == diff::CompareType::kDouble;
  const bool ordered = number || type == diff::CompareType::kDate ||
                       type == diff::CompareType::kTimestamp ||
                       type == diff::CompareType::kTime;
  const bool extreme =
      step.function == Function::kMin || step.function == Function::kMax;
  const bool adds =
      step.function == Function::kSum || step.function == Function::kAverage;
  if ((adds && !number) || (extreme && !ordered)) {
    return MakeError(
        ErrorReason::kNotComparable,
        absl::StrCat("column ", column.name, " is compared as ",
                     std::string(diff::CompareTypeName(type)),
                     extreme ? "; each database has its own order for it, so "
                               "that min and max mean different things"
                             : ", which cannot be added up"));
  }
  if (adds && type == diff::CompareType::kDouble &&
      step.tolerance.value == Decimal{}) {
    return MakeError(
        ErrorReason::kNotComparable,
        absl::StrCat("column ", column.name,
                     " holds doubles, whose sum depends on the order in "
                     "which they are added; give the rule a `tolerance`"));
  }
  // Their text has no one order, nor one precision.
  for (const Side side : {Side::kSource, Side::kTarget}) {
    if (extreme && !number &&
        context.side(side).session->dialect().tags_values()) {
      return MakeError(
          ErrorReason::kNotComparable,
          absl::StrCat("column ", column.name, " of ", SideName(side),
                       " holds times as text, whose least and greatest "
                       "depend on how each is written; use full_diff"));
    }
  }
  return absl::OkStatus();
}

AggregateItem CountItem(const std::string& expression) {
  AggregateItem item{expression, {}};
  item.encoding.type = diff::CompareType::kNumber;
  item.encoding.native = TypeClass::kInteger;
  return item;
}

void AddMeasures(const ComparedSide& side, const CompareAggregate& step,
                 const PairedColumn& measured,
                 std::vector<AggregateItem>& items) {
  const sql::Dialect& dialect = side.session->dialect();
  const connections::Column& column =
      *side.table.FindColumn(measured.on(side.side));
  sql::SqlWriter writer(sql::WriteMode::kPaste);
  writer.PutName(side.scope(), column.name);
  const std::string& name = writer.sql();
  const SideColumns read = ColumnsOf({measured}, side);
  // Of the column's own type, but that sums grow beyond it.
  const auto aggregate = [&](const std::string& sql, TypeClass type,
                             const std::string& native) {
    AggregateItem item{
        diff::ReadForm({{type, native}, &dialect}, sql, measured.compared.type),
        read.encodings.front()};
    item.encoding.native = type;
    items.push_back(std::move(item));
  };
  const bool exact = column.type.type == TypeClass::kInteger ||
                     column.type.type == TypeClass::kDecimal;
  switch (step.function) {
    case Function::kCount:
      items.push_back(CountItem(absl::StrCat("COUNT(", name, ")")));
      return;
    case Function::kDistinct:
      items.push_back(CountItem(absl::StrCat(
          "COUNT(DISTINCT ", dialect.GroupForm(name, column.type), ")")));
      return;
    case Function::kMin:
    case Function::kMax:
      aggregate(absl::StrCat(step.function == Function::kMin ? "MIN(" : "MAX(",
                             dialect.Comparable(name, column.type), ")"),
                column.type.type, column.type.native_name);
      return;
    case Function::kSum:
    case Function::kAverage:
      aggregate(dialect.Sum(name, column.type.type),
                exact ? TypeClass::kDecimal : column.type.type,
                exact ? "numeric" : column.type.native_name);
      if (step.function == Function::kAverage) {
        // Divided here, alike for all databases.
        items.push_back(CountItem(absl::StrCat("COUNT(", name, ")")));
      }
      return;
  }
}

}  // namespace

absl::StatusOr<PairPlan> PlanAggregate(const Comparison& comparison,
                                       const CompareAggregate& step,
                                       const BoundParameters& parameters,
                                       const ComparedSide& source,
                                       const ComparedSide& target) {
  Comparison keyless = comparison;
  keyless.key.clear();
  keyless.keyless = true;
  keyless.columns.only.clear();
  keyless.columns.except.clear();
  const auto add = [&](const Column& column) {
    Word& word = keyless.columns.only.emplace_back();
    word.text = column.name;
    word.range = column.range;
  };
  if (step.column.has_value()) add(*step.column);
  for (const Column& column : step.group_by) add(column);
  if (keyless.columns.only.empty()) return PairPlan();
  for (ColumnPolicy& policy : keyless.columns.policies) {
    // The rule's own tolerance counts; the column's would need a key.
    policy.tolerance.reset();
    policy.relative_tolerance.reset();
  }
  return PlanPair(keyless, parameters, source, target, /*any_table=*/true);
}

absl::StatusOr<AggregateColumns> FindAggregateColumns(
    const DiffContext& context, const CompareAggregate& step) {
  AggregateColumns out;
  if (step.column.has_value()) {
    ASSAY_ASSIGN_OR_RETURN(const PairedColumn* pair,
                           FindPair(*context.plan, *step.column));
    out.measured = *pair;
    ASSAY_RETURN_IF_ERROR(CheckType(context, step, *pair));
  }
  for (const Column& column : step.group_by) {
    ASSAY_ASSIGN_OR_RETURN(const PairedColumn* pair,
                           FindPair(*context.plan, column));
    out.groups.push_back(*pair);
  }
  return out;
}

AggregateRead ReadOfAggregate(const ComparedSide& side,
                              const CompareAggregate& step,
                              const AggregateColumns& columns) {
  AggregateRead out;
  const SideColumns groups = ColumnsOf(columns.groups, side);
  for (size_t i = 0; i < columns.groups.size(); ++i) {
    AggregateItem item{groups.expressions[i], groups.encodings[i]};
    if (columns.groups[i].compared.type == diff::CompareType::kText) {
      item.expression = side.session->dialect().ByteExact(
          item.expression, {TypeClass::kText, ""});
    }
    out.items.push_back(std::move(item));
  }
  out.groups = out.items.size();
  if (columns.measured.has_value()) {
    AddMeasures(side, step, *columns.measured, out.items);
  } else {
    out.items.push_back(CountItem("COUNT(*)"));
  }
  return out;
}

absl::Status PutAggregate(sql::SqlWriter& out, const DiffContext& context,
                          Side side, const AggregateRead& read) {
  out.Put("SELECT ");
  for (size_t i = 0; i < read.items.size(); ++i) {
    out.Put(i > 0 ? ", " : "").Put(read.items[i].expression);
  }
  ASSAY_RETURN_IF_ERROR(
      sql::PutFromWhere(out, context.side(side).scope(), context.where(side)));
  for (size_t i = 0; i < read.groups; ++i) {
    out.Put(i > 0 ? ", " : "\nGROUP BY ").Put(read.items[i].expression);
  }
  return absl::OkStatus();
}

}  // namespace assay::engine
