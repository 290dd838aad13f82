// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/read_accept.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/ruleset/expect_scalar.h"
#include "rules/ruleset/key_docs.h"
#include "rules/ruleset/read_keys.h"
#include "rules/ruleset/read_scalar.h"

namespace assay {
namespace {

std::optional<Date> ReadDate(const YamlNode& node, const std::string& what,
                             ParseContext& context) {
  const std::optional<Word> word = ReadPlainText(node, what, context);
  if (!word.has_value()) return std::nullopt;
  const absl::StatusOr<Value> value = ParseValue(TypeClass::kDate, word->text);
  if (value.ok()) return std::get<Date>(*value);
  BadValue(node, "a date", what, context, "for example 2026-12-31");
  return std::nullopt;
}

void CheckScope(const YamlNode& node, const AcceptedDifference& accepted,
                ParseContext& context) {
  const std::vector<std::string> keys = KeyNames(AcceptKeyDocs());
  bool limited = false;
  for (const char* key : {"keys", "kind", "column", "cause"}) {
    limited = limited || !IsMissing(node, key, keys);
  }
  if (!limited) {
    context.Error("accepts_everything",
                  "an entry of 'accept' would accept every difference",
                  accepted.range,
                  "say which: give keys, kind, column or cause");
  }
  if (accepted.kind.empty() || accepted.kind == "changed") return;
  for (const char* key : {"column", "cause"}) {
    if (const YamlNode* value = FindKey(node, key)) {
      context.Error("accept_conflict",
                    absl::StrCat("'", key, "' speaks of changed rows, and '",
                                 "kind: ", accepted.kind, "' has none"),
                    value->range, "remove one of the two keys");
    }
  }
}

void ReadEntry(const YamlNode& node, ParseContext& context,
               std::vector<AcceptedDifference>& out) {
  const char* const kPlace = "an entry of 'accept'";
  if (node.alias ||
      !ExpectMap(node, kPlace,
                 "for example - {keys: [1, 2], reason: …, owner: …}",
                 context)) {
    return;
  }
  AcceptedDifference accepted;
  accepted.range =
      node.entries.empty() ? node.range : node.entries[0].key.range;
  const std::vector<std::string> keys = KeyNames(AcceptKeyDocs());
  ReportUnknownKeys(node, keys, kPlace, context);
  for (const char* key : {"reason", "owner"}) {
    if (IsMissing(node, key, keys)) {
      context.Error("missing_key", absl::StrCat(kPlace, " needs '", key, "'"),
                    accepted.range,
                    "who looks at it later must know why, and whom to ask");
    }
  }
  if (const YamlNode* value = FindKey(node, "keys")) {
    if (auto read = ReadKeys(*value, "'keys' of 'accept'", context)) {
      accepted.keys = *std::move(read);
    }
  }
  if (const YamlNode* value = FindKey(node, "kind")) {
    if (const auto word = ReadChoice(*value, {"missing", "extra", "changed"},
                                     "'kind' of 'accept'", context)) {
      accepted.kind = word->text;
    }
  }
  const std::pair<const char*, std::string*> texts[] = {
      {"column", &accepted.column},
      {"cause", &accepted.cause},
      {"reason", &accepted.reason},
      {"owner", &accepted.owner}};
  for (const auto& [key, field] : texts) {
    const YamlNode* value = FindKey(node, key);
    if (value == nullptr) continue;
    if (const auto word = ReadPlainText(
            *value, absl::StrCat("'", key, "' of 'accept'"), context)) {
      *field = word->text;
    }
  }
  if (const YamlNode* value = FindKey(node, "until")) {
    accepted.until = ReadDate(*value, "'until' of 'accept'", context);
  }
  CheckScope(node, accepted, context);
  out.push_back(std::move(accepted));
}

}  // namespace

std::vector<AcceptedDifference> ReadAccepted(const YamlNode& node,
                                             ParseContext& context) {
  std::vector<AcceptedDifference> out;
  if (!ExpectItems(node, "'accept'",
                   "for example - {keys: [1, 2], reason: …, owner: …}",
                   context)) {
    return out;
  }
  for (const YamlNode& item : node.items) {
    if (context.crowded()) break;
    ReadEntry(item, context, out);
  }
  return out;
}

}  // namespace assay
