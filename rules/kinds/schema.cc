// SPDX-License-Identifier: Apache-2.0
// schema: the table has the columns, types and key that are demanded.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rules/kinds/rule_kind.h"

namespace assay {
namespace {

using ColumnTypes = std::vector<std::pair<Word, std::map<std::string, Word>>>;

absl::Status Compile(const CompileContext& context, RulePlan& plan) {
  CatalogCheck step;
  const Arguments& args = context.args();
  if (const auto* columns = args.Find<ColumnTypes>("columns")) {
    for (const auto& [name, attributes] : *columns) {
      ColumnDemand demand;
      demand.column = context.ToColumn(name);
      for (const auto& [attribute, word] : attributes) {
        if (attribute == "type") demand.type = word.text;
        if (attribute == "nullable") demand.nullable = word.text == "true";
        if (attribute == "length") demand.length = std::stoll(word.text);
      }
      step.columns.push_back(std::move(demand));
    }
  }
  const Word* extra = args.Find<Word>("extra");
  step.forbid_extra = extra != nullptr && extra->text == "forbid";
  const bool* in_order = args.Find<bool>("in_order");
  step.in_order = in_order != nullptr && *in_order;
  step.absent = context.ColumnsArg("absent");
  step.primary_key = context.ColumnsArg("primary_key");
  plan.expected = absl::StrCat("schema with ", step.columns.size(), " columns",
                               step.forbid_extra ? " and no others" : "",
                               step.primary_key.empty() ? "" : ", primary key");
  plan.step = std::move(step);
  return absl::OkStatus();
}

Judgement Judge(const CompileContext&, const Observation& observation) {
  Judgement out;
  out.broken = !observation.mismatches.empty();
  out.counters.groups_failing =
      static_cast<int64_t>(observation.mismatches.size());
  out.found = observation.mismatches.empty()
                  ? "as demanded"
                  : absl::StrJoin(observation.mismatches, "; ");
  return out;
}

void Check(const Rule& rule, std::vector<Issue>& issues) {
  const Arguments& args = rule.arguments;
  if (!args.Has("columns") && !args.Has("absent") && !args.Has("primary_key")) {
    issues.push_back({Severity::kError, "no_bound",
                      "nothing is demanded in schema", rule.range,
                      "give columns, absent or primary_key"});
  }
  const auto* columns = args.Find<ColumnTypes>("columns");
  if (columns == nullptr) {
    for (const char* param : {"extra", "in_order"}) {
      if (args.Has(param)) {
        issues.push_back(
            {Severity::kError, "needs_columns",
             absl::StrCat("'", param, "' without 'columns' in schema"),
             args.RangeOf(param), ""});
      }
    }
    return;
  }
  for (const auto& [name, attributes] : *columns) {
    for (const auto& [attribute, word] : attributes) {
      if (attribute == "nullable" && word.text != "true" &&
          word.text != "false") {
        issues.push_back(
            {Severity::kError, "wrong_type",
             absl::StrCat("'nullable' is '", word.text, "' in schema"),
             word.range, "true or false"});
      }
      if (attribute == "length") {
        const auto number = ParseDecimal(word.text);
        if (!number || word.text.size() > 18 ||
            word.text.find_first_not_of("0123456789") != std::string::npos) {
          issues.push_back(
              {Severity::kError, "wrong_type",
               absl::StrCat("'length' is '", word.text, "' in schema"),
               word.range, "a number of characters"});
        }
      }
    }
  }
}

}  // namespace

const RuleKind& SchemaKind() {
  static const auto* const kKind = new RuleKind{
      .spec =
          {.name = "schema",
           .summary = "The table has the columns, types and key demanded.",
           .semantics =
               "Reads the catalog only. A type is one of integer, decimal, "
               "double, text, bytes, boolean, date, time, timestamp, "
               "timestamp with time zone, uuid, json, met by every type "
               "of that class (`integer` by a smallint too); or the "
               "database's own name such as `bigint`, `varchar`, "
               "`numeric(10,2)` or `text[]`, met by that type only, under any "
               "of its names; a domain goes by the type behind it. "
               "`extra: forbid` refuses columns that are not listed, "
               "`in_order` demands their order, `absent` lists columns that "
               "must be gone. The one kind for which a missing table is FAIL "
               "and not ERROR.",
           .params =
               {{.name = "columns",
                 .type = ParamType::kColumnTypes,
                 .doc = "Column: type, or a map with type, nullable, length.",
                 .choices = {"type", "nullable", "length"}},
                {.name = "extra",
                 .type = ParamType::kChoice,
                 .doc = "What a column that is not listed does.",
                 .choices = {"allow", "forbid"},
                 .default_text = "allow"},
                {.name = "in_order",
                 .type = ParamType::kFlag,
                 .doc = "The columns stand in the order listed.",
                 .default_text = "false"},
                {.name = "absent",
                 .type = ParamType::kColumns,
                 .doc = "Columns that must not be there."},
                {.name = "primary_key",
                 .type = ParamType::kColumns,
                 .doc = "The primary key's columns, in order."}},
           .keys = {.where = false,
                    .thresholds = false,
                    .on_empty = false,
                    .samples = false},
           .example = "- schema:\n"
                      "    columns:\n"
                      "      id: integer\n"
                      "      email: {type: text, nullable: false}\n"
                      "    primary_key: [id]\n",
           .check = &Check},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
