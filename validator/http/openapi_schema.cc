// SPDX-License-Identifier: Apache-2.0
#include "validator/http/openapi_schema.h"

#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.pb.h"
#include "validator/http/api_descriptors.h"

namespace assay::http {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

constexpr char kSchemas[] = "#/components/schemas/";

// "assay.v1.Run.State" -> "Run.State".
std::string NameOf(const std::string& full_name, const std::string& package) {
  return full_name.substr(package.size() + 1);
}

Json Integer(const char* format) {
  return {{"type", "integer"}, {"format", format}};
}

// 64 bits do not fit into JavaScript's numbers.
Json Text64(const char* format) {
  return {
      {"type", "string"},
      {"format", format},
      {"pattern", absl::StartsWith(format, "u") ? "^[0-9]+$" : "^-?[0-9]+$"}};
}

Json WellKnown(const Descriptor& message) {
  const std::string& type = message.full_name();
  if (type == "google.protobuf.Timestamp") {
    return {{"type", "string"}, {"format", "date-time"}};
  }
  if (type == "google.protobuf.Duration") {
    return {{"type", "string"},
            {"pattern", "^-?[0-9]+(\\.[0-9]{1,9})?s$"},
            {"examples", Json::array({"25s"})}};
  }
  return {};
}

}  // namespace

const google::protobuf::ServiceDescriptor* ApiService() {
  static const auto* const service = [] {
    google::protobuf::FileDescriptorSet files;
    files.ParseFromArray(kApiDescriptors,
                         static_cast<int>(kApiDescriptorsSize));
    auto* pool = new google::protobuf::DescriptorPool();
    // protoc writes each file behind those that it imports.
    for (const auto& file : files.file()) pool->BuildFile(file);
    return pool->FindServiceByName("assay.v1.ValidationService");
  }();
  return service;
}

bool IsRequired(const FieldDescriptor& field) {
  return absl::StartsWith(CommentOf(field), "Required.");
}

Json SchemaBook::OfEnum(const EnumDescriptor& type) {
  const std::string name = NameOf(type.full_name(), type.file()->package());
  if (!components_.contains(name)) {
    Json values = Json::array();
    std::string text = CommentOf(type);
    for (int i = 0; i < type.value_count(); ++i) {
      values.push_back(type.value(i)->name());
      absl::StrAppend(&text, text.empty() ? "- " : "\n- ",
                      type.value(i)->name(), ": ", CommentOf(*type.value(i)));
    }
    components_[name] = {
        {"type", "string"}, {"description", text}, {"enum", std::move(values)}};
  }
  return {{"$ref", kSchemas + name}};
}

Json SchemaBook::OfMessage(const Descriptor& message, Role role) {
  if (Json known = WellKnown(message); !known.is_null()) return known;
  const std::string name =
      NameOf(message.full_name(), message.file()->package());
  if (!components_.contains(name)) {
    // Its place is taken before its fields may refer to it.
    components_[name] = Json::object();
    Json schema = Object(message, role, {});
    components_[name] = std::move(schema);
  }
  return {{"$ref", kSchemas + name}};
}

Json SchemaBook::OfValue(const FieldDescriptor& field, Role role) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return Integer("int32");
    case FieldDescriptor::CPPTYPE_UINT32:
      return Integer("uint32");
    case FieldDescriptor::CPPTYPE_INT64:
      return Text64("int64");
    case FieldDescriptor::CPPTYPE_UINT64:
      return Text64("uint64");
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return {{"type", "number"}};
    case FieldDescriptor::CPPTYPE_BOOL:
      return {{"type", "boolean"}};
    case FieldDescriptor::CPPTYPE_STRING:
      return {{"type", "string"}};
    case FieldDescriptor::CPPTYPE_ENUM:
      return OfEnum(*field.enum_type());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return OfMessage(*field.message_type(), role);
  }
  return {};
}

Json SchemaBook::OfField(const FieldDescriptor& field, Role role) {
  Json out;
  if (field.is_map()) {
    out = {{"type", "object"},
           {"additionalProperties",
            OfValue(*field.message_type()->map_value(), role)}};
  } else if (field.is_repeated()) {
    out = {{"type", "array"}, {"items", OfValue(field, role)}};
  } else {
    out = OfValue(field, role);
  }
  return out;
}

Json SchemaBook::Object(const Descriptor& message, Role role,
                        const std::set<std::string>& except) {
  Json properties = Json::object();
  Json required = Json::array();
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (except.count(field.name()) > 0) continue;
    Json schema = OfField(field, role);
    schema["description"] = CommentOf(field);
    properties[field.name()] = std::move(schema);
    const bool always =
        role == Role::kRequest ? IsRequired(field) : !field.has_presence();
    if (always) required.push_back(field.name());
  }
  Json out = {{"type", "object"}, {"description", CommentOf(message)}};
  if (!properties.empty()) out["properties"] = std::move(properties);
  if (!required.empty()) out["required"] = std::move(required);
  if (role == Role::kRequest) out["additionalProperties"] = false;
  return out;
}

}  // namespace assay::http
