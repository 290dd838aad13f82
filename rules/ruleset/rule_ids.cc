// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/rule_ids.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "rules/ruleset/kind_spec.h"

namespace assay {
namespace {

// Leaves room for "_123456" below the 128 bytes of an id.
constexpr size_t kMaxMadeBytes = 120;

// Letters, digits and a few signs stay; a run of anything else is one '_'.
std::string IdPart(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-') {
      out.push_back(c);
    } else if (!out.empty() && out.back() != '_') {
      out.push_back('_');
    }
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

struct PartsOf {
  std::vector<std::string>& parts;

  void operator()(const Word& word) const { parts.push_back(word.text); }
  void operator()(const Literal& literal) const {
    parts.push_back(literal.text);
  }
  void operator()(const Bound& bound) const {
    if (const auto* literal = std::get_if<Literal>(&bound)) (*this)(*literal);
  }
  void operator()(const SqlText& sql) const { parts.push_back(sql.text); }
  void operator()(const Decimal& decimal) const {
    parts.push_back(decimal.digits);
  }
  void operator()(const Threshold& threshold) const {
    (*this)(threshold.value);
  }
  void operator()(int64_t integer) const {
    parts.push_back(std::to_string(integer));
  }
  void operator()(bool flag) const { parts.push_back(flag ? "true" : "false"); }
  void operator()(
      const std::pair<Word, std::map<std::string, Word>>& column) const {
    (*this)(column.first);
  }
  template <typename T>
  void operator()(const std::vector<T>& list) const {
    for (const T& one : list) (*this)(one);
  }
};

// What ids of rules about a table begin with.
std::string Prefix(const Literal& table) {
  return IdPart(table.parameter.empty()
                    ? table.text.substr(table.text.rfind('.') + 1)
                    : table.parameter);
}

std::string Prefix(const Comparison& comparison) {
  for (const ComparisonSide* side : {&comparison.source, &comparison.target}) {
    if (side->table.has_value()) return Prefix(*side->table);
    if (!side->tables.has_value()) continue;
    // "public.pay*" → "pay", "sakila.*" → "sakila".
    const std::string& text = side->tables->text;
    std::string name = IdPart(text.substr(text.rfind('.') + 1));
    if (name.empty()) name = IdPart(text);
    if (!name.empty()) return name;
  }
  return comparison.source.query.has_value() ? "query" : "";
}

// A rule, what its id begins with, and the scope of its kind.
struct Place {
  Rule* rule;
  std::string prefix;
  KindScope scope;
};

std::vector<Place> AllRules(RuleSet& rule_set) {
  std::vector<Place> out;
  for (TableRules& table : rule_set.tables) {
    for (Rule& rule : table.rules) {
      out.push_back({&rule, Prefix(table.table), KindScope::kTable});
    }
  }
  for (Comparison& comparison : rule_set.comparisons) {
    for (Rule& rule : comparison.rules) {
      out.push_back({&rule, Prefix(comparison), KindScope::kComparison});
    }
  }
  return out;
}

std::string DefaultId(const Place& place, ParseContext& context) {
  const Rule& rule = *place.rule;
  std::string id = place.prefix;
  if (!id.empty()) id.push_back('.');
  id += rule.kind;
  context.scope = place.scope;
  std::vector<std::string> parts;
  if (const KindSpec* kind = context.FindKind(rule.kind)) {
    for (const std::string& param : kind->id_params) {
      const auto it = rule.arguments.by_name.find(param);
      if (it != rule.arguments.by_name.end()) {
        std::visit(PartsOf{parts}, it->second.value);
      }
    }
  }
  std::string joined;
  for (const std::string& part : parts) {
    const std::string safe = IdPart(part);
    if (safe.empty()) continue;
    absl::StrAppend(&joined, joined.empty() ? "" : "_", safe);
  }
  if (!joined.empty()) absl::StrAppend(&id, ".", joined);
  return id.substr(0, kMaxMadeBytes);
}

}  // namespace

void AssignRuleIds(RuleSet& rule_set, ParseContext& context) {
  const std::vector<Place> places = AllRules(rule_set);
  std::map<std::string, SourceRange> given;
  for (const Place& place : places) {
    const Rule& rule = *place.rule;
    if (rule.id.empty()) continue;
    const auto [it, fresh] = given.emplace(rule.id, rule.range);
    if (fresh) continue;
    context.Error(
        "duplicate_id", absl::StrCat("two rules have the id '", rule.id, "'"),
        rule.range, absl::StrCat("the first is in line ", it->second.line));
  }
  std::set<std::string> taken;
  for (const auto& [id, range] : given) taken.insert(id);
  // Where the search for a free number goes on, so that a thousand equal rules
  // do not take a million steps.
  std::map<std::string, int> last_number;
  for (const Place& place : places) {
    Rule& rule = *place.rule;
    if (!rule.id.empty()) continue;
    const std::string base = DefaultId(place, context);
    int& number = last_number[base];
    do {
      ++number;
      rule.id = number == 1 ? base : absl::StrCat(base, "_", number);
    } while (!taken.insert(rule.id).second);
  }
}

}  // namespace assay
