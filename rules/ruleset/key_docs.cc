// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/key_docs.h"

namespace assay {

const std::vector<KeyDoc>& TopLevelKeyDocs() {
  static const auto* const kDocs = new std::vector<KeyDoc>{
      {"version", "1", "", "The version of the rule set language."},
      {"name", "text", "", "The name that reports and runs show."},
      {"description", "text", "", "What the rule set is for."},
      {"migration", "text", "", "Groups the rule sets of one migration."},
      {"phase", "text", "",
       "The step of the migration: preflight, backfill, verify, cutover, "
       "contract, audit, or any other word."},
      {"owner", "text", "", "Whom to ask."},
      {"tags", "one or more texts", "", "Words to select rule sets by."},
      {"params", "map", "",
       "Typed parameters; `:name` stands for their values."},
      {"tables", "list", "", "Tables and the rules about them."},
      {"comparisons", "list", "",
       "Comparisons between a source and a target; not run by this version."},
  };
  return *kDocs;
}

const std::vector<KeyDoc>& TableKeyDocs() {
  static const auto* const kDocs = new std::vector<KeyDoc>{
      {"connection", "name or :parameter", "",
       "The connection, by its name in the server's configuration."},
      {"table", "name or :parameter", "",
       "The table, with its schema if need be."},
      {"where", "SQL", "", "Only these rows are looked at, by all rules."},
      {"rules", "list of rules", "", "What must hold of the table."},
  };
  return *kDocs;
}

const std::vector<KeyDoc>& ParameterKeyDocs() {
  static const auto* const kDocs = new std::vector<KeyDoc>{
      {"type", "a type", "", "What the parameter's value is."},
      {"default", "value", "", "The value of a run that gives none."},
      {"description", "text", "", "What the parameter is for."},
  };
  return *kDocs;
}

const std::vector<KeyDoc>& UniformKeyDocs() {
  static const auto* const kDocs = new std::vector<KeyDoc>{
      {"id", "1 to 128 letters, digits, . _ : -", "table.kind.columns",
       "Names the rule in results; unique in the rule set."},
      {"description", "text", "", "What the rule is for; shown in results."},
      {"where", "SQL", "",
       "Only these rows are judged; added to the table's `where` by AND."},
      {"severity", "fail or warn", "fail",
       "The verdict of a rule that is broken."},
      {"warn_above", "count or percentage", "",
       "WARN where more than this fails."},
      {"fail_above", "count or percentage", "0",
       "FAIL where more than this fails."},
      {"on_fail", "hold or rollback", "hold",
       "What a confirmed FAIL means for the migration."},
      {"on_error", "error, fail or warn", "error",
       "The verdict where the rule could not be judged."},
      {"on_empty", "fail, warn or pass", "fail; warn where all is filtered",
       "The verdict where there was nothing to judge."},
      {"samples", "0 to 1000", "10", "How many failing rows are shown."},
      {"timeout", "duration", "", "How long the rule may take."},
      {"tags", "one or more texts", "", "Words to select rules by."},
      {"owner", "text", "", "Whom to ask about the rule."},
  };
  return *kDocs;
}

std::vector<std::string> KeyNames(const std::vector<KeyDoc>& docs) {
  std::vector<std::string> names;
  for (const KeyDoc& doc : docs) names.emplace_back(doc.name);
  return names;
}

}  // namespace assay
