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
       "Comparisons between a source and a target, and their rules."},
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

const std::vector<KeyDoc>& ComparisonKeyDocs() {
  static const auto* const kDocs = new std::vector<KeyDoc>{
      {"source", "a side", "", "Where the data come from."},
      {"target", "a side", "", "Where they must have arrived."},
      {"key", "one or more columns, or none",
       "the first key that both catalogs prove",
       "The columns by which rows meet; `none` compares them as a multiset."},
      {"columns", "map", "all that have the same name on both sides",
       "Which columns are compared, and how."},
      {"except_tables", "one or more names, * and ?", "",
       "With `tables`: these are left out."},
      {"consistency", "snapshot, statement or strict", "snapshot",
       "What a reading promises: one snapshot a side, each statement for "
       "itself, or a snapshot without which it is an error or starts again."},
      {"accept", "list", "",
       "Differences that are known and agreed: shown, not counted."},
      {"rules", "list of rules", "", "What must hold of both sides."},
  };
  return *kDocs;
}

const std::vector<KeyDoc>& SideKeyDocs() {
  static const auto* const kDocs = new std::vector<KeyDoc>{
      {"connection", "name or :parameter", "",
       "The connection, by its name in the server's configuration."},
      {"table", "name or :parameter", "",
       "The table, with its schema if need be."},
      {"tables", "schema.*, with * and ?", "",
       "Many tables, each paired with the other side's of the same name."},
      {"query", "SQL", "", "A SELECT whose result is the table."},
      {"where", "SQL", "", "Only these rows of the side are looked at."},
  };
  return *kDocs;
}

const std::vector<KeyDoc>& ComparedColumnsKeyDocs() {
  static const auto* const kDocs = new std::vector<KeyDoc>{
      {"only", "one or more columns", "all", "Only these and the key."},
      {"except", "one or more columns", "none", "All but these."},
      {"map", "map of column to column, or to a mapping", "",
       "Columns that have not the same name on both sides."},
      {"policies", "map of column to policy", "",
       "What counts as equal in a column; without a policy it is exact."},
  };
  return *kDocs;
}

const std::vector<KeyDoc>& MappingKeyDocs() {
  static const auto* const kDocs = new std::vector<KeyDoc>{
      {"source", "column", "the mapping's name", "The source's column."},
      {"source_sql", "SQL", "", "Or an expression of the source's columns."},
      {"target", "column", "the mapping's name", "The target's column."},
      {"target_sql", "SQL", "", "Or an expression of the target's columns."},
  };
  return *kDocs;
}

const std::vector<KeyDoc>& PolicyKeyDocs() {
  static const auto* const kDocs = new std::vector<KeyDoc>{
      {"tolerance", "number", "0",
       "Numbers: how far the target may be from the source."},
      {"relative_tolerance", "number", "0",
       "Numbers: the same, as a share of the source's; either suffices."},
      {"precision", "0 to 6", "6",
       "Times: the fractional digits of a second that count."},
      {"rounding", "truncate or round", "truncate",
       "Times: what `precision` does with the other digits."},
      {"trim", "trailing or both", "",
       "Texts: blanks that do not count, U+0020 only."},
      {"ignore_case", "true or false", "false",
       "Texts: case does not count, of ASCII letters only."},
      {"empty_is_null", "true or false", "false",
       "Texts: an empty one equals NULL."},
      {"as", "a type", "what both catalogs say",
       "Both values are read as this type, e.g. json."},
  };
  return *kDocs;
}

const std::vector<KeyDoc>& AcceptKeyDocs() {
  static const auto* const kDocs = new std::vector<KeyDoc>{
      {"keys", "list of keys", "any",
       "The keys: [1, 2], or [[1, a], [2, b]] where a key has more columns."},
      {"kind", "missing, extra or changed", "any", "The kind of difference."},
      {"column", "column", "any", "Of changed rows: only in this column."},
      {"cause", "text", "any",
       "Of changed rows: only with this cause, as results name it."},
      {"reason", "text", "", "Why it is accepted; required."},
      {"owner", "text", "", "Whom to ask about it; required."},
      {"until", "date", "", "The last day on which it is accepted."},
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
  names.reserve(docs.size());
  for (const KeyDoc& doc : docs) names.emplace_back(doc.name);
  return names;
}

}  // namespace assay
