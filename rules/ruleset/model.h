// SPDX-License-Identifier: Apache-2.0
// A rule set as the user wrote it, typed and with its places in the file.
//
// Plain data without behaviour; immutable once parsed, so it may be shared
// between threads without locks.
#ifndef ASSAY_RULES_RULESET_MODEL_H_
#define ASSAY_RULES_RULESET_MODEL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "validator/base/issue.h"
#include "validator/value/value.h"

namespace assay {

// A word of the file and where it stands.
struct Word {
  std::string text;
  SourceRange range;
  // Name of the parameter of type column or table that stands here, written
  // `:name` without quotes; empty: `text` is meant as it is.
  std::string parameter;
};

// A scalar that gets its type later, from the column or the parameter that it
// meets. Written `:name`, unquoted, it stands for a parameter.
struct Literal {
  std::string text;
  bool quoted = false;  // Quoted in the file: always text.
  SourceRange range;
  std::string parameter;  // Name of the parameter; empty: a plain literal.
};

// `now()`, `now() - 24h`, `now() + 1d`: the run's as_of and an offset.
struct NowOffset {
  int64_t offset_micros = 0;
  SourceRange range;
};

// A bound of a range: a literal, or a time relative to the run.
using Bound = std::variant<Literal, NowOffset>;

// SQL of the author's, as it stands in the file; opaque to everything but
// validator/sql. The range begins at the first character of the text. Where the
// text is a block scalar (`|`), its line i is line range.line + i of the file
// and begins at range.column.
struct SqlText {
  std::string text;
  SourceRange range;
};

// A threshold: a count, or a percentage with its exact digits.
struct Threshold {
  Decimal value;
  bool percent = false;
  SourceRange range;
  friend bool operator==(const Threshold&, const Threshold&) = default;
};

// What a parameter of a rule kind may hold; ParamType (kind_spec.h) says which.
using ArgValue =
    std::variant<Word,                  // kColumn, kTable, kChoice, kText
                 std::vector<Word>,     // kColumns, kWords
                 Literal,               // kValue
                 std::vector<Literal>,  // kValues
                 Bound,                 // kBound
                 Decimal,               // kNumber
                 int64_t,               // kInteger; kDuration in microseconds
                 bool,                  // kFlag
                 SqlText,               // kSql
                 Threshold,             // kTolerance
                 std::vector<std::vector<Literal>>,  // kKeys
                 std::vector<std::pair<Word, std::map<std::string, Word>>>>;
//                                        kColumnTypes: column → attributes
//                                        kMap: its fields, as "map.field"

struct Argument {
  ArgValue value;
  SourceRange range;
};

// The arguments of one rule by parameter name. The parser has checked names,
// types and presence against the kind's ParamSpecs, so that a kind may call
// Get<T>("column") without looking.
struct Arguments {
  std::map<std::string, Argument> by_name;

  bool Has(const std::string& name) const { return by_name.count(name) > 0; }

  // Null where the argument is absent. REQUIRES: T is the alternative of the
  // parameter's type.
  template <typename T>
  const T* Find(const std::string& name) const {
    auto it = by_name.find(name);
    return it == by_name.end() ? nullptr : &std::get<T>(it->second.value);
  }

  // REQUIRES: Has(name).
  template <typename T>
  const T& Get(const std::string& name) const {
    return std::get<T>(by_name.at(name).value);
  }

  SourceRange RangeOf(const std::string& name) const {
    auto it = by_name.find(name);
    return it == by_name.end() ? SourceRange{} : it->second.range;
  }
};

enum class RuleSeverity { kFail, kWarn };
enum class OnFail { kHold, kRollback };
enum class OnError { kError, kFail, kWarn };  // Verdict where not judged.
enum class OnEmpty { kFail, kWarn, kPass };

// One rule. Keys that were absent keep the defaults below.
struct Rule {
  std::string id;    // Given, or made by the parser: "payment.range.amount".
  std::string kind;  // A name of the kinds that the parser was given.
  Arguments arguments;
  std::string description;
  std::optional<SqlText> where;
  RuleSeverity severity = RuleSeverity::kFail;
  std::optional<Threshold> warn_above;
  std::optional<Threshold> fail_above;
  OnFail on_fail = OnFail::kHold;
  OnError on_error = OnError::kError;
  std::optional<OnEmpty> on_empty;  // Absent: design.md's defaults.
  std::optional<int64_t> samples;   // Absent: kDefaultSamples.
  std::optional<int64_t> timeout_micros;
  std::vector<std::string> tags;
  std::string owner;
  SourceRange range;  // The kind key.
};

inline constexpr int64_t kDefaultSamples = 10;
inline constexpr int64_t kMaxSamples = 1000;

// Rules about one table.
struct TableRules {
  Literal connection;  // May be a parameter of type connection.
  Literal table;       // May be a parameter of type table.
  std::optional<SqlText> where;
  std::vector<Rule> rules;
  SourceRange range;
};

// One side of a comparison. Exactly one of `table`, `tables`, `query` is set,
// and the other side has the same one but that a table may meet a query.
struct ComparisonSide {
  Literal connection;            // May be a parameter of type connection.
  std::optional<Literal> table;  // May be a parameter of type table.
  // "public.*", "legacy.pay*": every table whose name matches ('*', '?'),
  // paired with the other side's by the name without schema, without case.
  std::optional<Word> tables;
  std::optional<SqlText> query;  // A SELECT; its result is the table.
  std::optional<SqlText> where;
  SourceRange range;
};

enum class Trim { kNone, kTrailing, kBoth };  // Of blanks (U+0020).
enum class Rounding { kRound, kTruncate };

// What the author declares about the equality of one column. Everything absent
// compares exactly.
struct ColumnPolicy {
  Word column;  // The source's name, or the mapped one.
  // Numbers: |a - b| <= tolerance, or <= relative * |source|; either suffices.
  std::optional<Decimal> tolerance;
  std::optional<Decimal> relative_tolerance;
  // Timestamps and times: fractional digits that count, 0 to 6.
  std::optional<int> precision;
  Rounding rounding = Rounding::kTruncate;
  Trim trim = Trim::kNone;
  bool ignore_case = false;    // ASCII letters only.
  bool empty_is_null = false;  // '' equals NULL.
  // Compare as this type; a value that is none of it is a difference. (The name
  // is a TypeClassName or an alias.)
  std::optional<TypeClass> as;
  SourceRange range;
};

// A pair of columns that by-name matching would not find.
struct ColumnMapping {
  std::string name;  // What results call it.
  // Of each side one: a column's name, or an expression in the side's SQL.
  std::optional<Word> source, target;
  std::optional<SqlText> source_sql, target_sql;
  SourceRange range;
};

// Which columns are compared, and how. `only` and `except` are the source's
// names (or the target's, for a column that only the target has).
struct ComparedColumns {
  std::vector<Word> only;  // Empty: all.
  std::vector<Word> except;
  std::vector<ColumnMapping> map;
  std::vector<ColumnPolicy> policies;
};

// Differences that are known and agreed; shown, and not counted as failing.
struct AcceptedDifference {
  // Each a key: one value for each key column. Empty: any key.
  std::vector<std::vector<Literal>> keys;
  std::string kind;    // "missing", "extra", "changed"; empty: any.
  std::string column;  // Of changed rows; empty: any.
  std::string cause;   // As results name causes; empty: any.
  std::string reason;  // Why it is accepted.
  std::string owner;
  std::optional<Date> until;  // The last day on which it counts.
  SourceRange range;
};

// What a reading of both sides promises.
enum class Consistency {
  kSnapshot,   // Each side in one snapshot where the database has them.
  kStatement,  // Each statement for itself.
  kStrict,     // As snapshot, and an interrupted comparison starts again.
};

// Rules about a source and a target.
struct Comparison {
  ComparisonSide source;
  ComparisonSide target;
  // Of the source, or mapped names; empty: the first key that the catalogs of
  // both sides prove.
  std::vector<Word> key;
  bool keyless = false;  // `key: none`: rows compare as a multiset.
  ComparedColumns columns;
  std::vector<Word> except_tables;  // With `tables`: names, '*' and '?'.
  std::vector<AcceptedDifference> accept;
  Consistency consistency = Consistency::kSnapshot;
  std::vector<Rule> rules;  // Their kinds are comparison kinds.
  SourceRange range;
};

enum class ParamKind {
  kText,
  kInteger,
  kDecimal,
  kBoolean,
  kDate,
  kTimestamp,
  kConnection,
  kTable,
  kColumn,
};

// "text", "integer", …: as `type:` of a parameter spells it.
std::string_view ParamKindName(ParamKind kind);
std::optional<ParamKind> ParseParamKind(std::string_view name);

struct Parameter {
  std::string name;
  ParamKind kind = ParamKind::kText;
  std::optional<Literal> default_value;
  std::string description;
  SourceRange range;
};

struct RuleSet {
  std::string name;
  std::string description;
  std::string migration;
  std::string phase;
  std::string owner;
  std::vector<std::string> tags;
  std::vector<Parameter> parameters;
  std::vector<TableRules> tables;
  std::vector<Comparison> comparisons;

  const Parameter* FindParameter(std::string_view parameter_name) const;
};

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_MODEL_H_
