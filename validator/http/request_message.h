// SPDX-License-Identifier: Apache-2.0
// HTTP → the request message of an RPC, by protobuf's JSON mapping: names as in
// the .proto files or in camelCase, enum values by name, durations as "25s".
//
// Stateless; thread-safe. The readers fail with kHttpRequestInvalid and say the
// field.
#ifndef ASSAY_VALIDATOR_HTTP_REQUEST_MESSAGE_H_
#define ASSAY_VALIDATOR_HTTP_REQUEST_MESSAGE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "validator/http/target.h"

namespace assay::http {

using Bindings = std::vector<std::pair<std::string, std::string>>;

// Reads a JSON object; a text of blanks only is the empty object.
absl::Status ReadBody(const std::string& body,
                      google::protobuf::Message& message);

// Reads `page_size=5&labels[team]=dwh&tables=a&tables=b`.
absl::Status ReadQuery(const std::vector<QueryItem>& query,
                       google::protobuf::Message& message);

// Puts what stands in the path into its fields, which are texts. A field that
// has another value by now is a mistake.
absl::Status ReadPath(const Bindings& bindings,
                      google::protobuf::Message& message);

// The message as JSON: names as in the .proto files, fields with their default
// values too (but for those that may be absent), 64-bit numbers as text.
// kInternal where it holds what JSON cannot say, e.g. a time out of range.
absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message);

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_REQUEST_MESSAGE_H_
