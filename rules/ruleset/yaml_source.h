// SPDX-License-Identifier: Apache-2.0
// The raw text behind a YAML tree: yaml-cpp reports only where a node starts.
#ifndef ASSAY_RULES_RULESET_YAML_SOURCE_H_
#define ASSAY_RULES_RULESET_YAML_SOURCE_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "rules/ruleset/yaml_tree.h"
#include "validator/base/issue.h"

namespace assay {

// Places in one text; borrows it. Immutable, thread-safe.
class YamlSource {
 public:
  explicit YamlSource(std::string_view text);

  // Appends one issue for the first byte that no YAML text may hold: broken
  // UTF-8, control characters, a carriage return alone.
  void CheckCharacters(std::vector<Issue>& issues) const;

  // Byte offset of a place that counts from 0; clamped into the text.
  size_t OffsetOf(int line, int column) const;
  // The place of `offset`, from 1.
  SourceRange PlaceOf(size_t offset) const;
  SourceRange RangeOf(size_t begin, size_t end) const;

  std::string_view text() const { return text_; }
  char At(size_t offset) const {
    return offset < text_.size() ? text_[offset] : '\0';
  }
  // Line `line` (from 0) without its end.
  std::string_view Line(size_t line) const;
  size_t lines() const { return line_starts_.size(); }

  // Fills in style, range, verbatim and text_start of a scalar that begins at
  // `offset`. Returns false where a closing quote is missing (yaml-cpp takes
  // the end of the file for one).
  bool PlaceScalar(size_t offset, YamlNode& node) const;

  // Where an empty item of a sequence stands, given where yaml-cpp says it
  // does, which is at the next thing in the file.
  SourceRange PlaceEmptyItem(size_t offset) const;

 private:
  bool PlaceQuoted(size_t offset, YamlNode& node) const;
  void PlacePlain(size_t offset, YamlNode& node) const;
  void PlaceBlock(size_t offset, YamlNode& node) const;

  std::string_view text_;
  std::vector<size_t> line_starts_;
};

}  // namespace assay

#endif  // ASSAY_RULES_RULESET_YAML_SOURCE_H_
