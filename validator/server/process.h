// SPDX-License-Identifier: Apache-2.0
// This process among others: signals, parent, and who waits for it.
//
// Called from the main thread, in this order, before other threads exist;
// WaitForStop and StartStopWatchdog after.
#ifndef ASSAY_VALIDATOR_SERVER_PROCESS_H_
#define ASSAY_VALIDATOR_SERVER_PROCESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace assay::server {

enum class Parent { kMayLeave, kTakesUsAlong };

// Blocks the signals that end a server, so that only WaitForStop sees them;
// ignores SIGPIPE, and, where the parent takes us along, SIGINT: a Ctrl-C
// reaches both processes, and the parent still needs us to cancel its run.
void TakeSignals(Parent parent);

// Asks the kernel for SIGTERM when the parent ends. False where it has ended
// already.
bool FollowParent();

// Returns the signal that asks the server to stop.
int WaitForStop();

// Ends the process at once on the next signal, or, with exit code 1, after
// `longest`: a driver that hangs must not keep a server from ending.
void StartStopWatchdog(absl::Duration longest);

// Writes `line` to `fd` and closes it.
absl::Status WriteReady(int fd, const std::string& line);

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_PROCESS_H_
