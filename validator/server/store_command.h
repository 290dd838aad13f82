// SPDX-License-Identifier: Apache-2.0
// `assayd store migrate`: makes the tables of the run store, or brings them up
// to this version.
#ifndef ASSAY_VALIDATOR_SERVER_STORE_COMMAND_H_
#define ASSAY_VALIDATOR_SERVER_STORE_COMMAND_H_

namespace assay::server {

// `argv[1]` is "store". Returns the exit code (flags.h).
int StoreCommand(int argc, const char* const* argv);

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_STORE_COMMAND_H_
