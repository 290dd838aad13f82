// SPDX-License-Identifier: Apache-2.0
// Message types as JSON Schema, as protobuf's JSON mapping writes them.
//
// Confined to one thread.
#ifndef ASSAY_VALIDATOR_HTTP_OPENAPI_SCHEMA_H_
#define ASSAY_VALIDATOR_HTTP_OPENAPI_SCHEMA_H_

#include <set>
#include <string>

#include "google/protobuf/descriptor.h"
#include "nlohmann/json.hpp"

namespace assay::http {

using Json = nlohmann::ordered_json;

// The .proto files of the API with their comments; null where there is no such
// name. Owned by the process.
const google::protobuf::ServiceDescriptor* ApiService();

// The comment of a method, a message or a field on one line; "" for none.
template <typename Descriptor>
std::string CommentOf(const Descriptor& descriptor) {
  google::protobuf::SourceLocation place;
  if (!descriptor.GetSourceLocation(&place)) return "";
  std::string out;
  for (const char c : place.leading_comments) {
    const bool blank = c == '\n' || c == ' ';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out.push_back(blank ? ' ' : c);
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// Whether the comment says "Required.".
bool IsRequired(const google::protobuf::FieldDescriptor& field);

// What is asked for, and what is answered: of an answer every field without
// presence is always there, and fields may be added.
enum class Role { kRequest, kResponse };

class SchemaBook {
 public:
  // The schema of a field; of a message or an enum a reference, whose schema is
  // then in components().
  Json OfField(const google::protobuf::FieldDescriptor& field, Role role);

  // A reference to the schema of a message.
  Json OfMessage(const google::protobuf::Descriptor& message, Role role);

  // The schema itself, without the fields `except`.
  Json Object(const google::protobuf::Descriptor& message, Role role,
              const std::set<std::string>& except);

  // All that was referred to, by name.
  const Json& components() const { return components_; }

 private:
  Json OfValue(const google::protobuf::FieldDescriptor& field, Role role);
  Json OfEnum(const google::protobuf::EnumDescriptor& type);

  Json components_ = Json::object();
};

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_OPENAPI_SCHEMA_H_
