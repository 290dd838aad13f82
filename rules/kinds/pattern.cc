// SPDX-License-Identifier: Apache-2.0
// pattern: every value matches regular expressions (RE2, on every database).
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "re2/re2.h"
#include "rules/kinds/rule_kind.h"
#include "rules/kinds/scan_rule.h"

namespace assay {
namespace {

PatternTest TestOf(const CompileContext& context) {
  PatternTest test;
  const Arguments& args = context.args();
  const auto* words = args.Find<std::vector<Word>>("full");
  if (words == nullptr) {
    words = args.Find<std::vector<Word>>("partial");
    test.mode = MatchMode::kPartial;
  }
  if (words != nullptr) {
    for (const Word& word : *words) {
      test.patterns.push_back(context.WordText(word));
    }
  }
  const Word* require = args.Find<Word>("require");
  if (require != nullptr && require->text == "all") {
    test.combine = Combine::kAll;
  }
  const bool* forbid = args.Find<bool>("forbid");
  test.forbid = forbid != nullptr && *forbid;
  return test;
}

absl::Status Compile(const CompileContext& context, RulePlan& plan) {
  const Column column = context.ColumnArg("column");
  const PatternTest test = TestOf(context);
  for (const std::string& pattern : test.patterns) {
    const RE2 compiled(pattern, RE2::Quiet);
    if (!compiled.ok()) {
      return MakeError(ErrorReason::kValueInvalid,
                       absl::StrCat("pattern '", pattern,
                                    "' is not valid RE2: ", compiled.error()));
    }
  }
  plan.step = ValueScan{column, test, context.filter()};
  plan.shown = {column};
  plan.subject = column.name;
  plan.expected =
      absl::StrCat(column.name, test.forbid ? " does not match " : " matches ",
                   test.mode == MatchMode::kFull ? "in full " : "in part ",
                   test.patterns.size() < 2        ? ""
                   : test.combine == Combine::kAny ? "any of "
                                                   : "all of ",
                   absl::StrJoin(test.patterns, " , "));
  return absl::OkStatus();
}

Judgement Judge(const CompileContext& context, const Observation& observation) {
  return JudgeScanRule(observation,
                       TestOf(context).forbid ? "matching" : "not matching");
}

void CheckPattern(const Word& word, std::vector<Issue>& issues) {
  const RE2 compiled(word.text, RE2::Quiet);
  if (compiled.ok()) return;
  std::string hint;
  if (word.text.find("(?=") != std::string::npos ||
      word.text.find("(?!") != std::string::npos ||
      word.text.find("(?<=") != std::string::npos ||
      word.text.find("(?<!") != std::string::npos) {
    hint =
        "RE2 has no look-around; split it into two rules, one with 'forbid: "
        "true'";
  } else if (compiled.error_code() == RE2::ErrorBadEscape) {
    hint =
        "RE2 has no back-references and no \\Z; use \\z for the end of the "
        "text";
  }
  issues.push_back(
      {Severity::kError, "invalid_pattern",
       absl::StrCat("'", word.text,
                    "' is not a valid RE2 pattern: ", compiled.error()),
       word.range, hint});
}

void Check(const Rule& rule, std::vector<Issue>& issues) {
  const Arguments& args = rule.arguments;
  if (args.Has("full") == args.Has("partial")) {
    issues.push_back(
        {Severity::kError, "match_not_stated",
         args.Has("full") ? "both 'full' and 'partial' in pattern"
                          : "neither 'full' nor 'partial' in pattern",
         rule.range,
         "full: the whole value must match; partial: some part of it"});
  }
  for (const char* param : {"full", "partial"}) {
    if (const auto* words = args.Find<std::vector<Word>>(param)) {
      for (const Word& word : *words) CheckPattern(word, issues);
    }
  }
}

}  // namespace

const RuleKind& PatternKind() {
  static const auto* const kKind = new RuleKind{
      .spec =
          {.name = "pattern",
           .summary = "Every value matches regular expressions.",
           .semantics =
               "RE2 syntax on every database, evaluated by the server in "
               "linear time; the database only sends the column. `full` "
               "demands that the whole value matches, `partial` that some "
               "part does. Several patterns: `require: any` (default) or "
               "`all`. `forbid: true` turns the rule round: a value that "
               "matches fails. `.` does not match a newline, and `$` is the "
               "end of the text only (write `(?s)`, `(?m)` for the others); "
               "there are no look-arounds and no back-references. Quote "
               "patterns with single quotes in YAML. NULL is not judged.",
           .counter = "values that do not match",
           .denominator = "rows with a value",
           .params = {{.name = "column",
                       .type = ParamType::kColumn,
                       .required = true,
                       .doc = "The column."},
                      {.name = "full",
                       .type = ParamType::kWords,
                       .doc = "Patterns that the whole value must match."},
                      {.name = "partial",
                       .type = ParamType::kWords,
                       .doc = "Patterns that some part of the value must "
                              "match."},
                      {.name = "require",
                       .type = ParamType::kChoice,
                       .doc = "How many of several patterns must match.",
                       .choices = {"any", "all"},
                       .default_text = "any"},
                      {.name = "forbid",
                       .type = ParamType::kFlag,
                       .doc = "Values that match fail.",
                       .default_text = "false"}},
           .example = "- pattern: {column: email, full: "
                      "'[^@\\s]+@[^@\\s]+\\.[a-z]{2,}'}\n",
           .id_params = {"column"},
           .check = &Check},
      .compile = &Compile,
      .judge = &Judge};
  return *kKind;
}

}  // namespace assay
