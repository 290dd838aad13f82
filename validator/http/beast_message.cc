// SPDX-License-Identifier: Apache-2.0
#include "validator/http/beast_message.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "boost/beast/http/error.hpp"

namespace assay::http {
namespace {

namespace beast = boost::beast;
using beast::http::field;

std::string Text(beast::string_view text) {
  return std::string(text.data(), text.size());
}

}  // namespace

Request ToRequest(BeastRequest request, const Caller& caller) {
  Request out{.caller = caller,
              .method = Text(request.method_string()),
              .target = Text(request.target())};
  for (const auto& one : request) {
    out.fields.push_back(
        {absl::AsciiStrToLower(Text(one.name_string())), Text(one.value())});
  }
  out.body = std::move(request.body());
  return out;
}

BeastResponse ToBeast(Response response, bool keep_alive) {
  BeastResponse out;
  out.version(11);
  out.result(static_cast<unsigned>(response.status));
  out.set(field::server, "assayd");
  out.set(field::date, absl::FormatTime("%a, %d %b %E4Y %H:%M:%S GMT",
                                        absl::Now(), absl::UTCTimeZone()));
  if (!response.content_type.empty()) {
    out.set(field::content_type, response.content_type);
  }
  for (const Field& one : response.fields) out.insert(one.name, one.value);
  out.keep_alive(keep_alive);
  out.content_length(response.body.size());
  out.body() = std::move(response.body);
  return out;
}

std::pair<int, std::string> ParseRefusal(
    const boost::system::error_code& error) {
  using E = beast::http::error;
  if (error == E::header_limit) {
    return {431, "the fields of a request may have 16 KiB"};
  }
  if (error == E::body_limit) {
    return {413, "the body of a request may have 8 MiB"};
  }
  if (error == E::bad_version) {
    return {505, "this server speaks HTTP/1.1 and HTTP/1.0"};
  }
  return {400, absl::StrCat("this is no HTTP request: ", error.message())};
}

}  // namespace assay::http
