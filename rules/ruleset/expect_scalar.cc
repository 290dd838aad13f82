// SPDX-License-Identifier: Apache-2.0
#include "rules/ruleset/expect_scalar.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace assay {

std::string Quote(const std::string& text) {
  constexpr size_t kMost = 60;
  const std::string line = text.substr(0, text.find('\n'));
  if (line.size() <= kMost && line.size() == text.size()) {
    return absl::StrCat("'", text, "'");
  }
  size_t size = std::min(kMost, line.size());
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) {
    --size;
  }
  return absl::StrCat("'", text.substr(0, size), "…'");
}

const std::string* Scalar(const YamlNode& node, const std::string& expected,
                          const std::string& what, ParseContext& context) {
  if (node.IsScalar()) return &node.text;
  if (node.alias) return nullptr;  // Reported where it stands.
  if (node.type == YamlNode::Type::kEmpty) {
    context.Error("missing_value", absl::StrCat(what, " has no value"),
                  node.range, absl::StrCat("it takes ", expected));
  } else {
    context.Error("wrong_type",
                  absl::StrCat(what, " must be ", expected, ", not ",
                               std::string(Describe(node))),
                  node.range);
  }
  return nullptr;
}

void BadValue(const YamlNode& node, const std::string& expected,
              const std::string& what, ParseContext& context,
              std::string hint) {
  context.Error(
      "bad_value",
      absl::StrCat(what, " must be ", expected, ", not ", Quote(node.text)),
      node.range, std::move(hint));
}

std::string ReferenceName(const YamlNode& node) {
  if (!node.IsScalar() || node.quoted() || node.text.size() < 2 ||
      node.text.front() != ':' || !IsIdentifier(node.text.substr(1))) {
    return "";
  }
  return node.text.substr(1);
}

bool RefuseReference(const YamlNode& node, const std::string& what,
                     ParseContext& context) {
  const std::string name = ReferenceName(node);
  if (name.empty()) return false;
  context.used_parameters.insert(name);
  context.Error("parameter_not_possible",
                absl::StrCat(what, " cannot be a parameter"), node.range,
                absl::StrCat("write the value itself, or \":", name,
                             "\" in quotes if the text is meant"));
  return true;
}

}  // namespace assay
