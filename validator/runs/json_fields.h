// SPDX-License-Identifier: Apache-2.0
// The pieces of the store's JSON that results, requests and runs share; see
// result_json.h. Only the two files that write it include this.
#ifndef ASSAY_VALIDATOR_RUNS_JSON_FIELDS_H_
#define ASSAY_VALIDATOR_RUNS_JSON_FIELDS_H_

#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "rules/verdict/result.h"
#include "validator/base/status.h"
#include "validator/base/utf8.h"

namespace assay::runs {

using Json = nlohmann::json;

inline Json Text(const std::string& text) {
  if (IsValidUtf8(text)) return text;
  return Json{{"hex", absl::BytesToHexString(text)}};
}

inline std::string ToText(const Json& json) {
  if (json.is_object()) {
    return absl::HexStringToBytes(json.at("hex").get<std::string>());
  }
  return json.get<std::string>();
}

inline void PutText(Json& out, const char* key, const std::string& text) {
  if (!text.empty()) out[key] = Text(text);
}

inline void GetText(const Json& in, const char* key, std::string& text) {
  auto it = in.find(key);
  text = it == in.end() ? std::string() : ToText(*it);
}

template <typename T>
void Put(Json& out, const char* key, const T& value, const T& absent) {
  if (value != absent) out[key] = value;
}

template <typename T>
void Get(const Json& in, const char* key, T& value, const T& absent) {
  auto it = in.find(key);
  value = it == in.end() ? absent : it->get<T>();
}

// Verdicts, decisions and reasons are written by name: the enums may grow.
inline Verdict ParseVerdict(const std::string& name) {
  for (Verdict verdict :
       {Verdict::kPass, Verdict::kWarn, Verdict::kFail, Verdict::kError}) {
    if (name == VerdictName(verdict)) return verdict;
  }
  return Verdict::kUnspecified;
}

inline ErrorReason ParseReason(const std::string& name) {
  for (const ErrorReasonInfo& info : ErrorReasons()) {
    if (name == info.name) return info.reason;
  }
  return ErrorReason::kUnspecified;
}

inline Json ErrorJson(const ResultError& error) {
  return Json{{"reason", GetErrorReasonInfo(error.reason).name},
              {"message", Text(error.message)},
              {"retryable", error.retryable}};
}

inline ResultError ParseError(const Json& in) {
  ResultError error;
  error.reason = ParseReason(in.at("reason").get<std::string>());
  error.message = ToText(in.at("message"));
  error.retryable = in.at("retryable").get<bool>();
  return error;
}

// Runs `read` over the parsed text; the library's exceptions end here.
template <typename Read>
absl::Status ReadJson(std::string_view json, const char* what, Read read) {
  try {
    read(Json::parse(json.begin(), json.end()));
  } catch (const std::exception& e) {
    return MakeError(
        ErrorReason::kStoreFailed,
        absl::StrCat("the run store holds a damaged ", what, ": ", e.what()));
  }
  return absl::OkStatus();
}

}  // namespace assay::runs

#endif  // ASSAY_VALIDATOR_RUNS_JSON_FIELDS_H_
