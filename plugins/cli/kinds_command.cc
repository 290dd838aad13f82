// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "assay/v1/rule_set.pb.h"
#include "plugins/cli/commands.h"
#include "plugins/cli/io.h"
#include "rules/kinds/kinds.h"
#include "rules/ruleset/parser.h"
#include "validator/report/outcome.h"
#include "validator/report/text_report.h"

namespace assay::cli {
namespace {

const char* TypeName(ParamType type) {
  switch (type) {
    case ParamType::kColumn:
      return "column";
    case ParamType::kColumns:
      return "columns";
    case ParamType::kTable:
      return "table";
    case ParamType::kValue:
      return "value";
    case ParamType::kValues:
      return "values";
    case ParamType::kBound:
      return "value or now()";
    case ParamType::kNumber:
      return "number";
    case ParamType::kInteger:
      return "integer";
    case ParamType::kDuration:
      return "duration";
    case ParamType::kFlag:
      return "true | false";
    case ParamType::kChoice:
      return "choice";
    case ParamType::kText:
      return "text";
    case ParamType::kWords:
      return "words";
    case ParamType::kSql:
      return "SQL";
    case ParamType::kTolerance:
      return "number or %";
    case ParamType::kColumnTypes:
      return "column: type";
    case ParamType::kKeys:
      return "keys";
    case ParamType::kMap:
      return "map";
  }
  return "text";
}

v1::RuleKind ToProto(const KindSpec& spec) {
  v1::RuleKind kind;
  kind.set_name(spec.name);
  kind.set_summary(spec.summary);
  kind.set_semantics(spec.semantics);
  kind.set_counter(spec.counter);
  kind.set_denominator(spec.denominator);
  kind.set_example(spec.example);
  kind.set_scope(KindScopeName(spec.scope));
  for (const ParamSpec& spec_param : FlatParams(spec)) {
    v1::KindParam& param = *kind.add_params();
    param.set_name(spec_param.name);
    param.set_type(TypeName(spec_param.type));
    param.set_required(spec_param.required);
    param.set_doc(spec_param.doc);
    param.set_default_text(spec_param.default_text);
    if (spec_param.type != ParamType::kChoice &&
        spec_param.type != ParamType::kWords) {
      continue;
    }
    for (const std::string& choice : spec_param.choices) {
      param.add_choices(choice);
    }
  }
  return kind;
}

}  // namespace

int KindsCommand(const KindsOptions& options) {
  std::vector<const KindSpec*> chosen;
  std::vector<std::string> names;
  for (const KindSpec* spec : AllKindSpecs()) {
    names.push_back(spec->name);
    if (options.kind.empty() || spec->name == options.kind) {
      chosen.push_back(spec);
    }
  }
  if (chosen.empty()) {
    const std::string near = NearestName(options.kind, names);
    Complain(absl::StrCat("there is no rule kind '", options.kind, "'",
                          near.empty()
                              ? "; `assay kinds` lists them"
                              : absl::StrCat("; did you mean '", near, "'?")));
    return report::kExitUsage;
  }
  std::string out;
  if (options.schema) {
    out = RuleSetJsonSchema(chosen);
  } else if (options.markdown) {
    out = RuleKindsMarkdown(chosen);
  } else if (!options.kind.empty()) {
    // Of a table, and of a comparison.
    for (const KindSpec* spec : chosen) {
      absl::StrAppend(&out, out.empty() ? "" : "\n",
                      report::TextKind(ToProto(*spec)));
    }
  } else {
    std::vector<v1::RuleKind> kinds;
    kinds.reserve(chosen.size());
    for (const KindSpec* spec : chosen) kinds.push_back(ToProto(*spec));
    out = absl::StrCat(report::TextKinds(kinds),
                       "\nassay kinds KIND shows one of them.\n");
  }
  const absl::Status status = Print(out);
  if (status.ok()) return report::kExitProceed;
  Complain(std::string(status.message()));
  return report::kExitUsage;
}

}  // namespace assay::cli
