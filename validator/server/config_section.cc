// SPDX-License-Identifier: Apache-2.0
#include "validator/server/config_section.h"

#include <charconv>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "validator/value/value.h"

namespace assay::server {

SourceRange RangeOf(const YAML::Mark& mark, size_t length) {
  if (mark.is_null()) return {};
  return {.line = mark.line + 1,
          .column = mark.column + 1,
          .end_line = mark.line + 1,
          .end_column = mark.column + 1 + static_cast<int>(length)};
}

Section::Section(std::string name, std::vector<Issue>& issues)
    : name_(std::move(name)), issues_(issues) {}

Section& Section::On(const std::string& key, Read read) {
  reads_.emplace(key, std::move(read));
  return *this;
}

Section& Section::Integer(const std::string& key, int64_t least, int64_t most,
                          std::function<void(int64_t)> set) {
  return On(key, [=, this, set = std::move(set)](const YAML::Node& node) {
    int64_t value = 0;
    const std::string text = Text(node);
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    if (parsed.ec == std::errc() && parsed.ptr == end && value >= least &&
        value <= most) {
      return set(value);
    }
    Mistake(
        node, "bad_integer",
        absl::StrCat(key, " must be an integer from ", least, " to ", most));
  });
}

Section& Section::Duration(const std::string& key,
                           std::function<void(absl::Duration)> set) {
  return On(key, [=, this, set = std::move(set)](const YAML::Node& node) {
    const std::optional<int64_t> micros = ParseDurationMicros(Text(node));
    if (micros && *micros > 0) return set(absl::Microseconds(*micros));
    Mistake(node, "bad_duration",
            absl::StrCat(key, " must be a duration such as 30s, 15m, 90d"));
  });
}

Section& Section::Boolean(const std::string& key,
                          std::function<void(bool)> set) {
  return On(key, [=, this, set = std::move(set)](const YAML::Node& node) {
    const std::string text = Text(node);
    if (text == "true" || text == "false") return set(text == "true");
    Mistake(node, "bad_boolean", absl::StrCat(key, " must be true or false"));
  });
}

Section& Section::String(const std::string& key,
                         std::function<void(const std::string&)> set) {
  return On(key, [=, this, set = std::move(set)](const YAML::Node& node) {
    const std::string text = Text(node);
    if (!text.empty()) return set(text);
    Mistake(node, absl::StrCat("bad_", key),
            absl::StrCat(key, " must be a text that is not empty"));
  });
}

Section& Section::Strings(const std::string& key, const std::string& form,
                          std::function<void(const std::string&)> add) {
  return On(key, [=, this, add = std::move(add)](const YAML::Node& node) {
    std::vector<YAML::Node> items;
    if (node.IsSequence()) {
      for (const YAML::Node& item : node) items.push_back(item);
    } else {
      items.push_back(node);
    }
    for (const YAML::Node& item : items) {
      add(Text(item));
      if (!Text(item).empty()) continue;
      Mistake(item, absl::StrCat("bad_", key),
              absl::StrCat(key, " must be ", form, ", or a list of them"));
    }
  });
}

void Section::ReadAll(const YAML::Node& node) {
  if (node.IsNull()) return;
  if (!node.IsMap()) {
    return Mistake(node, "not_a_map",
                   absl::StrCat(name_, " must be a map of keys"));
  }
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const YAML::Node& key = entry.first;
    const std::string word = Text(key);
    const auto read = reads_.find(word);
    if (read == reads_.end()) {
      Unknown(key, word);
    } else if (!seen.insert(word).second) {
      Mistake(key, "duplicate_key",
              absl::StrCat("'", word, "' stands twice in ", name_));
    } else {
      read->second(entry.second);
    }
  }
}

std::string Section::Text(const YAML::Node& node) {
  return node.IsScalar() ? node.Scalar() : std::string();
}

void Section::Mistake(const YAML::Node& node, const std::string& code,
                      const std::string& message, const std::string& hint) {
  issues_.push_back({.code = code,
                     .message = message,
                     .range = RangeOf(node.Mark(), Text(node).size()),
                     .hint = hint});
}

void Section::Unknown(const YAML::Node& key, const std::string& word) {
  std::vector<std::string> known;
  for (const auto& [name, read] : reads_) known.push_back(name);
  const std::string nearest = NearestName(word, known);
  Mistake(key, "unknown_key",
          absl::StrCat("unknown key '", word, "' in ", name_),
          nearest.empty() ? "" : absl::StrCat("did you mean '", nearest, "'?"));
}

}  // namespace assay::server
