// SPDX-License-Identifier: Apache-2.0
#include "validator/diff/cause.h"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "validator/diff/cause_rules.h"

namespace assay::diff {
namespace {

using Json = nlohmann::json;

// A value as a cause may name it: no data but the most common of all.
std::string NameOfValue(const Value& value) {
  std::string text = ToText(value);
  if (std::holds_alternative<std::string>(value) && text.empty()) return "''";
  for (const char* shown : {"0", "1", "true", "false"}) {
    if (text == shown) return text;
  }
  return "a value";
}

std::string NullCause(const Value& source, const Value& target) {
  if (IsNull(source)) {
    return absl::StrCat("NULL became ", NameOfValue(target));
  }
  if (const auto* text = std::get_if<std::string>(&source)) {
    if (!text->empty() && text->find_first_not_of(' ') == std::string::npos) {
      return "blanks became NULL";
    }
    if (text->starts_with("0000-00-00")) return "zero date became NULL";
  }
  return absl::StrCat(NameOfValue(source), " became NULL");
}

bool IsNumber(const Value& value) {
  return std::holds_alternative<bool>(value) ||
         std::holds_alternative<int64_t>(value) ||
         std::holds_alternative<Decimal>(value) ||
         std::holds_alternative<double>(value);
}

bool IsTime(const Value& value) {
  return std::holds_alternative<Date>(value) ||
         std::holds_alternative<TimeOfDay>(value) ||
         std::holds_alternative<Timestamp>(value);
}

// Paths of members that differ; elements of a list share the path "a[]".
class JsonPaths {
 public:
  void Compare(const Json& source, const Json& target, const std::string& path,
               int depth) {
    if (source == target || paths_.size() > kMost) return;
    if (depth < kDeepest && source.is_object() && target.is_object()) {
      for (const auto& [name, value] : source.items()) {
        const auto other = target.find(name);
        if (other == target.end()) {
          Note(Member(path, name), "lost");
        } else {
          Compare(value, *other, Member(path, name), depth + 1);
        }
      }
      for (const auto& [name, value] : target.items()) {
        if (!source.contains(name)) Note(Member(path, name), "added");
      }
    } else if (depth < kDeepest && source.is_array() && target.is_array() &&
               source.size() == target.size()) {
      for (size_t i = 0; i < source.size(); ++i) {
        Compare(source[i], target[i], absl::StrCat(path, "[]"), depth + 1);
      }
    } else {
      Note(path, "differs");
    }
  }

  std::string Cause() const {
    if (paths_.size() > 1) return "several members differ";
    if (paths_.empty()) return "";
    const auto& [path, how] = *paths_.begin();
    if (path.empty()) return "another document";
    return absl::StrCat("member '", path, "' ", how);
  }

 private:
  static constexpr int kDeepest = 64;
  static constexpr size_t kMost = 1;
  static constexpr size_t kLongestPath = 200;

  static std::string Member(const std::string& path, const std::string& name) {
    return path.empty() ? name : absl::StrCat(path, ".", name);
  }
  void Note(const std::string& path, const char* how) {
    paths_.emplace(path.substr(0, kLongestPath), how);
  }

  std::map<std::string, std::string> paths_;
};

}  // namespace

std::string Count(int64_t count, const std::string& noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

std::string JsonCause(const std::string& source, const std::string& target) {
  const Json a = Json::parse(source, nullptr, /*allow_exceptions=*/false);
  const Json b = Json::parse(target, nullptr, /*allow_exceptions=*/false);
  if (a.is_discarded() || b.is_discarded()) return "";
  JsonPaths paths;
  paths.Compare(a, b, "", 0);
  return paths.Cause();
}

std::string BytesCause(std::string_view source, std::string_view target) {
  const auto without_zeros = [](std::string_view bytes) {
    return bytes.substr(0, bytes.find_last_not_of('\0') + 1);
  };
  if (without_zeros(source) == without_zeros(target)) {
    return "trailing zero bytes";
  }
  if (source.empty()) return "'' became a value";
  if (target.empty()) return "a value became ''";
  if (source.starts_with(target)) {
    return absl::StrCat("cut to ",
                        Count(static_cast<int64_t>(target.size()), "byte"));
  }
  return "";
}

PairCause FindCause(CompareType type, const Value& source,
                    const Value& target) {
  PairCause cause;
  if (IsNull(source) || IsNull(target)) {
    if (IsNull(source) != IsNull(target))
      cause.text = NullCause(source, target);
    return cause;
  }
  if (IsNumber(source) && IsNumber(target)) return NumberCause(source, target);
  if (IsTime(source) && IsTime(target)) return TimeCause(source, target);
  const auto* source_text = std::get_if<std::string>(&source);
  const auto* target_text = std::get_if<std::string>(&target);
  if (source_text != nullptr && target_text != nullptr) {
    cause.text = type == CompareType::kJson
                     ? JsonCause(*source_text, *target_text)
                     : TextCause(*source_text, *target_text);
    return cause;
  }
  const auto* source_bytes = std::get_if<Bytes>(&source);
  const auto* target_bytes = std::get_if<Bytes>(&target);
  if (source_bytes != nullptr && target_bytes != nullptr) {
    cause.text = BytesCause(source_bytes->data, target_bytes->data);
  }
  return cause;
}

std::string CauseOf(CompareType type, const Value& source,
                    const Value& target) {
  return FindCause(type, source, target).text;
}

}  // namespace assay::diff
