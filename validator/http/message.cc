// SPDX-License-Identifier: Apache-2.0
#include "validator/http/message.h"

#include <algorithm>

namespace assay::http {

std::string_view Get(const Request& request, std::string_view name) {
  for (const Field& field : request.fields) {
    if (field.name == name) return field.value;
  }
  return {};
}

int Count(const Request& request, std::string_view name) {
  return static_cast<int>(
      std::count_if(request.fields.begin(), request.fields.end(),
                    [name](const Field& field) { return field.name == name; }));
}

}  // namespace assay::http
