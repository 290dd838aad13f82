// SPDX-License-Identifier: Apache-2.0
#ifndef ASSAY_PLUGINS_CLI_REQUEST_ID_H_
#define ASSAY_PLUGINS_CLI_REQUEST_ID_H_

#include <string>

namespace assay::cli {

// An id that no other request has: "cli-" and 32 hexadecimal digits.
std::string NewRequestId();

}  // namespace assay::cli

#endif  // ASSAY_PLUGINS_CLI_REQUEST_ID_H_
