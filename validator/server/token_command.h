// SPDX-License-Identifier: Apache-2.0
// `assayd token create|list|revoke`: edits the file of tokens, whether or not a
// server runs.
#ifndef ASSAY_VALIDATOR_SERVER_TOKEN_COMMAND_H_
#define ASSAY_VALIDATOR_SERVER_TOKEN_COMMAND_H_

namespace assay::server {

// `argv[1]` is "token". Returns the exit code (flags.h).
int TokenCommand(int argc, const char* const* argv);

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_TOKEN_COMMAND_H_
