// SPDX-License-Identifier: Apache-2.0
// What keeps other sites, opened in a browser on the same machine, from asking
// in its user's place.
//
// Stateless; thread-safe.
#ifndef ASSAY_VALIDATOR_HTTP_BROWSER_SAFETY_H_
#define ASSAY_VALIDATOR_HTTP_BROWSER_SAFETY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "validator/http/message.h"
#include "validator/http/target.h"

namespace assay::http {

// A name that an attacker owns may be made to point here (DNS rebinding), and
// then stands in the field Host. So it must be an address, "localhost" or one
// of `hosts`. Not asked on Unix sockets; on encrypted connections, whose
// certificate the browser holds against the name, only where `hosts` has any.
// kHttpRequestInvalid where it is something else, or is given twice.
absl::Status CheckHost(const Request& request,
                       const std::vector<std::string>& hosts);

// Browsers say which site a request comes from (Sec-Fetch-Site). Another site
// may link to the pages for people, and do nothing else.
absl::Status CheckSite(const Request& request, const Target& target);

// The fields by which browsers keep an answer to themselves: no frames, no
// other types, no caches. Where it has a policy of its own, that stays.
void AddSafetyFields(Response& response);

}  // namespace assay::http

#endif  // ASSAY_VALIDATOR_HTTP_BROWSER_SAFETY_H_
