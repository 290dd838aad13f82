// SPDX-License-Identifier: Apache-2.0
// YAML text → a tree that keeps what yaml-cpp's Node forgets: the place of each
// node, its quotes, and keys that occur twice.
//
// Values without shared state; the functions are pure and thread-safe.
#ifndef ASSAY_RULES_RULESET_YAML_TREE_H_
#define ASSAY_RULES_RULESET_YAML_TREE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validator/base/issue.h"

namespace assay {

struct YamlEntry;

struct YamlNode {
  enum class Type { kEmpty, kScalar, kSequence, kMap };
  enum class Style { kPlain, kQuoted, kLiteral, kFolded };

  Type type = Type::kEmpty;
  Style style = Style::kPlain;
  // kScalar: the text after YAML's escapes. YAML gives it no type: `no`,
  // `null` and `010` are texts. Only `~` and nothing at all are kEmpty.
  std::string text;
  // kScalar: the whole text with its quotes; for block scalars the lines of
  // text. Others: the first character.
  SourceRange range;
  // Whether `text` stands in the file as it is from `text_start` on: no escapes
  // and no folding. Line i of a kLiteral begins at text_start.column of line
  // text_start.line + i.
  bool verbatim = false;
  SourceRange text_start;
  bool alias = false;           // kEmpty because an alias stood here; reported.
  std::vector<YamlNode> items;  // kSequence
  std::vector<YamlEntry> entries;  // kMap, in the order of the file.

  bool IsScalar() const { return type == Type::kScalar; }
  bool quoted() const { return style != Style::kPlain; }
};

struct YamlEntry {
  YamlNode key;  // Always a scalar.
  YamlNode value;
};

// Parses one document. Appends an issue for each: broken syntax (the rest of
// the file is not read then), text that is not UTF-8, duplicate keys (the first
// is kept), keys that are not words, anchors, aliases, tags, a second document,
// more than 64 levels or 200000 nodes. nullopt where there is no whole
// document.
std::optional<YamlNode> ParseYamlTree(std::string_view text,
                                      std::vector<Issue>& issues);

// The place of byte `offset` of a scalar's text, `size` bytes long; the whole
// scalar's range where it cannot be told.
SourceRange RangeWithin(const YamlNode& scalar, size_t offset, size_t size);

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_YAML_TREE_H_
