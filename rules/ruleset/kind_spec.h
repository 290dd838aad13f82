// SPDX-License-Identifier: Apache-2.0
// What the parser, the linter, the JSON Schema and `assay kinds` need to know
// of a rule kind. rules/kinds fills it in; this room never sees a kind itself.
#ifndef ASSAY_RULES_RULESET_KIND_SPEC_H_
#define ASSAY_RULES_RULESET_KIND_SPEC_H_

#include <string>
#include <vector>

#include "rules/ruleset/model.h"
#include "validator/base/issue.h"

namespace assay {

enum class ParamType {
  kColumn,       // A column's name, or :parameter of type column.
  kColumns,      // One or more columns; a single word is a list of one.
  kTable,        // A table's name, or :parameter of type table.
  kValue,        // A scalar typed by the column.
  kValues,       // A list of scalars typed by the column; at least one.
  kBound,        // A scalar typed by the column, or now() ± duration.
  kNumber,       // A decimal number.
  kInteger,      // An integer >= 0.
  kDuration,     // "24h"; above 0, or see `zero`.
  kFlag,         // true or false.
  kChoice,       // One of `choices`.
  kText,         // Any text.
  kWords,        // One or more texts; a single scalar is a list of one.
  kSql,          // SQL of the author's.
  kTolerance,    // "5" or "0.1%".
  kColumnTypes,  // Map of column to a type name, or to a map of attributes
                 // (`attributes` below), e.g. {id: integer, name: {type:
                 // text}}.
  kKeys,         // One or more keys: each a value, or a list of one value a
                 // column.
  kMap,          // A map of `fields`; Arguments hold "name.field" for each.
};

// What a kind of comparisons does with the comparison's key.
enum class KeyUse {
  kNone,      // Nothing.
  kOptional,  // Rows meet by it; without one they compare as a multiset.
  kRequired,  // Rows are looked up by it: it goes neither with `key: none` nor
              // with a policy that makes two keys of a database one.
  kTrusted,   // And what is not found must not be there: one value of the key
              // has one spelling, so that it does not go with `as` either.
};

struct ParamSpec {
  std::string name;
  ParamType type = ParamType::kText;
  bool required = false;
  std::string doc;                   // One sentence.
  std::vector<std::string> choices;  // kChoice, kWords; kColumnTypes:
                                     // attribute names.
  std::string default_text;          // For the documentation; "" none.
  bool zero = false;                 // kDuration: 0 is one, too.
  std::vector<ParamSpec> fields;     // kMap.
  KeyUse key_use = KeyUse::kNone;    // Where it asks for more than the kind.
};

// What rules of a kind are about: one table, or a source and a target. Kinds of
// different scopes may have the same name.
enum class KindScope { kTable, kComparison };

// "table" or "comparison".
const char* KindScopeName(KindScope scope);

// The uniform keys that a kind may take; `id`, `description`, `tags`, `owner`,
// `severity`, `on_fail`, `on_error`, `timeout` go with every kind.
struct UniformKeys {
  bool where = true;
  bool thresholds = true;  // warn_above, fail_above
  bool on_empty = true;
  bool samples = true;
};

struct KindSpec {
  KindScope scope = KindScope::kTable;
  std::string name;
  std::string summary;  // One line.
  // Markdown paragraphs: what counts as failing, NULL, empty, denominator.
  std::string semantics;
  std::string counter;      // What thresholds count: "failing rows"; "" none.
  std::string denominator;  // "rows with a non-NULL value"; "" none.
  std::vector<ParamSpec> params;
  // The parameter that a bare scalar or list stands for, as in
  // `not_null: [a, b]`; "" where only the map form is allowed.
  std::string shorthand;
  UniformKeys keys;
  KeyUse key_use = KeyUse::kNone;
  // Of comparisons: whether both sides should have the same rows, so that a
  // `where` on one of them alone is hardly meant.
  bool same_rows = false;
  // What is found (its text, measures and errors, not only samples) may be a
  // value of the data, e.g. a minimum; else it is counts and words of ours.
  bool finds_values = false;
  // A complete, lintable example: the YAML of one rule, unindented,
  // beginning "- ".
  std::string example;
  // Parameters that make the default id, joined with '_', e.g. {"columns"}.
  std::vector<std::string> id_params;
  // Checks that the specs cannot express (min above max, a bad regex);
  // appends issues. Must not be null.
  void (*check)(const Rule& rule, std::vector<Issue>& issues) = nullptr;
};

// The parameters of `kind`, each map followed by its fields as "map.field".
std::vector<ParamSpec> FlatParams(const KindSpec& kind);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_KIND_SPEC_H_
