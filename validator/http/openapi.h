// SPDX-License-Identifier: Apache-2.0
// The JSON API as OpenAPI 3.1, made from the routes, the descriptors of the
// messages and the comments of the .proto files.
//
// Immutable; thread-safe.
#ifndef ASSAY_VALIDATOR_HTTP_OPENAPI_H_
#define ASSAY_VALIDATOR_HTTP_OPENAPI_H_

#include <string>

namespace assay::http {

// Indented JSON with a newline at its end; made at the first call. The same
// text is docs/openapi.json.
const std::string& OpenApiText();

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_OPENAPI_H_
