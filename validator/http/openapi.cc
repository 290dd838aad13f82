// SPDX-License-Identifier: Apache-2.0
#include "validator/http/openapi.h"

#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "validator/http/openapi_schema.h"
#include "validator/http/routes.h"

namespace assay::http {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

constexpr char kAbout[] =
    "The RPCs of assay.v1.ValidationService as JSON, by protobuf's JSON "
    "mapping: 64-bit numbers are text, durations are \"25s\", and requests may "
    "write fields in camelCase. A POST says `Content-Type: "
    "application/json`.\n\n"
    "State, verdict and error of a run are three fields: bad data is a "
    "successful call. Go on with a migration only where `decision` is "
    "DECISION_PROCEED; an unknown value, or none, is DECISION_HOLD.";

// "/v1/runs/{run_id}:wait" -> {"run_id"}.
std::set<std::string> PathFields(const std::string& path) {
  std::set<std::string> out;
  for (size_t open = path.find('{'); open != std::string::npos;
       open = path.find('{', open + 1)) {
    out.insert(path.substr(open + 1, path.find('}', open) - open - 1));
  }
  return out;
}

Json Parameter(const FieldDescriptor& field, bool in_path, SchemaBook& book) {
  Json out = {{"name", field.name()},
              {"in", in_path ? "path" : "query"},
              {"description", CommentOf(field)}};
  if (in_path || IsRequired(field)) out["required"] = true;
  if (field.is_map()) {
    out["style"] = "deepObject";
    out["explode"] = true;
  }
  out["schema"] = book.OfField(field, Role::kRequest);
  return out;
}

Json Parameters(const Route& route, const Descriptor& request,
                SchemaBook& book) {
  const std::set<std::string> path = PathFields(route.path);
  const bool query = std::string(route.method) == "GET";
  Json out = Json::array();
  for (int i = 0; i < request.field_count(); ++i) {
    const FieldDescriptor& field = *request.field(i);
    const bool in_path = path.count(field.name()) > 0;
    if (in_path || query) out.push_back(Parameter(field, in_path, book));
  }
  return out;
}

Json Body(const Route& route, const Descriptor& request, SchemaBook& book) {
  const std::set<std::string> path = PathFields(route.path);
  Json schema = path.empty() ? book.OfMessage(request, Role::kRequest)
                             : book.Object(request, Role::kRequest, path);
  bool required = false;
  for (int i = 0; i < request.field_count(); ++i) {
    const FieldDescriptor& field = *request.field(i);
    required |= path.count(field.name()) == 0 && IsRequired(field);
  }
  return {{"required", required},
          {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

std::string FirstSentence(const std::string& text) {
  return text.substr(0, text.find_first_of(".;:"));
}

Json Operation(const Route& route, const std::string& id, SchemaBook& book) {
  const MethodDescriptor& method = *ApiService()->FindMethodByName(route.rpc);
  const std::string comment = CommentOf(method);
  Json out = {{"operationId", id},
              {"summary", FirstSentence(comment)},
              {"description", comment}};
  Json parameters = Parameters(route, *method.input_type(), book);
  if (!parameters.empty()) out["parameters"] = std::move(parameters);
  if (std::string(route.method) == "POST") {
    out["requestBody"] = Body(route, *method.input_type(), book);
  }
  out["responses"] = {
      {"200",
       {{"description", "The answer."},
        {"content",
         {{"application/json",
           {{"schema",
             book.OfMessage(*method.output_type(), Role::kResponse)}}}}}}},
      {"default", {{"$ref", "#/components/responses/Failure"}}}};
  return out;
}

Json FailureSchema() {
  const Json text = {{"type", "string"}};
  return {
      {"type", "object"},
      {"required", Json::array({"error"})},
      {"properties",
       {{"error",
         {{"type", "object"},
          {"required", Json::array({"code", "status", "reason", "message",
                                    "retryable", "details"})},
          {"properties",
           {{"code",
             {{"type", "integer"}, {"description", "The HTTP status."}}},
            {"status",
             {{"type", "string"},
              {"description", "The canonical code, e.g. NOT_FOUND."}}},
            {"reason",
             {{"type", "string"},
              {"description", "One of docs/errors.md, e.g. RUN_NOT_FOUND."}}},
            {"message",
             {{"type", "string"},
              {"description", "For people: place, cause and remedy."}}},
            {"retryable",
             {{"type", "boolean"},
              {"description",
               "The same request may succeed later without a "
               "change; Retry-After says when to ask."}}},
            {"details",
             {{"type", "array"},
              {"description",
               "google.rpc.ErrorInfo; BadRequest with the mistakes of a rule "
               "set; RetryInfo."},
              {"items",
               {{"type", "object"},
                {"properties", {{"@type", text}}},
                {"required", Json::array({"@type"})}}}}}}}}}}}};
}

Json Components(const SchemaBook& book) {
  Json schemas = book.components();
  schemas["Failure"] = FailureSchema();
  return {
      {"schemas", std::move(schemas)},
      {"responses",
       {{"Failure",
         {{"description",
           "400 the request, 401 no or bad credentials, 403 not allowed, 404 "
           "no such thing, 409 not in this state, 413 larger than 8 MiB, 429 "
           "too much at a time, 503 draining or overloaded, 5xx else."},
          {"headers",
           {{"Retry-After",
             {{"description", "Seconds; with 429 and 503."},
              {"schema", {{"type", "integer"}}}}}}},
          {"content",
           {{"application/json",
             {{"schema", {{"$ref", "#/components/schemas/Failure"}}}}}}}}}}},
      {"securitySchemes",
       {{"token", {{"type", "http"}, {"scheme", "bearer"}}},
        {"token_as_password", {{"type", "http"}, {"scheme", "basic"}}}}}};
}

std::string Write() {
  SchemaBook book;
  Json paths = Json::object();
  std::set<std::string> ids;
  for (const Route& route : Routes()) {
    const std::string method = absl::AsciiStrToLower(route.method);
    std::string id = route.rpc;
    if (!ids.insert(id).second) absl::StrAppend(&id, "By", route.method);
    paths[route.path][method] = Operation(route, id, book);
  }
  const Json out = {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "Assay"},
        {"version", "v1"},
        {"description", kAbout},
        {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
      {"servers", Json::array({{{"url", "/"}}})},
      // Where the server authenticates nobody, nothing is needed.
      {"security", Json::array({Json::object(),
                                {{"token", Json::array()}},
                                {{"token_as_password", Json::array()}}})},
      {"paths", std::move(paths)},
      {"components", Components(book)}};
  return out.dump(1) + "\n";
}

}  // namespace

const std::string& OpenApiText() {
  static const auto* const text = new std::string(Write());
  return *text;
}

}  // namespace assay::http
