// SPDX-License-Identifier: Apache-2.0
// A request and its answer as the rest of this room sees them: no socket, no
// library.
#ifndef ASSAY_VALIDATOR_HTTP_MESSAGE_H_
#define ASSAY_VALIDATOR_HTTP_MESSAGE_H_

#include <string>
#include <string_view>
#include <vector>

namespace assay::http {

struct Field {
  std::string name;
  std::string value;
};

// Who is at the other end of a connection.
struct Caller {
  std::string address;      // "192.0.2.7:4711", "[::1]:4711", "unix".
  std::string certificate;  // Verified, as PEM; empty: it showed none.
  bool encrypted = false;
  bool unix_socket = false;
};

struct Request {
  Caller caller;
  std::string method;         // As sent: "GET", "HEAD", "POST", …
  std::string target;         // As sent: "/v1/runs?page_size=5".
  std::vector<Field> fields;  // Names in lower case, in the order sent.
  std::string body;
};

struct Response {
  int status = 200;
  std::string content_type;  // Empty: there is no body.
  std::string body;
  std::vector<Field> fields;  // Beside Content-Type and the connection's own.
  // The path as the table of routes has it, for logs and metrics: never an id.
  std::string route;
  bool close = false;  // The connection ends with this answer.
};

// The first value of field `name` (lower case); empty where there is none.
std::string_view Get(const Request& request, std::string_view name);

// How often field `name` (lower case) was sent.
int Count(const Request& request, std::string_view name);

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_MESSAGE_H_
