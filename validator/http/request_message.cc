// SPDX-License-Identifier: Apache-2.0
#include "validator/http/request_message.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"
#include "validator/base/status.h"
#include "validator/http/json_check.h"
#include "validator/service/utf8.h"

namespace assay::http {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using nlohmann::json;

constexpr size_t kMaxShown = 100;
constexpr size_t kMaxWhy = 300;

absl::Status Bad(const std::string& message) {
  return MakeError(ErrorReason::kHttpRequestInvalid, message);
}

std::string Shown(const std::string& text) {
  return absl::StrCat("'", service::ValidUtf8Prefix(text, kMaxShown), "'");
}

// Its own words, on one line: "(timeout): invalid value …".
std::string Words(const google::protobuf::util::Status& status) {
  std::string out(status.message().data(), status.message().size());
  absl::RemoveExtraAsciiWhitespace(&out);
  while (absl::StartsWith(out, ":") || absl::StartsWith(out, " ")) {
    out.erase(0, 1);
  }
  return service::ValidUtf8Prefix(out, kMaxWhy);
}

absl::Status Read(const std::string& text, const std::string& what,
                  Message& message) {
  const auto status =
      google::protobuf::util::JsonStringToMessage(text, &message);
  if (status.ok()) return absl::OkStatus();
  return Bad(absl::StrCat(what, " does not fit: ", Words(status),
                          "; /openapi.json says what is asked for"));
}

const FieldDescriptor* FindField(const Descriptor& type,
                                 const std::string& name) {
  const FieldDescriptor* field = type.FindFieldByName(name);
  return field != nullptr ? field : type.FindFieldByCamelcaseName(name);
}

// "labels[team]" is the key "team" of the map "labels".
struct QueryName {
  std::string field;
  std::string key;
  bool has_key = false;
};

QueryName Split(const std::string& name) {
  const size_t open = name.find('[');
  if (open == std::string::npos || !absl::EndsWith(name, "]")) {
    return {.field = name};
  }
  return {.field = name.substr(0, open),
          .key = name.substr(open + 1, name.size() - open - 2),
          .has_key = true};
}

// Values of a query are texts; protobuf's reader takes numbers, truth values,
// enum values and durations as such.
absl::Status Add(const QueryItem& item, const Descriptor& type, json& out) {
  const QueryName name = Split(item.name);
  const FieldDescriptor* field = FindField(type, name.field);
  if (field == nullptr) {
    return Bad(absl::StrCat("the query has ", Shown(item.name),
                            ", which is not asked for here; /openapi.json says "
                            "what is"));
  }
  if (field->is_map() != name.has_key) {
    return Bad(absl::StrCat(
        field->is_map() ? "write " : "do not write ", Shown(item.name),
        field->is_map() ? absl::StrCat(" as ", field->name(), "[KEY]=VALUE")
                        : " with brackets: it has one value"));
  }
  json& value = out[field->name()];
  if (name.has_key) {
    if (value.contains(name.key)) {
      return Bad(absl::StrCat("the query has ", Shown(item.name), " twice"));
    }
    value[name.key] = item.value;
  } else if (field->is_repeated()) {
    value.push_back(item.value);
  } else if (!value.is_null()) {
    return Bad(absl::StrCat("the query has ", Shown(item.name), " twice"));
  } else {
    value = item.value;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadBody(const std::string& body, Message& message) {
  if (absl::StripAsciiWhitespace(body).empty()) return absl::OkStatus();
  ASSAY_RETURN_IF_ERROR(CheckJson(body));
  return Read(body, "the body", message);
}

absl::Status ReadQuery(const std::vector<QueryItem>& query, Message& message) {
  json object = json::object();
  for (const QueryItem& item : query) {
    ASSAY_RETURN_IF_ERROR(Add(item, *message.GetDescriptor(), object));
  }
  return Read(object.dump(), "the query", message);
}

absl::Status ReadPath(const Bindings& bindings, Message& message) {
  for (const auto& [name, value] : bindings) {
    const FieldDescriptor* field =
        message.GetDescriptor()->FindFieldByName(name);
    const auto& reflection = *message.GetReflection();
    const std::string before = reflection.GetString(message, field);
    if (!before.empty() && before != value) {
      return Bad(absl::StrCat(name, " is ", Shown(value),
                              " in the path and something else beside it"));
    }
    reflection.SetString(&message, field, value);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ToJson(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string out;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &out, options);
  if (status.ok()) return out;
  return MakeError(ErrorReason::kInternal,
                   absl::StrCat(message.GetTypeName(),
                                " cannot be written as JSON: ", Words(status)));
}

}  // namespace assay::http
