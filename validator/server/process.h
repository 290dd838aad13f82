// SPDX-License-Identifier: Apache-2.0
// This process among others: signals, parent, and who waits for it.
//
// Called from the main thread, in this order, before other threads exist;
// WaitForSignal and StartStopWatchdog after, the rest anywhere.
#ifndef ASSAY_VALIDATOR_SERVER_PROCESS_H_
#define ASSAY_VALIDATOR_SERVER_PROCESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace assay::server {

enum class Parent { kMayLeave, kTakesUsAlong };

// Blocks the signals that a server heeds, so that only WaitForSignal sees them;
// ignores SIGPIPE, and, where the parent takes us along, SIGINT and SIGHUP: a
// Ctrl-C, or the terminal's end, reaches both processes, and the parent still
// needs us to cancel its run. A SIGTERM or SIGINT that is ignored stays so, as
// in the background of a shell.
void TakeSignals(Parent parent);

// Asks the kernel for SIGTERM when the parent ends. False where it has ended
// already.
bool FollowParent();

// Returns the next signal: SIGHUP asks to reload, any other to stop.
int WaitForSignal();

// Ends the process at once on the next signal that asks to stop, or, with exit
// code 1, after `longest`: a driver that hangs must not keep a server from
// ending.
void StartStopWatchdog(absl::Duration longest);

enum class ServiceState { kReady, kReloading, kStopping };

// Tells the service manager (systemd, Type=notify) where it has asked for that
// in NOTIFY_SOCKET; best effort.
void TellServiceManager(ServiceState state);

// Writes `line` to `fd` and closes it.
absl::Status WriteReady(int fd, const std::string& line);

}  // namespace assay::server

#endif  // ASSAY_VALIDATOR_SERVER_PROCESS_H_
